"""Terms that contracts and accounts have of their own, from grant to bill."""

from datetime import date
from decimal import Decimal

import pytest

from tallystick.base.refusal import Refusal
from tallystick.core.tariff.source import CatalogueRefused
from tallystick.domain.contracts.grants import Wording
from tallystick.domain.invoices.models import InvoiceLine
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.grant import (
    GrantWish,
    Holder,
    give_grant,
    give_price,
    stop_grant,
    stop_price,
)
from tallystick.flows.invoice import run_bills
from tallystick.flows.own_prices import load_own_prices
from tallystick.flows.rehearse import rehearse_bills
from tallystick.flows.why import why_adjusted
from tests.flows.businesses import AT, CATALOGUE, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

JANUARY = date(2026, 1, 1)


def grant(tenant: Tenant, kind: str, words: str, *, name: str = "loyal", **to: str) -> None:
    wish = GrantWish(kind, name, Wording(words, JANUARY))
    give_grant(wish, to=Holder(**to), tenant_id=tenant.id, at=AT)


def override(tenant: Tenant, contract: str, component: str, words: str) -> None:
    give_price(
        contract, component=component, wording=Wording(words, JANUARY), tenant_id=tenant.id, at=AT
    )


def test_a_bill_run_again_adjusts_nothing_again() -> None:
    tenant = open_talk_business(customers=2)
    grant(tenant, "discount", "{less: 10 %}", contract="C1")
    grant(tenant, "coupon", "{less: 1.00, bills: 2}", name="hello", account="A1")
    rehearsed = rehearse_bills(tenant_id=tenant.id, on=JANUARY)
    first = run_bills(tenant_id=tenant.id, on=JANUARY, at=AT, workers=1)
    again = run_bills(tenant_id=tenant.id, on=JANUARY, at=AT, workers=1)
    assert (first.invoices, again.invoices) == (2, 0)
    assert rehearsed.totals == first.totals == {"EUR": Decimal("21.42")}  # (8 + 10) x 1.19
    with acting_for(tenant.id):
        lines = InvoiceLine.objects.filter(contract__number="C1").order_by("line_no")
        assert [(line.description, line.net) for line in lines] == [
            ("Line", 10), ("Loyal: Line", -1), ("Hello: Line", -1),
        ]  # fmt: skip
        assert why_adjusted(lines[0]) == []
        assert why_adjusted(lines[2]) == [
            "coupon #2: hello {less: 1.00, bills: 2}",
            "goes by Line 10, Loyal: Line -1 of this cycle",
            "-> -1",
        ]


def test_contracts_with_the_same_prices_share_a_variant() -> None:
    tenant = open_talk_business(customers=3)
    for contract in ("C1", "C2"):
        override(tenant, contract, "line", "8.00")
        override(tenant, contract, "calls", "0.01 per min")
    override(tenant, "C3", "line", "9.00")
    with acting_for(tenant.id):
        assert len(load_own_prices().variants) == 2
    billed = run_bills(tenant_id=tenant.id, on=JANUARY, at=AT, workers=1)
    assert billed.totals == {"EUR": Decimal("29.75")}  # 9.52 + 9.52 + 10.71


def test_a_version_that_own_prices_do_not_fit_is_not_published() -> None:
    tenant = open_talk_business(customers=1)
    override(tenant, "C1", "calls", "0.01 per min")
    by_piece = CATALOGUE.replace(
        "{of: voice, bill by: 60 s, price: 0.12 per min, connect: 0.05}",
        "{of: voice, counts: s as event, price: 0.12 per call}",
    ).replace("      minutes: {include: 10 min, of: voice}\n", "")

    def publish() -> None:
        publish_catalogue(
            by_piece, tenant_id=tenant.id, name="t.yaml", files={},
            valid_from=date(2026, 6, 1), at=AT,
        )  # fmt: skip

    with pytest.raises(CatalogueRefused) as refused:
        publish()
    assert "calls:1: price: is in s, and calls is in event" in refused.value.sentence()
    stop_price("C1", component="calls", tenant_id=tenant.id, on=date(2026, 2, 1))
    publish()


REFUSED = [
    (lambda t: grant(t, "discount", "{less: 1 %}", contract="C9"), "unknown_contract"),
    (lambda t: grant(t, "discount", "{less: 1 %}", account="A9"), "unknown_account"),
    (lambda t: grant(t, "discount", "{less: 1.00}", account="A1"), "not_of_an_account"),
    (
        lambda t: grant(t, "commitment", "{pay: 1 per month, covers: [calls]}", account="A1"),
        "not_of_an_account",
    ),
    (lambda t: grant(t, "discount", "{less: 1 %, covers: [fax]}", contract="C1"),
     "catalogue_refused"),
    (lambda t: grant(t, "coupon", "{less: 1 %, for: 2 months}", contract="C1"),
     "catalogue_refused"),
    (lambda t: [grant(t, "coupon", "{less: 1 %}", account="A1") for _ in "12"], "grant_exists"),
    (lambda t: stop_grant("x", of=Holder(account="A1"), tenant_id=t.id, on=JANUARY),
     "unknown_grant"),
    (lambda t: override(t, "C1", "fax", "1.00"), "unknown_component"),
    (lambda t: override(t, "C1", "line", "1.00 per month"), "catalogue_refused"),
    (lambda t: override(t, "C1", "minutes", "1.00"), "catalogue_refused"),
    (lambda t: [override(t, "C1", "line", "1.00") for _ in "12"], "override_exists"),
    (lambda t: stop_price("C1", component="calls", tenant_id=t.id, on=JANUARY),
     "unknown_override"),
    (
        lambda t: give_price(
            "C1", component="line", wording=Wording("1", JANUARY, JANUARY), tenant_id=t.id, at=AT
        ),
        "ends_before_start",
    ),
]  # fmt: skip


def test_what_cannot_be_granted_is_refused() -> None:
    tenant = open_talk_business(customers=1)
    for number, (ask, code) in enumerate(REFUSED):
        with pytest.raises(Refusal) as refused:
            ask(tenant)
        assert refused.value.code == code, number
        assert refused.value.sentence()
