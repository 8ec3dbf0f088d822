"""A processor's payout: one sum at the bank for many movements, each of which is something of ours.

What it says of a movement must be what we know of it; nothing is guessed. Fees are what a payout
takes of what was held beyond the sum that arrives.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tallystick.base.money import EXACT
from tallystick.core.post.detail import read_method_detail

ZERO = Decimal(0)


class MovementKind(StrEnum):
    """What a processor says that it took from or added to what it holds for us."""

    PAYMENT = "payment"
    REFUND = "refund"
    TAKEN_BACK = "taken_back"  # a chargeback, or a debit that its bank returned
    REINSTATED = "reinstated"
    FEE = "fee"  # of nothing in particular
    OTHER = "other"  # what nobody here can book


class PayoutState(StrEnum):
    """Where a payout is."""

    ANNOUNCED = "announced"
    ARRIVED = "arrived"  # at the bank, not explained yet
    BOOKED = "booked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement as the processor reports it: `gross` with its sign, less `fee`, is what moved."""

    name: str
    kind: MovementKind
    reference: str  # its name for the payment
    gross: Decimal
    fee: Decimal
    currency: str
    happened_on: date
    payout: str = ""
    told: str = ""  # its own word for the kind

    @property
    def net(self) -> Decimal:
        return EXACT.subtract(self.gross, self.fee)


@dataclass(frozen=True, slots=True)
class ClearingItem:
    """What of ours a processor holds, or has kept: `held` is what it does to the clearing account.

    `gross` leaves out what the processor took for it, which is booked as a cost already.
    """

    key: str
    kind: MovementKind
    reference: str
    gross: Decimal
    held: Decimal
    currency: str
    moved: str  # the text of a posting's detail, such as card/stripe
    happened_on: date
    account: str


@dataclass(frozen=True, slots=True)
class Explained:
    """What a payout is made of: the item of each movement, and what nothing of ours fits."""

    items: Mapping[str, ClearingItem]
    unknown: tuple[Movement, ...]


def explain_payout(movements: Sequence[Movement], *, items: Iterable[ClearingItem]) -> Explained:
    """Each movement with what of ours it is, the earliest of several that are alike.

    A fee of nothing in particular is no item; it is explained all the same.
    """
    waiting: dict[tuple[str, str, Decimal, str], list[ClearingItem]] = defaultdict(list)
    for item in sorted(items, key=lambda one: (one.happened_on, one.key)):
        waiting[_likeness(item)].append(item)
    found: dict[str, ClearingItem] = {}
    unknown: list[Movement] = []
    for movement in sorted(movements, key=lambda one: (one.happened_on, one.name)):
        if movement.kind is MovementKind.FEE:
            continue
        alike = waiting[_likeness(movement)]
        if alike:
            found[movement.name] = alike.pop(0)
        else:
            unknown.append(movement)
    return Explained(found, tuple(unknown))


def _likeness(one: Movement | ClearingItem) -> tuple[str, str, Decimal, str]:
    return one.kind, one.reference, one.gross.normalize(), one.currency


@dataclass(frozen=True, slots=True)
class PayoutSums:
    """What a payout posts: the sum at the bank; by how money had moved, what was held and costs."""

    amount: Decimal
    held: Mapping[str, Decimal]
    costs: Mapping[str, Decimal]


def sum_payout(
    movements: Sequence[Movement], *, explained: Explained, processor: str
) -> PayoutSums:
    """The sums of a payout that is explained; a fee of nothing in particular is a card's."""
    held: dict[str, Decimal] = {}
    costs: dict[str, Decimal] = {}
    amount = ZERO
    for movement in movements:
        item = explained.items.get(movement.name)
        moved = f"card/{processor}" if item is None else item.moved
        taken = ZERO if item is None else item.held
        held[moved] = EXACT.add(held.get(moved, ZERO), taken)
        cost = EXACT.subtract(taken, movement.net)
        costs[moved] = EXACT.add(costs.get(moved, ZERO), cost)
        amount = EXACT.add(amount, movement.net)
    assert all(read_method_detail(one).processor for one in held), "a processor holds it"
    return PayoutSums(amount, held, costs)
