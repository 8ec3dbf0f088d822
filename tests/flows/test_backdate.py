"""A contract that was entered too late begins earlier, and its refused usage is charged."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tallystick.domain.contracts.models import Contract, ContractOffer
from tallystick.domain.inventory.models import Assignment
from tallystick.domain.inventory.operations import IdentifierHeld
from tallystick.domain.invoices.models import InvoiceLine
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import RatedLine, Reject
from tallystick.domain.usage.rejects import count_by_code, open_rejects
from tallystick.flows.activate import ContractWish, ServiceWish, start_contract
from tallystick.flows.backdate import BilledSince, NotEarlier, backdate_contract
from tallystick.flows.charge import charge_usage
from tallystick.flows.end import stop_contract
from tallystick.flows.invoice import run_bills
from tallystick.flows.reconcile import reconcile
from tallystick.flows.replay import replay_rejects
from tests.flows.businesses import AT, open_talk_business
from tests.flows.test_spine import load

NUMBER = "491700000077"
BEGAN, REALLY = date(2026, 1, 20), date(2026, 1, 10)
ENDS, NOON = date(2026, 1, 22), datetime(2026, 1, 22, 12, tzinfo=UTC)
CALLS = f"""
a1 {NUMBER} 2026-01-05T08:00 60
a2 {NUMBER} 2026-01-12T08:00 600
a3 {NUMBER} 2026-01-25T08:00 60
a4 491799999999 2026-01-25T08:00 60
"""

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def tenant(own_database):
    tenant = open_talk_business(customers=2)
    start(tenant, "L1", on=BEGAN)
    return tenant


def start(tenant, number, *, on, account="A1"):
    service = ServiceWish("mobile", [("msisdn", NUMBER)])
    wish = ContractWish(account, number, "talk", on, service=service)
    return start_contract(wish, tenant_id=tenant.id, at=AT)


def waiting(tenant):
    with acting_for(tenant.id):
        return count_by_code(open_rejects())


def test_what_was_refused_is_charged_after_one_replay(tenant):
    load(tenant.id, CALLS)
    assert waiting(tenant) == {"subject_not_held_then": 2, "unknown_subject": 1}
    charge_usage(tenant_id=tenant.id, at=AT)
    begun = backdate_contract("L1", tenant_id=tenant.id, on=REALLY)
    assert (begun.starts_on, begun.next_bill_on) == (REALLY, date(2026, 2, 1))
    report = replay_rejects(tenant_id=tenant.id, at=AT, code="subject_not_held_then")
    assert report.accepted == 1
    assert waiting(tenant) == {"subject_not_held_then": 1, "unknown_subject": 1}
    charged = charge_usage(tenant_id=tenant.id, at=AT)
    assert (charged.events, charged.suspended) == (1, 0)
    with acting_for(tenant.id):
        offer = ContractOffer.objects.get(contract__number="L1")
        assert (offer.valid_from, offer.valid_to) == (REALLY, None)
        first = Assignment.objects.get(identifier__value=NUMBER)
        assert first.valid_from.astimezone(UTC) == datetime(2026, 1, 9, 23, tzinfo=UTC)
        days = RatedLine.objects.filter(contract_id=begun.id).values_list("started_at", flat=True)
        assert {day.date().day for day in days} == {12, 25}
        assert Reject.objects.filter(state="replayed").count() == 1
    run_bills(tenant_id=tenant.id, on=date(2026, 2, 1), at=AT)
    assert [finding for finding in reconcile(tenant_id=tenant.id) if not finding.ok] == []


def test_an_end_that_was_too_early(tenant):
    """The customer goes on with a contract from that day, under the same number."""
    stop_contract("L1", tenant_id=tenant.id, on=ENDS, at=NOON)
    load(tenant.id, CALLS)
    assert waiting(tenant)["subject_not_held_then"] == 3
    start(tenant, "L2", on=date(2026, 1, 22))
    assert replay_rejects(tenant_id=tenant.id, at=AT, code="subject_not_held_then").accepted == 1
    assert charge_usage(tenant_id=tenant.id, at=AT).events == 1


def test_what_cannot_begin_earlier(tenant):
    with pytest.raises(NotEarlier, match="only an earlier day") as told:
        backdate_contract("L1", tenant_id=tenant.id, on=BEGAN)
    assert told.value.code == "not_earlier"
    stop_contract("L1", tenant_id=tenant.id, on=ENDS, at=NOON)
    start(tenant, "L2", on=date(2026, 1, 24), account="A2")
    with pytest.raises(IdentifierHeld):
        backdate_contract("L2", tenant_id=tenant.id, on=date(2026, 1, 21))
    with acting_for(tenant.id):
        assert Contract.objects.get(number="L2").starts_on == date(2026, 1, 24)
    backdate_contract("L2", tenant_id=tenant.id, on=date(2026, 1, 22))
    run_bills(tenant_id=tenant.id, on=date(2026, 2, 1), at=AT)
    with pytest.raises(BilledSince, match="invoice void"):
        backdate_contract("L2", tenant_id=tenant.id, on=REALLY)


def test_it_pays_for_the_days_that_it_gained(tenant):
    start_days = {}
    for number, on in (("L3", BEGAN), ("L4", REALLY)):
        wish = ContractWish("A2", number, "talk", on)
        start_contract(wish, tenant_id=tenant.id, at=AT)
        start_days[number] = on
    backdate_contract("L3", tenant_id=tenant.id, on=REALLY)
    run_bills(tenant_id=tenant.id, on=date(2026, 2, 1), at=AT)
    with acting_for(tenant.id):
        sums = {}
        for line in InvoiceLine.objects.filter(contract__number__in=start_days):
            number = line.contract.number
            sums[number] = sums.get(number, Decimal(0)) + line.exact
    assert sums["L3"] == sums["L4"] > 0
