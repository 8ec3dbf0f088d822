"""Rating, one event at a time in whole numbers: the oracle, and the online path.

Quantities are integers in 1e-9, prices and amounts in 1e-12. `rate_batch` gives the same to the
last digit; what this file says is what charging means.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import polars as pl

from tallystick.base.money import divide_half_up
from tallystick.base.period import day_start
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.carry import NotCounted, carried_price, count_quantity
from tallystick.core.charge.frames import (
    COUNTERS,
    FIRST_INSTANT_US,
    KEYS,
    LAST_INSTANT_US,
    MAX_SPLIT_S,
    NEEDED,
    NEVER_RESETS,
    RATED,
    SUSPENSE,
    Rated,
    SuspenseCode,
    frame_of,
    rescale,
)
from tallystick.core.charge.match import (
    BadAttributes,
    describe_keys,
    fields_of,
    holds,
    match_rate,
)
from tallystick.core.tariff.calendars import local_day, microseconds
from tallystick.core.tariff.nodes import Reset, Scope
from tallystick.core.tariff.plan import Plan, PlanAllowance, PlanUsage, StepSet
from tallystick.core.tariff.plan_terms import Rate, scaled
from tallystick.core.tariff.ratio import MAX_QUANTITY

CounterKey = tuple[int, int, int, date]
"""account, contract (0 = shared by the account), component, cycle."""

NOTHING: Mapping[CounterKey, int] = MappingProxyType({})
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """One row of CHARGE_IN in whole numbers; `fields` are what filters and decks may ask."""

    usage_id: int
    account_id: int
    contract_id: int
    cycle_start: date
    started_us: int
    quantity: int
    unit: str
    fields: Mapping[str, str | None]
    carried: int = 0  # the price that it carries, where the component asks for it


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of an event within one band, and its rate."""

    start_us: int
    position: int  # of its start within the event
    measured: int
    band: int
    rate: int = 0


@dataclass(frozen=True, slots=True)
class RatedLine:
    """One row of RATED in whole numbers, in its order of columns."""

    usage_id: int
    account_id: int
    contract_id: int
    component_id: int
    seq: int
    cycle_start: date
    started_us: int
    band: str | None
    tier: int | None
    rate_key: str | None
    measured: int
    billed: int
    allowed: int
    unit_price: int
    per: int
    fee: int
    amount: int

    def row(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an event cannot be rated; component 0 = as a whole."""

    component_id: int
    code: SuspenseCode
    detail: str = ""


class Suspended(Exception):
    """The event cannot be rated; nothing of it is charged or drawn."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults


def rate_exact(
    usage_rows: Iterable[Mapping[str, Any]],
    *,
    plan: Plan,
    counters: pl.DataFrame,
    grants: pl.DataFrame | None = None,
) -> Rated:
    """The rated lines of rows of CHARGE_IN, given COUNTERS as they stand and GRANTS."""
    before = _by_key(counters.select(COUNTERS.names()))
    granted = {} if grants is None else _by_key(grants.select(*KEYS, "quantity"))
    used = dict(before)
    lines: list[RatedLine] = []
    suspense: list[tuple[object, ...]] = []
    for row in sorted(usage_rows, key=_order):
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


def _by_key(frame: pl.DataFrame) -> dict[CounterKey, int]:
    held: dict[CounterKey, int] = {}
    for *key, quantity in rescale(frame).iter_rows():
        held[tuple(key)] = held.get(tuple(key), 0) + quantity
    return held


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Account, start, usage; empty values first."""
    keys = (row["account_id"], row["started_at"], row["usage_id"])
    return tuple(part for key in keys for part in ((key is not None), key or 0))


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
    event = _read_event(row, plan)
    offer = plan.offers[row["offer_id"]]
    parts: list[tuple[PlanUsage, Event, list[Segment]]] = []
    faults: list[Fault] = []
    for usage in offer.usages:
        if usage.kind != event.fields["kind"] or not holds(usage.where, fields=event.fields):
            continue
        try:
            counted = _count(event, usage)
            if segments := _segments(counted, usage, plan):
                parts.append((usage, counted, segments))
        except Suspended as stop:
            faults.extend(stop.faults)
    if not faults and not parts:
        faults.append(Fault(0, SuspenseCode.NO_COMPONENT, f"{offer.code}: {row['kind']}"))
    if faults:
        raise Suspended(*faults)
    return [
        line
        for usage, counted, segments in parts
        for line in _limit_charge(
            list(_lines(_Drawer(counted, used, granted), usage, segments, plan)), usage
        )
    ]


def _read_event(row: Mapping[str, Any], plan: Plan) -> Event:
    for name in NEEDED:
        if row[name] is None:
            raise Suspended(Fault(0, SuspenseCode.INCOMPLETE, name))
    started_us = microseconds(row["started_at"])
    if not FIRST_INSTANT_US <= started_us < LAST_INSTANT_US:
        raise Suspended(Fault(0, SuspenseCode.OUT_OF_RANGE))
    if row["quantity"] < 0:
        raise Suspended(Fault(0, SuspenseCode.NEGATIVE_QUANTITY))
    if row["quantity"] > MAX_QUANTITY:
        raise Suspended(Fault(0, SuspenseCode.QUANTITY_TOO_LARGE))
    offer = plan.offers.get(row["offer_id"])
    if offer is None:
        raise Suspended(Fault(0, SuspenseCode.NO_OFFER, str(row["offer_id"])))
    if offer.valid_from and started_us < microseconds(day_start(offer.valid_from, plan.zone)):
        raise Suspended(Fault(0, SuspenseCode.BEFORE_OFFER, offer.code))
    try:
        fields = fields_of(row, attributes=plan.attributes)
    except BadAttributes:
        raise Suspended(Fault(0, SuspenseCode.BAD_ATTRIBUTES)) from None
    return Event(
        usage_id=row["usage_id"],
        account_id=row["account_id"],
        contract_id=row["contract_id"],
        cycle_start=row["cycle_start"],
        started_us=started_us,
        quantity=scaled(row["quantity"], scale=QUANTITY_SCALE),
        unit=row["unit"],
        fields=fields,
    )


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
        if usage.carried is not None:
            carried = carried_price(usage.carried, quantity=quantity, fields=fields)
    except NotCounted as stop:
        raise Suspended(Fault(usage.id, stop.code, stop.detail)) from None
    return replace(event, quantity=quantity, carried=carried)


def _segments(event: Event, usage: PlanUsage, plan: Plan) -> list[Segment]:
    """The event cut at band edges and midnight where the component splits; charged parts only."""
    charged = [
        segment for segment in _cut(event, usage) if usage.base_rates[segment.band] is not None
    ]
    return [replace(part, rate=_rate_of(event, usage, part, plan)) for part in charged]


def _cut(event: Event, usage: PlanUsage) -> Iterator[Segment]:
    if usage.clock is None:
        yield Segment(event.started_us, 0, event.quantity, 0)
        return
    day = local_day(event.started_us, zone=usage.clock.zone)
    edges = list(usage.clock.edges(day))
    at = max(bisect_right([start for start, _ in edges], event.started_us) - 1, 0)
    start_us, band, position = event.started_us, edges[at][1], 0
    if usage.split:
        while True:
            if at + 1 == len(edges):
                day += timedelta(days=1)
                edges, at = list(usage.clock.edges(day)), -1
            at += 1
            offset = (edges[at][0] - event.started_us) * (QUANTITY_SCALE // SECOND_US)
            if offset >= event.quantity:
                break
            yield Segment(start_us, position, offset - position, band)
            start_us, band, position = edges[at][0], edges[at][1], offset
    yield Segment(start_us, position, event.quantity - position, band)


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


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Counters while one event draws from them."""

    event: Event
    used: dict[CounterKey, int]
    granted: Mapping[CounterKey, int]

    def _key(self, component_id: int, scope: Scope, cycle: date) -> CounterKey:
        contract_id = 0 if scope is Scope.ACCOUNT else self.event.contract_id
        return self.event.account_id, contract_id, component_id, cycle

    def allow(self, billed: int, usage: PlanUsage, allowances: list[PlanAllowance]) -> int:
        """What the allowances give towards the billed quantity, the first in order first.

        A bucket of another unit, or in blocks, gives up what the rest needs, rounded up.
        """
        allowed = 0
        for allowance in allowances:
            numerator, denominator = allowance.covers[usage.id]
            key = self._key(allowance.id, allowance.scope, self.event.cycle_start)
            held = allowance.quantity + self.granted.get(key, 0)
            need = -(-(billed - allowed) * numerator // denominator)
            if allowance.block:
                need = -(-need // allowance.block) * allowance.block
            if drawn := min(need, max(held - self.used.get(key, 0), 0)):
                self.used[key] = self.used.get(key, 0) + drawn
                allowed += min(billed - allowed, drawn * denominator // numerator)
            if allowance.blocks:
                break
        return allowed

    def climb(self, charged: int, usage: PlanUsage) -> list[tuple[int, int]]:
        """The charged quantity as (tier from 0, part), from where the counter stands."""
        cycle = self.event.cycle_start if usage.reset is Reset.CYCLE else NEVER_RESETS
        key = self._key(usage.id, usage.scope, cycle)
        position = self.used.get(key, 0)
        if charged:
            self.used[key] = position + charged
        tier = bisect_right(usage.limits, position)
        slices: list[tuple[int, int]] = []
        while tier < len(usage.limits) and charged > usage.limits[tier] - position:
            part = usage.limits[tier] - position
            slices.append((tier, part))
            position, charged, tier = position + part, charged - part, tier + 1
        return [*slices, (tier, charged)]


def _lines(
    drawer: _Drawer, usage: PlanUsage, segments: list[Segment], plan: Plan
) -> Iterator[RatedLine]:
    event = drawer.event
    allowances = [
        allowance
        for allowance in plan.offers[usage.offer_id].allowances
        if usage.id in allowance.covers and holds(allowance.where, fields=event.fields)
    ]
    counts = usage.period.terms.measure.field if usage.period else None
    seq = 0
    for segment in segments:
        first = plan.rates[segment.rate]
        steps = plan.steps[usage.steps if first.steps is None else first.steps]
        end = segment.position + segment.measured
        billed = billed_of(end, steps=steps) - billed_of(segment.position, steps=steps)
        allowed = drawer.allow(billed, usage, allowances)
        tiered = usage.tiered[segment.band]
        slices = drawer.climb(billed - allowed, usage) if tiered else [(0, billed - allowed)]
        for nth, (tier, charged) in enumerate(slices):
            rate = plan.rates[segment.rate + tier]
            fee = _fee(event, usage, rate) if seq == 0 else 0
            yield RatedLine(
                usage_id=event.usage_id,
                account_id=event.account_id,
                contract_id=event.contract_id,
                component_id=usage.id,
                seq=seq,
                cycle_start=event.cycle_start,
                started_us=event.started_us,
                band=usage.clock.bands[segment.band].name if usage.clock else None,
                tier=tier + 1 if tiered else None,
                rate_key=event.fields.get(counts) if counts else rate.key,
                measured=segment.measured if nth == 0 else 0,
                billed=charged + (allowed if nth == 0 else 0),
                allowed=allowed if nth == 0 else 0,
                unit_price=rate.unit_price + event.carried,
                per=rate.per,
                fee=fee,
                amount=_amount(charged, rate, event.carried) + fee,
            )
            seq += 1


def _amount(charged: int, rate: Rate, carried: int) -> int:
    if carried:
        return divide_half_up(charged * (rate.unit_price + carried), rate.per)
    return divide_half_up(charged * rate.numerator, rate.denominator)


def _fee(event: Event, usage: PlanUsage, rate: Rate) -> int:
    if event.quantity == 0 and not usage.connect_at_zero:
        return 0
    return usage.connect if rate.connect is None else rate.connect


def _limit_charge(lines: list[RatedLine], usage: PlanUsage) -> list[RatedLine]:
    """The lines of one event and component with its least and most charge applied to their sum.

    The most is met by the running sum, so that the first lines keep theirs; what lacks to the
    least goes on the last. An event that costs nothing because all of it was allowed stays so.
    """
    least, most = usage.charge_at_least, usage.charge_at_most
    if not any(line.billed > line.allowed or line.fee for line in lines):
        return lines
    limited: list[RatedLine] = []
    before = total = 0
    for line in lines:
        total += line.amount
        after = total if most is None else min(total, most)
        if line is lines[-1] and least is not None:
            after = max(after, least)
        limited.append(replace(line, amount=after - before))
        before = after
    return limited
