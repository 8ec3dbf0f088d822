"""The ladder for many accounts at once: the same steps as `next_steps`, on frames."""

from datetime import date
from typing import Final

import polars as pl

from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.recover.ladder import Ladder, may_act

DEBTS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "due_on": pl.Date(),
        "currency": pl.String(),
        "open": MONEY,
        "disputed": MONEY,
    }
)
"""What invoices still owe, and how much of it is in dispute."""

CASES: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "exempt": pl.Boolean(),
        "exempt_from": pl.List(pl.String()),
        "promised_until": pl.Date(),
    }
)
"""Accounts with something that is known of them besides their debts; see `CollectionCase`."""

STANDING: Final = pl.Schema({"account_id": pl.Int64(), "step": pl.String(), "taken_on": pl.Date()})
"""Steps that were taken and not undone, each account's one by one."""

PLACES: Final = pl.Schema({"account_id": pl.Int64(), "lives_in": pl.String()})
"""Where accounts live: places such as GB or US-NY/Kings."""

TAKEN: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "place": pl.Int64(),  # of the step in its ladder
        "overdue": MONEY,
        "days": pl.Int64(),
    }
)
"""Steps to be taken now, and the debt they are taken for."""


def next_steps_batch(
    debts: pl.DataFrame,
    *,
    cases: pl.DataFrame,
    standing: pl.DataFrame,
    places: pl.DataFrame,
    ladder: Ladder,
    on: date,
) -> pl.DataFrame:
    """TAKEN of these DEBTS, CASES and STANDING steps on that day, account by account.

    An account that is not in PLACES takes none.
    """
    lived_in = places["lives_in"].unique().to_list()
    acting = [place for place in lived_in if may_act(ladder, on=on, lives_in=place)]
    if not acting:
        return TAKEN.to_frame()
    awake = places.filter(pl.col("lives_in").is_in(acting))
    climb = (
        overdue_batch(
            debts.join(awake, on="account_id", how="semi"), currency=ladder.currency, on=on
        )
        .join(cases, on="account_id", how="left", maintain_order="left")
        .filter(
            ~pl.col("exempt").fill_null(False),
            pl.col("promised_until").is_null() | (pl.col("promised_until") < on),
        )
        .join(_last_taken(standing, ladder), on="account_id", how="left", maintain_order="left")
        .with_columns(stopped=pl.lit(False), place=pl.col("place").fill_null(-1))
    )
    found = []
    for place, step in enumerate(ladder.steps):
        waits = pl.duration(days=step.after_days)
        since_last = pl.col("taken_on") + pl.duration(days=step.after_days - pl.col("after_days"))
        ready = pl.max_horizontal(pl.col("oldest") + waits, since_last)
        ahead = ~pl.col("stopped") & (pl.col("place") < place)
        least = max(step.minimum, ladder.minimum)
        climb = climb.with_columns(
            stopped=pl.col("stopped") | (ahead & ((ready > on) | (pl.col("overdue") < least)))
        )
        spared = pl.col("exempt_from").list.contains(step.action.value).fill_null(False)
        taken = ~pl.col("stopped") & (pl.col("place") < place) & ~spared
        found.append(
            climb.filter(taken).select("account_id", "overdue", "days", place=pl.lit(place))
        )
        climb = climb.with_columns(
            after_days=pl.when(taken).then(step.after_days).otherwise("after_days"),
            taken_on=pl.when(taken).then(pl.lit(on)).otherwise("taken_on"),
        )
    return (
        pl.concat(found)
        .sort("account_id", "place", maintain_order=True)
        .select(pl.col(name).cast(kind) for name, kind in TAKEN.items())
    )


def overdue_batch(debts: pl.DataFrame, *, currency: str, on: date) -> pl.DataFrame:
    """What each account owes overdue and undisputed (`overdue`), since when (`oldest`, `days`)."""
    return (
        debts.with_columns(undisputed=pl.col("open") - pl.col("disputed"))
        .filter(pl.col("currency") == currency, pl.col("due_on") < on, pl.col("undisputed") > 0)
        .group_by("account_id")
        .agg(overdue=pl.col("undisputed").sum(), oldest=pl.col("due_on").min())
        .sort("account_id")
        .with_columns(days=(pl.lit(on) - pl.col("oldest")).dt.total_days())
    )


def _last_taken(standing: pl.DataFrame, ladder: Ladder) -> pl.DataFrame:
    """The highest step each account has taken: its `place`, `after_days` and day."""
    places = ladder.places()
    steps = pl.DataFrame(
        [(name, places[name] - 1, step.after_days) for name, step in ladder.known.items()],
        schema={"step": pl.String, "place": pl.Int64, "after_days": pl.Int64},
        orient="row",
    )
    return (
        standing.join(steps, on="step")
        .sort("account_id", "place", "after_days", "step", "taken_on")
        .unique("account_id", keep="last", maintain_order=True)
        .select("account_id", "place", "after_days", "taken_on")
    )
