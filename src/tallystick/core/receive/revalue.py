"""Foreign items at the rate of an evening: what they came in at, what they are worth by then.

IAS 21: monetary items in a foreign currency are translated at the closing rate, and the difference
to the rates of the days on which they came is gained or lost without being realised.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.frames import AMOUNT
from tallystick.base.money import EXACT
from tallystick.base.refusal import Refusal
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.receive.exchange import Way

ITEMS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "ledger_account": pl.String(),
        "currency": pl.String(),
        "day": pl.Date(),
        "amount": MONEY,
    }
)
"""What is open, debit positive, by the day on which it came in."""

VALUED: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "ledger_account": pl.String(),
        "currency": pl.String(),
        "balance": MONEY,  # in that currency
        "carried": MONEY,  # in the operator's own, at the rates of the items' days
        "worth": MONEY,  # in the operator's own, at the closing rate
        "rate": AMOUNT,  # the closing rate
        "said": pl.String(),  # where that is from
    }
)
"""Foreign items by account, ledger account and currency."""

MOST_SAID: Final = 5


@dataclass
class RatesMissing(Refusal):
    """Days of which no rate is known: (currency, day)."""

    code = "rates_missing"
    own: str = ""
    missing: tuple[tuple[str, date], ...] = ()
    through: str = ""

    def sentence(self) -> str:
        told = [f"{currency} on {day}" for currency, day in self.missing[:MOST_SAID]]
        more = len(self.missing) - len(told)
        currency, day = self.missing[0]
        return (
            f"what is open by {self.through} in other currencies than {self.own} cannot be valued "
            f"without rates for {', '.join(told)}{f' and {more} more' if more else ''}; nothing "
            "was posted. Give one for each: tallystick exchange add "
            f"{currency} {self.own} RATE --date {day} --source WHOSE"
        )


@dataclass(frozen=True, slots=True)
class Ways:
    """How each currency becomes the operator's own on the days that count."""

    own: str
    closing: Mapping[str, Way]
    by_day: Mapping[tuple[str, date], Way]


def value_items(items: pl.DataFrame, *, ways: Ways) -> pl.DataFrame:
    """VALUED of ITEMS, by account, ledger account and currency.

    What came in on one day is translated at once and rounded once to the own currency; so is all
    of it at the closing rate.
    """
    sums: dict[tuple[int, str, str], tuple[Decimal, Decimal]] = {}
    for account, ledger_account, currency, day, amount in items.select(ITEMS.names()).iter_rows():
        place = (account, ledger_account, currency)
        balance, carried = sums.get(place, (Decimal(0), Decimal(0)))
        then = ways.by_day[currency, day].convert(amount, currency=ways.own)
        sums[place] = EXACT.add(balance, amount), EXACT.add(carried, then)
    rates = {currency: (way.rate, way.said) for currency, way in ways.closing.items()}
    rows = [
        (*place, balance, carried, ways.closing[place[2]].convert(balance, currency=ways.own),
         *rates[place[2]])
        for place, (balance, carried) in sorted(sums.items())
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=VALUED, orient="row")
