"""Foreign items at the closing rate: to the cent, whichever way a rate is said, and balanced."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.base.money import EXACT, round_minor
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post.revalue import post_revaluation
from tallystick.core.receive.exchange import Rate, find_way
from tallystick.core.receive.revalue import ITEMS, RatesMissing, Ways, value_items

FIRST, SECOND, CLOSING = date(2026, 3, 1), date(2026, 3, 20), date(2026, 3, 31)
OF_DAYS = {FIRST: "1.0500", SECOND: "1.1000", CLOSING: "1.2500"}

TABLE = """
account ledger currency day     amount   | balance carried worth
1       1200   USD      FIRST   119.00   | 119.00  113.33  95.20
2       1200   USD      FIRST   1.00     |
2       1200   USD      SECOND  -1.00    | 0.00    0.04    0.00
3       2100   USD      SECOND  -100.00  | -100.00 -90.91  -80.00
4       1200   JPY      CLOSING 16300    | 16300   130.40  130.40
"""


def ways(own: str = "EUR") -> Ways:
    by_day = {}
    for day, rate in OF_DAYS.items():
        rates = (
            Rate("EUR", "USD", Decimal(rate), day, "ECB"),
            Rate("USD", "JPY", Decimal(100), day, "FED"),
        )
        for currency in ("USD", "JPY"):
            by_day[currency, day] = find_way(rates, base=currency, quote=own, on=day)
    return Ways(own, {name: by_day[name, CLOSING] for name in ("USD", "JPY")}, by_day)


def items(*rows: tuple[int, str, str, date, str]) -> pl.DataFrame:
    amounts = [(*row[:4], Decimal(row[4])) for row in rows]
    return pl.DataFrame(amounts, schema=ITEMS, orient="row")


def test_what_items_are_carried_at_and_worth() -> None:
    days = {"FIRST": FIRST, "SECOND": SECOND, "CLOSING": CLOSING}
    given_rows, expected = [], []
    for line in TABLE.strip().splitlines()[1:]:
        item, _, figures = line.partition("|")
        account, ledger, currency, day, amount = item.split()
        given_rows.append((int(account), ledger, currency, days[day], amount))
        if figures.strip():
            expected.append((int(account), ledger, currency, *map(Decimal, figures.split())))
    valued = value_items(items(*given_rows), ways=ways())
    assert valued.drop("rate", "said").rows() == expected
    assert valued["rate"].to_list()[0] == Decimal("0.8")
    assert valued["said"].to_list()[-1].startswith("1 USD = 100 JPY (FED, 2026-03-31); 1 EUR")


@given(
    amounts=st.lists(
        st.tuples(
            st.integers(1, 3),
            st.sampled_from(["1200", "2100", "2350"]),
            st.sampled_from([FIRST, SECOND, CLOSING]),
            st.decimals(-(10**8), 10**8, places=2).map(str),
        ),
        max_size=12,
    )
)
def test_postings_balance_and_are_the_differences(
    amounts: list[tuple[int, str, date, str]],
) -> None:
    """Whatever is open, each entry is balanced, and its reversal takes all of it back."""
    valued = value_items(
        items(*((a, ledger, "USD", day, amount) for a, ledger, day, amount in amounts)),
        ways=ways(),
    )
    new = pl.col("worth") - pl.col("carried")
    zero = pl.lit(0).cast(MONEY)
    changes = valued.with_columns(
        posted=new.cast(MONEY),
        gain=pl.max_horizontal(new, zero).cast(MONEY),
        loss=pl.max_horizontal(-new, zero).cast(MONEY),
    )
    entries = post_revaluation(changes)
    assert entries.group_by("account_id").agg(pl.col("amount").sum())["amount"].to_list() == [
        0 for _ in entries["account_id"].unique()
    ]
    values = {"1200": "1290", "2100": "2190", "2350": "2390"}
    posted = {(r[0], r[2]): r[3] for r in entries.rows() if r[2] in values.values()}
    expected = {
        (row["account_id"], values[row["ledger_account"]]): row["posted"]
        for row in changes.to_dicts()
        if row["posted"]
    }
    assert posted == expected
    back = post_revaluation(changes, turned=True)
    assert back.with_columns(-pl.col("amount")).rows() == entries.rows()
    for row in valued.to_dicts():
        closing = EXACT.divide(row["balance"], Decimal(OF_DAYS[CLOSING]))
        assert row["worth"] == round_minor(closing, currency="EUR")


@pytest.mark.parametrize(("count", "said"), [(1, "USD on 2026-03-01;"), (7, "and 2 more;")])
def test_missing_rates_are_named_with_what_to_do(count: int, said: str) -> None:
    missing = tuple(("USD", date(2026, 3, day)) for day in range(1, count + 1))
    sentence = RatesMissing("EUR", missing, "2026-03-31").sentence()
    assert said in sentence
    assert "exchange add USD EUR RATE --date 2026-03-01 --source WHOSE" in sentence
