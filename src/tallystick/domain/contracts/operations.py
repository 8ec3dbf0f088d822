"""Writes around contracts and the services they deliver."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.db.models.functions import Least

from tallystick.base.period import day_in_month, month_after
from tallystick.base.refusal import Refusal
from tallystick.domain.catalog.models import Offer
from tallystick.domain.contracts.models import (
    Contract,
    ContractOffer,
    ContractState,
    Service,
    ServiceState,
)
from tallystick.domain.contracts.queries import running_contracts
from tallystick.domain.contracts.states import SERVICE_STATES, next_state
from tallystick.domain.parties.models import Account


@dataclass
class ContractExists(Refusal):
    code = "contract_exists"
    number: str = ""

    def sentence(self) -> str:
        return f"there is already a contract {self.number!r}; choose another number"


@dataclass
class ContractCannotEnd(Refusal):
    code = "contract_cannot_end"
    number: str = ""
    on: str = ""
    starts_on: str = ""
    ends_on: str = ""

    def sentence(self) -> str:
        if self.ends_on and self.ends_on <= self.on:
            return (
                f"contract {self.number!r} ends on {self.ends_on} as it is, not on {self.on}; an "
                f"end to come is taken back with: tallystick contract keep {self.number}"
            )
        return (
            f"contract {self.number!r} begins on {self.starts_on}, which is after {self.on}; "
            "end it on its first day or later"
        )


def open_contract(
    account: Account,
    *,
    number: str,
    offer: Offer,
    starts_on: date,
    ends_on: date | None,
    cycle_day: int,
    quantity: int = 1,
) -> Contract:
    """A contract that holds an offer from its first day.

    It is first due on the first day of a cycle that is not before its start.

    :raises ContractExists: when the number is taken
    """
    if Contract.objects.filter(number=number).exists():
        raise ContractExists(number=number)
    contract = Contract.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        number=number,
        starts_on=starts_on,
        ends_on=ends_on,
        cycle_day=cycle_day,
        next_bill_on=first_bill_day(starts_on, cycle_day=cycle_day),
        state=ContractState.ACTIVE,
    )
    ContractOffer.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        contract=contract,
        offer=offer,
        quantity=quantity,
        valid_from=starts_on,
        valid_to=ends_on,
    )
    return contract


def label_contract(contract: Contract, *, cost_centre: str) -> None:
    """Whose cost the contract is from its next bill on; empty = nobody's in particular."""
    contract.cost_centre = cost_centre
    contract.save(update_fields=["cost_centre"])


def join_pool(contract: Contract, *, pool: str) -> None:
    """Lets a contract share with those of its organisation that name the same pool."""
    contract.pool = pool
    contract.pool_id = _pool_id(contract.account, pool) or contract.id
    contract.save(update_fields=["pool", "pool_id"])


def _pool_id(account: Account, pool: str) -> int | None:
    """What stands for the organisation's pool of that name, once a contract has named it."""
    top = account.organisation_id or account.id
    named = Contract.objects.filter(pool=pool, pool_id__isnull=False)
    within = named.filter(Q(account_id=top) | Q(account__organisation_id=top))
    return within.order_by("id").values_list("pool_id", flat=True).first()


def first_bill_day(starts_on: date, *, cycle_day: int) -> date:
    """The first day of a cycle that is not before the start."""
    day = day_in_month(starts_on.year, starts_on.month, cycle_day)
    if day >= starts_on:
        return day
    return day_in_month(*month_after(starts_on.year, starts_on.month, 1), cycle_day)


def open_service(contract: Contract, *, kind: str, name: str) -> Service:
    """An active service under a contract."""
    return Service.objects.create(
        tenant_id=contract.tenant_id,
        account_id=contract.account_id,
        contract=contract,
        kind=kind,
        name=name,
        state=ServiceState.ACTIVE,
    )


def move_service(service_id: int, *, action: str) -> Service:
    """The service after the action, as the state table says.

    :raises NotAllowed: when its state does not allow the action
    """
    service = Service.objects.select_for_update().get(id=service_id)
    service.state = next_state(service.state, action, table=SERVICE_STATES, what="service")
    service.save(update_fields=["state"])
    return service


@dataclass
class NoEndAgreed(Refusal):
    code = "no_end_agreed"
    number: str = ""

    def sentence(self) -> str:
        return f"no end of contract {self.number!r} is agreed for a day to come, so it goes on"


def end_contract(contract: Contract, *, on: date) -> None:
    """Ends a contract and what it holds with the day before; it is due at once.

    :raises ContractCannotEnd: when it does not run on that day
    """
    require_running(contract, on=on)
    _end([contract.id], on=on)


def agree_end(contract: Contract, *, on: date, waived: bool = False) -> None:
    """Agrees that a contract ends on a day to come; until then it goes on as it is.

    :raises ContractCannotEnd: when it does not run on that day
    """
    require_running(contract, on=on)
    _hold_until([contract.id], on)
    contract.ends_on, contract.leaving_waived = on, waived
    contract.save(update_fields=["ends_on", "leaving_waived"])


def keep_contract(contract: Contract) -> date:
    """Takes the agreed end back, which is given; the contract goes on without one.

    :raises NoEndAgreed: when none is agreed, or it is over
    """
    ended = contract.ends_on
    if ended is None or contract.state == ContractState.ENDED:
        raise NoEndAgreed(number=contract.number)
    ContractOffer.objects.filter(contract=contract, valid_to=ended).update(valid_to=None)
    contract.ends_on, contract.leaving_waived = None, False
    contract.save(update_fields=["ends_on", "leaving_waived"])
    return ended


def require_running(contract: Contract, *, on: date) -> None:
    """Passes when the contract runs on that day, and is not agreed to end by then.

    :raises ContractCannotEnd: when it does not
    """
    ended = contract.state == ContractState.ENDED or (contract.ends_on or date.max) <= on
    if ended or on < contract.starts_on:
        raise ContractCannotEnd(
            number=contract.number, on=str(on), starts_on=str(contract.starts_on),
            ends_on=str(contract.ends_on or ""),
        )  # fmt: skip


def end_contracts(accounts: Sequence[int], *, on: date) -> None:
    """Ends the accounts' contracts and what they hold with the day before; they are due at once."""
    _end([contract.id for contract in running_contracts(accounts, on=on)], on=on)


def close_contracts(ids: list[int]) -> None:
    """Marks contracts ended whose last day, agreed before, is over; their last bill is due."""
    Contract.objects.filter(id__in=ids).update(
        state=ContractState.ENDED, next_bill_on=Least("next_bill_on", "ends_on")
    )


def _hold_until(ids: list[int], on: date) -> None:
    ContractOffer.objects.filter(contract_id__in=ids, valid_from__gt=on).delete()
    held = ContractOffer.objects.filter(contract_id__in=ids)
    held.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on)).update(valid_to=on)


def _end(ids: list[int], *, on: date) -> None:
    _hold_until(ids, on)
    Contract.objects.filter(id__in=ids).update(
        ends_on=on, state=ContractState.ENDED, next_bill_on=on
    )
