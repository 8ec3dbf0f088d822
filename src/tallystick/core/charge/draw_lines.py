"""What rated usage takes from balances: event by event, as online charging would have taken it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from tallystick.core.charge.draw_batch import draw_batch, part_plain
from tallystick.core.charge.draw_exact import draw_exact
from tallystick.core.charge.drawn import COSTS, Drawn, join_drawn
from tallystick.core.charge.lines import PAID_AT_ONCE
from tallystick.core.charge.match import Fields
from tallystick.core.charge.online.state import AccountState
from tallystick.core.charge.own_buckets import asked_of, fields_for
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import PlanUsage

_FIELDS: Final = ("called", "zone", "kind", "attributes")
_SUMS: Final = (
    "account_id", "started_at", "usage_id", "contract_id", "component_id", "version_id", "month",
)  # fmt: skip


def draw_lines(
    lines: pl.DataFrame,
    *,
    accounts: Mapping[int, AccountState],
    events: pl.DataFrame,
    plans: Sequence[DatedPlan],
    now: datetime,
) -> Drawn:
    """What rated lines (VERSION_RATED and the account's `month`) take; the accounts then have less.

    `events` (CHARGE_IN) say what conditions ask of the usage. It was delivered, so what the money
    of a prepaid account lacks goes on credit, beyond its limit too.
    """
    costs = costs_of(lines, plans=plans)
    plain, others = part_plain(costs, accounts=accounts)
    in_turn = costs.filter(pl.col("account_id").is_in(list(others)))
    drawn = join_drawn(
        [
            draw_batch(
                costs.filter(pl.col("account_id").is_in(list(plain))),
                accounts={number: accounts[number] for number in plain},
                now=now,
            ),
            draw_exact(
                in_turn,
                accounts=accounts,
                fields=fields_asked(in_turn, accounts=accounts, events=events),
                now=now,
            ),
        ]
    )
    drawn.take_from(accounts)
    return drawn


def costs_of(lines: pl.DataFrame, *, plans: Sequence[DatedPlan]) -> pl.DataFrame:
    """COSTS of lines (VERSION_RATED and the account's `month`)."""
    kinds = pl.DataFrame(
        [
            (dated.version_id, number, part.kind)
            for dated in plans
            for number, part in dated.plan.components.items()
            if isinstance(part, PlanUsage)
        ],
        schema={"version_id": pl.Int64, "component_id": pl.Int64, "kind": pl.String},
        orient="row",
    ).unique(["version_id", "component_id"], keep="last")
    paid = pl.col("amount").filter(pl.col("band") == PAID_AT_ONCE).sum()
    sums = lines.group_by(_SUMS, maintain_order=True).agg(pl.col("amount").sum(), undone=paid)
    return (
        sums.with_columns(pl.col("amount", "undone").to_physical())
        .sort("account_id", "started_at", "usage_id", maintain_order=True)
        .join(kinds, on=["version_id", "component_id"], how="left", maintain_order="left")
        .with_columns(pl.col("kind").fill_null(""))
        .select(COSTS.names())
    )


def fields_asked(
    costs: pl.DataFrame, *, accounts: Mapping[int, AccountState], events: pl.DataFrame
) -> dict[int, Fields]:
    """By usage, what the conditions of its account's buckets may ask; only where there are any."""
    names: dict[int, tuple[str, ...]] = {}
    for number in costs["account_id"].unique():
        buckets = accounts[number].buckets.values()
        if any(bucket.where.terms for bucket in buckets):
            names[number] = asked_of(buckets)
    own = events.filter(pl.col("account_id").is_in(list(names)))
    own = own.join(costs.select("usage_id").unique(), on="usage_id", how="semi")
    asked = own.select("usage_id", "account_id", *_FIELDS).iter_rows(named=True)
    return {row["usage_id"]: fields_for(row, asked=names[row["account_id"]]) for row in asked}
