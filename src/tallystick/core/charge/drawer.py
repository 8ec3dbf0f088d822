"""Counters drawn by one event, in whole numbers: allowances in order, then tiers; the oracle."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tallystick.core.charge.frames import FIRST_USES, NEVER_RESETS
from tallystick.core.charge.lines import Event
from tallystick.core.charge.owners import owner_of
from tallystick.core.charge.validity import QUANTITY_US, bucket_cycle, cycle_end_us
from tallystick.core.tariff.nodes import Reset, Scope
from tallystick.core.tariff.plan import PlanAllowance, PlanUsage

CounterKey = tuple[int, int, int, date]
"""account, contract (or who shares the counter, see `owners`), component, cycle."""

NOTHING: Mapping[CounterKey, int] = MappingProxyType({})


class Drawer(NamedTuple):
    """Counters while one event draws from them."""

    event: Event
    used: dict[CounterKey, int]
    granted: Mapping[CounterKey, int]
    zone: ZoneInfo

    def _key(self, component_id: int, scope: Scope, cycle: date) -> CounterKey:
        event = self.event
        owner = owner_of(
            scope,
            account_id=event.account_id,
            contract_id=event.contract_id,
            organisation_id=event.organisation_id,
            pool_id=event.pool_id,
        )
        return *owner, component_id, cycle

    def draw(
        self, rest: int, usage: PlanUsage, allowances: list[PlanAllowance]
    ) -> Iterator[tuple[PlanAllowance, int]]:
        """What each allowance gives towards the rest: by priority, then what ends first, then id.

        A bucket of another unit, or in blocks, gives up what the rest needs, rounded up.
        """
        for allowance in self._in_order(allowances):
            numerator, denominator = allowance.covers[usage.id]
            cycle = bucket_cycle(allowance, cycle_start=self.event.cycle_start)
            key = self._key(allowance.id, allowance.scope, cycle)
            held = allowance.quantity + self.granted.get(key, 0)
            need = -(-rest * numerator // denominator)
            if allowance.block:
                need = -(-need // allowance.block) * allowance.block
            if drawn := min(need, max(held - self.used.get(key, 0), 0)):
                self.used[key] = self.used.get(key, 0) + drawn
                self._open(allowance)
                given = min(rest, drawn * denominator // numerator)
                rest -= given
                yield allowance, given
            if allowance.blocks:
                break

    def _in_order(self, allowances: list[PlanAllowance]) -> list[PlanAllowance]:
        """The allowances that have not ended, in the order of drawing."""
        if all(part.valid_us is None for part in allowances):
            return allowances
        return sorted(
            (part for part in allowances if self._is_open(part)),
            # A bucket of the account's own stands under its number below zero.
            key=lambda part: (part.priority, self._ends_us(part), abs(part.id)),
        )

    def _first(self, allowance: PlanAllowance) -> CounterKey:
        return self._key(allowance.id, allowance.scope, FIRST_USES)

    def _is_open(self, allowance: PlanAllowance) -> bool:
        """Whether the event lies in the time that the bucket is valid, if it was used before."""
        if allowance.valid_us is None:
            return True
        first = self.used.get(self._first(allowance), 0) // QUANTITY_US
        return first <= self.event.started_us < self._ends_us(allowance)

    def _ends_us(self, allowance: PlanAllowance) -> int:
        if allowance.ends_us is not None:
            return allowance.ends_us
        if allowance.valid_us is None:
            return cycle_end_us(self.event.cycle_start, zone=self.zone)
        first = self.used.get(self._first(allowance), 0) // QUANTITY_US
        return (first or self.event.started_us) + allowance.valid_us

    def _open(self, allowance: PlanAllowance) -> None:
        """Notes the first use of a bucket that is valid from it."""
        if allowance.valid_us is None or self.used.get(self._first(allowance), 0):
            return
        self.used[self._first(allowance)] = self.event.started_us * QUANTITY_US

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
