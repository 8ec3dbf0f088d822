"""Revenue by the day: what of a deferred line is earned by an evening, and what is still unbilled.

IFRS 15: an amount billed in advance is earned in equal parts on the days it is for. What was earned
by a day is rounded, not the day's own part, so that the days of a line add up to it to the cent.
"""

from datetime import date

import polars as pl

from tallystick.base.money import RoundingMode
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.invoice.round import round_ratio
from tallystick.core.post.batch import number_postings
from tallystick.core.post.rules import RULES, EventKind, Rules, Side


def earned_through(deferrals: pl.DataFrame, *, through: date, decimals: int) -> pl.DataFrame:
    """`deferrals` (`period_from`, `period_to`, `amount`) with `earned`, rounded half-up (MONEY)."""
    whole = (pl.col("period_to") - pl.col("period_from")).dt.total_days().cast(pl.Int128)
    since = (pl.lit(through) - pl.col("period_from")).dt.total_days().cast(pl.Int128) + 1
    days = pl.max_horizontal(pl.min_horizontal(since, whole), pl.lit(0, dtype=pl.Int128))
    step = 10 ** (3 - decimals)
    amount = pl.col("amount").cast(MONEY).to_physical().cast(pl.Int128)
    rounded = round_ratio(amount * days, whole * step, mode=RoundingMode.HALF_UP) * step
    return deferrals.with_columns(earned=_as_money(rounded))


def _as_money(millis: pl.Expr) -> pl.Expr:
    return (millis.cast(pl.Decimal(38, 0)) * pl.lit("0.001").cast(MONEY)).cast(MONEY)


def post_revenue(
    earned: pl.DataFrame, *, kind: EventKind, rules: Rules = RULES, turned: bool = False
) -> pl.DataFrame:
    """POSTINGS of revenue that is released or accrued, one entry an account.

    `earned` has `account_id`, `revenue_account`, `amount` (MONEY); `turned` posts the reversal.
    """
    named = earned.select(
        pl.col("account_id").cast(pl.String), "revenue_account", pl.col("amount").cast(MONEY)
    )
    parts = {
        "total": named.select("account_id", "amount"),
        "revenue": named.select("account_id", "amount", ledger_account="revenue_account"),
    }
    posted = []
    for place, template in enumerate(rules[kind]):
        amounts = parts[template.part]
        if template.account is not None:
            amounts = amounts.with_columns(ledger_account=pl.lit(template.account))
        sign = 1 if (template.side is Side.DEBIT) is not turned else -1
        posted.append(
            amounts.select(
                "account_id", "ledger_account", pl.col("amount") * sign, place=pl.lit(place)
            )
        )
    heads = named.select("account_id").unique(maintain_order=True)
    return number_postings(pl.concat(posted), heads=heads, first_entry_no=1)
