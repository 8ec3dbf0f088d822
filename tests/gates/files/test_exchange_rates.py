"""A file of exchange rates is read whole, or every line that is wrong is told."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.gates.files.exchange_rates import RatesNotRead, read_rates

GOOD = """date,base,quote,rate,until,source
2026-03-02,EUR,USD,1.0832,,
2026-03-01,XDR,EUR,1.2294,2026-03-31,IMF
"""


def test_rates_are_read():
    first, second = read_rates(GOOD, name="rates.csv", source="ECB")
    assert (first.base, first.quote, first.rate, first.on, first.source) == (
        "EUR", "USD", Decimal("1.0832"), date(2026, 3, 2), "ECB",
    )  # fmt: skip
    assert (first.valid_to, second.valid_to) == (date(2026, 3, 9), date(2026, 4, 1))
    assert second.source == "IMF"


WRONG = """
2026-02-30,EUR,USD,1 | 2: date '2026-02-30' is not a day
2026-03-02,EUR,USD,one | 2: rate 'one' is not a number
2026-03-02,EUR,USD,-1 | 2: rate '-1' is not a number
2026-03-02,EUR,USD,1e3 | 2: rate '1e3' is not a number
2026-03-02,EUR,USD,0 | 2: 0 is no rate
2026-03-02,EUR,EUR,1 | 2: a rate is between two currencies
2026-03-02,eur,USD,1 | 2: 'eur' is not a currency code
2026-03-02,EUR,USD | 2: it has another number of columns
2026-03-02,EUR,USD,1,2 | 2: it has another number of columns
2026-03-02,EUR,USD,1.0000000000001 | 2: 1.0000000000001 is too fine
2026-03-02,EUR,USD,1/2026-03-02,EUR,USD,2 | 3: EUR USD of 2026-03-02 stands in line 2 already
2026-03-02,EUR,USD,x/2026-03-02,EUR,"USD,2 | this is not CSV
"""


@pytest.mark.parametrize("row", WRONG.strip().splitlines())
def test_what_is_wrong_is_told_with_its_line(row):
    lines, told = row.split(" | ")
    text = "date,base,quote,rate\n" + lines.replace("/", "\n")
    with pytest.raises(RatesNotRead) as refused:
        read_rates(text, name="rates.csv", source="ECB")
    assert told in refused.value.sentence()


def test_all_mistakes_are_told_at_once():
    text = "date,base,quote,rate\n2026-03-02,EUR,USD,x\n2026-03-32,EUR,USD,1\n"
    with pytest.raises(RatesNotRead) as refused:
        read_rates(text, name="rates.csv", source="ECB")
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize(
    "text", ["", "a,b\n", "date,base,quote,rate\n", "date,base,quote\n1,2,3\n"]
)
def test_a_file_without_rates_says_what_it_lacks(text):
    with pytest.raises(RatesNotRead):
        read_rates(text, name="rates.csv", source="ECB")


@given(st.text())
def test_any_text_is_read_or_refused(text):
    for head in ("", "date,base,quote,rate\n"):
        with suppress(RatesNotRead):
            assert read_rates(head + text, name="rates.csv", source="ECB")
