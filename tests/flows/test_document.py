"""What an issued invoice says when it is read back."""

from datetime import date
from decimal import Decimal

import pytest
from tests.gates.console.business import open_lived_business

from tallystick.base.period import Period
from tallystick.core.invoice.document import Language
from tallystick.domain.catalog import queries
from tallystick.domain.invoices.queries import UnknownInvoice
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.document import accent_of, document_of, language_of, price_unit, print_invoice


@pytest.fixture(scope="module")
def tenant(module_database):
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    yield open_lived_business("talk")
    queries._plan.cache_clear()


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


def test_a_reading_with_two_prices_is_metered_once(module_database):
    catalogue = """
        currency: EUR
        zone: Europe/Berlin
        offers:
          power:
            from: 2025-01-01
            components:
              energy: {of: import, price: 0.30 per kWh}
              levy: {of: import, price: 0.01 per kWh}
        """
    document = document_of(bill_readings(catalogue), tenant_id=tenant_id_of("power"))
    (metered,) = document.consumption
    assert metered.title == "METER1 import"
    assert metered.days == (
        (date(2026, 1, 1), Decimal(5)), (date(2026, 1, 2), Decimal(0)),
        (date(2026, 1, 3), Decimal(2)),
    )  # fmt: skip
    assert document.annexes == ()


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
