"""Money pulled from cards and bank accounts: a port to a payment processor.

Card numbers never come here: a processor keeps them and names what it kept.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What became of money that was asked for."""

    SUCCEEDED = "succeeded"
    PROCESSING = "processing"  # a bank takes days to answer
    NEEDS_ACTION = "needs_action"  # the customer must confirm it
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class AskedFor:
    """An amount to be taken, under a key that makes asking twice harmless.

    `customer` and `method` are the processor's own names. `before` says since when it may have
    been asked for already.
    """

    key: str
    operator: str
    account: str
    amount: Decimal
    currency: str
    customer: str
    method: str
    kind: str  # card, sepa_debit
    text: str
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A part of what was taken, to be given back, once for its key."""

    key: str
    operator: str
    reference: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The processor's name for the payment, what became of it and why."""

    outcome: Outcome
    reference: str
    reason: str = ""
    action_url: str = ""
    """Where the customer confirms it, if anywhere."""


class FactKind(StrEnum):
    """What a processor tells of by itself."""

    SUCCEEDED = "succeeded"
    PROCESSING = "processing"
    NEEDS_ACTION = "needs_action"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"  # a chargeback, or a debit returned: the money is gone
    REINSTATED = "reinstated"  # a chargeback was won: it is there again
    REFUNDED = "refunded"  # an amount went back to the customer, whoever ordered it
    REFUNDED_ALL = "refunded_all"  # so much went back of a payment by now, in all
    OTHER = "other"  # of no concern to us


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened at the processor, under the id that makes it happen once."""

    event_id: str
    kind: FactKind
    reference: str
    happened_at: datetime
    amount: Decimal
    currency: str
    reason: str = ""
    costs: Decimal = field(default=Decimal(0))
    told: str = ""
    """The processor's own word for the kind."""
    key: str = ""
    """Our own name for the payment, where the processor tells it again."""


@dataclass(frozen=True, slots=True)
class PayoutFact:
    """What a processor tells of a sum that it sends to the bank."""

    event_id: str
    name: str
    happened_at: datetime
    amount: Decimal
    currency: str
    expected_on: date | None
    failed: bool
    reason: str = ""
    told: str = ""


class Processor(Protocol):
    """Takes money and gives it back."""

    name: str

    def take(self, asked: AskedFor) -> Answer:
        """What became of it.

        :raises DeliveryFailed: when it may go through later
        """
        ...

    def give_back(self, refund: GivenBack) -> str:
        """The processor's name for the refund.

        :raises DeliveryFailed: when it may go through later
        """
        ...
