"""Exact money: scales, rounding modes and the minor unit of a currency.

Rated amounts carry up to 12 decimals and are rounded once per rated line, half-up. An invoice line
sums exact amounts and rounds once to the currency's minor unit with the operator's mode.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    localcontext,
)
from enum import StrEnum

from tallystick.base.refusal import Refusal

AMOUNT_DECIMALS = 12
"""Decimals of a rated amount and of a price."""

AMOUNT_SCALE = 10**AMOUNT_DECIMALS

EXACT = Context(prec=76, rounding=ROUND_HALF_UP)
"""Wide enough for any product of two 38-digit numbers."""

_MINOR_DECIMALS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0,
    "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0,
    "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
"""ISO 4217 currencies whose minor unit does not have 2 decimals."""


class RoundingMode(StrEnum):
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


_DECIMAL_MODE = {
    RoundingMode.HALF_UP: ROUND_HALF_UP,
    RoundingMode.HALF_EVEN: ROUND_HALF_EVEN,
    RoundingMode.DOWN: ROUND_DOWN,
    RoundingMode.UP: ROUND_UP,
}


@dataclass
class InvalidCurrency(Refusal):
    code = "invalid_currency"
    currency: str = ""

    def sentence(self) -> str:
        return f"{self.currency!r} is not a currency code; write three capital letters such as EUR"


def minor_decimals(currency: str) -> int:
    """Decimals of the currency's minor unit: 0, 2 or 3 (ISO 4217).

    :raises InvalidCurrency: when the code is not three capital letters
    """
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise InvalidCurrency(currency=currency)
    return _MINOR_DECIMALS.get(currency, 2)


def round_minor(
    amount: Decimal, *, currency: str, mode: RoundingMode = RoundingMode.HALF_UP
) -> Decimal:
    """The amount rounded once to the currency's minor unit."""
    with localcontext(EXACT):
        step = Decimal(1).scaleb(-minor_decimals(currency))
        rounded = amount.quantize(step, rounding=_DECIMAL_MODE[mode])
        return rounded if rounded else abs(rounded)


def round_amount(amount: Decimal) -> Decimal:
    """The amount rounded half-up (ties away from zero) at 12 decimals, as a rated line is."""
    with localcontext(EXACT):
        return amount.quantize(Decimal(1).scaleb(-AMOUNT_DECIMALS), rounding=ROUND_HALF_UP)


def total_of(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def divide_half_up(numerator: int, denominator: int) -> int:
    """Integer quotient, ties away from zero; the denominator is positive.

    Both executors of the rating engine use this one formula on scaled integers.
    """
    assert denominator > 0
    if numerator < 0:
        return -((-numerator * 2 + denominator) // (denominator * 2))
    return (numerator * 2 + denominator) // (denominator * 2)


def plain(number: Decimal) -> str:
    """The number as people write it: no exponent, no trailing zeros."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def plain_scaled(number: int, *, decimals: int) -> str:
    """`plain` of a whole number of units of 10^-decimals (one or more), without a Decimal."""
    if not number:
        return "0"
    digits = str(abs(number)).zfill(decimals + 1)
    whole, part = digits[:-decimals], digits[-decimals:].rstrip("0")
    text = f"{whole}.{part}" if part else whole
    return f"-{text}" if number < 0 else text


def amount_of(units: int) -> Decimal:
    """The exact amount of so many units of 1e-12."""
    return Decimal(units).scaleb(-AMOUNT_DECIMALS, context=EXACT)
