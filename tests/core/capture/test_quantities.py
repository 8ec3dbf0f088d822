"""Whole columns of quantities come to what one exact quantity comes to."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.base.quantity import UNITS, to_canonical
from tallystick.core.capture.quantities import (
    LARGEST,
    descale,
    read_scaled,
    scale_to_canonical,
    sum_scaled,
    unit_factor,
)


def convert(text: str, *, unit: str) -> Decimal | None:
    scaled = scale_to_canonical(
        read_scaled(pl.lit(text)), factor=pl.lit(unit_factor(unit), pl.Int128)
    )
    found: Decimal | None = pl.select(descale(scaled)).item()
    return found


@given(
    number=st.decimals(-(10**17), 10**17, places=9, allow_nan=False),
    unit=st.sampled_from(sorted(UNITS)),
)
def test_a_column_converts_as_one_exact_quantity(number: Decimal, unit: str) -> None:
    exact = to_canonical(number, unit=unit)
    expected = exact if abs(number * UNITS[unit].factor) <= LARGEST else None
    assert convert(format(number, "f"), unit=unit) == expected


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("0.0000005", "Wh", "0.000000001"),
        ("0.000000499", "Wh", "0"),
        ("-0.0000005", "Wh", "-0.000000001"),
        ("1000000000000000000", "B", "1000000000000000000"),
        ("1000000000000000000.000000001", "B", None),
        ("0.0000000001", "B", None),
        ("1_000", "B", None),
        ("1,5", "B", None),
        ("٣", "B", None),
        ("inf", "B", None),
        ("9" * 60, "B", None),
    ],
)
def test_edges(text: str, unit: str, expected: str | None) -> None:
    assert convert(text, unit=unit) == (None if expected is None else Decimal(expected))


def test_a_sum_is_exact_and_of_nothing_is_zero() -> None:
    column = pl.Series([1, None, 10**27], dtype=pl.Int128)
    assert sum_scaled(column) == Decimal("1000000000000000000.000000001")
    assert sum_scaled(pl.Series([], dtype=pl.Int128)) == 0
