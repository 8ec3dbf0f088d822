"""Letting a customer go: a contract ends, its services with it, and what identified them."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from tallystick.base.period import day_start
from tallystick.domain.contracts.models import Contract, Service, ServiceState
from tallystick.domain.contracts.operations import close_contracts, end_contract, move_service
from tallystick.domain.contracts.queries import contract_numbered, run_out_by
from tallystick.domain.inventory.operations import end_assignments_of
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.tenants.scope import acting_for

CONTRACTS_PER_TRANSACTION: Final = 500


def stop_contract(number: str, *, tenant_id: int, on: date, at: datetime) -> Contract:
    """The contract ended as the day begins, which is the present one; the network is told.

    Days that were billed and are not served come back with the last bill, which is due at once.

    :raises UnknownContract: when no contract has the number
    :raises ContractCannotEnd: when it does not run on that day
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        end_contract(contract, on=on)
        _end_services(contract, on=on, at=at)
        contract.refresh_from_db()
        return contract


def end_what_ran_out(*, tenant_id: int, on: date, at: datetime) -> int:
    """How many contracts were agreed to end by that day and are ended now, with their services."""
    ended = 0
    while True:
        with acting_for(tenant_id):
            ran_out = run_out_by(on, limit=CONTRACTS_PER_TRANSACTION)
            for contract in ran_out:
                assert contract.ends_on is not None
                _end_services(contract, on=contract.ends_on, at=at)
            close_contracts([contract.id for contract in ran_out])
        ended += len(ran_out)
        if len(ran_out) < CONTRACTS_PER_TRANSACTION:
            return ended


def _end_services(contract: Contract, *, on: date, at: datetime) -> None:
    midnight = day_start(on, ZoneInfo(contract.account.zone))
    running = Service.objects.filter(contract=contract).exclude(state=ServiceState.ENDED)
    for service in running.order_by("id"):
        moved = move_service(service.id, action="end")
        end_assignments_of(moved, at=midnight)
        place_order(
            tenant_id=contract.tenant_id,
            account_id=contract.account_id,
            port="network",
            action="end",
            key=f"end:{service.id}",
            payload={"service": service.id, "name": service.name, "state": moved.state},
            at=at,
        )
