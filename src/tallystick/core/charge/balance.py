"""What an account may use of its buckets: who is drawn first, how far, what ends, what is told.

Online charging and charging from files draw by these rules alone. A bucket holds money (its unit is
the currency) or a quantity and never goes below zero by a draw. What a prepaid account uses beyond
its money is on credit: it stands, negative, in one bucket of its own, and the next top-up makes it
good first. What buckets hold are integers in 1e-12.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from tallystick.base.money import EXACT, minor_decimals, round_amount
from tallystick.core.charge.match import Fields, holds
from tallystick.core.tariff.nodes import ALWAYS, Filter

ZERO: Final = Decimal(0)
NEVER: Final = datetime.max.replace(tzinfo=UTC)
SHARES: Final = (80, 100)
"""Percentages of a bucket, an allowance or a credit limit whose use is announced."""

CREDIT_PRIORITY: Final = 32_767
"""The bucket for what is on credit is drawn last of all."""


class Mode(StrEnum):
    PREPAID = "prepaid"
    POSTPAID = "postpaid"
    HYBRID = "hybrid"  # the buckets first, the rest on the invoice


def limit_of(mode: Mode, *, agreed: int | None) -> int | None:
    """How much may be on credit; what is invoiced has no limit where none is agreed."""
    return agreed if mode is Mode.PREPAID or agreed else None


@dataclass(slots=True)
class Bucket:
    """Money (its unit is the currency), seconds, bytes, messages or units."""

    id: int
    contract_id: int  # 0 = the whole account
    unit: str
    priority: int
    quantity: int
    remaining: int
    reserved: int
    kinds: frozenset[str] | None = None  # None = any
    where: Filter = ALWAYS
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    on_credit: bool = False  # the one that stands below zero

    @property
    def free(self) -> int:
        """What no session has reserved."""
        return self.remaining - self.reserved

    def serves(self, *, contract_id: int, kind: str, at: datetime, since: datetime) -> bool:
        """Whether usage of that kind may draw from it, its condition apart.

        The usage is of the instant `at`, when the bucket must not have ended; it must have begun
        at `since`.
        """
        return (
            self.contract_id in (0, contract_id)
            and (self.kinds is None or kind in self.kinds)
            and (self.valid_from is None or self.valid_from <= since)
            and (self.valid_to is None or at < self.valid_to)
        )


class Use(NamedTuple):
    """What is to be paid for: usage of a kind and contract, at an instant, charged `now`.

    `fields` are what a condition may ask of it.
    """

    at: datetime
    now: datetime
    kind: str = ""
    contract_id: int = 0
    fields: Fields | None = None  # None = no usage, such as a fee: no condition holds for it


def draw_order(bucket: Bucket) -> tuple[int, datetime, int]:
    """Priority, then what ends first, then id."""
    return bucket.priority, bucket.valid_to or NEVER, bucket.id


def usable(
    buckets: Iterable[Bucket], *, use: Use, currency: str, money: bool, also: Container[int] = ()
) -> Iterator[Bucket]:
    """Those of the buckets that may pay for it: the money, or all others.

    Money pays for what is charged from its start on, whenever that was used; a quantity for what
    is used from its start on. `also` are quantities that a session has drawn before: it may draw
    from them to its end.
    """
    since = max(use.at, use.now) if money else use.at
    for bucket in buckets:
        if (
            (bucket.unit == currency) is money
            and (
                bucket.serves(contract_id=use.contract_id, kind=use.kind, at=use.at, since=since)
                or bucket.id in also
            )
            and (not bucket.where.terms or _fits(bucket.where, use))
        ):
            yield bucket


def _fits(where: Filter, use: Use) -> bool:
    return use.fields is not None and holds(where, fields=use.fields)


def draw(amount: int, *, buckets: Iterable[Bucket]) -> tuple[dict[int, int], int]:
    """What each of the buckets, given in their order, gives of the amount; what none of them does.

    A bucket is drawn to what no session has reserved.
    """
    parts: dict[int, int] = {}
    for bucket in buckets:
        if not amount:
            break
        part = min(bucket.free, amount)
        if part > 0:
            parts[bucket.id] = part
            amount -= part
    return parts, amount


def pay(
    amount: int, *, mode: Mode, buckets: Iterable[Bucket], credit: Bucket | None
) -> tuple[dict[int, int], int]:
    """What each bucket pays of the amount, as `draw`, and what the invoice will ask for.

    A prepaid account has no invoice: what its money lacks, and what a price below zero gives, is
    put on its bucket for credit.
    """
    if mode is Mode.POSTPAID:
        return {}, amount
    parts, rest = draw(amount, buckets=buckets) if amount > 0 else ({}, amount)
    if rest and mode is Mode.PREPAID:
        assert credit is not None, "a prepaid account has a bucket for credit"
        parts[credit.id] = parts.get(credit.id, 0) + rest
        rest = 0
    return parts, rest


def available(
    buckets: Iterable[Bucket], *, mode: Mode, limit: int | None, owed: int = 0
) -> int | None:
    """What may be spent of these money buckets and on credit; None = without limit.

    `limit` is how much may be on credit, or owed in a bill month where invoices are sent; there
    `owed` is what is owed already.
    """
    free = on_credit = 0
    for bucket in buckets:
        if bucket.on_credit and bucket.free < 0:
            on_credit -= bucket.free
        else:
            free += max(bucket.free, 0)
    if mode is Mode.PREPAID:
        return free + max((limit or 0) - on_credit, 0)
    if limit is None:
        return None
    return limit - owed if mode is Mode.POSTPAID else free + limit - owed


def ended(buckets: Iterable[Bucket], *, at: datetime) -> list[tuple[int, int]]:
    """What ends at that instant: (bucket, quantity); what a session has reserved waits for it."""
    return [
        (bucket.id, bucket.free)
        for bucket in sorted(buckets, key=lambda bucket: bucket.id)
        if (bucket.valid_to or NEVER) <= at and bucket.free > 0
    ]


def shares_crossed(limit: int, *, before: int, after: int) -> Iterator[int]:
    """The percentages of a limit that use went past, from `before` to `after`."""
    for share in SHARES:
        if before * 100 < limit * share <= after * 100:
            yield share


def falls_below(limit: int | None, *, before: int, after: int) -> bool:
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
