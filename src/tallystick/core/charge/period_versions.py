"""Periods in which prices change: which version prices which days of a component's period.

A new version that leaves a component's price as it is changes nothing. Where it changes it, the
period is cut at the version's first day and each part priced by itself, or the version that the
period began with prices all of it; see docs/algorithms/versions.md. A contract's own price, a
variant of its offer from a day on, cuts it the same way.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from tallystick.base.period import day_start
from tallystick.core.charge.frames import (
    KEYS,
    LEVELS,
    MEASURED,
    PERIOD_RATED,
    PERIODS,
    RatedPeriods,
    with_members,
)
from tallystick.core.charge.owners import owner_in
from tallystick.core.charge.period_batch import rate_targets_batch
from tallystick.core.charge.period_exact import rate_targets_exact
from tallystick.core.charge.period_price import PeriodKey, Target
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.nodes import NewPrices, Scope
from tallystick.core.tariff.plan import Plan, PlanUsage

Piece = tuple[int, date, date]
"""An offer and the days [from, to) that it is held in a cycle."""

Part = tuple[int, int, int, int, int]
"""The version that prices, then which lines it counts (see `_Stretch`)."""

ALWAYS_US: Final = (-1, 2**62)
"""Before and after every instant."""

VERSION_PERIOD_RATED: Final = pl.Schema({**PERIOD_RATED, "version_id": pl.Int64()})
"""PERIOD_RATED with the version that priced the line."""


_LEVEL_KEYS: Final = ("account_id", "contract_id", "component_id")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some days of a component's period that one version prices.

    It counts the lines of the versions `[low, high)`: of the days before the period's first version
    and after its last too, so that no usage of a cycle is left out. Where own prices cut, of those
    it counts what began in `[since_us, until_us)`.
    """

    usage: PlanUsage
    version: int
    days: tuple[date, date]
    low: int
    high: int
    since_us: int
    until_us: int


def rate_period_versions(
    lines: pl.DataFrame,
    *,
    periods: pl.DataFrame,
    plans: Sequence[DatedPlan],
    measured: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """What PERIODS cost over versions: lines (VERSION_PERIOD_RATED), MEASURED and LEVELS.

    `lines` are VERSION_RATED. Lines stand by version, then as PERIOD_RATED; `seq` goes on over
    the versions of a component's period.
    """
    return _rate(lines, periods, plans, measured, levels, exact=False)


def rate_period_versions_exact(
    lines: pl.DataFrame,
    *,
    periods: pl.DataFrame,
    plans: Sequence[DatedPlan],
    measured: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """The oracle of `rate_period_versions`."""
    return _rate(lines, periods, plans, measured, levels, exact=True)


def _rate(
    lines: pl.DataFrame,
    periods: pl.DataFrame,
    plans: Sequence[DatedPlan],
    measured: pl.DataFrame,
    levels: pl.DataFrame,
    *,
    exact: bool,
) -> RatedPeriods:
    rated, values, left = [VERSION_PERIOD_RATED.to_frame()], [MEASURED.to_frame()], levels
    touched = [LEVELS.to_frame().select(_LEVEL_KEYS)]
    grouped = _targets(periods, plans)
    for (version, low, high, since_us, until_us), targets in sorted(grouped.items()):
        dated = plans[version]
        ids = [other.version_id for other in plans[low:high]]
        own = lines.filter(pl.col("version_id").is_in(ids)).drop("version_id")
        if (since_us, until_us) != ALWAYS_US:
            began = own["started_at"].to_physical()
            own = own.filter(began.is_between(since_us, until_us, closed="left"))
        if exact:
            made = rate_targets_exact(
                own.iter_rows(named=True),
                periods=periods,
                targets=targets,
                plan=dated.plan,
                measured=measured,
                levels=left,
            )
        else:
            made = rate_targets_batch(
                own,
                periods=periods,
                targets=targets,
                plan=dated.plan,
                measured=measured,
                levels=left,
            )
        rated.append(made.lines.with_columns(version_id=pl.lit(dated.version_id, pl.Int64())))
        values.append(made.measured)
        keys = pl.DataFrame(
            [target.key[:3] for target in targets],
            schema={name: LEVELS[name] for name in _LEVEL_KEYS},
            orient="row",
        )
        touched.append(keys)
        left = pl.concat([left.join(keys, on=_LEVEL_KEYS, how="anti"), made.levels])
    told = pl.concat(rated)
    seq = pl.int_range(pl.len(), dtype=pl.Int16()).over(KEYS)
    highest = pl.concat(values).group_by(*KEYS, "band", maintain_order=True)
    return RatedPeriods(
        lines=told.with_columns(seq=seq),
        measured=highest.agg(pl.col("value").max()),
        levels=left.join(pl.concat(touched).unique(), on=_LEVEL_KEYS, how="semi").sort(
            *_LEVEL_KEYS, "series"
        ),
    )


def _targets(periods: pl.DataFrame, plans: Sequence[DatedPlan]) -> dict[Part, list[Target]]:
    """What is to be priced, by the version that does and the lines that count."""
    grouped = defaultdict(list)
    for scope, (account, contract, start, end), pieces in _timelines(periods, plans):
        served = pieces[0][1], max(last for _, _, last in pieces)
        for stretch in _stretches(pieces, plans):
            if stretch.usage.scope is scope:
                key = (account, contract, stretch.usage.id, start)
                zone = plans[stretch.version].plan.zone
                target = _target(key, stretch, served, end, zone)
                span = stretch.since_us, stretch.until_us
                grouped[stretch.version, stretch.low, stretch.high, *span].append(target)
    for targets in grouped.values():
        targets.sort(key=lambda t: (*t.key[:2], t.key[3], t.usage.offer_id, t.usage.position))
    return grouped


def _timelines(
    periods: pl.DataFrame, plans: Sequence[DatedPlan]
) -> Iterator[tuple[Scope, tuple[int, int, date, date], list[Piece]]]:
    """What is held in a cycle by each owner of each scope: an offer, or its variants in turn.

    What is shared is held from the first day of all who share to their last, at no own prices.
    """
    bases = _bases(plans)
    held: dict[tuple[Scope, int, int, date, date, int], list[Piece]] = defaultdict(list)
    for row in with_members(periods, schema=PERIODS).iter_rows(named=True):
        offer, days = row["offer_id"], (row["served_from"], row["served_to"])
        base = bases.get(offer, offer)
        for scope in Scope:
            owner = owner_in(row, scope=scope)
            key = (scope, *owner, row["cycle_start"], row["cycle_end"], base)
            held[key].append((offer if scope is Scope.CONTRACT else base, *days))
    for (scope, account, contract, start, end, base), pieces in held.items():
        pieces.sort(key=lambda piece: piece[1:])
        if scope is not Scope.CONTRACT:
            pieces = [(base, pieces[0][1], max(last for _, _, last in pieces))]
        yield scope, (account, contract, start, end), pieces


def _bases(plans: Sequence[DatedPlan]) -> dict[int, int]:
    """The offer that each variant is one of: the one with its components."""
    bases = {}
    for dated in plans:
        offers = dated.plan.offers
        parts = {tuple(usage.id for usage in offers[n].usages): n for n in offers if n > 0}
        for number in (n for n in offers if n < 0):
            base = parts.get(tuple(usage.id for usage in offers[number].usages))
            if base is not None:
                bases[number] = base
    return bases


def _target(
    key: PeriodKey, stretch: _Stretch, served: tuple[date, date], end: date, zone: ZoneInfo
) -> Target:
    days, whole = stretch.days, (served[1] - served[0]).days
    return Target(
        key,
        stretch.usage,
        days,
        (key[3], end),
        microseconds(day_start(days[0], zone)),
        microseconds(day_start(days[1], zone)),
        ((days[1] - days[0]).days, whole) if whole else (1, 1),
        days[1] >= served[1],
    )


def _stretches(pieces: Sequence[Piece], plans: Sequence[DatedPlan]) -> Iterator[_Stretch]:
    """The stretches of each component of what is held, in order of time.

    A line counts for the first stretch that it does not lie beyond, by its version or its start.
    """
    open_: dict[int, _Stretch] = {}
    lows: dict[int, int] = defaultdict(int)
    sinces: dict[int, int] = defaultdict(lambda: ALWAYS_US[0])
    before: int | None = None
    for version, offer_id, days in _segments(pieces, plans):
        later = _priced(plans[version].plan, offer_id)
        by_version = version != before
        begin_us = microseconds(day_start(days[0], plans[version].plan.zone))
        goes_on = {
            number
            for number, held in open_.items()
            if number in later and _goes_on(held.usage, later, plans[held.version].plan)
        }
        for number in [number for number in open_ if number not in goes_on]:
            held = open_.pop(number)
            yield replace(held, high=version) if by_version else replace(held, until_us=begin_us)
        for number in later.keys() - goes_on if before is not None else ():
            if by_version:
                lows[number] = version
            else:
                sinces[number] = begin_us
        for number, usage in later.items():
            if number in goes_on:
                held = open_[number]
                open_[number] = replace(held, days=(held.days[0], days[1]))
            else:
                span = sinces[number], ALWAYS_US[1]
                open_[number] = _Stretch(usage, version, days, lows[number], len(plans), *span)
        before = version
    yield from open_.values()


def _segments(
    pieces: Sequence[Piece], plans: Sequence[DatedPlan]
) -> Iterator[tuple[int, int, tuple[date, date]]]:
    """(version, offer, days) of what is held, cut where versions begin."""
    opens = [dated.valid_from for dated in plans]
    for offer_id, first, last in pieces:
        home = max(bisect_right(opens, first) - 1, 0)
        for version in range(home, len(plans)):
            begin = first if version == home else opens[version]
            if begin >= last and version > home:
                break
            after = opens[version + 1] if version + 1 < len(plans) else last
            yield version, offer_id, (begin, max(min(after, last), begin))


def _priced(plan: Plan, offer_id: int) -> dict[int, PlanUsage]:
    offer = plan.offers.get(offer_id)
    usages = offer.usages if offer else ()
    return {usage.id: usage for usage in usages if usage.period is not None}


def _goes_on(usage: PlanUsage, later: dict[int, PlanUsage], plan: Plan) -> bool:
    """Whether the version that prices now goes on; components that look at others go with them."""
    own = _priced(plan, usage.offer_id)
    periods = [other.period for other in (*own.values(), *later.values()) if other.period]
    if any(period.demand or period.partner for period in periods):
        alike = own.keys() == later.keys()
        return alike and all(_keeps(other, later[other.id]) for other in own.values())
    return _keeps(usage, later[usage.id])


def _keeps(usage: PlanUsage, later: PlanUsage) -> bool:
    """Whether the later price is the same, or waits for the next cycle and counts alike."""
    assert usage.period is not None
    assert later.period is not None
    if usage.scope is not later.scope:
        return False
    bounds = (usage.charge_at_least, usage.charge_at_most)
    if usage.period == later.period and bounds == (later.charge_at_least, later.charge_at_most):
        return True
    bands = [ladder.band for ladder in usage.period.ladders]
    alike = bands == [ladder.band for ladder in later.period.ladders]
    same_unit = usage.unit == later.unit
    return usage.period.terms.new_prices is NewPrices.NEXT_CYCLE and alike and same_unit
