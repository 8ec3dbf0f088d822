"""A clock that jumps back, and operators that bill at the same time: neither changes a bill."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connections

from tallystick.domain.payments.models import Payment
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tallystick.flows.receive import receive_payment
from tallystick.flows.recover import collect
from tests.faults.lives import figures, lived

pytestmark = pytest.mark.usefixtures("module_database")

ON = date(2026, 2, 1)
OPERATORS = 4


def noon(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


def bill(tenant_id: int, on: date) -> int:
    return run_bills(tenant_id=tenant_id, on=on, at=noon(on)).invoices


def pay(tenant_id: int, on: date) -> None:
    paid = Receipt("bank-1", "bank", Decimal("10.00"), "EUR", on)
    receive_payment(paid, tenant_id=tenant_id, account="A1", at=noon(on))


def do_the_day(tenant_id: int, on: date) -> int:
    charge_usage(tenant_id=tenant_id, at=noon(on))
    billed = bill(tenant_id, on)
    pay(tenant_id, on)
    collect(tenant_id=tenant_id, on=on, at=noon(on))
    return billed


def test_a_clock_that_jumps_back_bills_nothing_again() -> None:
    straight, jumping = lived("straight", ""), lived("jumping", "")
    months = [ON, date(2026, 3, 1)]
    assert all(do_the_day(straight, on) for on in months)
    assert do_the_day(jumping, ON) == do_the_day(straight, ON) + 2  # both of its accounts
    for past in (date(2026, 1, 15), date(2026, 1, 1), date(2025, 12, 31), ON):
        assert do_the_day(jumping, past) == 0
    assert do_the_day(jumping, months[1]) == 2
    assert figures(jumping) == figures(straight)
    with acting_for(jumping):
        assert Payment.objects.count() == 1


def test_operators_bill_at_once_as_they_do_alone() -> None:
    alone = lived("alone", "")
    bill(alone, ON)
    together = [lived(f"together-{number}", "") for number in range(OPERATORS)]
    start = Barrier(OPERATORS)

    def bill_with_others(tenant_id: int) -> int:
        try:
            start.wait(timeout=60)
            return bill(tenant_id, ON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(OPERATORS) as others:
        assert list(others.map(bill_with_others, together)) == [2] * OPERATORS
    for tenant_id in together:
        assert figures(tenant_id) == figures(alone)
