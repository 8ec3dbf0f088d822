"""Recurring charges: what a contract owes on a billing date that was not billed yet.

The rule is *owed minus billed*. For every cycle the days that are owed at each rate are compared
with the days that were billed at it: days owed and not billed become a charge, days billed and no
longer owed a credit. Whatever order changes, bills and second thoughts come in, it ends the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from tallystick.base.money import EXACT
from tallystick.base.period import Period
from tallystick.core.invoice.cycle import CycleRule, walk_cycles, whole_cycle
from tallystick.core.invoice.prorate import (
    PRORATE_ALL,
    Basis,
    Change,
    Policies,
    credit_unserved,
    effective_day,
    effective_pause,
    prorate_amount,
    served_part,
)


class Timing(StrEnum):
    ADVANCE = "advance"
    ARREARS = "arrears"


class Purpose(StrEnum):
    """Why a line is on an invoice."""

    RECURRING = "recurring"
    CREDIT = "credit"
    USAGE = "usage"
    ONE_OFF = "one_off"
    TRUE_UP = "true_up"


@dataclass(frozen=True, slots=True)
class RecurringPrice:
    """A recurring component of a contract and how it is charged."""

    contract_id: str
    component_id: str
    description: str
    unit: str
    tax_category: str
    revenue_account: str
    rule: CycleRule
    timing: Timing
    zone: ZoneInfo
    basis: Basis = Basis.ACTUAL_DAYS
    policies: Policies = PRORATE_ALL


@dataclass(frozen=True, slots=True)
class Rate:
    """What is paid for one whole cycle."""

    quantity: Decimal
    unit_price: Decimal

    @property
    def amount(self) -> Decimal:
        return EXACT.multiply(self.quantity, self.unit_price)


@dataclass(frozen=True, slots=True)
class RateChange:
    """From that day, which belongs to the new rate, this is paid; None ends it with the day before.

    A termination on the 15th, a day that still belongs to the old rate, is a change on the 16th.
    """

    day: date
    change: Change
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A recurring charge (positive days) or credit that an earlier invoice holds."""

    period: Period
    purpose: str
    rate: Rate
    amount: Decimal
    consumed: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class DueLine:
    """A line to be billed; the amount is exact at 12 decimals, not yet rounded to the currency."""

    contract_id: str
    component_id: str
    purpose: str
    period: Period
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    tax_category: str
    revenue_account: str

    @property
    def key(self) -> tuple[str, str, Period, str]:
        """What may be billed once only."""
        return self.contract_id, self.component_id, self.period, self.purpose


def due_lines(
    price: RecurringPrice,
    *,
    changes: Iterable[RateChange],
    on: date,
    since: date,
    billed: Sequence[BilledLine] = (),
    pauses: Sequence[Period] = (),
) -> tuple[DueLine, ...]:
    """What is owed and not billed on that billing date, cycle by cycle, credits first.

    In advance a cycle is due from its first day, in arrears when it is over or the contract ended.
    `billed` is in the order of billing. Cycles that ended on or before `since` are closed.
    """
    timeline = last_of_each_day(changes)
    if not timeline:
        return ()
    ended = timeline[-1].day if timeline[-1].rate is None else None
    reach = max([on, *(line.period.last for line in billed)])
    if ended is not None:
        reach = min(reach, max([ended, *(line.period.last for line in billed)]))
    first = min([timeline[0].day, *(line.period.start for line in billed)])
    lines: list[DueLine] = []
    for cycle in walk_cycles(rule=price.rule, start=max(since, first)):
        if cycle.start > reach:
            break
        before = [line for line in billed if _within(line.period, cycle)]
        over = cycle.end <= on or (ended is not None and ended <= on)
        begun = cycle.start <= on or bool(before)
        if over or (begun and price.timing is Timing.ADVANCE):
            owed = owed_in_cycle(price, cycle=cycle, timeline=timeline, pauses=pauses)
            lines.extend(_owed_minus_billed(price, cycle, owed, before))
    return tuple(lines)


def last_of_each_day(changes: Iterable[RateChange]) -> tuple[RateChange, ...]:
    """The changes by day; of several on one day the last counts, and a start stays a start."""
    by_day: dict[date, RateChange] = {}
    for change in changes:
        first = by_day.get(change.day)
        starts = first is not None and first.change is Change.START and change.rate is not None
        kind = Change.START if starts else change.change
        by_day[change.day] = RateChange(change.day, kind, change.rate)
    return tuple(by_day[day] for day in sorted(by_day))


def owed_in_cycle(
    price: RecurringPrice,
    *,
    cycle: Period,
    timeline: Sequence[RateChange],
    pauses: Sequence[Period],
) -> list[tuple[Period, Rate]]:
    """The days of the cycle that are charged at each rate, after the offer's policies.

    Each change paints the rest of the cycle from the day its policy makes it count.
    """
    painted: list[tuple[Period, Rate]] = []
    for change in timeline:
        if change.day >= cycle.end:
            break
        start = cycle.start
        if change.day > cycle.start:
            policy = price.policies.of(change.change)
            start = effective_day(change=change.change, day=change.day, policy=policy, cycle=cycle)
            if painted and change.change is not Change.END:
                start = max(start, painted[0][0].start)
        painted = [
            (Period(days.start, min(days.end, start)), rate)
            for days, rate in painted
            if days.start < start
        ]
        if change.rate is not None and start < cycle.end:
            if painted and painted[-1][0].end == start and painted[-1][1] == change.rate:
                start = painted.pop()[0].start
            painted.append((Period(start, cycle.end), change.rate))
    if not pauses:
        return painted
    policy = price.policies.of(Change.PAUSE)
    freed = [effective_pause(pause=pause, policy=policy, cycle=cycle) for pause in pauses]
    free_days = [days for days in freed if days is not None]
    return [(left, rate) for days, rate in painted for left in _without(days, free_days)]


@dataclass(slots=True)
class _Standing:
    """A billed charge: the days of it that no credit took back, and the money likewise."""

    line: BilledLine
    days: list[Period]
    left: Decimal


def _standing(billed: Sequence[BilledLine]) -> list[_Standing]:
    standing: list[_Standing] = []
    for line in billed:
        if not line.purpose.startswith(Purpose.CREDIT):
            standing.append(_Standing(line, [line.period], line.amount))
            continue
        for charge in standing:
            taken = [days.overlap(line.period) for days in charge.days]
            if charge.line.rate == line.rate and any(taken):
                charge.days = [d for days in charge.days for d in _without(days, [line.period])]
                charge.left = EXACT.add(charge.left, line.amount)
                break
    return standing


def _owed_minus_billed(
    price: RecurringPrice,
    cycle: Period,
    owed: Sequence[tuple[Period, Rate]],
    billed: Sequence[BilledLine],
) -> Iterator[DueLine]:
    standing = _standing(billed)
    whole = whole_cycle(cycle, rule=price.rule)
    for charge in standing:
        kept = [days for days, rate in owed if rate == charge.line.rate]
        for unserved in (d for days in charge.days for d in _without(days, kept)):
            amount = _credit(price, whole, charge, unserved)
            charge.left = EXACT.add(charge.left, amount)
            if amount:
                yield _line(price, Purpose.CREDIT, unserved, charge.line.rate, amount, billed)
    for days, rate in owed:
        covered = [d for charge in standing if charge.line.rate == rate for d in charge.days]
        for missing in _without(days, covered):
            part = served_part(served=missing, full=whole, basis=price.basis, zone=price.zone)
            if part:
                amount = prorate_amount(rate.amount, part=part)
                yield _line(price, Purpose.RECURRING, missing, rate, amount, billed)


def _credit(price: RecurringPrice, cycle: Period, charge: _Standing, unserved: Period) -> Decimal:
    whole = served_part(served=charge.line.period, full=cycle, basis=price.basis, zone=price.zone)
    if not whole:
        return Decimal(0)
    part = served_part(served=unserved, full=cycle, basis=price.basis, zone=price.zone)
    return credit_unserved(
        billed=charge.line.amount,
        part=part / whole,
        paid=charge.left,
        consumed=charge.line.consumed,
    )


def _line(
    price: RecurringPrice,
    purpose: Purpose,
    days: Period,
    rate: Rate,
    amount: Decimal,
    billed: Sequence[BilledLine],
) -> DueLine:
    """The line with its key; a second one for the same days and purpose is numbered `-2`."""
    same = sum(
        1 for line in billed if line.period == days and line.purpose.split("-")[0] == purpose
    )
    return DueLine(
        contract_id=price.contract_id,
        component_id=price.component_id,
        purpose=f"{purpose}-{same + 1}" if same else purpose.value,
        period=days,
        description=price.description,
        quantity=rate.quantity if purpose is Purpose.RECURRING else rate.quantity.copy_negate(),
        unit=price.unit,
        unit_price=rate.unit_price,
        amount=amount,
        tax_category=price.tax_category,
        revenue_account=price.revenue_account,
    )


def _within(inner: Period, outer: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _without(days: Period, others: Sequence[Period]) -> list[Period]:
    """What is left of the days when the others are taken out."""
    left = [days]
    for other in others:
        left = (
            [
                Period(start, end)
                for piece in left
                for start, end in (
                    (piece.start, min(piece.end, other.start)),
                    (max(piece.start, other.end), piece.end),
                )
                if start < end
            ]
            if other.start < other.end
            else left
        )
    return left
