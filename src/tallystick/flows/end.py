"""Letting a customer go: a contract ends, its services with it, and what identified them."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from tallystick.base.period import day_start
from tallystick.domain.contracts.models import Contract, Service, ServiceState
from tallystick.domain.contracts.operations import (
    agree_end,
    close_contracts,
    end_contract,
    keep_contract,
    move_service,
    require_running,
)
from tallystick.domain.contracts.queries import contract_numbered, run_out_by
from tallystick.domain.inventory.operations import end_assignments_of, prolong_assignments
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.equipment import ask_for_equipment
from tallystick.flows.leave import charge_leaving, term_of

CONTRACTS_PER_TRANSACTION: Final = 500


def stop_contract(
    number: str, *, tenant_id: int, on: date, at: datetime, waived: bool = False
) -> Contract:
    """The contract ended as the day begins; the network is told. A day to come is agreed only.

    Days that were billed and are not served come back with the last bill, which is due at once;
    instalments fall due, and what leaving a minimum term early costs unless that is `waived`.

    :raises UnknownContract: when no contract has the number
    :raises ContractCannotEnd: when it does not run on that day
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        if on > today_of(contract, at=at):
            agree_end(contract, on=on, waived=waived)
            return contract
        contract.leaving_waived = waived
        charge_leaving(contract, on=on)
        end_contract(contract, on=on)
        _end_services(contract, on=on, at=at)
        ask_for_equipment([contract.id], tenant_id=tenant_id, on=on, at=at)
        contract.refresh_from_db()
        return contract


def give_notice(number: str, *, tenant_id: int, on: date, at: datetime) -> Contract:
    """The contract with the first end agreed that its term and notice allow without a charge.

    :raises UnknownContract: when no contract has the number
    :raises ContractCannotEnd: when it does not run on that day, or ends before
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        require_running(contract, on=on)
        running = term_of(contract)
    ends_on = on if running is None else running.term.next_leave(running.since, on=on)
    return stop_contract(number, tenant_id=tenant_id, on=ends_on, at=at)


def keep(number: str, *, tenant_id: int) -> date:
    """Takes back the end that was agreed for a day to come, which is given.

    What identifies its services stays its own, too.

    :raises UnknownContract: when no contract has the number
    :raises NoEndAgreed: when none is agreed
    :raises IdentifierHeld: when somebody else is to have its number then
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        ended = keep_contract(contract)
        midnight = day_start(ended, ZoneInfo(contract.account.zone))
        prolong_assignments(contract, ended=midnight)
        return ended


def today_of(contract: Contract, *, at: datetime) -> date:
    """The day it is where the contract's account lives."""
    return at.astimezone(ZoneInfo(contract.account.zone)).date()


def end_what_ran_out(*, tenant_id: int, on: date, at: datetime) -> int:
    """How many contracts were agreed to end by that day and are ended now, with their services."""
    ended = 0
    while True:
        with acting_for(tenant_id):
            ran_out = run_out_by(on, limit=CONTRACTS_PER_TRANSACTION)
            for contract in ran_out:
                assert contract.ends_on is not None
                charge_leaving(contract, on=contract.ends_on)
                _end_services(contract, on=contract.ends_on, at=at)
                ask_for_equipment([contract.id], tenant_id=tenant_id, on=contract.ends_on, at=at)
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
