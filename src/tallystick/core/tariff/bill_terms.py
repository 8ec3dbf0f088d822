"""What an offer says of a whole bill: discounts, commitments, the least and the most.

Money and percentages are decimals as written; quantities are in canonical units. Every node that
an error may point at carries the `line` it was written on.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Window(StrEnum):
    """How often a commitment begins anew."""

    CYCLE = "month"
    DAY = "day"
    HOUR = "h"


@dataclass(frozen=True, slots=True)
class Discount:
    """Less of what the covered components cost: a percentage of it, or a sum for each cycle.

    It holds in cycles that begin in [valid_from, valid_to), and for so many `months` from the day
    the contract holds it. A coupon is one that is taken off so many `bills` instead.
    """

    code: str
    line: int
    percent: Decimal | None
    amount: Decimal | None
    covers: tuple[str, ...]  # component codes; none = all
    valid_from: date | None = None
    valid_to: date | None = None
    months: int | None = None
    bills: int | None = None
    priority: int = 100


@dataclass(frozen=True, slots=True)
class Commitment:
    """`pay` is due for each window, used or not.

    With a `quantity` it buys so much of what is covered; without, it is spent on what is covered,
    at `percent` less.
    """

    code: str
    line: int
    pay: Decimal
    window: Window
    covers: tuple[str, ...]
    quantity: Decimal | None = None
    unit: str | None = None
    percent: Decimal = Decimal(0)
    whole: bool = False  # due whole in a cycle that is served in part
    priority: int = 100
    tax: str = ""
    revenue: str = ""


@dataclass(frozen=True, slots=True)
class BillTerms:
    """All of it, in written order; the least and the most are of one cycle of a contract."""

    line: int = 0
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    discounts: tuple[Discount, ...] = ()
    commitments: tuple[Commitment, ...] = ()


NO_TERMS = BillTerms()
