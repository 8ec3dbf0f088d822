"""Scaled whole numbers are written as their exact decimals are."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tallystick.base.money import plain, plain_scaled


@given(number=st.integers(-(10**27), 10**27), decimals=st.sampled_from((1, 9, 12)))
def test_a_scaled_number_reads_as_its_decimal(number: int, decimals: int) -> None:
    assert plain_scaled(number, decimals=decimals) == plain(Decimal(number).scaleb(-decimals))


@given(number=st.integers(-30, 30), decimals=st.sampled_from((1, 2)))
def test_small_ones_too(number: int, decimals: int) -> None:
    assert plain_scaled(number, decimals=decimals) == plain(Decimal(number).scaleb(-decimals))
