"""Reads of contracts and services."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.models import Contract, ContractState, Pause, PauseState, Service


@dataclass
class UnknownContract(Refusal):
    code = "unknown_contract"
    number: str = ""

    def sentence(self) -> str:
        return f"no contract has the number {self.number!r}"


def contract_numbered(number: str) -> Contract:
    """The contract of that number, its account with it.

    :raises UnknownContract: when there is none
    """
    contract = Contract.objects.select_related("account").filter(number=number).first()
    if contract is None:
        raise UnknownContract(number=number)
    return contract


def pool_names(pool_ids: Collection[int]) -> dict[int, str]:
    """How people call the pools, by the contracts that stand for them."""
    if not pool_ids:
        return {}
    return dict(Contract.objects.filter(id__in=pool_ids).values_list("id", "pool"))


def run_out_by(on: date, *, limit: int) -> list[Contract]:
    """Contracts still running that were agreed to end by that day, held, with their accounts."""
    running = Contract.objects.filter(state=ContractState.ACTIVE, ends_on__lte=on)
    held = running.select_for_update(of=("self",)).select_related("account")
    return list(held.order_by("id")[:limit])


def running_contracts(accounts: Sequence[int], *, on: date) -> list[Contract]:
    """The accounts' contracts that run and do not end by that day, oldest first."""
    running = Contract.objects.filter(account_id__in=accounts, state=ContractState.ACTIVE)
    still = running.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
    return list(still.select_related("account").order_by("id"))


def resting_contracts(account_id: int) -> set[int]:
    """The ids of the account's contracts that rest, and their services with them."""
    resting = Pause.objects.filter(account_id=account_id, state=PauseState.RESTING)
    return set(resting.values_list("contract_id", flat=True))


def services_in(accounts: Sequence[int], states: Sequence[str]) -> list[Service]:
    """The services of these accounts in any of those states, oldest first."""
    if not states:
        return []
    services = Service.objects.filter(account_id__in=accounts, state__in=states)
    return list(services.order_by("id"))
