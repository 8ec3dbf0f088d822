"""Counters drawn by one event, in whole numbers: allowances in order, then tiers; the oracle."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from tallystick.core.charge.frames import NEVER_RESETS
from tallystick.core.charge.lines import Event
from tallystick.core.charge.owners import owner_of
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
