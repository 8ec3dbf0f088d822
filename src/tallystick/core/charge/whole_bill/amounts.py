"""The amounts of a bill, cycle by cycle, and the terms that adjust them, in whole numbers.

Quantities are integers in 1e-9 of the canonical unit, amounts in 1e-12 of the currency.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from tallystick.core.tariff.bill_terms import Window


class Adjusts(StrEnum):
    """What an adjusting line is; its purpose goes on with a colon and the term's reference."""

    DISCOUNT = "discount"
    COUPON = "coupon"
    COVERED = "covered"  # usage that a commitment pays for, or its discount
    COMMITMENT = "commitment"  # what is paid for units, used or not
    TRUE_UP = "true_up"  # what is left to pay of committed money
    MINIMUM = "minimum"
    CAP = "cap"


ADJUSTING: Final = frozenset(kind.value for kind in Adjusts)

Key = tuple[int, str, str]
"""What amounts are added up by: component (0 = none), tax category, revenue account."""


@dataclass(frozen=True, slots=True)
class BillAmount:
    """One exact amount of a cycle; `billed` when an invoice has it already."""

    component: int
    label: str
    purpose: str
    amount: int
    tax_category: str
    revenue_account: str
    quantity: int = 0
    billed: bool = False

    @property
    def key(self) -> Key:
        return self.component, self.tax_category, self.revenue_account

    @property
    def term(self) -> str:
        """The purpose without the number of a second line: `discount:loyal` of `.../2`."""
        return self.purpose.partition("/")[0]

    @property
    def adjusts(self) -> bool:
        return self.purpose.partition("/")[0].partition(":")[0] in ADJUSTING


@dataclass(frozen=True, slots=True)
class Use:
    """Rated usage at its instant, for commitments by the hour or the day.

    `duration` tells seconds, which are spread over the hours they last; all else counts whole in
    the hour of its start.
    """

    component: int
    started_us: int
    quantity: int
    amount: int
    duration: bool


@dataclass(frozen=True, slots=True)
class DueDiscount:
    """A discount in force in the cycle: a part of each amount, or a sum off all of them."""

    ref: str
    label: str
    part: tuple[int, int] | None
    amount: int | None
    covers: frozenset[int] | None  # None = all


@dataclass(frozen=True, slots=True)
class DueCommitment:
    """A commitment in force on the days `served` of the cycle, each [from, to)."""

    ref: str
    label: str
    pay: int
    window: Window
    covers: tuple[int, ...]
    quantity: int | None
    part: tuple[int, int]
    whole: bool
    served: tuple[tuple[date, date], ...]
    tax_category: str
    revenue_account: str


@dataclass(frozen=True, slots=True)
class DueLimit:
    """The least, for the part of the cycle served, and the most that the cycle costs."""

    at_least: int | None
    at_most: int | None
    tax_category: str
    revenue_account: str


@dataclass(frozen=True, slots=True)
class BillCycle:
    """All amounts of a contract's cycle [start, end), billed before or to be billed now."""

    contract: int  # tells the bill's contracts apart
    start: date
    end: date
    served: tuple[tuple[date, date], ...]
    over: bool
    zone: ZoneInfo
    amounts: tuple[BillAmount, ...]
    discounts: tuple[DueDiscount, ...] = ()
    commitments: tuple[DueCommitment, ...] = ()
    limit: DueLimit | None = None
    uses: tuple[Use, ...] = ()
    first: date | None = None  # its first day, where it lacks some days at its start

    @property
    def begins(self) -> date:
        """The day that tells it from the contract's other cycles."""
        return self.first or self.start

    def plus(self, amounts: Iterable[BillAmount]) -> "BillCycle":
        return replace(self, amounts=(*self.amounts, *amounts))


@dataclass(frozen=True, slots=True)
class Coupon:
    """What is taken off one bill: a part of what it applies to, or a sum."""

    ref: str
    label: str
    part: tuple[int, int] | None
    amount: int | None
    covers: frozenset[int] | None  # None = all
    contract: int | None  # None = all of the account's


@dataclass(frozen=True, slots=True)
class Bill:
    """An account's bill: its cycles, the coupons on it, and its currency's smallest coin."""

    cycles: tuple[BillCycle, ...]
    coupons: tuple[Coupon, ...]
    coin: int  # in 1e-12


def sums_of(amounts: Iterable[BillAmount]) -> dict[Key, int]:
    """What the amounts come to by key, in order of first appearance."""
    sums: dict[Key, int] = {}
    for one in amounts:
        sums[one.key] = sums.get(one.key, 0) + one.amount
    return sums


def owed_minus_billed(
    cycle: BillCycle, *, owed: dict[Key, int], term: str, labels: dict[Key, str]
) -> list[BillAmount]:
    """Lines of a term for what is owed of it and not billed; a second line is numbered `/2`.

    What was billed of it and is owed no longer comes back.
    """
    before = [one for one in cycle.amounts if one.billed and one.term == term]
    billed = sums_of(before)
    told = {one.key: one.label for one in before} | labels
    lines = []
    for key in dict.fromkeys((*owed, *billed)):
        amount = owed.get(key, 0) - billed.get(key, 0)
        if not amount:
            continue
        nth = sum(one.key[0] == key[0] for one in before) + 1
        purpose = term if nth == 1 else f"{term}/{nth}"
        lines.append(BillAmount(key[0], told[key], purpose, amount, key[1], key[2]))
    return lines


def days_in(spans: Sequence[tuple[date, date]]) -> int:
    """The days of spans that do not overlap."""
    return sum((last - first).days for first, last in spans)
