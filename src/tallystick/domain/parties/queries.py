"""Reads of accounts."""

from dataclasses import dataclass

from tallystick.base.refusal import Refusal
from tallystick.domain.parties.models import Account


@dataclass
class UnknownAccount(Refusal):
    code = "unknown_account"
    number: str = ""

    def sentence(self) -> str:
        return f"no account has the number {self.number!r}"


def account_numbered(number: str) -> Account:
    """The account of that number, its party with it.

    :raises UnknownAccount: when there is none
    """
    account = Account.objects.select_related("party").filter(number=number).first()
    if account is None:
        raise UnknownAccount(number=number)
    return account
