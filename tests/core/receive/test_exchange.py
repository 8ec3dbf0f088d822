"""Money of one currency in another: which rates are used, and that no cent is lost on the way."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.base.money import minor_decimals, round_minor
from tallystick.core.receive.allocate import OpenItem, allocate_payment, items_in_order
from tallystick.core.receive.exchange import (
    NoExchangeRate,
    Rate,
    exchange_for_items,
    exchange_whole,
    find_way,
)

DAY = date(2026, 3, 2)
EARLIER = date(2026, 2, 26)
RATES = (
    Rate("EUR", "USD", Decimal("1.0832"), DAY, "ECB"),
    Rate("EUR", "JPY", Decimal(163), DAY, "ECB"),
    Rate("XDR", "USD", Decimal("1.3300"), EARLIER, "IMF"),
    Rate("XDR", "EUR", Decimal("1.2294"), DAY, "IMF"),
    Rate("XDR", "KWD", Decimal("0.4090"), EARLIER, "IMF"),
)

TABLE = """
from     amount    to    worth     by
EUR      100       USD   108.32    EUR/USD
USD      108.32    EUR   100.00    EUR/USD
USD      0.01      EUR   0.01      EUR/USD
EUR      1         JPY   163       EUR/JPY
JPY      1         EUR   0.01      EUR/JPY
USD      100       JPY   15048     EUR/USD EUR/JPY
XDR      1000      USD   1330.00   XDR/USD
XDR      0.005     EUR   0.01      XDR/EUR
USD      100       KWD   30.752    XDR/USD XDR/KWD
EUR      12.34     EUR   12.34     -
"""


@pytest.mark.parametrize("row", TABLE.strip().splitlines()[1:])
def test_what_money_is_worth(row):
    base, amount, quote, worth, *by = row.split()
    way = find_way(RATES, base=base, quote=quote, on=DAY)
    assert str(way.convert(Decimal(amount), currency=quote)) == worth
    assert [f"{rate.base}/{rate.quote}" for rate in way.rates] == [one for one in by if one != "-"]


def test_of_ways_over_a_third_currency_the_newest_is_taken():
    rates = (
        Rate("EUR", "USD", Decimal(1), EARLIER, "old"),
        Rate("EUR", "SEK", Decimal(11), DAY, "new"),
        Rate("XDR", "USD", Decimal(2), DAY, "new"),
        Rate("XDR", "SEK", Decimal(24), DAY, "new"),
    )
    way = find_way(rates, base="USD", quote="SEK", on=DAY)
    assert (way.convert(Decimal(1), currency="SEK"), {rate.source for rate in way.rates}) == (
        Decimal(12),
        {"new"},
    )


def test_without_a_rate_it_says_how_to_give_one():
    with pytest.raises(NoExchangeRate) as refused:
        find_way(RATES, base="SEK", quote="EUR", on=DAY)
    assert "exchange add SEK EUR" in refused.value.sentence()


CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
MONEY = st.integers(1, 10**7)
RATE = st.decimals("0.0001", "9999", places=4)


def _item(number: int, amount: Decimal, currency: str) -> OpenItem:
    return OpenItem(str(number), f"INV-{number}", DAY, currency, amount)


@given(CURRENCIES, CURRENCIES, MONEY, RATE, st.lists(st.tuples(MONEY, RATE), max_size=5))
def test_parts_are_all_that_was_given_and_pay_the_items_in_their_order(
    given_currency, currency, cents, rate, owed
):
    given = Decimal(cents).scaleb(-minor_decimals(given_currency))
    way = find_way([Rate("AAA", "BBB", rate, DAY, "x")], base="AAA", quote="BBB", on=DAY)
    items, ways = [], {}
    for number, (units, own) in enumerate(owed):
        items.append(_item(number, Decimal(units).scaleb(-minor_decimals(currency)), currency))
        ways[str(number)] = find_way(
            [Rate("AAA", "BBB", own, DAY, "x")], base="AAA", quote="BBB", on=DAY
        )
    exchanged = exchange_for_items(
        given, given_currency=given_currency, currency=currency, way=way,
        wanted=items_in_order(items, currency=currency), ways=ways,
    )  # fmt: skip

    assert sum(part.given for part in exchanged.parts) == given
    assert exchanged.worth == way.convert(given, currency=currency)
    assert exchanged.amount + exchanged.difference == exchanged.worth
    for part in exchanged.parts:
        assert part.amount == round_minor(part.amount, currency=currency)
    whole = {item.invoice_id: item.open_amount for item in items}
    for part in exchanged.parts[:-1]:
        assert part.amount == whole[part.invoice_id]
    # What is less than a coin of the money given is nobody's part, yet is paid in its turn.
    coins = all(
        ways[item.invoice_id].back(item.open_amount, currency=given_currency) for item in items
    )
    if exchanged.amount and coins:
        spread = allocate_payment(exchanged.amount, currency=currency, open_items=items)
        paid = {one.invoice_id: one.amount for one in spread.allocations}
        for part in exchanged.parts:
            if part.invoice_id and part.amount == whole[part.invoice_id]:
                assert paid[part.invoice_id] == part.amount


@given(CURRENCIES, MONEY, RATE)
def test_all_at_one_rate_has_no_difference(currency, cents, rate):
    way = find_way([Rate("AAA", "BBB", rate, DAY, "x")], base="AAA", quote="BBB", on=DAY)
    whole = exchange_whole(
        Decimal(cents).scaleb(-2), given_currency="AAA", currency=currency, way=way
    )
    assert (whole.difference, len(whole.parts)) == (0, 1)
