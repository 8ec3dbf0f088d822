"""A contract that ends takes its services and numbers with it, and no other contract's."""

from datetime import UTC, date, datetime

import pytest

from tallystick.domain.contracts.models import Contract, Service
from tallystick.domain.contracts.operations import ContractCannotEnd
from tallystick.domain.contracts.queries import UnknownContract
from tallystick.domain.inventory.models import Assignment, Identifier
from tallystick.domain.inventory.operations import (
    IdentifierHeld,
    IdentifierQuarantined,
    NotQuarantined,
    assign_identifier,
    release_identifier,
    set_quarantine,
)
from tallystick.domain.inventory.queries import (
    IdentifierNow,
    Standing,
    history_of,
    list_identifiers,
    standing_of,
)
from tallystick.domain.outbox.models import Order
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.activate import ContractWish, ServiceWish, start_contract
from tallystick.flows.end import end_what_ran_out, keep, stop_contract
from tests.flows.businesses import AT, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

ON = date(2026, 1, 20)
DAY = datetime(2026, 1, 20, 9, tzinfo=UTC)


def keep_numbers(tenant_id: int, *, days: int) -> None:
    with acting_for(tenant_id):
        set_quarantine({"msisdn": days}, tenant_id=tenant_id)


def kept_from_others(at: datetime) -> list[IdentifierNow]:
    return list_identifiers(at=at, kind=None, state=Standing.QUARANTINED, count=9)


def test_service_number_and_network_end_with_the_contract():
    tenant = open_talk_business(customers=2)
    keep_numbers(tenant.id, days=3)
    stop_contract("C1", tenant_id=tenant.id, on=ON, at=DAY)
    with acting_for(tenant.id):
        contracts = Contract.objects.order_by("number").values_list("ends_on", "state")
        assert list(contracts) == [(ON, "ended"), (None, "active")]
        services = Service.objects.order_by("contract__number").values_list("state", flat=True)
        assert list(services) == ["ended", "active"]
        held = Assignment.objects.filter(valid_to__isnull=True)
        assert held.get().service.contract.number == "C2"
        (kept,) = kept_from_others(DAY)
        assert (kept.contract, kept.kept_until.date()) == ("C1", date(2026, 1, 22))
        (ended,) = Assignment.objects.filter(valid_to__isnull=False)
        assert ended.valid_to.isoformat() == "2026-01-19T23:00:00+00:00"
        order = Order.objects.get(action="end")
        assert order.payload["state"] == "ended"


@pytest.mark.parametrize("on", [date(2025, 12, 31), ON])
def test_a_contract_ends_once_and_not_before_it_begins(on: date):
    tenant = open_talk_business(customers=1)
    if on == ON:
        stop_contract("C1", tenant_id=tenant.id, on=ON, at=AT)
    with pytest.raises(ContractCannotEnd):
        stop_contract("C1", tenant_id=tenant.id, on=on, at=AT)
    with pytest.raises(UnknownContract):
        stop_contract("C9", tenant_id=tenant.id, on=on, at=AT)


def test_what_was_agreed_to_end_ends_with_the_day_and_once():
    tenant = open_talk_business(customers=2)
    keep_numbers(tenant.id, days=3)
    stop_contract("C1", tenant_id=tenant.id, on=ON, at=AT)
    assert end_what_ran_out(tenant_id=tenant.id, on=date(2026, 1, 19), at=AT) == 0
    assert end_what_ran_out(tenant_id=tenant.id, on=ON, at=AT) == 1
    assert end_what_ran_out(tenant_id=tenant.id, on=ON, at=AT) == 0
    with acting_for(tenant.id):
        contract = Contract.objects.get(number="C1")
        assert (contract.state, contract.ends_on) == ("ended", ON)
        assert contract.next_bill_on is not None
        assert Service.objects.get(contract=contract).state == "ended"
        assert Service.objects.get(contract__number="C2").state == "active"
        assert [one.contract for one in kept_from_others(DAY)] == ["C1"]
        assert Order.objects.filter(action="end").count() == 1


def test_a_number_that_somebody_else_holds_since_is_not_taken_from_them():
    tenant = open_talk_business(customers=2)
    with acting_for(tenant.id):
        Contract.objects.filter(number="C1").update(ends_on=ON)
        first = Assignment.objects.get(service__contract__number="C1")
        midnight = datetime(2026, 1, 19, 23, tzinfo=UTC)
        Assignment.objects.filter(id=first.id).update(valid_to=midnight, kept_until=midnight)
        kind, value = first.identifier.kind, first.identifier.value
        other = Service.objects.get(contract__number="C2")
        assign_identifier(other, kind=kind, value=value, valid_from=midnight)
    end_what_ran_out(tenant_id=tenant.id, on=ON, at=AT)
    with acting_for(tenant.id):
        now = standing_of(Identifier.objects.get(value=value), at=DAY)
        assert (now.state, now.contract) == ("assigned", "C2")
        assert Assignment.objects.filter(identifier__value=value, valid_to=None).count() == 1


NUMBER = ("msisdn", "491700000777")


def take(tenant_id: int, number: str, *, of: str, on: date, until: date | None = None) -> None:
    wish = ContractWish(of, number, "talk", on, until, ServiceWish("mobile", [NUMBER]))
    start_contract(wish, tenant_id=tenant_id, at=DAY)


def test_a_number_is_kept_from_others_for_the_days_of_its_kind():
    tenant = open_talk_business(customers=2)
    keep_numbers(tenant.id, days=90)
    take(tenant.id, "K1", of="A1", on=date(2026, 1, 5))
    stop_contract("K1", tenant_id=tenant.id, on=ON, at=DAY)
    with pytest.raises(IdentifierQuarantined) as refusal:
        take(tenant.id, "K2", of="A2", on=date(2026, 4, 19))
    assert (refusal.value.given_back, refusal.value.until) == ("2026-01-20", "2026-04-20")
    assert "inventory release 491700000777 --reason" in refusal.value.sentence()
    take(tenant.id, "K3", of="A1", on=date(2026, 2, 1), until=date(2026, 2, 2))  # its own number
    with pytest.raises(IdentifierQuarantined) as refusal:
        take(tenant.id, "K2", of="A2", on=date(2026, 4, 20))
    assert refusal.value.until == "2026-05-03"
    take(tenant.id, "K2", of="A2", on=date(2026, 5, 3))


def test_a_quarantine_is_ended_early_once_and_stays_written_down():
    tenant = open_talk_business(customers=2)
    keep_numbers(tenant.id, days=90)
    take(tenant.id, "K1", of="A1", on=date(2026, 1, 5))
    with acting_for(tenant.id):
        number = Identifier.objects.get(value=NUMBER[1])
        with pytest.raises(NotQuarantined, match="somebody holds it"):
            release_identifier(number, reason="no", today=ON, at=DAY)
    stop_contract("K1", tenant_id=tenant.id, on=ON, at=DAY)
    with acting_for(tenant.id):
        release_identifier(number, reason="the sister's", today=ON, at=DAY)
        with pytest.raises(NotQuarantined, match="it is free"):
            release_identifier(number, reason="again", today=ON, at=DAY)
    take(tenant.id, "K2", of="A2", on=ON)
    with acting_for(tenant.id):
        told = [(one.what, one.account, one.reason) for one in history_of(number)]
    assert told == [
        ("assigned", "A1", ""),
        ("given back", "A1", ""),
        ("assigned", "A2", ""),
        ("released early", "A1", "the sister's"),
    ]


def test_other_days_hold_for_what_is_given_back_from_then_on():
    tenant = open_talk_business(customers=2)
    keep_numbers(tenant.id, days=90)
    stop_contract("C1", tenant_id=tenant.id, on=ON, at=DAY)
    with acting_for(tenant.id):
        assert set_quarantine({"ip": 1, "msisdn": 0}, tenant_id=tenant.id) == {"ip": 1}
    stop_contract("C2", tenant_id=tenant.id, on=ON, at=DAY)
    with acting_for(tenant.id):
        assert [one.contract for one in kept_from_others(DAY)] == ["C1"]


def test_a_contract_that_is_kept_keeps_its_number():
    tenant = open_talk_business(customers=2)
    take(tenant.id, "K1", of="A1", on=date(2026, 1, 5), until=ON)
    take(tenant.id, "K2", of="A2", on=date(2026, 1, 25), until=date(2026, 1, 30))
    with pytest.raises(IdentifierHeld):
        keep("K1", tenant_id=tenant.id)
    with acting_for(tenant.id):
        Assignment.objects.filter(service__contract__number="K2").delete()
    assert keep("K1", tenant_id=tenant.id) == ON
    with acting_for(tenant.id):
        assert Assignment.objects.get(service__contract__number="K1").valid_to is None
