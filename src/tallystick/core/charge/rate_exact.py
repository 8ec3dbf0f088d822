"""Rating, one event at a time in whole numbers: the oracle, and the online path.

Quantities are integers in 1e-9, prices and amounts in 1e-12. `rate_batch` gives the same to the
last digit; what this file says is what charging means.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from tallystick.base.money import divide_half_up
from tallystick.base.period import day_start
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.carry import NotCounted, carried_price, count_quantity, series_price
from tallystick.core.charge.drawer import NOTHING, CounterKey, Drawer
from tallystick.core.charge.frames import (
    COUNTERS,
    FIRST_INSTANT_US,
    KEYS,
    LAST_INSTANT_US,
    MAX_SPLIT_S,
    NEEDED,
    RATED,
    SUSPENSE,
    Rated,
    SuspenseCode,
    frame_of,
    rescale,
)
from tallystick.core.charge.included import included_lines
from tallystick.core.charge.lines import Event, Fault, Part, RatedLine, Segment, Suspended
from tallystick.core.charge.match import (
    BadAttributes,
    describe_keys,
    fields_of,
    holds,
    match_rate,
)
from tallystick.core.tariff.calendars import local_day, microseconds
from tallystick.core.tariff.nodes import FeeDue
from tallystick.core.tariff.plan import Plan, PlanOffer, PlanUsage, StepSet
from tallystick.core.tariff.plan_terms import Rate, scaled
from tallystick.core.tariff.ratio import MAX_QUANTITY

QUANTITY_US = QUANTITY_SCALE // 1_000_000
"""A microsecond of an event that is counted in seconds."""


def rate_exact(
    usage_rows: Iterable[Mapping[str, Any]],
    *,
    plan: Plan,
    counters: pl.DataFrame,
    grants: pl.DataFrame | None = None,
) -> Rated:
    """The rated lines of rows of CHARGE_IN, given COUNTERS as they stand and GRANTS."""
    before = by_key(counters.select(COUNTERS.names()))
    granted = {} if grants is None else by_key(grants.select(*KEYS, "quantity"))
    used = dict(before)
    lines: list[RatedLine] = []
    suspense: list[tuple[object, ...]] = []
    for row in sorted(usage_rows, key=order_of):
        try:
            lines.extend(rate_event(row, plan=plan, used=used, granted=granted))
        except Suspended as stop:
            suspense.extend(
                (row["usage_id"], fault.component_id, fault.code.value, fault.detail)
                for fault in stop.faults
            )
    draws = sorted(
        (*key, amount - before.get(key, 0))
        for key, amount in used.items()
        if amount != before.get(key, 0)
    )
    return Rated(
        lines=frame_of((line.row() for line in lines), schema=RATED),
        draws=frame_of(draws, schema=COUNTERS),
        suspense=frame_of(suspense, schema=SUSPENSE),
    )


def by_key(frame: pl.DataFrame) -> dict[CounterKey, int]:
    held: dict[CounterKey, int] = {}
    for *key, quantity in rescale(frame).iter_rows():
        held[tuple(key)] = held.get(tuple(key), 0) + quantity
    return held


def order_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Organisation, start, usage; empty values first."""
    keys = (_organisation(row), row["started_at"], row["usage_id"])
    return tuple(part for key in keys for part in ((key is not None), key or 0))


def _organisation(row: Mapping[str, Any]) -> int:
    """The account at the top of the hierarchy; an account without one is its own."""
    top: int = row.get("organisation_id") or row["account_id"]
    return top


def rate_event(
    row: Mapping[str, Any],
    *,
    plan: Plan,
    used: dict[CounterKey, int],
    granted: Mapping[CounterKey, int] = NOTHING,
) -> list[RatedLine]:
    """The rated lines of one row of CHARGE_IN; adds what it draws to `used`.

    :raises Suspended: when some matching component cannot rate it; then `used` is unchanged
    """
    event = read_event(row, plan=plan)
    parts: list[Part] = []
    faults: list[Fault] = []
    for usage in matching(event, offer_id=row["offer_id"], plan=plan):
        try:
            parts.append(read_part(event, usage=usage, plan=plan))
        except Suspended as stop:
            faults.extend(stop.faults)
    if not faults and not any(part.segments for part in parts):
        faults.append(nothing_rates(row, plan=plan))
    if faults:
        raise Suspended(*faults)
    lines: list[RatedLine] = []
    for part in parts:
        made = list(part_lines(part, plan=plan, used=used, granted=granted))
        made = limit_charge(made, usage=part.usage)
        lines += made
        lines += included_lines(made, part=part, plan=plan, used=used, granted=granted)
    return lines


def matching(event: Event, *, offer_id: int, plan: Plan) -> list[PlanUsage]:
    """The components of the offer that the event is for, in written order."""
    return [
        usage
        for usage in plan.offers[offer_id].usages
        if usage.kind == event.fields["kind"] and holds(usage.where, fields=event.fields)
    ]


def nothing_rates(row: Mapping[str, Any], *, plan: Plan) -> Fault:
    """That no component rates a time of the event."""
    offer = plan.offers.get(row["offer_id"])
    if offer is None:
        return Fault(0, SuspenseCode.NO_OFFER, str(row["offer_id"]))
    return Fault(0, SuspenseCode.NO_COMPONENT, f"{offer.code}: {row['kind']}")


def read_event(
    row: Mapping[str, Any], *, plan: Plan, since_us: int = 0, quantity: int | None = None
) -> Event:
    """The row in whole numbers, as a plan that is in force since then meets it.

    A quantity that is given, in 1e-9, stands for the row's own.

    :raises Suspended: when no component of the plan could rate it
    """
    for name in NEEDED:
        if row[name] is None:
            raise Suspended(Fault(0, SuspenseCode.INCOMPLETE, name))
    started_us = microseconds(row["started_at"])
    if not FIRST_INSTANT_US <= started_us < LAST_INSTANT_US:
        raise Suspended(Fault(0, SuspenseCode.OUT_OF_RANGE))
    if quantity is None:
        if row["quantity"] < 0:
            raise Suspended(Fault(0, SuspenseCode.NEGATIVE_QUANTITY))
        if row["quantity"] > MAX_QUANTITY:
            raise Suspended(Fault(0, SuspenseCode.QUANTITY_TOO_LARGE))
        quantity = scaled(row["quantity"], scale=QUANTITY_SCALE)
    elif quantity > MAX_QUANTITY * QUANTITY_SCALE:
        raise Suspended(Fault(0, SuspenseCode.QUANTITY_TOO_LARGE))
    offer = plan.offers.get(row["offer_id"])
    if offer is None:
        raise Suspended(Fault(0, SuspenseCode.NO_OFFER, str(row["offer_id"])))
    if max(started_us, since_us) < opens_us(offer, plan=plan):
        raise Suspended(Fault(0, SuspenseCode.BEFORE_OFFER, offer.code))
    try:
        fields = fields_of(row, attributes=plan.attributes)
    except BadAttributes:
        raise Suspended(Fault(0, SuspenseCode.BAD_ATTRIBUTES)) from None
    return Event(
        usage_id=row["usage_id"],
        account_id=row["account_id"],
        contract_id=row["contract_id"],
        organisation_id=_organisation(row),
        pool_id=row.get("pool_id"),
        cycle_start=row["cycle_start"],
        started_us=started_us,
        quantity=quantity,
        unit=row["unit"],
        fields=fields,
    )


def opens_us(offer: PlanOffer, *, plan: Plan) -> int:
    """The first instant of the offer."""
    day = offer.valid_from
    if day is None:
        return FIRST_INSTANT_US
    found: int | None = plan.cache.get(day)
    if found is None:
        found = plan.cache[day] = microseconds(day_start(day, plan.zone))
    return found


def read_part(
    event: Event, *, usage: PlanUsage, plan: Plan, begin: int = 0, end: int | None = None
) -> Part:
    """What the component rates of the event, or of that stretch of positions within it.

    :raises Suspended: when it cannot
    """
    counted = _count(event, usage)
    stretch = (begin, counted.quantity if end is None else end)
    return Part(usage, counted, _segments(counted, usage, plan, stretch))


def _count(event: Event, usage: PlanUsage) -> Event:
    """The event as the component counts it, with the price that it carries for it."""
    if usage.usage_unit is not None and event.unit != usage.usage_unit:
        detail = f"usage in {event.unit}, {usage.code} in {usage.usage_unit}"
        raise Suspended(Fault(usage.id, SuspenseCode.UNIT_MISMATCH, detail))
    if usage.split and event.quantity > MAX_SPLIT_S * QUANTITY_SCALE:
        raise Suspended(Fault(usage.id, SuspenseCode.TOO_LONG_TO_SPLIT))
    quantity, carried, fields = event.quantity, 0, event.fields
    try:
        if usage.counts is not None:
            quantity = count_quantity(usage.counts, quantity=quantity, fields=fields)
        if usage.carried is not None and usage.carried.series is None:
            carried = carried_price(usage.carried, quantity=quantity, fields=fields)
    except NotCounted as stop:
        raise Suspended(Fault(usage.id, stop.code, stop.detail)) from None
    if quantity == event.quantity and not carried:
        return event
    return event._replace(quantity=quantity, carried=carried)


def _segments(
    event: Event, usage: PlanUsage, plan: Plan, stretch: tuple[int, int]
) -> list[Segment]:
    """The stretch cut at band edges and midnight where the component splits; charged parts only."""
    return [
        Segment(
            start_us=part.start_us,
            position=part.position,
            measured=part.measured,
            band=part.band,
            rate=_rate_of(event, usage, part, plan),
            carried=_carried_of(event, usage, part, plan),
        )
        for part in _cut(event, usage, stretch)
        if usage.base_rates[part.band] is not None
    ]


def _cut(event: Event, usage: PlanUsage, stretch: tuple[int, int]) -> Iterator[Segment]:
    position, end = stretch
    start_us = event.started_us + position // QUANTITY_US
    if usage.clock is None:
        yield Segment(start_us, position, end - position, 0)
        return
    day = local_day(start_us, zone=usage.clock.zone)
    edges = list(usage.clock.edges(day))
    at = max(bisect_right([start for start, _ in edges], start_us) - 1, 0)
    band = edges[at][1]
    if usage.split:
        while True:
            if at + 1 == len(edges):
                day += timedelta(days=1)
                edges, at = list(usage.clock.edges(day)), -1
            at += 1
            offset = (edges[at][0] - event.started_us) * QUANTITY_US
            if offset >= end:
                break
            yield Segment(start_us, position, offset - position, band)
            start_us, band, position = edges[at][0], edges[at][1], offset
    yield Segment(start_us, position, end - position, band)


def _carried_of(event: Event, usage: PlanUsage, segment: Segment, plan: Plan) -> int:
    """The price that the event carries or that a series says where the segment begins."""
    if usage.carried is None or usage.carried.series is None:
        return event.carried
    series = plan.series[usage.carried.series]
    try:
        return series_price(
            usage.carried, series=series, quantity=event.quantity, at_us=segment.start_us
        )
    except NotCounted as stop:
        raise Suspended(Fault(usage.id, stop.code, stop.detail)) from None


def _rate_of(event: Event, usage: PlanUsage, segment: Segment, plan: Plan) -> int:
    """The position of the segment's (first tier's) rate in the plan."""
    base = usage.base_rates[segment.band]
    assert base is not None
    if usage.deck is None:
        return base
    deck = plan.decks[usage.deck]
    fields = event.fields
    if usage.clock is not None:
        fields = {**fields, "band": usage.clock.bands[segment.band].name}
    day = local_day(segment.start_us, zone=plan.zone)
    found = match_rate(plan, deck=usage.deck, fields=fields, day=day)
    if found is None and usage.fallback is not None:
        found = match_rate(plan, deck=usage.fallback, fields=fields, day=day)
    if found is None:
        found = usage.no_rate
    if found is None:
        detail = describe_keys(deck, fields=fields)
        raise Suspended(Fault(usage.id, SuspenseCode.NO_RATE, detail))
    return found


def billed_of(measured: int, *, steps: StepSet) -> int:
    """The measured quantity rounded up in each of its steps; grows with the quantity."""
    rest = measured - steps.free_first
    if rest <= 0:
        return 0
    if not steps.steps:
        return max(rest, steps.minimum)
    billed = 0
    for increment, span in steps.steps:
        part = rest if span is None else min(rest, span)
        billed += -(-part // increment) * increment
        rest -= part
    return max(billed, steps.minimum)


def part_lines(
    part: Part,
    *,
    plan: Plan,
    used: dict[CounterKey, int],
    granted: Mapping[CounterKey, int],
) -> Iterator[RatedLine]:
    """The lines of the part, before its least and most charge; adds what it draws to `used`."""
    event, usage = part.event, part.usage
    drawer = Drawer(event, used, granted, plan.zone)
    covering = [
        allowance
        for allowance in plan.offers[usage.offer_id].allowances
        if usage.id in allowance.covers and not allowance.money
    ]
    clock = usage.clock
    counts = usage.period.terms.measure.field if usage.period else None
    seq = 0
    for segment in part.segments:
        first = plan.rates[segment.rate]
        steps = plan.steps[usage.steps if first.steps is None else first.steps]
        end = segment.position + segment.measured
        billed = billed_of(end, steps=steps) - billed_of(segment.position, steps=steps)
        band = clock.bands[segment.band].name if clock else None
        allowed = 0
        if covering:
            fields = {**event.fields, "band": band} if clock else event.fields
            fitting = [one for one in covering if holds(one.where, fields=fields)]
            allowed = sum(given for _, given in drawer.draw(billed, usage, fitting))
        tiered = usage.tiered[segment.band]
        slices = drawer.climb(billed - allowed, usage) if tiered else [(0, billed - allowed)]
        for nth, (tier, charged) in enumerate(slices):
            rate = plan.rates[segment.rate + tier]
            fee = _fee(event, usage, rate, allowed) if seq == 0 else 0
            yield RatedLine(
                usage_id=event.usage_id,
                account_id=event.account_id,
                contract_id=event.contract_id,
                component_id=usage.id,
                seq=seq,
                cycle_start=event.cycle_start,
                started_us=event.started_us,
                band=band,
                tier=tier + 1 if tiered else None,
                rate_key=event.fields.get(counts) if counts else rate.key,
                measured=segment.measured if nth == 0 else 0,
                billed=charged + (allowed if nth == 0 else 0),
                allowed=allowed if nth == 0 else 0,
                unit_price=rate.unit_price + segment.carried,
                per=rate.per,
                fee=fee,
                amount=_amount(charged, rate, segment.carried) + fee,
            )
            seq += 1


def _amount(charged: int, rate: Rate, carried: int) -> int:
    if carried:
        return divide_half_up(charged * (rate.unit_price + carried), rate.per)
    return divide_half_up(charged * rate.numerator, rate.denominator)


def _fee(event: Event, usage: PlanUsage, rate: Rate, allowed: int) -> int:
    if event.quantity == 0 and usage.connect_due is not FeeDue.ALWAYS:
        return 0
    if allowed and usage.connect_due is FeeDue.UNLESS_INCLUDED:
        return 0
    return usage.connect if rate.connect is None else rate.connect


def limit_charge(lines: list[RatedLine], *, usage: PlanUsage) -> list[RatedLine]:
    """The lines of one event and component with its least and most charge applied to their sum.

    The most is met by the running sum, so that the first lines keep theirs; what lacks to the
    least goes on the last. An event that costs nothing because all of it was allowed stays so.
    """
    least, most = usage.charge_at_least, usage.charge_at_most
    if least is None and most is None:
        return lines
    if not any(line.billed > line.allowed or line.fee for line in lines):
        return lines
    limited: list[RatedLine] = []
    before = total = 0
    for line in lines:
        total += line.amount
        after = total if most is None else min(total, most)
        if line is lines[-1] and least is not None:
            after = max(after, least)
        limited.append(line._replace(amount=after - before))
        before = after
    return limited
