"""A contract changes while it runs: another offer or quantity, a rest, a second thought.

Money follows from the days: the next bill charges what is owed and not billed, and gives back what
was billed and is no longer owed.
"""

from dataclasses import dataclass
from datetime import date, datetime

from tallystick.core.recover.ladder import Action
from tallystick.domain.catalog.queries import offer_coded
from tallystick.domain.contracts.changes import (
    change_held,
    held_on,
    pause_contract,
    resume_contract,
    take_change_back,
)
from tallystick.domain.contracts.models import Contract, PauseState, Service, ServiceState
from tallystick.domain.contracts.operations import move_service
from tallystick.domain.contracts.queries import contract_numbered
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.activate import OfferInOtherCurrency, latest_plan
from tallystick.flows.end import today_of
from tallystick.flows.leave import charge_leaving, forget_leaving
from tallystick.flows.recover import standing_cut


@dataclass(frozen=True, slots=True)
class Altered:
    """What a contract held and what it holds from that day on."""

    number: str
    on: date
    before: str
    before_quantity: int
    after: str
    after_quantity: int


def change_contract(
    number: str, *, offer: str | None, quantity: int | None, on: date, tenant_id: int, at: datetime
) -> Altered:
    """The contract with another offer, another quantity or both from that day on.

    :raises UnknownContract: when no contract has the number
    :raises UnknownOffer: when no published version names the offer
    :raises OfferInOtherCurrency: when the account is kept in another currency than the offer
    :raises Refusal: when the contract cannot change on that day (see `change_held`)
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        Contract.objects.select_for_update().get(id=contract.id)
        held = held_on(contract, on)
        wanted = offer_coded(offer) if offer is not None else held.offer
        currency = latest_plan(wanted).plan.currency
        if currency != contract.account.currency:
            raise OfferInOtherCurrency(
                offer=wanted.code,
                currency=currency,
                account_currency=contract.account.currency,
            )
        count = held.quantity if quantity is None else quantity
        if wanted.id != held.offer_id:
            charge_leaving(contract, on=on, kept=wanted.id)
        before, after = change_held(contract, offer=wanted, quantity=count, on=on)
        _tell(
            contract,
            "change",
            key=f"change:{number}:{on}:{after.offer_id}:{count}",
            at=at,
            more={"offer": after.offer.code, "quantity": count, "on": on.isoformat()},
        )
        return Altered(
            number, on, before.offer.code, before.quantity, after.offer.code, after.quantity
        )  # fmt: skip


def take_back(number: str, *, after: date, tenant_id: int) -> str:
    """Takes back the change that is planned last after that day; gives what goes on instead.

    :raises UnknownContract: when no contract has the number
    :raises NoChangeAhead: when none is planned
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        goes_on, planned_on = take_change_back(contract, after=after)
        forget_leaving(contract, on=planned_on)
        return str(goes_on.offer.code)


def rest_contract(
    number: str, *, on: date, until: date | None, tenant_id: int, at: datetime
) -> None:
    """The contract rests from that day on and its services with it; the network is told.

    Of a day to come it is told on that day (see `flows/agreed.py`).

    :raises UnknownContract: when no contract has the number
    :raises Refusal: when it cannot rest then (see `pause_contract`)
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        pause = pause_contract(contract, on=on, until=until, today=today_of(contract, at=at))
        if pause.state == PauseState.RESTING:
            suspend_services(contract, on=on, at=at)


def wake_contract(number: str, *, on: date, tenant_id: int, at: datetime) -> None:
    """The contract goes on from that day and its services with it; the network is told.

    What the ladder has cut off meanwhile for open invoices stays cut off until they are paid.

    :raises UnknownContract: when no contract has the number
    :raises Refusal: when it does not rest (see `resume_contract`)
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        pause = resume_contract(contract, on=on, today=today_of(contract, at=at))
        if pause.state == PauseState.OVER:
            restore_services(contract, on=on, at=at)


def suspend_services(contract: Contract, *, on: date, at: datetime) -> None:
    """What a rest does to the contract's services; part of the caller's transaction."""
    for service in _services(contract, ServiceState.ACTIVE, ServiceState.RESTRICTED):
        move_service(service.id, action="suspend")
    key = f"pause:{contract.number}:{on}"
    _tell(contract, "suspend", key=key, at=at, more={"on": on.isoformat()})


def restore_services(contract: Contract, *, on: date, at: datetime) -> None:
    """What the end of a rest does to them: what is cut off for open invoices stays cut off."""
    cut = standing_cut(contract.account)
    if cut is Action.SUSPEND:  # their payment restores it
        return
    said = "restore" if cut is None else "restrict"
    for service in _services(contract, ServiceState.SUSPENDED):
        move_service(service.id, action=said)
    key = f"resume:{contract.number}:{on}"
    _tell(contract, said, key=key, at=at, more={"on": on.isoformat()})


def _services(contract: Contract, *states: ServiceState) -> list[Service]:
    return list(Service.objects.filter(contract=contract, state__in=states).order_by("id"))


def _tell(
    contract: Contract, action: str, *, key: str, at: datetime, more: dict[str, object]
) -> None:
    """Tells the network, where it delivers something under the contract."""
    services = Service.objects.filter(contract=contract).exclude(state=ServiceState.ENDED)
    if not services.exists():
        return
    place_order(
        tenant_id=contract.tenant_id,
        account_id=contract.account_id,
        port="network",
        action=action,
        key=key,
        payload={"contract": contract.number, **more},
        at=at,
    )
