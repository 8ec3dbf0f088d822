"""What costs take from balances, all accounts at once: the same as `draw_exact` to the last digit.

Money only ever leaves the buckets of a plain account. So instead of asking every bucket for each
event, each bucket in turn can be asked for all events: what came before an event is a running sum.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import polars as pl

from tallystick.base.frames import INSTANT
from tallystick.core.charge.balance import Bucket, Mode, draw_order
from tallystick.core.charge.drawn import CAUSE, OWED, PAID, TAKEN, Drawn
from tallystick.core.charge.online.state import AccountState

MOST_BUCKETS: Final = 50
"""Each bucket of an account is a round of its own; beyond that it is drawn event by event."""

_FUNDS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "turn": pl.Int32(),
        "bucket_id": pl.Int64(),
        "free": pl.Int128(),
        "only_contract": pl.Int64(),  # null = any
        "kinds": pl.List(pl.String()),  # null = any
        "begins": INSTANT,
        "ends": INSTANT,
    }
)
_PARTS: Final = pl.Schema(
    {"event": pl.UInt32(), "turn": pl.Int32(), "bucket_id": pl.Int64(), "part": pl.Int128()}
)
_NOTHING: Final = pl.lit(0, dtype=pl.Int128())
_LAST: Final = MOST_BUCKETS + 1
"""The turn of what goes on credit."""


def is_plain(state: AccountState) -> bool:
    """Whether the account's money may be drawn bucket by bucket, as long as nothing comes back."""
    if state.mode is Mode.POSTPAID:
        return True
    funds = list(_funds_of(state))
    credit = state.credit
    return (
        len(funds) <= MOST_BUCKETS
        and (credit is None or credit.free <= 0)
        and not any(bucket.where.terms for bucket in funds)
    )


def comes_back(costs: pl.DataFrame, *, accounts: Mapping[int, AccountState]) -> pl.Series:
    """Those of the accounts of COSTS that some event gives money, so that order matters."""
    prepaid = [number for number, state in accounts.items() if state.mode is Mode.PREPAID]
    events = costs.group_by("account_id", "usage_id").agg(
        pl.col("amount").sum(), undone=(pl.col("undone") != 0).any()
    )
    given = (pl.col("amount") < 0) & pl.col("account_id").is_in(prepaid)
    return events.filter(pl.col("undone") | given)["account_id"].unique()


def draw_batch(
    costs: pl.DataFrame, *, accounts: Mapping[int, AccountState], now: datetime
) -> Drawn:
    """What COSTS take of these accounts, which are plain and stay as they are."""
    costs = costs.with_columns(event=pl.col("usage_id").rle_id())
    terms = _terms(accounts)
    events = (
        costs.group_by("event", maintain_order=True)
        .agg(
            pl.col("account_id", "started_at", "contract_id", "kind", "month").first(),
            need=pl.col("amount").sum(),
        )
        .join(terms, on="account_id", maintain_order="left")
    )
    parts, short = _draw(events, funds=_funds(accounts), now=now)
    on_credit = short.filter("prepaid").select(
        "event", turn=pl.lit(_LAST, dtype=pl.Int32()), bucket_id="credit_id", part="need"
    )
    owed = (
        short.filter(~pl.col("prepaid"))
        .group_by("account_id", "month", maintain_order=True)
        .agg(amount=pl.col("need").sum())
    )
    spread = _spread(pl.concat([parts, on_credit]).sort("event", "turn"), costs=costs)
    taken = spread.group_by("account_id", "bucket_id", *CAUSE, maintain_order=True).agg(
        pl.col("amount").sum()
    )
    paid = (
        spread.join(terms.filter(~pl.col("prepaid")), on="account_id", how="semi")
        .group_by("usage_id", "component_id")
        .agg(pl.col("amount").sum())
    )
    return Drawn(taken.select(TAKEN.names()), owed.select(OWED.names()), paid.select(PAID.names()))


def _terms(accounts: Mapping[int, AccountState]) -> pl.DataFrame:
    rows = [
        (number, state.mode is Mode.PREPAID, credit.id if (credit := state.credit) else None)
        for number, state in accounts.items()
    ]
    schema = {"account_id": pl.Int64, "prepaid": pl.Boolean, "credit_id": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _funds_of(state: AccountState) -> Iterator[Bucket]:
    """The money that something can be drawn from."""
    for bucket in state.buckets.values():
        if bucket.unit == state.currency and bucket.free > 0:
            yield bucket


def _funds(accounts: Mapping[int, AccountState]) -> pl.DataFrame:
    """_FUNDS of the accounts that pay with money; turns count from 0 in the order of drawing."""
    rows = [
        (
            number, turn, bucket.id, bucket.free, bucket.contract_id or None,
            None if bucket.kinds is None else sorted(bucket.kinds),
            bucket.valid_from, bucket.valid_to,
        )
        for number, state in accounts.items()
        if state.mode is not Mode.POSTPAID
        for turn, bucket in enumerate(sorted(_funds_of(state), key=draw_order))
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_FUNDS, orient="row")


def _draw(
    events: pl.DataFrame, *, funds: pl.DataFrame, now: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What each bucket gives each event (_PARTS), and the events that still need something."""
    parts = [_PARTS.to_frame()]
    short = [events.filter(pl.col("need") < 0)]  # only where an invoice asks for less
    events = events.filter(pl.col("need") > 0)
    serves = (
        pl.col("only_contract").is_null() | (pl.col("only_contract") == pl.col("contract_id")),
        pl.col("kinds").is_null() | pl.col("kind").is_in(pl.col("kinds")),
        pl.col("begins").is_null()
        | (pl.col("begins") <= pl.max_horizontal("started_at", pl.lit(now).cast(INSTANT))),
        pl.col("ends").is_null() | (pl.col("started_at") < pl.col("ends")),
    )
    want = pl.when(*serves).then("need").otherwise(_NOTHING)
    before = want.cum_sum().over("account_id") - want
    part = pl.min_horizontal(want, pl.col("free") - before).clip(lower_bound=0)
    for (_,), bucket in funds.sort("turn").group_by("turn", maintain_order=True):
        short.append(events.join(bucket, on="account_id", how="anti"))
        met = events.join(bucket, on="account_id", maintain_order="left").with_columns(part=part)
        parts.append(met.filter(pl.col("part") > 0).select(_PARTS.names()))
        left = met.with_columns(pl.col("need") - pl.col("part"))
        events = left.filter(pl.col("need") > 0).select(events.columns)
    return pl.concat(parts), pl.concat([*short, events]).sort("event")


def _spread(parts: pl.DataFrame, *, costs: pl.DataFrame) -> pl.DataFrame:
    """What each bucket paid of each cost (TAKEN and `usage_id`), by event, turn and cost.

    Costs and parts are laid end to end along the event's total: where a cost and a part overlap,
    the one paid the other. What costs below zero give is taken off the beginning.
    """
    amount = pl.col("amount")
    given = costs.filter(amount < 0).group_by("event").agg(less=_NOTHING - amount.sum())
    laid = (
        costs.with_columns(positive=amount.clip(lower_bound=0), day=pl.col("started_at").dt.date())
        .with_columns(until=_running("positive"))
        .join(given, on="event", how="left", maintain_order="left")
        .with_columns(less=pl.col("less").fill_null(_NOTHING))
        .select(
            "event", "account_id", "usage_id", *CAUSE,
            cost_from=(pl.col("until") - pl.col("positive") - pl.col("less")).clip(lower_bound=0),
            cost_to=(pl.col("until") - pl.col("less")).clip(lower_bound=0),
        )
    )  # fmt: skip
    paid = parts.with_columns(paid_to=_running("part"))
    paid = paid.with_columns(paid_from=pl.col("paid_to") - pl.col("part"))
    shared = pl.min_horizontal("cost_to", "paid_to") - pl.max_horizontal("cost_from", "paid_from")
    return (
        paid.join(laid, on="event", maintain_order="left_right")
        .with_columns(amount=shared)
        .filter(pl.col("amount") > 0)
        .select("usage_id", *TAKEN.names())
    )


def _running(name: str) -> pl.Expr:
    """The running sum within each event, whose rows stand together."""
    total = pl.col(name).cum_sum()
    begins = pl.col("event") != pl.col("event").shift()
    before = pl.when(begins.fill_null(value=True)).then(total - pl.col(name))
    return total - before.forward_fill()


def part_plain(
    costs: pl.DataFrame, *, accounts: Mapping[int, AccountState]
) -> tuple[set[int], set[int]]:
    """The accounts of COSTS that `draw_batch` draws, and those that `draw_exact` must."""
    asked: Iterable[int] = costs["account_id"].unique().to_list()
    plain = {number for number in asked if is_plain(accounts[number])}
    plain -= set(comes_back(costs, accounts=accounts))
    return plain, set(asked) - plain
