"""Who would pay more and who less: what usage costs under two sets of prices, set side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import polars as pl

from tallystick.base.frames import AMOUNT
from tallystick.core.charge.frames import Rated, RatedPeriods

COSTS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "component_id": pl.Int64(),
        "before": AMOUNT,
        "after": AMOUNT,
    }
)
"""What an account's usage costs by component."""

UNRATED: Final = pl.Schema(
    {"code": pl.String(), "events": pl.Int64(), "detail": pl.String(), "newly": pl.Boolean()}
)
"""Events that the draft would leave in suspense, by reason; `newly` if they are rated now."""

NOTHING: Final = Decimal(0)
STEPS: Final = (-50, -20, -5, 5, 20, 50)
"""Percentages between which accounts are counted."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a range of accounts would pay; a simulation is the sum of its parts."""

    events: int
    costs: pl.DataFrame
    unrated: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Simulation:
    """Totals in the catalogue's currency, exact; frames have `before`, `after`, `change`.

    `accounts` stands by the size of the change, the largest rise first; `components` by identity.
    """

    events: int
    before: Decimal
    after: Decimal
    more: int
    less: int
    same: int
    spread: tuple[tuple[str, int], ...]  # accounts by change in percent
    accounts: pl.DataFrame
    components: pl.DataFrame
    unrated: pl.DataFrame


def cost_part(
    events: int, *, before: tuple[Rated, RatedPeriods], after: tuple[Rated, RatedPeriods]
) -> Part:
    """What a range of accounts pays and would pay, from both ways of rating it."""
    sides = []
    for name, (rated, periods) in (("before", before), ("after", after)):
        keys = ("account_id", "component_id")
        lines = pl.concat(
            [rated.lines.select(*keys, "amount"), periods.lines.select(*keys, "amount")]
        )
        sides.append(lines.group_by(keys).agg(pl.col("amount").sum().alias(name)))
    joined = sides[0].join(sides[1], on=("account_id", "component_id"), how="full", coalesce=True)
    costs = joined.select(pl.col(n).cast(kind) for n, kind in COSTS.items()).with_columns(
        pl.col("before", "after").fill_null(NOTHING)
    )
    now = before[0].suspense["usage_id"].unique()
    unrated = (
        after[0]
        .suspense.unique("usage_id", keep="first", maintain_order=True)
        .with_columns(newly=~pl.col("usage_id").is_in(now.implode()))
        .group_by("code", "newly")
        .agg(events=pl.len().cast(pl.Int64), detail=pl.col("detail").first())
    )
    return Part(events, costs, unrated.select(pl.col(n).cast(k) for n, k in UNRATED.items()))


def add_parts(parts: Sequence[Part]) -> Simulation:
    """The parts as one, whatever their order."""
    costs = pl.concat([COSTS.to_frame(), *(part.costs for part in parts)])
    accounts = _sums(costs, "account_id").sort("change", "account_id", descending=(True, False))
    components = _sums(costs, "component_id").sort("component_id")
    change = accounts["change"]
    unrated = (
        pl.concat([UNRATED.to_frame(), *(part.unrated for part in parts)])
        .group_by("code", "newly")
        .agg(pl.col("events").sum(), pl.col("detail").min())
        .sort("newly", "events", "code", descending=(True, True, False))
    )
    return Simulation(
        events=sum(part.events for part in parts),
        before=_total(accounts["before"]),
        after=_total(accounts["after"]),
        more=int((change > NOTHING).sum()),
        less=int((change < NOTHING).sum()),
        same=int((change == NOTHING).sum()),
        spread=tuple(_spread(accounts)),
        accounts=accounts,
        components=components,
        unrated=unrated.select(UNRATED.names()),
    )


def _sums(costs: pl.DataFrame, key: str) -> pl.DataFrame:
    sums = costs.group_by(key).agg(pl.col("before", "after").sum())
    return sums.with_columns(change=pl.col("after") - pl.col("before"))


def _total(amounts: pl.Series) -> Decimal:
    total: Any = amounts.sum()
    return Decimal(total or 0)


def _spread(accounts: pl.DataFrame) -> list[tuple[str, int]]:
    """How many accounts change by how much; who paid nothing and now pays stands apart.

    A change of p percent is compared as `change x 100` with `p x before`, so that it stays exact.
    """
    paying = accounts.filter(pl.col("before") > NOTHING)
    moved = pl.col("change").to_physical() * 100
    base = pl.col("before").to_physical()
    edges = [None, *STEPS, None]
    told = []
    for low, high in pairwise(edges):
        above = pl.lit(True) if low is None else moved > base * low
        upto = pl.lit(True) if high is None else moved <= base * high
        count = paying.filter(above & upto & (pl.col("change") != NOTHING)).height
        told.append((_range(low, high), count))
    told.insert(len(told) // 2, ("unchanged", int((accounts["change"] == NOTHING).sum())))
    fresh = accounts.filter((pl.col("before") <= NOTHING) & (pl.col("change") != NOTHING)).height
    return [*told, ("paid nothing before", fresh)]


def _range(low: int | None, high: int | None) -> str:
    if low is None:
        return f"{high} % or less"
    return f"over {low:+} %" if high is None else f"{low:+} to {high:+} %"
