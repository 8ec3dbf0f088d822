"""A contract that ends takes its services and numbers with it, and no other contract's."""

from datetime import UTC, date, datetime

import pytest

from tallystick.domain.contracts.models import Contract, Service
from tallystick.domain.contracts.operations import ContractCannotEnd
from tallystick.domain.contracts.queries import UnknownContract
from tallystick.domain.inventory.models import Assignment, Identifier
from tallystick.domain.inventory.operations import assign_identifier
from tallystick.domain.outbox.models import Order
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.end import end_what_ran_out, stop_contract
from tests.flows.businesses import AT, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

ON = date(2026, 1, 20)
DAY = datetime(2026, 1, 20, 9, tzinfo=UTC)


def test_service_number_and_network_end_with_the_contract():
    tenant = open_talk_business(customers=2)
    stop_contract("C1", tenant_id=tenant.id, on=ON, at=DAY)
    with acting_for(tenant.id):
        contracts = Contract.objects.order_by("number").values_list("ends_on", "state")
        assert list(contracts) == [(ON, "ended"), (None, "active")]
        services = Service.objects.order_by("contract__number").values_list("state", flat=True)
        assert list(services) == ["ended", "active"]
        held = Assignment.objects.filter(valid_to__isnull=True)
        assert held.get().service.contract.number == "C2"
        assert Identifier.objects.filter(state="quarantined").count() == 1
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
    with acting_for(tenant.id):
        Contract.objects.filter(number="C1").update(ends_on=ON)
        midnight = datetime(2026, 1, 19, 23, tzinfo=UTC)
        Assignment.objects.filter(service__contract__number="C1").update(valid_to=midnight)
    assert end_what_ran_out(tenant_id=tenant.id, on=date(2026, 1, 19), at=AT) == 0
    assert end_what_ran_out(tenant_id=tenant.id, on=ON, at=AT) == 1
    assert end_what_ran_out(tenant_id=tenant.id, on=ON, at=AT) == 0
    with acting_for(tenant.id):
        contract = Contract.objects.get(number="C1")
        assert (contract.state, contract.ends_on) == ("ended", ON)
        assert contract.next_bill_on is not None
        assert Service.objects.get(contract=contract).state == "ended"
        assert Service.objects.get(contract__number="C2").state == "active"
        assert Identifier.objects.filter(state="quarantined").count() == 1
        assert Order.objects.filter(action="end").count() == 1


def test_a_number_that_somebody_else_holds_since_is_not_taken_from_them():
    tenant = open_talk_business(customers=2)
    with acting_for(tenant.id):
        Contract.objects.filter(number="C1").update(ends_on=ON)
        first = Assignment.objects.get(service__contract__number="C1")
        midnight = datetime(2026, 1, 19, 23, tzinfo=UTC)
        Assignment.objects.filter(id=first.id).update(valid_to=midnight)
        kind, value = first.identifier.kind, first.identifier.value
        other = Service.objects.get(contract__number="C2")
        assign_identifier(other, kind=kind, value=value, valid_from=midnight)
    end_what_ran_out(tenant_id=tenant.id, on=ON, at=AT)
    with acting_for(tenant.id):
        assert Identifier.objects.get(value=value).state == "assigned"
        assert Assignment.objects.filter(identifier__value=value, valid_to=None).count() == 1
