"""Cut off at each transaction boundary and told again, bills of every kind come out once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from threading import Lock
from unittest import mock

import pytest
from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tallystick.base.refusal import Refusal
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.approve import approve_bills
from tallystick.flows.bill_now import ANY_REVENUE, Charge, bill_charge, bill_over_threshold
from tallystick.flows.void import AlreadyRebilled, rebill_invoice
from tests.faults.lives import figures, lived

pytestmark = pytest.mark.usefixtures("module_database")

ON, AT = date(2026, 2, 1), datetime(2026, 2, 1, 8, tzinfo=UTC)
ATTEMPTS_MAX = 60
HELD = "2026-02-01 bill hold\n"
BILLED = "2026-02-01 bill run\n"
PAID = BILLED + "2026-02-01 pay A1 10.00 bank\n"
THRESHOLD = "2026-01-21 bill over 60.00 for A1\n"


@contextmanager
def cut(when: str, number: int) -> Iterator[None]:
    """The connection falls at that commit, just before it is confirmed or just after."""
    commit, counted, lock = BaseDatabaseWrapper._commit, count(1), Lock()

    def cutting(connection: BaseDatabaseWrapper) -> None:
        with lock:
            mine = next(counted) == number
        if not mine or when == "after":
            commit(connection)
        if mine:
            connection.connection.close()
            raise OperationalError("cut off")

    with mock.patch.object(BaseDatabaseWrapper, "_commit", cutting):
        yield


def told_until_done(work: Callable[[], object], *, when: str) -> int:
    """Tells the work again, cut off one boundary later each time; gives how often it was told."""
    for number in range(1, ATTEMPTS_MAX):
        try:
            with cut(when, number):
                work()
        except (OperationalError, InterfaceError):
            connections.close_all()
        else:
            return number
    raise AssertionError("it never came to its end")


def approve(tenant_id: int) -> None:
    approve_bills(None, tenant_id=tenant_id, at=AT)


def rebill(tenant_id: int) -> None:
    with acting_for(tenant_id):
        wrong = Invoice.objects.filter(issued_on=ON, kind="invoice").order_by("id").first()
    with suppress(AlreadyRebilled):
        rebill_invoice(wrong.number, reason="wrong", tenant_id=tenant_id, on=ON, at=AT)


def charge(tenant_id: int) -> None:
    what = Charge("A1", "survey", "Survey", Decimal("80.00"), "standard", ANY_REVENUE)
    bill_charge(what, tenant_id=tenant_id, on=ON, at=AT)


def threshold(tenant_id: int) -> None:
    bill_over_threshold(tenant_id=tenant_id, on=date(2026, 1, 21), at=AT)


JOURNEYS = {
    "approve": (HELD, approve),
    "rebill-void": (BILLED, rebill),
    "rebill-credit": (PAID, rebill),
    "charge": (BILLED, charge),
    "threshold": (THRESHOLD, threshold),
}


@pytest.mark.parametrize("journey", JOURNEYS)
def test_cut_off_at_every_boundary(journey: str) -> None:
    before, work = JOURNEYS[journey]
    undisturbed = lived(f"{journey}-whole", before)
    start = figures(undisturbed)
    work(undisturbed)
    whole = figures(undisturbed)
    assert whole != start
    for when in ("before", "after"):
        tenant_id = lived(f"{journey}-{when}", before)
        attempts = told_until_done(lambda tenant_id=tenant_id: work(tenant_id), when=when)
        assert attempts > 1
        assert figures(tenant_id) == whole


def test_what_was_done_is_refused_or_the_same_when_told_again() -> None:
    tenant_id = lived("told-again", BILLED)
    rebill(tenant_id)
    charge(tenant_id)
    threshold(tenant_id)
    whole = figures(tenant_id)
    charge(tenant_id)
    threshold(tenant_id)
    with acting_for(tenant_id):
        first = Invoice.objects.filter(issued_on=ON).order_by("id").first()
    with pytest.raises(Refusal) as refused:
        rebill_invoice(first.number, reason="again", tenant_id=tenant_id, on=ON, at=AT)
    assert refused.value.code == "already_rebilled"
    assert figures(tenant_id) == whole
