"""Bills that are changed by what comes after them."""

from datetime import date
from decimal import Decimal

import pytest

from tallystick.domain.invoices.models import Invoice, Offset, OpenItem
from tallystick.domain.invoices.queries import items_to_pay
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.activate import ContractWish, start_contract
from tallystick.flows.end import stop_contract
from tallystick.flows.invoice import run_bills
from tallystick.flows.reconcile import reconcile
from tests.flows.businesses import AT, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

FIRST = date(2026, 1, 1)


def totals(tenant_id: int) -> list[Decimal]:
    with acting_for(tenant_id):
        return list(Invoice.objects.order_by("id").values_list("total", flat=True))


def assert_books_match(tenant_id: int) -> None:
    assert [finding for finding in reconcile(tenant_id=tenant_id) if not finding.ok] == []


def test_second_contract_of_the_day_gets_a_second_invoice():
    tenant = open_talk_business(customers=1)
    assert run_bills(tenant_id=tenant.id, on=FIRST, at=AT).invoices == 1
    start_contract(ContractWish("A1", "C1-b", "talk", FIRST), tenant_id=tenant.id, at=AT)
    assert run_bills(tenant_id=tenant.id, on=FIRST, at=AT).invoices == 1
    assert totals(tenant.id) == [Decimal("11.90"), Decimal("11.90")]
    assert_books_match(tenant.id)


def test_contract_that_ends_the_day_it_began_gives_everything_back():
    tenant = open_talk_business(customers=1)
    run_bills(tenant_id=tenant.id, on=FIRST, at=AT)
    stop_contract("C1", tenant_id=tenant.id, on=FIRST, at=AT)
    run_bills(tenant_id=tenant.id, on=date(2026, 1, 2), at=AT)
    assert totals(tenant.id) == [Decimal("11.90"), Decimal("-11.90")]
    assert_books_match(tenant.id)


def test_negative_invoice_pays_what_the_account_still_owes():
    tenant = open_talk_business(customers=1)
    run_bills(tenant_id=tenant.id, on=FIRST, at=AT)
    stop_contract("C1", tenant_id=tenant.id, on=date(2026, 1, 11), at=AT)
    run_bills(tenant_id=tenant.id, on=date(2026, 1, 12), at=AT)
    # 21 of 31 days come back: 10.00 x 21 / 31 = 6.7741..., with 19 % tax 8.06.
    assert totals(tenant.id) == [Decimal("11.90"), Decimal("-8.06")]
    with acting_for(tenant.id):
        assert Offset.objects.get().amount == Decimal("8.06")
        owed = items_to_pay(account_numbered("A1").id)
        assert [item.open_amount for item in owed] == [Decimal("3.84")]
        assert set(OpenItem.objects.values_list("state", flat=True)) == {"part_paid", "paid"}
    assert_books_match(tenant.id)
