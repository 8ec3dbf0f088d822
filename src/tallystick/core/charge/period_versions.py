"""Periods in which prices change: which version prices which days of a component's period.

A new version that leaves a component's price as it is changes nothing. Where it changes it, the
period is cut at the version's first day and each part priced by itself, or the version that the
period began with prices all of it; see docs/algorithms/versions.md.
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

PeriodRow = tuple[int, int, int, date, date, date, date]
"""A row of PERIODS."""

VERSION_PERIOD_RATED: Final = pl.Schema({**PERIOD_RATED, "version_id": pl.Int64()})
"""PERIOD_RATED with the version that priced the line."""


_LEVEL_KEYS: Final = ("account_id", "contract_id", "component_id")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some days of a component's period that one version prices.

    It counts the lines of the versions `[low, high)`: of the days before the period's first version
    and after its last too, so that no usage of a cycle is left out.
    """

    usage: PlanUsage
    version: int
    days: tuple[date, date]
    low: int
    high: int


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
    for (version, low, high), targets in sorted(grouped.items()):
        dated = plans[version]
        ids = [other.version_id for other in plans[low:high]]
        own = lines.filter(pl.col("version_id").is_in(ids)).drop("version_id")
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


def _targets(
    periods: pl.DataFrame, plans: Sequence[DatedPlan]
) -> dict[tuple[int, int, int], list[Target]]:
    """What is to be priced, by the version that does and those whose lines count, from and to."""
    grouped = defaultdict(list)
    for scope, row in _by_owner(periods):
        account, contract, _, start, end, first, last = row
        for stretch in _stretches(row, plans):
            if stretch.usage.scope is scope:
                key = (account, contract, stretch.usage.id, start)
                zone = plans[stretch.version].plan.zone
                target = _target(key, stretch, (first, last), end, zone)
                grouped[stretch.version, stretch.low, stretch.high].append(target)
    for targets in grouped.values():
        targets.sort(key=lambda t: (*t.key[:2], t.key[3], t.usage.offer_id, t.usage.position))
    return grouped


def _by_owner(periods: pl.DataFrame) -> Iterator[tuple[Scope, PeriodRow]]:
    """The rows as each scope owns them, spanning the days of all contracts that share."""
    spans: dict[tuple[Scope, int, int, int, date, date], tuple[date, date]] = {}
    for row in with_members(periods, schema=PERIODS).iter_rows(named=True):
        first, last = row["served_from"], row["served_to"]
        for scope in Scope:
            owner = owner_in(row, scope=scope)
            key = (scope, *owner, row["offer_id"], row["cycle_start"], row["cycle_end"])
            held = spans.get(key, (first, last))
            spans[key] = (min(held[0], first), max(held[1], last))
    for (scope, account, contract, offer, start, end), days in spans.items():
        yield scope, (account, contract, offer, start, end, *days)


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


def _stretches(row: PeriodRow, plans: Sequence[DatedPlan]) -> Iterator[_Stretch]:
    """The stretches of each component of the offer, in order of versions."""
    *_, offer_id, _, _, first, last = row
    opens = [dated.valid_from for dated in plans]
    home = max(bisect_right(opens, first) - 1, 0)
    open_: dict[int, _Stretch] = {}
    for version in range(home, len(plans)):
        begin = first if version == home else opens[version]
        if begin >= last and version > home:
            break
        after = opens[version + 1] if version + 1 < len(plans) else last
        days = (begin, max(min(after, last), begin))
        later = _priced(plans[version].plan, offer_id)
        goes_on = {
            number
            for number, held in open_.items()
            if number in later and _goes_on(held.usage, later, plans[held.version].plan)
        }
        for number in [number for number in open_ if number not in goes_on]:
            yield replace(open_.pop(number), high=version)
        for number, usage in later.items():
            held = open_.get(number)
            if held is None:
                open_[number] = _Stretch(
                    usage, version, days, 0 if version == home else version, len(plans)
                )
            else:
                open_[number] = replace(held, days=(held.days[0], days[1]))
    yield from open_.values()


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
