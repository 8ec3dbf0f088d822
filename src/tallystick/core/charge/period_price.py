"""What a period's measured values cost: ratchet, cap, tiers, flat fees, in whole numbers.

Quantities are integers in 1e-9, prices and amounts in 1e-12. Both executors of periods measure by
themselves and share this file; the worked tables of docs/algorithms hold it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from tallystick.base.money import divide_half_up
from tallystick.base.period import day_start, month_after
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.frames import MEMBERS, PERIODS, with_members
from tallystick.core.charge.lines import SURPLUS
from tallystick.core.charge.owners import owner_of
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.nodes import Allocation, LimitScale, MeasureKind, Surplus, TierKind
from tallystick.core.tariff.plan import Plan, PlanUsage
from tallystick.core.tariff.plan_terms import PlanLadder, PlanPeriod, Rate

PeriodKey = tuple[int, int, int, date]
"""account, contract (or who shares the price, see `owners`), component, cycle."""

Past = Mapping[tuple[int, int, int, str], Sequence[tuple[date, int]]]
"""By account, contract, component and band: (cycle, value measured)."""


@dataclass(frozen=True, slots=True)
class Target:
    """One component's period that is to be priced, its days and its instants."""

    key: PeriodKey
    usage: PlanUsage
    served: tuple[date, date]
    cycle: tuple[date, date]
    from_us: int
    to_us: int
    part: tuple[int, int] = (1, 1)
    """What this target is of the days served: less than all where a version's price changed."""
    ends: bool = True
    """Whether the days served end with this target."""

    @property
    def adds_up(self) -> bool:
        """Whether the values of parts add up to the value of the whole."""
        kind = self.period.terms.measure.kind
        hours = kind is MeasureKind.TIME_WEIGHTED and not self.period.averaged
        return hours or kind in (MeasureKind.SUM, MeasureKind.NET, MeasureKind.COUNT)

    @property
    def period(self) -> PlanPeriod:
        assert self.usage.period is not None
        return self.usage.period


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """One row of PERIOD_RATED in whole numbers."""

    band: str | None
    tier: int | None
    measured: int
    billed: int
    rate: Rate
    fee: int
    amount: int

    def row(self, key: PeriodKey, seq: int) -> tuple[object, ...]:
        price = (self.rate.unit_price, self.rate.per, self.fee, self.amount)
        return (*key, seq, self.band, self.tier, self.measured, self.billed, *price)


def owners_in(periods: pl.DataFrame) -> Callable[[PlanUsage, int, int], tuple[int, int]]:
    """Who owns a component's price for an account and contract of PERIODS."""
    held = with_members(periods, schema=PERIODS).unique("contract_id")
    members = {row[0]: row[1:] for row in held.select("contract_id", *MEMBERS).iter_rows()}

    def owner(usage: PlanUsage, account_id: int, contract_id: int) -> tuple[int, int]:
        top, pool = members.get(contract_id, (account_id, None))
        return owner_of(
            usage.scope,
            account_id=account_id,
            contract_id=contract_id,
            organisation_id=top,
            pool_id=pool,
        )

    return owner


def targets_of(periods: pl.DataFrame, *, plan: Plan) -> list[Target]:
    """The components priced by the period of PERIODS, in order; shared ones joined."""
    found: dict[PeriodKey, Target] = {}
    owner = owners_in(periods)
    rows = periods.select(PERIODS.names()).rows()
    for account, contract, offer_id, start, end, first, last in sorted(rows):
        offer = plan.offers.get(offer_id)
        for usage in offer.usages if offer else ():
            if usage.period is None:
                continue
            key = (*owner(usage, account, contract), usage.id, start)
            served = (first, last)
            if key in found:
                held = found[key].served
                served = (min(held[0], first), max(held[1], last))
            found[key] = Target(
                key,
                usage,
                served,
                (start, end),
                microseconds(day_start(served[0], plan.zone)),
                microseconds(day_start(served[1], plan.zone)),
            )
    return sorted(
        found.values(),
        key=lambda t: (*t.key[:2], t.key[3], t.usage.offer_id, t.usage.position),
    )


def value_of(raw: int, *, target: Target) -> int:
    """The raw measure in the unit of its price, at most the cap; rounded half-up once."""
    numerator, denominator = target.period.gain
    if target.period.averaged:
        denominator *= target.to_us - target.from_us
    value = divide_half_up(raw * numerator, denominator)
    cap = target.period.cap
    return value if cap is None else min(value, _scaled(cap, target.period.terms.cap_scale, target))


def _scaled(size: int, scale: LimitScale, target: Target) -> int:
    """A size of the period: for each day served, for the part of it served, or for all of it."""
    served = (target.served[1] - target.served[0]).days
    match scale:
        case LimitScale.DAY:
            return size * served
        case LimitScale.PART:
            return divide_half_up(size * served, (target.cycle[1] - target.cycle[0]).days)
    return _part_of(size, target) if target.adds_up else size


def _part_of(number: int, target: Target) -> int:
    """The target's part of something that is for the days served."""
    return divide_half_up(number * target.part[0], target.part[1])


def keeps_surplus(period: PlanPeriod) -> bool:
    """Whether what is more than the usage it is set against goes over to the next period."""
    whole = period.terms.measure.kind is MeasureKind.SUM
    return whole and period.less is not None and period.terms.surplus is Surplus.CARRIED


def billed_values(values: Sequence[int], *, target: Target, past: Past) -> list[int]:
    """What is billed for each ladder: the value, or what the ratchet keeps of earlier ones."""
    return [
        max(value, _ratchet(target, ladder.band, past))
        for ladder, value in zip(target.period.ladders, values, strict=True)
    ]


def price_periods(
    targets: Sequence[Target],
    *,
    values: Sequence[Sequence[int]],
    settled: Sequence[int],
    past: Past,
) -> Iterator[tuple[object, ...]]:
    """Rows of PERIOD_RATED from one value for each ladder of each target, and settled surplus."""
    billed = [
        billed_values(own, target=target, past=past)
        for target, own in zip(targets, values, strict=True)
    ]
    demands = {target.key: max(own, default=0) for target, own in zip(targets, billed, strict=True)}
    for target, own, due, surplus in zip(targets, values, billed, settled, strict=True):
        account, contract, _, cycle = target.key
        demand = target.period.demand
        scale = None if demand is None else demands[account, contract, demand, cycle]
        lines = [*_price_values(own, due, target, scale), *_settled_line(surplus, target.period)]
        for seq, line in enumerate(lines):
            yield line.row(target.key, seq)


def _settled_line(surplus: int, period: PlanPeriod) -> Iterator[PeriodLine]:
    rate = period.settled
    if surplus and rate is not None:
        amount = divide_half_up(surplus * rate.numerator, rate.denominator)
        yield PeriodLine(SURPLUS, None, 0, surplus, rate, 0, amount)


def _price_values(
    values: Sequence[int], billed: Sequence[int], target: Target, demand: int | None
) -> list[PeriodLine]:
    """The lines of a component's period, its limits multiplied with the demand if there is one."""
    period = target.period
    slices: list[list[tuple[int, int]]]
    if period.terms.allocation is Allocation.PRO_RATA:
        slices = _shared_slices(billed, target, demand)
    else:
        slices = [
            _slices(value, _limits(ladder, target, demand), period.terms.tier_kind)
            for ladder, value in zip(period.ladders, billed, strict=True)
        ]
    lines = [
        line
        for ladder, value, parts in zip(period.ladders, values, slices, strict=True)
        for line in _ladder_lines(ladder, value, parts, target)
    ]
    return _limited(lines, target)


def _ratchet(target: Target, band: str | None, past: Past) -> int:
    ratchet = target.period.terms.ratchet
    if ratchet is None:
        return 0
    account, contract, component, cycle = target.key
    earliest = date(*month_after(cycle.year, cycle.month, -ratchet.months), 1)
    held = past.get((account, contract, component, band or ""), ())
    highest = max((value for start, value in held if earliest <= start < cycle), default=0)
    numerator, denominator = ratchet.percent.as_integer_ratio()
    return divide_half_up(highest * numerator, denominator * 100)


def _limits(ladder: PlanLadder, target: Target, demand: int | None) -> list[int]:
    """The tier limits of this period: for each day served, the part of it served, the demand."""
    limits = list(ladder.limits)
    if demand is not None:
        limits = [divide_half_up(limit * demand, QUANTITY_SCALE) for limit in limits]
    return [_scaled(limit, target.period.terms.limits, target) for limit in limits]


def _slices(value: int, limits: Sequence[int], kind: TierKind) -> list[tuple[int, int]]:
    """The value as (tier, part): the first tier always, then each that is reached."""
    if kind is TierKind.VOLUME:
        return [(sum(limit < value for limit in limits), value)]
    slices, low = [], 0
    for tier, limit in enumerate([*limits, value]):
        high = max(min(limit, value), low)
        if tier == 0 or high > low:
            slices.append((tier, high - low))
        low = high
    return slices


def _shared_slices(
    values: Sequence[int], target: Target, demand: int | None
) -> list[list[tuple[int, int]]]:
    """Tiers of the bands' total, each tier shared among the bands as the bands share the total.

    Rounded along both running sums, so that bands and tiers both keep their totals.
    """
    total = sum(values)
    limits = _limits(target.period.ladders[0], target, demand)
    whole = _slices(total, limits, target.period.terms.tier_kind)
    shared: list[list[tuple[int, int]]] = []
    before = 0
    for value in values:
        parts, low = [], 0
        for tier, size in whole:
            corners = [(low + size, before + value), (low, before + value)]
            corners += [(low + size, before), (low, before)]
            at = [divide_half_up(x * y, total) if total else 0 for x, y in corners]
            parts.append((tier, at[0] - at[1] - at[2] + at[3]))
            low += size
        shared.append(parts)
        before += value
    return shared


def _ladder_lines(
    ladder: PlanLadder, value: int, parts: Sequence[tuple[int, int]], target: Target
) -> Iterator[PeriodLine]:
    share, days = (1, 1) if target.adds_up else target.part
    for nth, (tier, part) in enumerate(parts):
        rate = ladder.rates[tier]
        due = part or (tier == 0 and target.period.terms.due_at_zero)
        fee = _part_of(rate.flat, target) if due else 0
        if rate.started:
            amount = divide_half_up(-(-part // rate.per) * rate.unit_price * share, days)
        else:
            amount = divide_half_up(part * rate.numerator * share, rate.denominator * days)
        if part or fee or (value and nth == 0):
            yield PeriodLine(
                band=ladder.band,
                tier=tier + 1 if ladder.limits else None,
                measured=value if nth == 0 else 0,
                billed=part,
                rate=rate,
                fee=fee,
                amount=amount + fee,
            )


def _limited(lines: list[PeriodLine], target: Target) -> list[PeriodLine]:
    """The lines with the least and most charge of the period applied to their sum."""
    usage, period = target.usage, target.period
    bounds = (usage.charge_at_least, usage.charge_at_most)
    least, most = (None if bound is None else _part_of(bound, target) for bound in bounds)
    if not lines and least and period.terms.due_at_zero:
        first = period.ladders[0]
        tier = 1 if first.limits else None
        lines = [PeriodLine(first.band, tier, 0, 0, first.rates[0], 0, 0)]
    limited: list[PeriodLine] = []
    before = total = 0
    for line in lines:
        total += line.amount
        after = total if most is None else min(total, most)
        if line is lines[-1] and least is not None:
            after = max(after, least)
        limited.append(replace(line, amount=after - before))
        before = after
    return limited
