"""Cut off at each transaction boundary and told again, bills of every kind come out once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from threading import Lock
from unittest import mock

import pytest
from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tallystick.base.refusal import Refusal
from tallystick.domain.invoices.models import Invoice, InvoiceLine
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.approve import approve_bills
from tallystick.flows.bill_now import ANY_REVENUE, Charge, bill_charge, bill_over_threshold
from tallystick.flows.reconcile import reconcile
from tallystick.flows.void import AlreadyRebilled, rebill_invoice
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

pytestmark = pytest.mark.usefixtures("module_database")

SCENARIOS = Path(__file__).parents[1] / "scenarios"
ON, AT = date(2026, 2, 1), datetime(2026, 2, 1, 8, tzinfo=UTC)
ATTEMPTS_MAX = 60
LIFE = """
business businesses/orchard.yaml catalogue businesses/orchard-period-prices.yaml
2026-01-01 account A1 "Alder Bakery" business bill-day 1
2026-01-01 account A2 "Birch Books" business bill-day 1
2026-01-01 contract C1 of A1 offer office msisdn 4930000001
2026-01-01 contract C2 of A2 offer volume msisdn 4930000002
2026-01-01 bill run
2026-01-20 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
u1,4930000001,2026-01-10T09:00:00,60000
u2,4930000002,2026-01-10T09:00:00,12000
END
2026-01-20 rate
"""
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


def lived(name: str, more: str) -> int:
    story = read_story(LIFE + more, file=f"{name}.story", name=name)
    assert play_story(story, folder=SCENARIOS, code=name).failed == ()
    return tenant_id_of(name)


def figures(tenant_id: int) -> list[tuple[object, ...]]:
    """What every invoice says, without ids; and that the books match."""
    assert [one for one in reconcile(tenant_id=tenant_id) if not one.ok] == []
    with acting_for(tenant_id):
        numbers = sorted(Invoice.objects.filter(kind="invoice").values_list("number", flat=True))
        assert numbers == [f"INV-2026-{n:06d}" for n in range(1, len(numbers) + 1)]
        lines = InvoiceLine.objects.values_list(
            "account__number", "invoice__kind", "invoice__issued_on", "purpose", "period_from",
            "description", "quantity", "net", "freed",
        )  # fmt: skip
        # A single charge is named by its id, and those of work that was undone are not given again.
        return sorted((*row[:3], row[3].partition(":")[0], *row[4:]) for row in lines)


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
