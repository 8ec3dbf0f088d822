"""Late usage by what its prices say: held, refused, counted in the cycle that is not billed yet."""

from datetime import date
from decimal import Decimal
from secrets import token_hex

import pytest
from django.db import connection

from tallystick.core.tariff.nodes import Late
from tallystick.domain.contracts.models import Contract
from tallystick.domain.invoices.models import Invoice, InvoiceLine
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.late_tables import NotHeld, count_held, list_held
from tallystick.domain.usage.models import LateUsage
from tallystick.domain.usage.queries import open_suspense
from tallystick.domain.usage.rerate_tables import accounts_with_usage, ask_again
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.charge import charge_usage
from tallystick.flows.document import events_of_line
from tallystick.flows.end import stop_contract
from tallystick.flows.invoice import run_bills
from tallystick.flows.late import release_usage
from tallystick.flows.reconcile import reconcile
from tallystick.flows.release import rehearse_release
from tests.flows.businesses import AT, CATALOGUE, open_talk_business
from tests.flows.correcting import call, counters, load, sums, void

pytestmark = pytest.mark.usefixtures("module_database")

FEBRUARY, MARCH, APRIL = date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)


def opened(late: str):
    """A business whose calls say that of late usage; each has ten minutes included."""
    tenant = open_talk_business(f"late-{token_hex(3)}", customers=1)
    text = CATALOGUE.replace("connect: 0.05}", f"connect: 0.05, late: {late}}}")
    publish_catalogue(
        text, tenant_id=tenant.id, name="late", files={}, valid_from=date(2025, 6, 1), at=AT
    )
    return tenant


def rate(tenant) -> int:
    return charge_usage(tenant_id=tenant.id, at=AT).lines


def bill(tenant, on: date) -> None:
    rate(tenant)
    run_bills(tenant_id=tenant.id, on=on, at=AT)


def wrong(tenant) -> list:
    return [finding for finding in reconcile(tenant_id=tenant.id) if not finding.ok]


def usage_lines(tenant, on: date) -> list[tuple[str, Decimal]]:
    with acting_for(tenant.id):
        invoice = Invoice.objects.get(issued_on=on)
        lines = InvoiceLine.objects.filter(invoice_id=invoice.id, purpose__startswith="usage")
        return list(lines.order_by("line_no").values_list("description", "exact"))


def rerate_all(tenant) -> int:
    with acting_for(tenant.id):
        again = accounts_with_usage(account_id=None, since=date(2026, 1, 1), until=APRIL)
        ask_again(again, tenant_id=tenant.id)
    return rate(tenant)


def test_held_it_costs_nothing_until_it_is_released_once(tmp_path):
    tenant = opened("hold")
    load(tenant.id, tmp_path, call("a", "01-05", 600))
    bill(tenant, FEBRUARY)
    load(tenant.id, tmp_path, call("b", "01-04", 120), call("c", "02-04", 60))
    rate(tenant)
    with acting_for(tenant.id):
        (held,) = list_held(count=9)
        assert (held.account, held.component, held.state) == ("A1", "talk.calls", "held")
        assert (held.quantity, count_held(), open_suspense()) == (120, 1, [])
    assert wrong(tenant) == []
    assert rerate_all(tenant) == 0
    told = rehearse_release(tenant_id=tenant.id, events=[held.event], at=AT)
    assert told.events == (held,)
    # 0.05 was billed for the call that took all ten minutes; two more come before it.
    (cost,) = told.costs
    assert (cost.account, cost.component, cost.currency) == ("A1", "calls", "EUR")
    assert (cost.before, cost.now) == (Decimal("0.05"), Decimal("0.34"))
    assert told.unpriced == 0
    assert rate(tenant) == 0
    with pytest.raises(NotHeld):
        rehearse_release(tenant_id=tenant.id, events=[1], at=AT)
    assert release_usage(tenant_id=tenant.id, events=[held.event]).events == (held,)
    with pytest.raises(NotHeld):
        release_usage(tenant_id=tenant.id, events=[held.event])
    assert release_usage(tenant_id=tenant.id).events == ()
    assert wrong(tenant) == []
    bill(tenant, MARCH)
    # As in docs/algorithms/late-usage.md: 0.34 less the 0.05 that was billed; February's own call.
    assert sorted(usage_lines(tenant, MARCH)) == [
        ("Calls", Decimal("0.05")),
        ("Calls, difference", Decimal("0.29")),
    ]
    assert rerate_all(tenant) == 0
    assert wrong(tenant) == []


def test_on_the_next_bill_it_takes_what_that_cycle_includes(tmp_path):
    tenant = opened("next bill")
    load(tenant.id, tmp_path, call("a", "01-05", 600))
    bill(tenant, FEBRUARY)
    load(tenant.id, tmp_path, call("b", "01-04", 120), call("c", "02-04", 600))
    bill(tenant, MARCH)
    # January's two minutes are the first of February's ten; the call has two to pay.
    assert usage_lines(tenant, MARCH) == [("Calls", Decimal("0.34"))]
    with acting_for(tenant.id):
        line = InvoiceLine.objects.get(description="Calls", exact=Decimal("0.34"))
        days = [event.started_at.date() for event in events_of_line(line)]
        assert date(2026, 1, 4) in days
        moved = LateUsage.objects.get()
        assert (moved.state, moved.cycle_start) == ("moved", FEBRUARY)
    assert rerate_all(tenant) == 0
    assert wrong(tenant) == []
    # What comes later for February has all of it rated again, January's call with it.
    before = [row[:-1] for row in counters(tenant.id)]
    load(tenant.id, tmp_path, void("b"))
    bill(tenant, APRIL)
    assert usage_lines(tenant, APRIL) == [("Calls, difference", Decimal("-0.29"))]
    assert [row[:-1] for row in counters(tenant.id)] == before
    assert wrong(tenant) == []


def test_an_ended_contract_has_no_next_cycle(tmp_path):
    tenant = opened("next bill")
    load(tenant.id, tmp_path, call("a", "01-05", 60))
    stop_contract("C1", tenant_id=tenant.id, on=FEBRUARY, at=AT)
    bill(tenant, FEBRUARY)
    with acting_for(tenant.id):
        assert Contract.objects.get().next_bill_on is None
    load(tenant.id, tmp_path, call("b", "01-06", 60))
    bill(tenant, MARCH)
    assert [exact for _, exact in usage_lines(tenant, MARCH)] == [Decimal("0.05")]
    assert wrong(tenant) == []


@pytest.mark.parametrize("late", ["hold", "refuse", "next bill"])
def test_a_correction_of_what_was_charged_in_time_makes_a_difference(tmp_path, late):
    tenant = opened(late)
    load(tenant.id, tmp_path, call("a", "01-05", 900))
    bill(tenant, FEBRUARY)
    load(tenant.id, tmp_path, call("a", "01-05", 800))
    load(tenant.id, tmp_path, call("a", "01-05", 660))
    bill(tenant, MARCH)
    assert [exact for _, exact in usage_lines(tenant, MARCH)] == [Decimal("-0.48")]
    assert wrong(tenant) == []


def test_a_record_that_is_held_may_be_corrected_and_taken_back(tmp_path):
    tenant = opened("hold")
    load(tenant.id, tmp_path, call("a", "01-05", 60))
    bill(tenant, FEBRUARY)
    load(tenant.id, tmp_path, call("b", "01-06", 60), call("c", "01-07", 60))
    rate(tenant)
    load(tenant.id, tmp_path, call("b", "01-06", 120), void("c"))
    assert wrong(tenant) == []
    rate(tenant)
    with acting_for(tenant.id):
        assert [one.quantity for one in list_held(count=9)] == [120]
    assert wrong(tenant) == []
    release_usage(tenant_id=tenant.id, late=Late.NEXT_BILL)
    bill(tenant, MARCH)
    assert usage_lines(tenant, MARCH) == [("Calls", Decimal("0.05"))]
    assert wrong(tenant) == []


def test_what_waited_for_a_price_is_not_late(tmp_path):
    """It came in time, so nobody has to release it."""
    tenant = opened("refuse")
    with acting_for(tenant.id), connection.cursor() as cursor:
        cursor.execute("UPDATE contracts_contractoffer SET valid_from = '2026-01-06'")
    load(tenant.id, tmp_path, call("a", "01-05", 60), call("b", "01-06", 60))
    bill(tenant, FEBRUARY)
    with acting_for(tenant.id), connection.cursor() as cursor:
        assert [count for _, count in open_suspense()] == [1]
        cursor.execute("UPDATE contracts_contractoffer SET valid_from = '2026-01-01'")
    rate(tenant)
    assert [row[-1] for row in sums(tenant.id) if row[1] == "calls"] == [Decimal("0.10")]
    assert wrong(tenant) == []
