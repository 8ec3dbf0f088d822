"""Periods measured and priced, one at a time in whole numbers: the oracle."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from math import isqrt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.frames import (
    LEVELS,
    MEASURED,
    PERIOD_RATED,
    RatedPeriods,
    frame_of,
    rescale,
)
from tallystick.core.charge.period_price import (
    Past,
    PeriodKey,
    Target,
    keeps_surplus,
    owners_in,
    price_periods,
    targets_of,
    value_of,
)
from tallystick.core.charge.surplus import CYCLES_CARRIED, settle_surplus
from tallystick.core.tariff.calendars import EPOCH, microseconds
from tallystick.core.tariff.nodes import Measure, MeasureKind
from tallystick.core.tariff.plan import Plan, PlanUsage
from tallystick.core.tariff.plan_terms import scaled

Line = Mapping[str, Any]
Owner = Callable[[PlanUsage, int, int], tuple[int, int]]
Levels = Mapping[str, int]


def rate_periods_exact(
    lines: Iterable[Line],
    *,
    periods: pl.DataFrame,
    plan: Plan,
    measured: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """What the periods cost, from all rows of RATED in them.

    `measured` are the MEASURED values of earlier cycles, `levels` the LEVELS as the periods begin.
    """
    return rate_targets_exact(
        lines,
        periods=periods,
        targets=targets_of(periods, plan=plan),
        plan=plan,
        measured=measured,
        levels=levels,
    )


def rate_targets_exact(
    lines: Iterable[Line],
    *,
    periods: pl.DataFrame,
    targets: list[Target],
    plan: Plan,
    measured: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """What these targets cost, from all rows of RATED in them; `periods` say who shares."""
    lines = list(lines)
    owner = owners_in(periods)
    held = _lines_by_key(lines, plan, owner)
    past = read_past(measured)
    carried: dict[tuple[int, int, int], dict[str, int]] = defaultdict(dict)
    for account, contract, component, series, level in rescale(levels).iter_rows():
        carried[account, contract, component][series] = level
    against = _lines_against(lines, plan, owner)
    measured_values: list[list[int]] = []
    settled: list[int] = []
    values: list[tuple[object, ...]] = []
    left: list[tuple[object, ...]] = []
    for target in targets:
        own, before = held.get(target.key, []), carried[target.key[:3]]
        other, found = against.get(target.key, []), []
        surplus = {name: level for name, level in before.items() if name != CYCLES_CARRIED}
        for ladder in target.period.ladders:
            lines_ = _of_band(own, ladder.band)
            raw = _measure(lines_, _of_band(other, ladder.band), target, before, plan.zone)
            if keeps_surplus(target.period):
                raw -= before.get(ladder.band or "", 0)
                surplus[ladder.band or ""] = max(-raw, 0)
            found.append(value_of(max(raw, 0), target=target))
            values.append((*target.key, ladder.band or "", found[-1]))
        measured_values.append(found)
        if keeps_surplus(target.period):
            given, levels_left = settle_surplus(target, before=before, surplus=surplus)
        else:
            given, levels_left = 0, _levels_left(own, target.period.terms.measure, before)
        settled.append(given)
        left += [(*target.key[:3], name, n) for name, n in sorted(levels_left.items()) if n]
    rated = price_periods(targets, values=measured_values, settled=settled, past=past)
    return RatedPeriods(
        lines=frame_of(rated, schema=PERIOD_RATED),
        measured=frame_of(values, schema=MEASURED),
        levels=frame_of(left, schema=LEVELS),
    )


def read_past(measured: pl.DataFrame) -> Past:
    """MEASURED by component and band."""
    past: dict[tuple[int, int, int, str], list[tuple[Any, int]]] = defaultdict(list)
    frame = rescale(measured.select(MEASURED.names()))
    for account, contract, component, cycle, band, value in frame.iter_rows():
        past[account, contract, component, band].append((cycle, value))
    return past


def _lines_by_key(lines: Iterable[Line], plan: Plan, owner: Owner) -> dict[PeriodKey, list[Line]]:
    held: dict[PeriodKey, list[Line]] = defaultdict(list)
    usages = plan.usages
    for line in lines:
        usage = usages.get(line["component_id"])
        if usage is None or usage.period is None:
            continue
        who = owner(usage, line["account_id"], line["contract_id"])
        held[*who, usage.id, line["cycle_start"]].append(line)
    for rows in held.values():
        rows.sort(key=lambda line: (line["started_at"], line["usage_id"], line["seq"]))
    return held


def _lines_against(lines: Iterable[Line], plan: Plan, owner: Owner) -> dict[PeriodKey, list[Line]]:
    """The lines that are measured together with those of a component, by its own key."""
    owners = defaultdict(list)
    for usage in plan.usages.values():
        if usage.period is not None and usage.period.partner is not None:
            owners[usage.period.partner].append(usage)
    held: dict[PeriodKey, list[Line]] = defaultdict(list)
    for line in lines:
        for usage in owners.get(line["component_id"], ()):
            who = owner(usage, line["account_id"], line["contract_id"])
            held[*who, usage.id, line["cycle_start"]].append(line)
    return held


def _of_band(lines: list[Line], band: str | None) -> list[Line]:
    return lines if band is None else [line for line in lines if line["band"] == band]


def _charged(line: Line) -> int:
    return scaled(line["billed"] - line["allowed"], scale=QUANTITY_SCALE)


def _measure(
    lines: list[Line], other: list[Line], target: Target, before: Levels, zone: ZoneInfo
) -> int:
    """The raw measure of a period's lines, which stand in order of time, with the others."""
    measure = target.period.terms.measure
    charged = [_charged(line) for line in lines]
    match measure.kind:
        case MeasureKind.SUM:
            return sum(charged) - sum(_charged(line) for line in other)
        case MeasureKind.COUNT:
            return len({line["usage_id"] for line in lines}) * QUANTITY_SCALE
        case MeasureKind.UNIQUE:
            return len({line["rate_key"] for line in lines} - {None}) * QUANTITY_SCALE
        case MeasureKind.MAXIMUM:
            return max(charged, default=0)
        case MeasureKind.LATEST:
            return charged[-1] if charged else before.get("", 0)
        case MeasureKind.TIME_WEIGHTED:
            return _weighted(lines, target, before)
    windows: dict[int, int] = defaultdict(int)
    for line, quantity in zip(lines, charged, strict=True):
        windows[_window(microseconds(line["started_at"]), measure, zone)] += quantity
    against: dict[int, int] = defaultdict(int)
    for line in other:
        against[_window(microseconds(line["started_at"]), measure, zone)] += _charged(line)
    for window, quantity in against.items():
        if target.period.reactive is None:
            windows[window] -= quantity
        else:
            windows[window] = apparent_energy(active=windows[window], reactive=quantity)
    if measure.kind is MeasureKind.NET:
        return sum(quantity for quantity in windows.values() if quantity > 0)
    if measure.kind is MeasureKind.HIGHEST:
        return max(windows.values(), default=0)
    rank = percentile_rank(target)
    ordered = sorted(windows.values(), reverse=True)
    return ordered[rank] if rank < len(ordered) else 0


def apparent_energy(*, active: int, reactive: int) -> int:
    """kVAh of kWh and kvarh, in 1e-9: the root of the squares' sum to the nearest, never a tie."""
    square = active * active + reactive * reactive
    root = isqrt(square)
    return root + (square - root * root > root)


def percentile_rank(target: Target) -> int:
    """How many windows of the period lie above the percentile; those without usage are 0."""
    measure = target.period.terms.measure
    assert measure.window_s is not None
    assert measure.percent is not None
    numerator, denominator = measure.percent.as_integer_ratio()
    count = -((target.from_us - target.to_us) // (measure.window_s * 1_000_000))
    return count + (-count * numerator // (denominator * 100))


def _window(started_us: int, measure: Measure, zone: ZoneInfo) -> int:
    """The first instant of the window that the instant is in, counted from local midnight."""
    assert measure.window_s is not None
    offset = (EPOCH + timedelta(microseconds=started_us)).astimezone(zone).utcoffset()
    assert offset is not None
    wall = started_us + offset // timedelta(microseconds=1)
    return started_us - wall % (measure.window_s * 1_000_000)


def _weighted(lines: list[Line], target: Target, before: Levels) -> int:
    """Levels times the microseconds they stood, each series from one event to its next."""
    series: dict[str, list[tuple[int, int]]] = {
        name: [(target.from_us, level)] for name, level in before.items()
    }
    for line in lines:
        at = min(max(microseconds(line["started_at"]), target.from_us), target.to_us)
        series.setdefault(line["rate_key"] or "", []).append((at, _charged(line)))
    total = 0
    for steps in series.values():
        ends = [at for at, _ in steps[1:]] + [target.to_us]
        total += sum(level * (end - at) for (at, level), end in zip(steps, ends, strict=True))
    return total


def _levels_left(lines: list[Line], measure: Measure, before: Levels) -> dict[str, int]:
    """Where levels stand at the end, by series in order."""
    if measure.kind not in (MeasureKind.LATEST, MeasureKind.TIME_WEIGHTED):
        return {}
    levels = dict(before)
    for line in lines:
        series = line["rate_key"] if measure.kind is MeasureKind.TIME_WEIGHTED else None
        levels[series or ""] = _charged(line)
    return {name: level for name, level in sorted(levels.items()) if level}
