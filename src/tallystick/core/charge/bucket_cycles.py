"""What became of each included allowance in each cycle: granted, used, rolled over, expired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from tallystick.core.charge.buckets import size_buckets
from tallystick.core.charge.frames import FIRST_USES, KEYS, PERIODS, rescale
from tallystick.core.charge.owners import owner_in
from tallystick.core.charge.validity import QUANTITY_US, bucket_cycle
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import PlanAllowance

Key = tuple[int, int, int, date]
"""account, contract (or who shares it, see `owners`), allowance, cycle."""

HELD: Final = pl.Schema({**PERIODS, "version_id": pl.Int64(), "closed": pl.Boolean()})
"""Cycles of contracts, and whether a bill has closed them; a contract's offer once a version."""


@dataclass(frozen=True, slots=True)
class BucketCycle:
    """One allowance in one cycle; quantities are integers in 1e-9.

    While the cycle is open `rolled_over` and `expired` are None; what is left may still be used.
    `began_us` is the first use of one that is valid from it (0: not used yet), which has no cycle.
    """

    owner: tuple[int, int]
    allowance: PlanAllowance
    cycle: tuple[date, date]
    included: int
    rolled_in: int
    used: int
    held: int
    rolled_over: int | None
    expired: int | None
    began_us: int = 0

    @property
    def left(self) -> int:
        """What may still be used; of a cycle that is closed nothing."""
        if self.expired is not None:
            return 0
        return max(self.included + self.rolled_in - self.used, 0)


def bucket_cycles(
    periods: pl.DataFrame,
    *,
    plans: Sequence[DatedPlan],
    stands: pl.DataFrame,
    grants: pl.DataFrame,
    now_us: int,
) -> list[BucketCycle]:
    """What became of the allowances of the cycles HELD (with MEMBERS), by owner and cycle.

    `stands` are COUNTERS with what is `held`, `grants` GRANTS. Of one that several versions or own
    prices have had in the cycle, the last says.
    """
    drawn = {(*key,): (used, held) for *key, used, held in rescale(stands).iter_rows()}
    rolled: dict[Any, int] = {}
    for *key, _, quantity in rescale(grants).iter_rows():
        rolled[(*key,)] = rolled.get((*key,), 0) + quantity
    sizes: dict[Any, int] = {}
    found: dict[Key, tuple[PlanAllowance, dict[str, Any], bool]] = {}
    for dated in plans:
        rows = periods.filter(pl.col("version_id") == dated.version_id)
        sized = rescale(size_buckets(rows, plan=dated.plan))
        sizes |= {(*key,): more for *key, more in sized.select(*KEYS, "quantity").iter_rows()}
        for row in rows.iter_rows(named=True):
            for part in dated.plan.offers[row["offer_id"]].allowances:
                cycle = bucket_cycle(part, cycle_start=row["cycle_start"])
                bucket: Key = (*owner_in(row, scope=part.scope), part.id, cycle)
                closed = row["closed"] and (bucket not in found or found[bucket][2])
                found[bucket] = (part, row, closed)
    books = _Books(drawn, rolled, sizes, now_us)
    made = [books.became(one, *told) for one, told in found.items()]
    return sorted(made, key=lambda one: (one.cycle, one.allowance.code, one.owner))


@dataclass(frozen=True, slots=True)
class _Books:
    """What was drawn and is held, what was rolled over, and by how much sizes differ, by key."""

    drawn: Mapping[Any, tuple[int, int]]
    rolled: Mapping[Any, int]
    sizes: Mapping[Any, int]
    now_us: int

    def became(
        self, key: Key, part: PlanAllowance, row: Mapping[str, Any], closed: bool
    ) -> BucketCycle:
        used, held = self.drawn.get(key, (0, 0))
        following = self.rolled.get((*key[:3], row["cycle_end"]), 0)
        began_us = 0
        if part.valid_us is not None:
            began_us = self.drawn.get((*key[:3], FIRST_USES), (0, 0))[0] // QUANTITY_US
            closed = began_us > 0 and began_us + part.valid_us <= self.now_us
            following = 0
        included, rolled_in = part.quantity + self.sizes.get(key, 0), self.rolled.get(key, 0)
        rest = max(included + rolled_in - used - following, 0)
        return BucketCycle(
            owner=(key[0], key[1]),
            allowance=part,
            cycle=(row["cycle_start"], row["cycle_end"]),
            included=included,
            rolled_in=rolled_in,
            used=used,
            held=held,
            rolled_over=following if closed else None,
            expired=rest if closed else None,
            began_us=began_us,
        )
