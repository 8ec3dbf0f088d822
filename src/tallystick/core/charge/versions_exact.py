"""Rating over published versions, one event at a time: the oracle of `rate_versions`."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from tallystick.core.charge.balance import Bucket
from tallystick.core.charge.buckets import add_sizes
from tallystick.core.charge.drawer import NOTHING, CounterKey
from tallystick.core.charge.frames import (
    COUNTERS,
    KEYS,
    SUSPENSE,
    Rated,
    SuspenseCode,
    frame_of,
)
from tallystick.core.charge.included import included_lines
from tallystick.core.charge.lines import Event, Fault, Part, RatedLine, Suspended
from tallystick.core.charge.own_buckets import (
    BUCKET_PER_QUANTITY,
    NO_BUCKETS,
    OwnBuckets,
    owned_for,
    with_own,
)
from tallystick.core.charge.rate_exact import (
    QUANTITY_US,
    by_key,
    limit_charge,
    matching,
    nothing_rates,
    opens_us,
    order_of,
    part_lines,
    read_event,
    read_part,
)
from tallystick.core.charge.versions import (
    TOO_EARLY,
    VERSION_RATED,
    DatedPlan,
    first_instant,
    splitting,
)
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.plan import Plan, PlanUsage

Row = Mapping[str, Any]
LineKey = tuple[int, int]
"""usage, component."""


class _Owner(NamedTuple):
    """The version whose component rates an event from that position on."""

    version: int
    usage: PlanUsage
    begin: int


def rate_versions_exact(
    usage_rows: Iterable[Row],
    *,
    plans: Sequence[DatedPlan],
    counters: pl.DataFrame,
    grants: pl.DataFrame | None = None,
    periods: pl.DataFrame | None = None,
    own: OwnBuckets = NO_BUCKETS,
) -> Rated:
    """The lines (VERSION_RATED), draws and suspense of rows of CHARGE_IN; as `rate_versions`."""
    before = by_key(counters.select(COUNTERS.names()))
    given = [add_sizes(grants, periods=periods, plan=dated.plan) for dated in plans]
    granted = [{} if g is None else by_key(g.select(*KEYS, "quantity")) for g in given]
    used = dict(before)
    opens = [first_instant(dated) for dated in plans]
    found: list[list[tuple[Part, list[Bucket]]]] = [[] for _ in plans]
    suspense: list[tuple[object, ...]] = []
    for row in sorted(usage_rows, key=order_of):
        try:
            for version, part in _parts(row, plans, opens):
                found[version].append((part, owned_for(row, own=own)))
        except Suspended as stop:
            suspense.extend(
                (row["usage_id"], fault.component_id, fault.code.value, fault.detail)
                for fault in stop.faults
            )
    lines: dict[LineKey, list[RatedLine]] = {}
    firsts: dict[LineKey, tuple[int, Part]] = {}
    spans: list[tuple[int, LineKey, int, int]] = []
    for version, parts in enumerate(found):
        for part, buckets in parts:
            key = (part.event.usage_id, part.usage.id)
            held = lines.setdefault(key, [])
            begun = len(held)
            plan = _with_own(plans[version].plan, part, buckets, used)
            made = part_lines(part, plan=plan, used=used, granted=granted[version])
            held.extend(line if not begun else _again(line, begun) for line in made)
            if len(held) > begun:
                firsts.setdefault(key, (version, part))
                spans.append((version, key, begun, len(held)))
    rows: list[tuple[object, ...]] = []
    limited = {
        key: limit_charge(held, usage=firsts[key][1].usage) for key, held in lines.items() if held
    }
    for version, key, begin, end in spans:
        charged = limited[key][begin:end]
        if begin == 0:
            plan, first = plans[version].plan, firsts[key][1]
            charged += included_lines(
                limited[key], part=first, plan=plan, used=used, granted=granted[version]
            )
        rows += [(*line.row(), plans[version].version_id) for line in charged]
    drawn = sorted(
        (*key, amount - before.get(key, 0))
        for key, amount in used.items()
        if amount != before.get(key, 0)
    )
    return Rated(
        lines=frame_of(rows, schema=VERSION_RATED),
        draws=frame_of(drawn, schema=COUNTERS),
        suspense=frame_of(suspense, schema=SUSPENSE),
    )


def _with_own(
    plan: Plan, part: Part, buckets: list[Bucket], used: Mapping[CounterKey, int]
) -> Plan:
    """The plan as the event meets it, with what other cycles left in its own buckets."""
    if not buckets:
        return plan
    cycle, held = part.event.cycle_start, []
    for bucket in buckets:
        away = sum(n for key, n in used.items() if key[2] == -bucket.id and key[3] != cycle)
        held.append((bucket, bucket.free // BUCKET_PER_QUANTITY - away))
    return with_own(plan, offer_id=part.usage.offer_id, cycle_start=cycle, own=held)


def rate_event_versions(
    row: Row,
    *,
    plans: Sequence[DatedPlan],
    used: dict[CounterKey, int],
    granted: Mapping[CounterKey, int] = NOTHING,
    quantity: int | None = None,
) -> list[tuple[int, RatedLine]]:
    """The lines of one row of CHARGE_IN, each with its version's id; adds its draws to `used`.

    A quantity that is given, in 1e-9, stands for the row's own.

    :raises Suspended: when some matching component cannot rate it; then `used` is unchanged
    """
    parts = _parts(row, plans, [first_instant(dated) for dated in plans], quantity)
    if len(parts) == 1:
        version, part = parts[0]
        plan, version_id = plans[version].plan, plans[version].version_id
        alone = list(part_lines(part, plan=plan, used=used, granted=granted))
        alone = limit_charge(alone, usage=part.usage)
        alone += included_lines(alone, part=part, plan=plan, used=used, granted=granted)
        return [(version_id, line) for line in alone]
    lines: dict[int, list[RatedLine]] = {}
    firsts: dict[int, Part] = {}
    spans: list[tuple[int, int, int, int]] = []
    for version, part in parts:
        held = lines.setdefault(part.usage.id, [])
        begun = len(held)
        made = part_lines(part, plan=plans[version].plan, used=used, granted=granted)
        held.extend(line if not begun else _again(line, begun) for line in made)
        if len(held) > begun:
            firsts.setdefault(part.usage.id, part)
            spans.append((version, part.usage.id, begun, len(held)))
    told: list[tuple[int, RatedLine]] = []
    limited = {
        key: limit_charge(held, usage=firsts[key].usage) for key, held in lines.items() if held
    }
    for version, key, begin, end in spans:
        own = limited[key][begin:end]
        if begin == 0:
            plan = plans[version].plan
            own += included_lines(
                limited[key], part=firsts[key], plan=plan, used=used, granted=granted
            )
        told += [(plans[version].version_id, line) for line in own]
    return told


def _again(line: RatedLine, begun: int) -> RatedLine:
    """A line that goes on what an earlier version began: no connect fee a second time."""
    return line._replace(seq=line.seq + begun, fee=0, amount=line.amount - line.fee)


def _parts(
    row: Row, plans: Sequence[DatedPlan], opens: list[int], quantity: int | None = None
) -> list[tuple[int, Part]]:
    """What each version's components rate of the event, in order of versions."""
    home = 0
    if opens and row["started_at"] is not None:
        home = bisect_right(opens, microseconds(row["started_at"])) - 1
    if not opens or home < 0:
        raise Suspended(Fault(0, SuspenseCode.NO_CATALOGUE, TOO_EARLY))
    events = {home: read_event(row, plan=plans[home].plan, quantity=quantity)}
    parts: list[tuple[int, Part]] = []
    faults: dict[int, Fault] = {}
    for owner, end in _owners(row, events, plans, opens):
        try:
            plan, event = plans[owner.version].plan, events[owner.version]
            part = read_part(event, usage=owner.usage, plan=plan, begin=owner.begin, end=end)
            parts.append((owner.version, part))
        except Suspended as stop:
            for fault in stop.faults:
                faults.setdefault(fault.component_id, fault)
    if not faults and not any(part.segments for _, part in parts):
        faults[0] = nothing_rates(row, plan=plans[home].plan)
    if faults:
        raise Suspended(*faults.values())
    return parts


def _owners(
    row: Row, events: dict[int, Event], plans: Sequence[DatedPlan], opens: list[int]
) -> list[tuple[_Owner, int | None]]:
    """Who rates the event from where to where; adds the event as each version reads it."""
    home = next(iter(events))
    event = events[home]
    first = matching(event, offer_id=row["offer_id"], plan=plans[home].plan)
    if not first:
        raise Suspended(nothing_rates(row, plan=plans[home].plan))
    if row["unit"] != "s" or (row["offer_id"], row["kind"]) not in splitting(plans):
        return [(_Owner(home, usage, 0), None) for usage in first]
    held = {usage.id: _Owner(home, usage, 0) for usage in first}
    closed: list[tuple[_Owner, int | None]] = []
    for version in range(home + 1, len(plans)):
        at = (opens[version] - event.started_us) * QUANTITY_US
        if at >= event.quantity:
            break
        later = {usage.id: usage for usage in _meets(row, version, events, plans, opens)}
        for number, owner in list(held.items()):
            usage = later.get(number)
            if owner.usage.split and (usage is None or usage.split):
                closed.append((held.pop(number), at))
        for number, usage in later.items():
            if usage.split and number not in held:
                held[number] = _Owner(version, usage, at)
        if not held:
            raise Suspended(nothing_rates(row, plan=plans[version].plan))
    spans = [*closed, *((owner, None) for owner in held.values())]
    return sorted(spans, key=lambda span: (span[0].version, span[0].usage.position))


def _meets(
    row: Row,
    version: int,
    events: dict[int, Event],
    plans: Sequence[DatedPlan],
    opens: list[int],
) -> Iterator[PlanUsage]:
    """The components that a later version has for an event that is still going on."""
    plan = plans[version].plan
    offer = plan.offers.get(row["offer_id"])
    if offer is not None and opens_us(offer, plan=plan) <= opens[version]:
        quantity = next(iter(events.values())).quantity
        events[version] = read_event(row, plan=plan, since_us=opens[version], quantity=quantity)
        yield from matching(events[version], offer_id=row["offer_id"], plan=plan)
