"""A bank's statement pays invoices, waits where nobody is sure, and counts once."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.core.receive.exchange import NoExchangeRate
from tallystick.core.receive.statement import Statement
from tallystick.domain.collections.models import Episode
from tallystick.domain.currencies.operations import RateWish, record_rates
from tallystick.domain.invoices.models import Invoice, OpenItem
from tallystick.domain.ledger.models import Entry, Posting
from tallystick.domain.ledger.queries import balance_of
from tallystick.domain.payments.models import BankLine, ExchangedPart, Payment
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.bank import (
    LineDecided,
    NotThatAccounts,
    StatementReport,
    UnknownBankLine,
    assign_line,
    ignore_line,
    import_statement,
)
from tallystick.flows.reconcile import reconcile
from tallystick.gates.bank.camt053 import read_camt053
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story
from tests.gates.bank.statements import Booked, statement_of

SCENARIOS = Path(__file__).parents[1] / "scenarios"
AT = datetime(2026, 3, 1, tzinfo=UTC)
STORY = """
business businesses/sparrow.yaml catalogue businesses/sparrow-prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 account A3 "Cleo Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 contract C2 of A2 offer line
2026-01-01 contract C3 of A3 offer line
2026-01-01 bill run
2026-02-01 bill run
"""


@pytest.fixture(scope="module")
def billed(module_database) -> int:
    story = read_story(STORY, file="bank.story", name="bank")
    assert play_story(story, folder=SCENARIOS, code="bank").failed == ()
    return tenant_id_of("bank")


def read(folder: Path, entries: list[Booked], *, number: str, currency: str = "EUR") -> Statement:
    path = folder / "statement.xml"
    path.write_text(statement_of(entries, number=number, currency=currency), encoding="utf-8")
    (statement,) = read_camt053(path)
    return statement


def take(tenant_id: int, statement: Statement) -> StatementReport:
    return import_statement(statement, tenant_id=tenant_id, filename="s.xml", at=AT)


def test_a_statement_is_worked_through(billed: int, tmp_path: Path) -> None:
    with acting_for(billed):
        numbers = list(Invoice.objects.order_by("id").values_list("number", flat=True))
    first, second = numbers[0], numbers[1]
    entries = [
        Booked("41.50", f"invoice {first}", payer="A. Example", iban="DE01", reference="1"),
        Booked("90.00", "account A2, all I owe", payer="Bob", iban="DE02", reference="2"),
        Booked("83.00", "", payer="Cleo Example", reference="3"),
        Booked("9.00", "no idea", payer="Stranger", reference="4"),
        Booked("-3.00", "charges", reference="5"),
        Booked("0.01", "again", payer="A. Example", iban="DE01", reference="6"),
    ]
    statement = read(tmp_path, entries, number="S-1")
    report = take(billed, statement)
    assert (report.matched, report.amount) == (3, Decimal("214.50"))
    assert report.waiting == {"money_out": 1, "nobody": 2}  # DE01 is known from the next one on
    again = take(billed, statement)
    assert (again.matched, again.repeated, again.waiting) == (0, 6, {})
    with acting_for(billed):
        left = {
            item.invoice.number: item.total - item.settled
            for item in OpenItem.objects.select_related("invoice")
        }
        assert balance_of("1000") == Decimal("214.50")
        assert balance_of("1100") == 0
    assert left[first] == 0
    assert left[second] == 0
    assert sum(left.values()) == Decimal("41.50")
    assert all(finding.ok for finding in reconcile(tenant_id=billed))


def test_a_person_decides_what_waits(billed: int, tmp_path: Path) -> None:
    lines = [Booked("5.00", "?", iban="DE07", reference="7"), Booked("6.00", "?", reference="8")]
    take(billed, read(tmp_path, lines, number="S-2"))
    with acting_for(billed):
        five, six = BankLine.objects.filter(text="?").order_by("id").values_list("id", flat=True)
        out = BankLine.objects.get(reason="money_out").id
    report = assign_line(five, account="A1", tenant_id=billed, at=AT)
    assert (report.payments, report.allocations) == (1, 1)
    ignore_line(six, reason="our own transfer", tenant_id=billed)
    for decided in (five, six):
        with pytest.raises(LineDecided):
            assign_line(decided, account="A1", tenant_id=billed, at=AT)
    with pytest.raises(UnknownBankLine):
        ignore_line(10**9, reason="", tenant_id=billed)
    with pytest.raises(NotThatAccounts):
        assign_line(out, account="A1", tenant_id=billed, at=AT)
    known = [Booked("1.00", "from now on", iban="DE07", reference="9")]
    assert take(billed, read(tmp_path, known, number="S-3")).matched == 1
    assert all(finding.ok for finding in reconcile(tenant_id=billed))


def test_foreign_money_on_the_bank_account_is_exchanged(billed: int, tmp_path: Path) -> None:
    dollars = read(
        tmp_path, [Booked("11.00", "?", reference="usd-1")], number="S-9", currency="USD"
    )
    take(billed, dollars)
    with acting_for(billed):
        line = BankLine.objects.get(currency="USD").id
    with pytest.raises(NoExchangeRate):
        assign_line(line, account="A1", tenant_id=billed, at=AT)
    with acting_for(billed):
        assert BankLine.objects.get(id=line).state == "waiting"
        wish = RateWish("EUR", "USD", Decimal("1.1"), date(2026, 2, 14), "ECB")
        record_rates([wish], tenant_id=billed, at=AT)
    assign_line(line, account="A1", tenant_id=billed, at=AT)
    with acting_for(billed):
        payment = Payment.objects.get(key=BankLine.objects.get(id=line).payment_key)
        part = ExchangedPart.objects.get(payment=payment)
        assert (payment.amount, payment.currency) == (Decimal("10.00"), "EUR")
        assert (part.given, part.given_currency, part.rate) == (
            Decimal("11.00"), "USD", Decimal("0.909090909091"),
        )  # fmt: skip
        settled = Entry.objects.get(source_key=f"settled:{payment.key}")
        assert {one.amount for one in Posting.objects.filter(entry=settled)} == {10, -10}
    assert all(finding.ok for finding in reconcile(tenant_id=billed))


def test_money_from_the_bank_brings_services_back(module_database, tmp_path: Path) -> None:
    """Many payments restore as one does."""
    code = "bank-isp"
    late = read_story(
        "business isp\n"
        '2026-01-01 account A1 "Ada Example" consumer bill-day 1\n'
        "2026-01-01 contract C1 of A1 offer fibre-100 username ada\n"
        "2026-01-01 bill run\n2026-01-20 collect\n2026-01-27 collect\n2026-02-08 collect\n",
        file="late.story",
        name="late",
    )
    assert play_story(late, folder=SCENARIOS, code=code).failed == ()
    tenant_id = tenant_id_of(code)
    with acting_for(tenant_id):
        owed = sum(item.total - item.settled for item in OpenItem.objects.all())
        number = Invoice.objects.order_by("id").first().number
        assert Episode.objects.filter(state="open").count() == 1
    entries = [Booked(str(owed.quantize(Decimal("0.01"))), number, reference="11")]
    report = take(tenant_id, read(tmp_path, entries, number="S-4"))
    assert report.restored == ("username C1",)
    assert all(finding.ok for finding in reconcile(tenant_id=tenant_id))
