"""Quantities out of text: exact, on whole columns, in 128-bit integers of 9 decimals."""

from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.frames import QUANTITY
from tallystick.base.quantity import QUANTITY_SCALE, unit_named
from tallystick.core.capture.rejects import Check, Reason

LARGEST: Final = 10**18
"""No meter counts further: a larger quantity, in its canonical unit, is a fault."""

FACTOR_SCALE: Final = 1000
"""Units are whole thousandths of their canonical unit, or more."""

_LARGEST_SCALED: Final = LARGEST * QUANTITY_SCALE * FACTOR_SCALE
_NUMBER: Final = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$"
_FINE: Final = r"^[+-]?(?:[0-9]+(?:\.[0-9]{0,9}0*)?|\.[0-9]{1,9}0*)$"


def unit_factor(unit: str) -> int:
    """Canonical units in one `unit`, times FACTOR_SCALE."""
    factor = unit_named(unit).factor * FACTOR_SCALE
    assert factor == int(factor), f"{unit} is not a whole number of thousandths"
    return int(factor)


def read_scaled(text: pl.Expr) -> pl.Expr:
    """The number in the text as Int128 of 9 decimals, null where it is none or is finer."""
    number = pl.when(text.str.contains(_FINE)).then(text)
    return number.cast(QUANTITY, strict=False).to_physical()


def scale_to_canonical(scaled: pl.Expr, *, factor: pl.Expr) -> pl.Expr:
    """`scaled` x `factor` / FACTOR_SCALE, rounded half-up; null beyond LARGEST."""
    fits = scaled.abs() <= pl.lit(_LARGEST_SCALED, dtype=pl.Int128) // factor
    size = pl.when(fits).then(scaled.abs())
    sign = pl.when(scaled < 0).then(pl.lit(-1, pl.Int128)).otherwise(pl.lit(1, pl.Int128))
    return (size * factor * 2 + FACTOR_SCALE) // (2 * FACTOR_SCALE) * sign


def descale(scaled: pl.Expr) -> pl.Expr:
    """Int128 of 9 decimals as the QUANTITY it stands for, exactly."""
    one = pl.lit(Decimal(1).scaleb(-9), dtype=QUANTITY)
    return scaled.cast(pl.Decimal(38, 0)) * one


def sum_scaled(scaled: pl.Series) -> Decimal:
    """The exact sum of Int128 of 9 decimals; nulls count nothing."""
    return Decimal(int(scaled.sum() or 0)).scaleb(-9)


def quantity_checks(text: pl.Expr, *, canonical: pl.Expr, column: str) -> list[Check]:
    """What may be wrong with a quantity, most basic first."""
    return [
        Check(text.is_null(), Reason.QUANTITY_MISSING, column),
        Check(~text.str.contains(_NUMBER), Reason.QUANTITY_INVALID, column),
        Check(~text.str.contains(_FINE), Reason.QUANTITY_TOO_FINE, column),
        Check(canonical.is_null(), Reason.QUANTITY_TOO_LARGE, column),
        Check(canonical < 0, Reason.QUANTITY_NEGATIVE, column),
    ]
