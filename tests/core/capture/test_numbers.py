"""Telephone numbers to E.164; the numbers are from ranges kept for fiction."""

import polars as pl
import pytest

from tallystick.core.capture.numbers import UnknownCountry, normalise_numbers
from tests.core.capture.reading import table

NUMBERS = """
GB | +44 7700 900123   | 447700900123
GB | 0044-7700-900123  | 447700900123
GB | (07700) 900123    | 447700900123
GB | 447700900123      | 447700900123
GB | 7700900123        | 447700900123
GB | 020 7946 0018     | 442079460018
GB | 112               | 112
GB | alice             | -
GB | +                 | -
GB | 4477009001234567  | -
DE | 030 23125 123     | 493023125123
DE | 4917112345678     | 4917112345678
DE | 447911123456      | 447911123456
US | 2025550123        | 12025550123
US | 12025550123       | 12025550123
US | 011442079460018   | 442079460018
IT | 0612345678        | 390612345678
BR | 021 2345 6789     | 552123456789
-- | 447700900123      | 447700900123
-- | +44 7700.900/123  | 447700900123
"""


@pytest.mark.parametrize(("country", "written", "expected"), table(NUMBERS))
def test_a_number_is_normalised(country: str, written: str, expected: str) -> None:
    found = normalise_numbers(
        pl.Series("n", [written]), country=None if country == "--" else country
    )
    assert found.to_list() == [None if expected == "-" else expected]


def test_order_nulls_and_repeats_are_kept() -> None:
    written = pl.Series("called", ["7700900123", None, "112", "7700900123", "x"])
    found = normalise_numbers(written, country="GB")
    assert found.name == "called"
    assert found.to_list() == ["447700900123", None, "112", "447700900123", None]


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(UnknownCountry, match="two letters such as GB"):
        normalise_numbers(pl.Series(["1"]), country="XX")
