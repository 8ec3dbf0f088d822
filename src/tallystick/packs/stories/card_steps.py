"""What a story can say of cards and bank accounts that a processor keeps."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tallystick.base.processor import FactKind
from tallystick.core.receive.pull import PullState
from tallystick.flows.free_money import RefundOf
from tallystick.packs.stories.step import Expectation, Step


class CardStep(Step):
    """Something that is done with a card or bank account on file."""

    __slots__ = ()


class Behaviour(StrEnum):
    """How the processor of a story answers for a card."""

    PAYS = "pays"
    POOR = "poor"  # declined for want of money
    STOLEN = "stolen"  # declined for good
    ASKS = "asks"  # its holder must confirm
    SLOW = "slow"  # a direct debit, known days later
    AWAY = "away"  # the processor is not reached ten times, and then it pays


@dataclass(frozen=True, slots=True)
class GiveCard(CardStep):
    form = "card ACCOUNT that BEHAVIOUR"
    account: str
    behaviour: Behaviour


@dataclass(frozen=True, slots=True)
class RunCards(CardStep):
    form = "card run"


@dataclass(frozen=True, slots=True)
class TellOfCard(CardStep):
    form = "card told ACCOUNT FACT [costs COSTS]"
    account: str
    fact: FactKind
    costs: Decimal | None


@dataclass(frozen=True, slots=True)
class RefundCard(CardStep):
    form = "card refund ACCOUNT AMOUNT [of OF]"
    account: str
    amount: Decimal
    of: RefundOf | None


@dataclass(frozen=True, slots=True)
class RefundElsewhere(CardStep):
    form = "card refunded elsewhere ACCOUNT AMOUNT"
    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SendAgain(CardStep):
    form = "card send again ACCOUNT"
    account: str


@dataclass(frozen=True, slots=True)
class GiveUp(CardStep):
    form = "card give up ACCOUNT REASON"
    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class PayOut(CardStep):
    form = "card payout NAME less FEES"
    name: str
    fees: Decimal


@dataclass(frozen=True, slots=True)
class PayoutArrives(CardStep):
    form = "payout NAME arrives"
    name: str


@dataclass(frozen=True, slots=True)
class ExpectClearing(Expectation):
    form = "expect clearing AMOUNT"
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ExpectCard(Expectation):
    form = "expect card ACCOUNT STATE"
    account: str
    state: PullState


CARD_STEPS: Final = (
    GiveCard, RunCards, TellOfCard, RefundCard, RefundElsewhere, SendAgain, GiveUp, PayOut,
    PayoutArrives, ExpectClearing, ExpectCard,
)  # fmt: skip
