"""Reads of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tallystick.base.refusal import Refusal
from tallystick.core.invoice.tax import Exemption
from tallystick.domain.parties.models import Account, TaxExemption


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


def exemptions_of(account_ids: Sequence[int]) -> dict[int, list[Exemption]]:
    """The certificates of these accounts, by account."""
    found: dict[int, list[Exemption]] = {}
    if not account_ids:
        return found
    for row in TaxExemption.objects.filter(account_id__in=account_ids).order_by("id"):
        found.setdefault(row.account_id, []).append(
            Exemption(
                row.certificate, row.valid_from, row.valid_to, frozenset(map(str, row.categories))
            )
        )
    return found
