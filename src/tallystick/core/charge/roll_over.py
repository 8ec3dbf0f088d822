"""What a cycle leaves in its buckets, granted to the next.

A cycle's usage empties what was rolled over first, the oldest part first, and then the cycle's own
quantity; `used last` turns that round. What is left of a part stays until it has lived for as many
cycles as the allowance says. The cap holds for all that is rolled over together and cuts the
oldest parts.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import polars as pl

from tallystick.core.charge.frames import (
    COUNTERS,
    GRANTS,
    KEYS,
    OWN,
    PERIODS,
    frame_of,
    rescale,
    with_members,
)
from tallystick.core.charge.owners import owner_in
from tallystick.core.tariff.plan import Plan, PlanAllowance

BucketKey = tuple[int, int, int, date]
"""account, contract (or who shares it, see `owners`), allowance, cycle."""

Parts = list[tuple[int, int]]
"""What a bucket holds, by the cycles it may still live; what ends first stands first."""


def roll_over(
    periods: pl.DataFrame, *, plan: Plan, counters: pl.DataFrame, grants: pl.DataFrame
) -> pl.DataFrame:
    """GRANTS of the cycles that follow those of PERIODS, whose usage is charged.

    `counters` and `grants` are those of these cycles.
    """
    used = {tuple(key): amount for *key, amount in _whole(counters, *COUNTERS.names()).iter_rows()}
    held: dict[tuple[object, ...], Parts] = defaultdict(list)
    for *key, lives, amount in _whole(grants, *GRANTS.names()).sort(*KEYS, "lives").iter_rows():
        held[tuple(key)].append((lives, amount))
    made = [
        (*key[:3], following, lives, amount)
        for key, following, allowance in _buckets(periods, plan)
        for lives, amount in _left(allowance, used.get(key, 0), held[key])
    ]
    return frame_of(sorted(made), schema=GRANTS)


def _whole(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    return rescale(frame.select(names))


def _buckets(periods: pl.DataFrame, plan: Plan) -> Iterator[tuple[BucketKey, date, PlanAllowance]]:
    """Each bucket of the periods that rolls over, with the cycle that follows; shared ones once."""
    found: dict[BucketKey, tuple[date, PlanAllowance]] = {}
    for period in with_members(periods, schema=PERIODS).iter_rows(named=True):
        offer = plan.offers.get(period["offer_id"])
        for allowance in offer.allowances if offer else ():
            if allowance.roll_over is not None:
                owner = owner_in(period, scope=allowance.scope)
                start, end = period["cycle_start"], period["cycle_end"]
                found[*owner, allowance.id, start] = (end, allowance)
    for key, (end, allowance) in found.items():
        yield key, end, allowance


def _left(allowance: PlanAllowance, used: int, granted: Parts) -> Parts:
    """The parts that stay, after what was used, a cycle older, and within the cap."""
    terms, cap = allowance.roll_over, allowance.roll_over_cap
    assert terms is not None
    size = allowance.quantity + sum(amount for lives, amount in granted if lives == OWN)
    granted = [part for part in granted if part[0] != OWN]
    own: Parts = [(terms.cycles + 1, size)]
    left: Parts = []
    for lives, amount in own + granted if terms.used_last else granted + own:
        drawn = min(used, amount)
        used -= drawn
        if lives > 1 and amount > drawn:
            left.append((lives - 1, amount - drawn))
    room = sum(amount for _, amount in left) if cap is None else cap
    parts: Parts = []
    for lives, amount in sorted(left, reverse=True):
        if kept := min(amount, room):
            parts.append((lives, kept))
        room -= kept
    return parts
