"""A price as the smallest whole fraction, so that 128-bit integers hold every product exactly.

An amount in 1e-12 is `quantity in 1e-9 x numerator / denominator`: 0.09 per min is 3 / 2.
"""

from math import gcd
from typing import Final

MAX_QUANTITY: Final = 10**15
"""Canonical units of one event; more goes to suspense."""

MAX_NUMERATOR: Final = 10**13
"""Then twice a billed quantity (rounding at most doubles the largest) times it fits 127 bits."""

assert 2 * (2 * MAX_QUANTITY * 10**9) * MAX_NUMERATOR < 2**127 - 10**36


def price_ratio(unit_price: int, *, per: int) -> tuple[int, int]:
    """(numerator, denominator) in lowest terms of a price in 1e-12 per a quantity in 1e-9."""
    assert per > 0
    common = gcd(unit_price, per)
    return unit_price // common, per // common
