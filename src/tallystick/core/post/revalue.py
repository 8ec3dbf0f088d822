"""The entries of foreign items valued anew: what is gained or lost by the rates and not realised.

They are in the operator's own currency. The items themselves stay as they are in theirs, so the
value goes to an account of its own beside each.
"""

from typing import Final

import polars as pl

from tallystick.core.post import chart
from tallystick.core.post.detail import NO_DETAIL
from tallystick.core.post.rules import RULES, EventKind, Rules, Side

PARTS: Final = {
    chart.RECEIVABLE: "receivable",
    chart.CUSTOMER_CREDIT: "credit",
    chart.DEPOSITS: "deposits",
}
"""What is valued, and the part of the rule that its difference is."""


def post_revaluation(
    changes: pl.DataFrame, *, rules: Rules = RULES, turned: bool = False
) -> pl.DataFrame:
    """(`account_id`, `currency`, `ledger_account`, `amount`, `detail`): one entry each of the first
    two, a debit positive.

    `changes` has `account_id`, `currency`, `ledger_account` and what is added to its difference
    (`posted`), to the gain and to the loss (`gain`, `loss`); `turned` posts the reversal.
    """
    heads = ("account_id", "currency")
    parts = {
        part: changes.filter(pl.col("ledger_account") == standard).select(*heads, amount="posted")
        for standard, part in PARTS.items()
    }
    parts |= {part: changes.select(*heads, amount=part) for part in ("gain", "loss")}
    posted = []
    for place, template in enumerate(rules[EventKind.ITEMS_REVALUED]):
        sign = 1 if (template.side is Side.DEBIT) is not turned else -1
        posted.append(
            parts[template.part].select(
                *heads,
                ledger_account=pl.lit(template.account),
                amount=pl.col("amount") * sign,
                place=pl.lit(place),
            )
        )
    sums = (
        pl.concat(posted)
        .group_by(*heads, "place", "ledger_account")
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") != 0)
        .sort(*heads, "place")
    )
    return sums.select(*heads, "ledger_account", "amount", detail=pl.lit(NO_DETAIL))
