"""What rated usage took from balances, as frames that are stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from tallystick.base.frames import INSTANT
from tallystick.core.charge.frames import descale
from tallystick.core.charge.lines import PAID_AT_ONCE
from tallystick.core.charge.online.state import AccountState
from tallystick.core.charge.versions import VERSION_RATED

COSTS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "started_at": INSTANT,  # of the usage
        "usage_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "version_id": pl.Int64(),
        "month": pl.Date(),  # of the account, that an invoice asks for it in
        "kind": pl.String(),  # of the usage
        "amount": pl.Int128(),
        "undone": pl.Int128(),  # part of the amount: paid at once before, and taken back
    }
)
"""What each event costs, a row a component, by account, start, usage; amounts in 1e-12."""

CAUSE: Final = ("contract_id", "component_id", "version_id", "day")
"""Why buckets moved, as far as movements tell it apart."""

TAKEN: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "bucket_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "version_id": pl.Int64(),
        "day": pl.Date(),
        "amount": pl.Int128(),
    }
)
"""What was taken of a bucket (below zero: given back) for each cause, in 1e-12."""

OWED: Final = pl.Schema({"account_id": pl.Int64(), "month": pl.Date(), "amount": pl.Int128()})
"""What the invoice will ask for, by the account's month, in 1e-12."""

PAID: Final = pl.Schema({"usage_id": pl.Int64(), "component_id": pl.Int64(), "amount": pl.Int128()})
"""What was paid at once for usage of accounts that have an invoice, in 1e-12."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a batch of events took: TAKEN in the order it was taken, OWED and PAID."""

    taken: pl.DataFrame = field(repr=False)
    owed: pl.DataFrame = field(repr=False)
    paid: pl.DataFrame = field(repr=False)

    def take_from(self, accounts: Mapping[int, AccountState]) -> None:
        """The accounts then have less, and owe more."""
        sums = self.taken.group_by("account_id", "bucket_id").agg(pl.col("amount").sum())
        for account_id, bucket_id, amount in sums.iter_rows():
            accounts[account_id].buckets[bucket_id].remaining -= amount
        for account_id, month, amount in self.owed.iter_rows():
            accounts[account_id].tab_of(month)[0] += amount

    def lines(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The lines (VERSION_RATED) that take away what was paid at once."""
        schema = pl.Schema({**PAID, "amount": VERSION_RATED["amount"]})
        paid = descale(self.paid.filter(pl.col("amount") != 0), schema=schema)
        last = (
            lines.join(paid.rename({"amount": "paid"}), on=["usage_id", "component_id"])
            .sort("usage_id", "component_id", "seq")
            .unique(["usage_id", "component_id"], keep="last", maintain_order=True)
        )
        none = {name: VERSION_RATED[name] for name in ("tier", "rate_key")}
        nothing = {
            name: VERSION_RATED[name]
            for name in ("measured", "billed", "allowed", "unit_price", "fee")
        }
        return last.with_columns(
            (pl.col("seq") + 1).cast(VERSION_RATED["seq"]).alias("seq"),
            pl.lit(PAID_AT_ONCE).alias("band"),
            (-pl.col("paid")).cast(VERSION_RATED["amount"]).alias("amount"),
            *(pl.lit(None, dtype=kind).alias(name) for name, kind in none.items()),
            *(pl.lit("0").cast(kind).alias(name) for name, kind in nothing.items()),
        ).select(VERSION_RATED.names())


def join_drawn(parts: Iterable[Drawn]) -> Drawn:
    """All of it; the parts are of different accounts."""
    held = list(parts)
    return Drawn(
        pl.concat([part.taken for part in held]),
        pl.concat([part.owed for part in held]),
        pl.concat([part.paid for part in held]),
    )
