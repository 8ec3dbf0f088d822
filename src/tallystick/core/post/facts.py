"""Entries of many simple facts at once: those that say one amount and nothing else."""

from typing import Final

import polars as pl

from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post.detail import BY_METHOD, NO_DETAIL
from tallystick.core.post.rules import RULES, EventKind, Rules, Side

AMOUNT: Final = "amount"
"""The only part of such a fact; the other parts of its rule are nothing."""

FACTS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "occurred_on": pl.Date(),
        "currency": pl.String(),
        "source_key": pl.String(),
        "description": pl.String(),
        "kind": pl.String(),
        "amount": MONEY,
        "method": pl.String(),  # how the money moved, as the text of a detail
    }
)
"""What happened, with its amount above zero, in the order it is posted."""


def post_facts_batch(facts: pl.DataFrame, *, rules: Rules = RULES) -> pl.DataFrame:
    """The postings of FACTS, those of one fact together, signed.

    They are FACTS with `ledger_account` and `detail` in the place of `method`.

    The rule of each kind debits as much as it credits of the amount.
    """
    placed = facts.with_row_index("fact")
    posted = []
    for kind in facts["kind"].unique():
        own = placed.filter(pl.col("kind") == kind)
        sides = [one for one in rules[EventKind(kind)] if one.part == AMOUNT]
        balance = sum(1 if one.side is Side.DEBIT else -1 for one in sides)
        assert balance == 0, f"the rule of {kind} is out of balance"
        for place, one in enumerate(sides):
            signed = pl.col(AMOUNT) if one.side is Side.DEBIT else -pl.col(AMOUNT)
            posted.append(
                own.with_columns(
                    signed.alias(AMOUNT),
                    ledger_account=pl.lit(one.account),
                    place=pl.lit(place),
                    detail=pl.col("method") if one.account in BY_METHOD else pl.lit(NO_DETAIL),
                )
            )
    if not posted:
        empty = pl.lit(None, pl.String)
        return facts.drop("method").with_columns(ledger_account=empty, detail=empty)
    return pl.concat(posted).sort("fact", "place").drop("fact", "place", "method")
