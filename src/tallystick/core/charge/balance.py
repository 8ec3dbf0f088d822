"""What an account may use of its buckets: who is drawn first, how far, what ends, what is told.

A bucket holds money or a quantity and never goes below zero by a draw. What an account uses beyond
its buckets is on credit: it stands, negative, in one bucket of its own, down to the credit limit,
and the next top-up makes it good first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from tallystick.base.money import EXACT, minor_decimals, round_amount

ZERO: Final = Decimal(0)
FOREVER: Final = datetime.max.replace(tzinfo=UTC)
SHARES: Final = (80, 100)
"""Percentages of a bucket whose use is announced."""


@dataclass(frozen=True, slots=True)
class BucketState:
    """A bucket as it stands; `fits` says whether its condition holds for the usage."""

    id: int
    unit: str
    valid_from: datetime
    remaining: Decimal
    valid_to: datetime | None = None
    priority: int = 100
    kinds: frozenset[str] | None = None
    contract_id: int = 0
    reserved: Decimal = ZERO
    fits: bool = True

    @property
    def free(self) -> Decimal:
        """What no session has reserved."""
        return EXACT.subtract(self.remaining, self.reserved)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be paid: an amount of a unit, for a kind of usage of a contract, at an instant."""

    quantity: Decimal
    unit: str
    at: datetime
    kind: str = ""
    contract_id: int = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """What each bucket gives, in the order drawn; what goes on credit; what nothing pays."""

    draws: tuple[tuple[int, Decimal], ...]
    on_credit: Decimal
    short: Decimal


def order_buckets(buckets: Iterable[BucketState], *, wanted: Wanted) -> list[BucketState]:
    """The buckets that may pay for it, in the order of drawing.

    By priority, then the earliest end, then the id. A bucket pays from the instant `valid_from` and
    no longer at `valid_to`.
    """
    return sorted(
        (bucket for bucket in buckets if _may_pay(bucket, wanted) and bucket.free > 0),
        key=lambda bucket: (bucket.priority, bucket.valid_to or FOREVER, bucket.id),
    )


def _may_pay(bucket: BucketState, wanted: Wanted) -> bool:
    return (
        bucket.fits
        and bucket.unit == wanted.unit
        and bucket.contract_id in (0, wanted.contract_id)
        and (bucket.kinds is None or wanted.kind in bucket.kinds)
        and bucket.valid_from <= wanted.at < (bucket.valid_to or FOREVER)
    )


def draw_buckets(
    wanted: Wanted,
    *,
    buckets: Sequence[BucketState],
    credit_left: Decimal = ZERO,
    delivered: bool = False,
) -> Drawing:
    """Draws the quantity from the buckets; the rest goes on credit while there is any left.

    `credit_left` is the credit limit less what is on credit. What was delivered already goes on
    credit whole, beyond the limit too: it cannot be taken back. `short` is then zero.
    """
    assert wanted.quantity >= 0
    left = wanted.quantity
    draws: list[tuple[int, Decimal]] = []
    for bucket in order_buckets(buckets, wanted=wanted):
        if not left:
            break
        taken = min(left, bucket.free)
        draws.append((bucket.id, taken))
        left = EXACT.subtract(left, taken)
    on_credit = left if delivered else min(left, max(credit_left, ZERO))
    return Drawing(tuple(draws), on_credit, EXACT.subtract(left, on_credit))


def expired_buckets(
    buckets: Iterable[BucketState], *, at: datetime
) -> tuple[tuple[int, Decimal], ...]:
    """What ends at that instant: (bucket, quantity); what a session has reserved waits for it."""
    return tuple(
        (bucket.id, bucket.free)
        for bucket in sorted(buckets, key=lambda bucket: bucket.id)
        if (bucket.valid_to or FOREVER) <= at and bucket.free > 0
    )


def shares_crossed(*, quantity: Decimal, before: Decimal, after: Decimal) -> tuple[int, ...]:
    """The percentages of a bucket of `quantity` that were used up between the two remainders."""

    def used(remaining: Decimal, share: int) -> bool:
        return EXACT.multiply(quantity - remaining, Decimal(100)) >= quantity * share

    if quantity <= 0:
        return ()
    return tuple(share for share in SHARES if used(after, share) and not used(before, share))


def falls_below(limit: Decimal | None, *, before: Decimal, after: Decimal) -> bool:
    """Whether a balance went from that limit or above to below it."""
    return limit is not None and after < limit <= before


def fee_of_day(day: int, *, amount: Decimal, days: int) -> Decimal:
    """What the n-th day (from 1) costs where `days` days cost `amount`.

    Each is the difference of two rounded sums, so that whole periods cost exactly their amount.
    """
    assert day >= 1
    assert days >= 1
    until, before = (
        round_amount(EXACT.divide(EXACT.multiply(amount, Decimal(n)), Decimal(days)))
        for n in (day, day - 1)
    )
    return EXACT.subtract(until, before)


def booked(amount: Decimal, *, currency: str) -> Decimal:
    """The balance as the ledger holds it: rounded to the minor unit, ties upwards.

    Ties go the same way below zero, so a whole sum added changes the booked balance by that sum.
    """
    step = Decimal(1).scaleb(-minor_decimals(currency))
    units = EXACT.divide(amount, step) + Decimal("0.5")
    return units.to_integral_value(rounding=ROUND_FLOOR) * step


def spread_change(
    change: Decimal, *, parts: Sequence[Decimal], currency: str
) -> tuple[Decimal, ...]:
    """The booked change of a balance over the exact parts it is made of, by largest remainder.

    Each part is rounded down; the minor units that are left go to the parts that lost most, the
    earlier first. The change is less than a minor unit away from the sum of the parts.
    """
    step = Decimal(1).scaleb(-minor_decimals(currency))
    floors = [(part / step).to_integral_value(rounding=ROUND_FLOOR) * step for part in parts]
    left = int((change - sum(floors, ZERO)) / step)
    assert 0 <= left <= len(parts), "the change is not the parts' own"
    lost = sorted(range(len(parts)), key=lambda at: (floors[at] - parts[at], at))
    for at in lost[:left]:
        floors[at] += step
    return tuple(floors)
