"""What follows when money comes back: another try, a fee, the end of the mandate.

Reasons are the ISO 20022 external return codes of the SEPA direct debit rulebook.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """What a bank means by a code; `fee_due` says that the customer bears the cost."""

    said: str
    retried: bool = False
    ends_mandate: bool = False
    fee_due: bool = False


REASONS: Final = {
    "AC01": Reason("the account number is wrong", ends_mandate=True, fee_due=True),
    "AC04": Reason("the account is closed", ends_mandate=True, fee_due=True),
    "AC06": Reason("the account is blocked", fee_due=True),
    "AC13": Reason("the account is a consumer's", ends_mandate=True),
    "AG01": Reason("the account takes no direct debits", ends_mandate=True, fee_due=True),
    "AM04": Reason("there was not enough money", retried=True, fee_due=True),
    "MD01": Reason("there is no mandate", ends_mandate=True),
    "MD06": Reason("the debtor wants it back"),
    "MD07": Reason("the debtor has died", ends_mandate=True),
    "MS02": Reason("the debtor refused it"),
    "MS03": Reason("the bank gives no reason", retried=True, fee_due=True),
}
OTHER: Final = Reason("another reason")


@dataclass(frozen=True, slots=True)
class ReturnTerms:
    """What an operator does about returns: the fee, days until the next try, tries in all."""

    fee: Decimal = Decimal(0)
    retry_days: int = 5
    tries: int = 2


@dataclass(frozen=True, slots=True)
class Following:
    """What a return brings about."""

    retry_on: date | None
    fee: Decimal
    ends_mandate: bool


def follow_return(code: str, *, on: date, tries: int, terms: ReturnTerms) -> Following:
    """What follows a return of that day; `tries` counts the collections so far, this one too.

    A reason that is not known brings nothing about: a person looks at it.
    """
    reason = REASONS.get(code, OTHER)
    again = reason.retried and tries < terms.tries
    return Following(
        retry_on=on + timedelta(days=terms.retry_days) if again else None,
        fee=terms.fee if reason.fee_due else Decimal(0),
        ends_mandate=reason.ends_mandate,
    )
