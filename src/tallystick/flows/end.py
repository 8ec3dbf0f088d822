"""Letting a customer go: a contract ends, its services with it, and what identified them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from tallystick.base.period import day_start
from tallystick.domain.contracts.models import Contract, Service, ServiceState
from tallystick.domain.contracts.operations import end_contract, move_service
from tallystick.domain.contracts.queries import contract_numbered
from tallystick.domain.inventory.operations import end_assignments_of
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.tenants.scope import acting_for


def stop_contract(number: str, *, tenant_id: int, on: date, at: datetime) -> Contract:
    """The contract ended as the day begins, which is the present one; the network is told.

    Days that were billed and are not served come back with the last bill, which is due at once.

    :raises UnknownContract: when no contract has the number
    :raises ContractCannotEnd: when it does not run on that day
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        end_contract(contract, on=on)
        midnight = day_start(on, ZoneInfo(contract.account.zone))
        running = Service.objects.filter(contract=contract).exclude(state=ServiceState.ENDED)
        for service in running.order_by("id"):
            moved = move_service(service.id, action="end")
            end_assignments_of(moved, at=midnight)
            place_order(
                tenant_id=tenant_id,
                account_id=contract.account_id,
                port="network",
                action="end",
                key=f"end:{service.id}",
                payload={"service": service.id, "name": service.name, "state": moved.state},
                at=at,
            )
        contract.refresh_from_db()
        return contract
