"""Reads of contracts and services."""

from collections.abc import Sequence
from dataclasses import dataclass

from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.models import Contract, Service


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


def services_in(account_id: int, states: Sequence[str]) -> list[Service]:
    """The account's services in any of those states, oldest first."""
    if not states:
        return []
    return list(Service.objects.filter(account_id=account_id, state__in=states).order_by("id"))
