"""The console's pages over two operators with a life behind them."""

import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from django.db import InternalError, connection
from django.test.utils import CaptureQueriesContext

from tallystick.domain.invoices.models import Invoice
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.balances import set_terms, top_up
from tallystick.flows.dispute import dispute_invoice, promise_payment
from tallystick.gates.console.page import operator_page
from tests.gates.console.business import AWKWARD, NEW, OPEN, OVERDUE, PAID, SUSPENDED, noon

pytestmark = pytest.mark.usefixtures("operators")

PAGES = f"""
/talk/
/talk/accounts
/talk/accounts/{SUSPENDED}
/talk/accounts/{NEW}
/talk/drafts
/talk/waiting
/talk/invoices
/talk/invoices/INV-2026-000001
/talk/invoices/INV-2026-000001/lines/3
""".split()


def text_of(response) -> str:
    """What a reader sees: tags out, blanks single."""
    body = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(unescape(body).split())


def body_of(response) -> str:
    return response.content.decode()


def test_operators_show_their_figures(client):
    text = text_of(client.get("/"))
    assert text.count("Quillback Telecom (invented)") == 2
    assert "mvno · DE · rehearsal at 2026-03-16" in text
    # A4 was first billed on its 10th: 9 of 31 days and three months, 32.90 and tax of 6.25.
    assert "Accounts 5 Billed 149.71 EUR Open 89.81 EUR Overdue 50.66 EUR" in text


def test_overview_proves_usage_and_books(client):
    text = text_of(client.get("/talk/"))
    assert "2026-02-01 done 3 74.86" in text
    assert "calls-2026-01.csv voice 41 min 31 s ✓ all there switch loaded 5 3 1 1 0" in text
    assert "unknown subject 1" in text
    assert "✓ books balance" in text
    assert "1200 Receivable" in text
    assert 'aria-label="2026-02: 74.86 EUR; 2026-03: 74.85 EUR"' in body_of(client.get("/talk/"))


@pytest.mark.parametrize(
    ("state", "numbers"),
    [
        ("", [NEW, PAID, SUSPENDED, OVERDUE, OPEN]),
        ("paid_up", [NEW, PAID]),
        ("suspended", [SUSPENDED]),
        ("overdue", [OVERDUE]),
        ("open", [OPEN]),
        ("no such state", [NEW, PAID, SUSPENDED, OVERDUE, OPEN]),
    ],
)
def test_accounts_by_state(client, state, numbers):
    body = body_of(client.get("/talk/accounts", {"state": state}))
    assert re.findall(r'href="/talk/accounts/([^"]+)"', body) == numbers


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        ("a1", ["A1"]),
        ("customer", ["A1", "A2", "A3", "A4"]),
        ("<B>&", [NEW]),
        ("0000003", ["A3"]),
        ("nobody has this", []),
        ("\x00", [NEW, "A1", "A2", "A3", "A4"]),
        ("%", []),
    ],
)
def test_accounts_by_number_name_and_identifier(client, search, numbers):
    body = body_of(client.get("/talk/accounts", {"q": search}))
    assert re.findall(r'href="/talk/accounts/([^"]+)"', body) == numbers
    assert ("No account matches" in body) is (not numbers)


def test_account_tells_its_story(client):
    text = text_of(client.get(f"/talk/accounts/{SUSPENDED}"))
    for told in (
        "Customer 2 suspended",
        "msisdn 491700000002",
        "mobile C2 suspended",
        "INV-2026-000002 2026-02-01 2026-02-15 overdue 26.86 26.86",
        "2026-02-27 suspend",
        "network suspend mobile C2 pending",
        "1200 Receivable 26.86",
    ):
        assert told in text
    paid = text_of(client.get(f"/talk/accounts/{PAID}"))
    assert "2026-03-03 bank A1 2026-03-03 10.00 6.10 3.90" in paid


def test_markup_in_a_name_stays_text(client):
    body = body_of(client.get(f"/talk/accounts/{NEW}"))
    assert "<b>" not in body
    assert AWKWARD in unescape(body)
    assert "This account holds no contract" in body


def test_invoice_reads_like_one_and_says_why(client):
    text = text_of(client.get("/talk/invoices/INV-2026-000001"))
    for told in (
        "Line C1 2026-01-01 to 2026-01-31 1 month 10.00 / month 10.00",
        "Calls C1 2026-01-01 to 2026-01-31 2 min 0.12 / min 0.34 why",
        "VAT 19 % on 20.34, S 3.86",
        "Total 24.20",
        "2026-02-10 bank A1 2026-02-10 24.20",
    ):
        assert told in text
    why = text_of(client.get("/talk/invoices/INV-2026-000001/lines/3"))
    assert "Why Calls costs 0.34 EUR" in why
    assert "2026-01-05 11:00:00 voice to +4930123456 10 min 10 min 0.05 600 s: billed 600 s" in why
    assert "1 min 01 s 0.29 61 s: billed 120 s" in why


@pytest.mark.parametrize(
    ("state", "count"),
    [("", 7), ("paid", 3), ("overdue", 3), ("open", 1), ("written_off", 0)],
)
def test_invoices_by_state(client, state, count):
    body = body_of(client.get("/talk/invoices", {"state": state}))
    assert len(re.findall(r'href="/talk/invoices/[^"]+\d"', body)) == count


def test_pdf_is_the_customers_document(client):
    response = client.get("/talk/invoices/INV-2026-000001.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert response.content == client.get("/talk/invoices/INV-2026-000001.pdf").content


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/nobody/", "No operator has the code 'nobody'"),
        ("/talk/accounts/HOUSE", "No account has the number 'HOUSE'"),
        ("/talk/accounts/zz", "No account has the number 'zz'"),
        ("/talk/invoices/zz", "No invoice has the number 'zz'"),
        ("/talk/invoices/zz.pdf", "No invoice has the number 'zz'"),
        ("/talk/invoices/INV-2026-000001/lines/1", "has no line 1 that bills usage"),
        ("/talk/invoices/INV-2026-000001/lines/99", "has no line 99 that bills usage"),
        ("/no/such/page", "There is no such page"),
    ],
)
def test_what_is_not_there_is_told_kindly(client, address, told):
    response = client.get(address)
    assert response.status_code == 404
    assert told in text_of(response)


def test_only_this_machines_names_are_answered(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/", headers={"host": "localhost:9000"}).status_code == 200


@pytest.mark.parametrize("address", ["/", *PAGES])
def test_nothing_can_be_sent(client, address):
    assert client.post(address).status_code == 405


def test_a_page_cannot_write(rf):
    @operator_page
    def careless(request, operator):
        Account.objects.update(segment="changed")

    with pytest.raises(InternalError, match="read-only transaction"):
        careless(rf.get("/"), "talk")


@pytest.mark.parametrize("address", PAGES)
def test_pages_read_with_a_dozen_queries(client, address):
    reads = reads_of(client, address)
    assert 2 <= len(reads) <= 12, reads


def reads_of(client, address):
    """What the page asks the database, but for whom it asks."""
    client.get(address)  # compiles the price list, once a process
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    asked = [query["sql"].strip() for query in captured]
    asked = [sql for sql in asked if sql.startswith(("SELECT", "WITH"))]
    return [sql for sql in asked if "tallystick.tenant" not in sql]


def test_an_account_with_a_balance_is_read_with_a_dozen_queries(client):
    tenant_id, at = tenant_id_of("talk"), noon(3, 16)
    set_terms(tenant_id=tenant_id, account=OPEN, changes={"mode": "hybrid"})
    for nth in range(3):
        receipt = Receipt(f"shop-{nth}", "cash", Decimal("12.50"), "EUR", at.date())
        top_up(receipt, tenant_id=tenant_id, account=OPEN, at=at)
    reads = reads_of(client, f"/talk/accounts/{OPEN}")
    assert len(reads) <= 12, reads


def test_what_waits_and_what_is_agreed(client):
    tenant_id = tenant_id_of("talk")
    given = {"tenant_id": tenant_id, "on": date(2026, 3, 16)}
    with acting_for(tenant_id):
        account = Account.objects.get(number=OVERDUE)
        number = Invoice.objects.filter(account=account).order_by("id").last().number
    said = "<b>not mine</b>"
    dispute_invoice(number, amount=Decimal("1.00"), reason=said, at=noon(3, 16), **given)
    promise_payment(OVERDUE, amount=Decimal("5.00"), until=date(2026, 3, 20), **given)
    text, body = (f(client.get("/talk/waiting")) for f in (text_of, body_of))
    assert f"{OVERDUE} {number} 1.00 EUR 2026-03-16" in text
    assert f"{OVERDUE} 5.00 EUR 2026-03-16 2026-03-20" in text
    assert said not in body
    page = text_of(client.get(f"/talk/accounts/{OVERDUE}"))
    assert "promise open 5.00 2026-03-16 2026-03-20" in page
    assert f"dispute open 1.00 2026-03-16 {number}" in page


def test_an_operators_page_shows_no_others_rows(client):
    with acting_for(tenant_id_of("other")):
        Account.objects.filter(number=PAID).update(number="ONLY-OTHER")
    assert "ONLY-OTHER" in body_of(client.get("/other/accounts"))
    assert client.get("/other/accounts/ONLY-OTHER").status_code == 200
    for address in PAGES:
        assert "ONLY-OTHER" not in body_of(client.get(address))
    assert client.get("/talk/accounts/ONLY-OTHER").status_code == 404


def test_htmx_gets_the_list_alone(client):
    part = client.get("/talk/accounts", {"q": "A1"}, headers={"hx-request": "true"})
    assert body_of(part).lstrip().startswith("<div")
    assert "HX-Request" in part["Vary"]
    back = {"hx-request": "true", "hx-history-restore-request": "true"}
    assert "<!doctype html>" in body_of(client.get("/talk/accounts", headers=back))


def test_pages_of_a_list(client, monkeypatch):
    monkeypatch.setattr("tallystick.gates.console.page.PAGE_ROWS", 2)
    first = text_of(client.get("/talk/accounts", {"q": "customer"}))
    assert "1 to 2 of 4 Next →" in first
    second = client.get("/talk/accounts", {"q": "customer", "page": "2"})
    assert "3 to 4 of 4 ← Back" in text_of(second)
    assert 'href="?q=customer&amp;page=1"' in body_of(second)
    for odd in ("0", "-1", "x", "²", "99999999999"):
        assert "1 to 2 of 4" in text_of(
            client.get("/talk/accounts", {"q": "customer", "page": odd})
        )
    assert "3 to 4 of 4" in text_of(client.get("/talk/accounts", {"q": "customer", "page": "99"}))
    monkeypatch.setattr("tallystick.gates.console.page.COUNTED_ROWS", 3)
    assert "1 to 2 of very many" in text_of(client.get("/talk/accounts", {"q": "customer"}))


def test_an_account_that_pays_before_shows_its_balance_and_what_moved(client):
    tenant_id = tenant_id_of("talk")
    at = noon(3, 16)
    set_terms(tenant_id=tenant_id, account=NEW, changes={"mode": "prepaid"})
    receipt = Receipt("shop-7", "cash", Decimal("12.50"), "EUR", at.date())
    top_up(receipt, tenant_id=tenant_id, account=NEW, at=at)
    text = text_of(client.get(f"/talk/accounts/{NEW}"))
    assert "Balance 12.50 EUR" in text
    assert "top up 12.5 EUR" in text
    assert "credit 12.5 EUR" in text
    assert "top-up:shop-7" in text
    assert "What moved" not in text_of(client.get(f"/talk/accounts/{PAID}"))
