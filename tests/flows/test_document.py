"""What an issued invoice says when it is read back."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

import polars as pl
import pytest

from tallystick.base.frames import REJECTS, USAGE_IN
from tallystick.base.period import Period
from tallystick.core.capture.decoded import Decoded
from tallystick.core.invoice.document import Language
from tallystick.domain.catalog import queries
from tallystick.domain.invoices.history import lines_and_taxes
from tallystick.domain.invoices.queries import UnknownInvoice, invoice_numbered
from tallystick.domain.parties.operations import AccountTerms, PartyDetails, open_account
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.listing import LISTED
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.activate import ContractWish, ServiceWish, start_contract
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.document import (
    accent_of,
    document_of,
    is_usage,
    language_of,
    price_unit,
    print_invoice,
)
from tallystick.flows.invoice import run_bills
from tallystick.flows.list_usage import usage_of
from tallystick.gates.documents.usage_csv import write_usage
from tests.flows.businesses import AT, open_talk_business
from tests.gates.console.business import noon, open_lived_business


@pytest.fixture(scope="module")
def tenant(module_database):
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    yield open_lived_business("talk")
    queries._plan.cache_clear()


def test_usage_of_an_invoice_is_listed_event_by_event_and_adds_up(tenant):
    listing = usage_of("INV-2026-000001", tenant_id=tenant.id)
    with acting_for(tenant.id):
        invoice = invoice_numbered("INV-2026-000001")
        lines, _ = lines_and_taxes(invoice)
    exact = sum((line.exact for line in lines if is_usage(line)), Decimal(0))
    assert exact > 0
    assert sum(map(Decimal, listing["amount"]), Decimal(0)) == exact
    written = write_usage(listing).decode().splitlines()
    assert written[0].startswith("account,contract,subject,usage_id,started_at,kind,called")
    assert len(written) == listing.height + 1
    first = listing.row(0, named=True)
    assert first["account"] == invoice.account.number
    assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d[+]\d\d:\d\d", first["started_at"])
    with pytest.raises(UnknownInvoice):
        usage_of("INV-1", tenant_id=tenant.id)


def test_a_spreadsheet_takes_no_text_for_a_formula():
    row = dict.fromkeys(LISTED, "") | {"called": "=1+1", "zone": "-", "tier": 1, "usage_id": 1}
    written = write_usage(pl.DataFrame([row], schema=LISTED)).decode()
    assert "'=1+1" in written
    assert "'-" in written


def test_lines_usage_taxes_and_single_calls(tenant):
    document = document_of("INV-2026-000001", tenant_id=tenant.id)
    assert (document.net, document.tax, document.total) == (
        Decimal("20.34"), Decimal("3.86"), Decimal("24.20"),
    )  # fmt: skip
    assert document.amount_due == Decimal("24.20")
    assert document.period == Period(date(2026, 1, 1), date(2026, 3, 1))
    assert [(line.description, line.amount) for line in document.lines] == [("Line", 10)] * 2
    (usage,) = document.usage
    assert (usage.quantity, usage.unit, usage.price_unit) == (120, "s", "min")
    assert [group.amount for group in document.summary] == [document.net]
    (annex,) = document.annexes
    assert annex.title == "491700000001"
    told = [(f"{row.at:%m-%d %H:%M}", row.what, row.quantity, row.amount) for row in annex.rows]
    assert told == [
        ("01-05 11:00", "+4930123456", 600, Decimal("0.05")),
        ("01-06 11:00", "+4930123456", 61, Decimal("0.29")),
    ]


POWER = """
currency: EUR
zone: Europe/Berlin
offers:
  power:
    from: 2025-01-01
    components:
      energy: {of: import, price: 0.30 per kWh}
      levy: {of: import, price: 0.01 per kWh}
"""


def test_a_reading_with_two_prices_is_metered_once(module_database):
    power = open_metered_business()
    readings = [(date(2026, 1, 1), 2), (date(2026, 1, 1), 3), (date(2026, 1, 3), 2)]
    rows = [
        (line, f"r{line}", "meter", "METER1", "import", datetime.combine(day, time(9 + line), UTC),
         Decimal(read), "kWh", None, None, None)
        for line, (day, read) in enumerate(readings, start=1)
    ]  # fmt: skip
    usage = pl.DataFrame(rows, schema=USAGE_IN, orient="row")
    chunk = Decoded(usage, pl.DataFrame(schema=REJECTS), len(rows), 0, Decimal(7))
    delivery = Delivery("meters", "january.csv", "readings", "january")
    capture_usage(delivery, tenant_id=power.id, chunks=[chunk], at=noon(1, 31))
    charge_usage(tenant_id=power.id, at=noon(1, 31))
    run_bills(tenant_id=power.id, on=date(2026, 2, 1), at=noon(2, 1))
    document = document_of("INV-2026-000001", tenant_id=power.id)
    assert document.net == Decimal("2.17")
    (metered,) = document.consumption
    assert metered.title == "METER1 import"
    assert [(day.day, read) for day, read in metered.days] == [(1, 5), (2, 0), (3, 2)]
    assert document.annexes == ()


def open_metered_business() -> Tenant:
    """An operator that sells power to one customer, whose meter is METER1."""
    tenant = open_talk_business("power", customers=0)
    publish_catalogue(
        POWER,
        tenant_id=tenant.id,
        name="power.yaml",
        files={},
        valid_from=date(2025, 6, 1),
        at=AT,
    )
    with acting_for(tenant.id):
        open_account(
            PartyDetails("person", "Customer", "DE", "en"),
            tenant_id=tenant.id,
            number="P1",
            terms=AccountTerms("EUR", "Europe/Berlin", 1, 14, "consumer", "consumer"),
            on=date(2026, 1, 1),
        )
    wish = ContractWish(
        account="P1",
        number="PC1",
        offer="power",
        starts_on=date(2026, 1, 1),
        service=ServiceWish("power", [("meter", "METER1")]),
    )
    start_contract(wish, tenant_id=tenant.id, at=AT)
    return tenant


def test_balance_of_the_day_of_issue(tenant):
    document = document_of("INV-2026-000004", tenant_id=tenant.id)
    # 10.00 came two days after its issue and is not on it.
    assert [(row.on, row.amount) for row in document.payments] == [(date(2026, 2, 10), 30)]
    assert document.previous_balance == Decimal("24.20")
    assert document.amount_due == Decimal("24.20") + Decimal("11.90") - 30


def test_brand_of_the_operator(tenant):
    with acting_for(tenant.id):
        Tenant.objects.update(
            brand={"name": "Quillback", "colour": "#112233", "bank": {"iban": "XX00"}}
        )
    document = document_of("INV-2026-000001", tenant_id=tenant.id)
    assert (document.seller.name, document.seller.accent) == ("Quillback", "#112233")
    assert document.how_to_pay.iban == "XX00"


def test_printing_goes_through_the_port(tenant):
    printed = print_invoice(
        "INV-2026-000001",
        tenant_id=tenant.id,
        printer=lambda document: document.number.encode(),
    )
    assert printed == b"INV-2026-000001"
    with pytest.raises(UnknownInvoice):
        print_invoice("INV-1999-000001", tenant_id=tenant.id, printer=lambda document: b"")


@pytest.mark.parametrize(
    ("code", "otherwise", "language"),
    [("de-AT", "en", "de"), ("fi", "es", "es"), ("fi", "sv", "en"), ("ES", "de", "es")],
)
def test_language(code, otherwise, language):
    assert language_of(code, otherwise=otherwise) is Language(language)


@pytest.mark.parametrize(
    ("per", "unit", "said"),
    [("60.000000000", "s", "min"), ("1", "kWh", "kWh"), ("1000000000", "B", "GB"),
     ("100", "msg", "100 msg")],
)  # fmt: skip
def test_price_unit(per, unit, said):
    assert price_unit(Decimal(per), unit=unit) == said


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#112233;x", ""])
def test_only_a_plain_colour_is_taken(colour):
    assert accent_of({"colour": colour}) == accent_of({})
