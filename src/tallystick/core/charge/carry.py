"""Numbers that usage carries in its attributes: quantities to count, prices to charge.

Everything stays below `MOST`, so that 128-bit columns give the same as Python's integers; what
would not is too large to be rated.
"""

import re
from typing import Final

from tallystick.base.money import AMOUNT_DECIMALS, divide_half_up
from tallystick.base.quantity import QUANTITY_DECIMALS, QUANTITY_SCALE
from tallystick.core.charge.frames import SuspenseCode
from tallystick.core.charge.match import Fields
from tallystick.core.tariff.plan_terms import PlanCarried, PlanCounts, PlanSeries
from tallystick.core.tariff.ratio import MAX_QUANTITY
from tallystick.core.tariff.series import instant_text

MOST: Final = 2**124


class NotCounted(Exception):
    """A carried number that is missing, unreadable or too large."""

    def __init__(self, code: SuspenseCode, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def pattern_of(decimals: int) -> str:
    """What a carried number looks like: up to 15 digits and so many decimals."""
    return rf"^-?[0-9]{{1,15}}(\.[0-9]{{1,{decimals}}})?$"


_QUANTITY: Final = re.compile(pattern_of(QUANTITY_DECIMALS), re.A)
_PRICE: Final = re.compile(pattern_of(AMOUNT_DECIMALS), re.A)


def _carried(name: str, *, fields: Fields, decimals: int) -> int:
    """The attribute as an integer scaled by its decimals."""
    text = fields.get(name) or ""
    pattern = _QUANTITY if decimals == QUANTITY_DECIMALS else _PRICE
    if not pattern.fullmatch(text):
        raise NotCounted(SuspenseCode.NO_NUMBER, name)
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(decimals, "0"))


def count_quantity(counts: PlanCounts, *, quantity: int, fields: Fields) -> int:
    """The quantity that is counted, rounded half-up once.

    :raises NotCounted: when an attribute is no number, or what is counted is out of range
    """
    value = quantity if counts.from_usage else QUANTITY_SCALE
    factors = [_carried(name, fields=fields, decimals=QUANTITY_DECIMALS) for name in counts.fields]
    for factor in (*factors, counts.numerator):
        if abs(value) > MOST // max(abs(factor), 1):
            raise NotCounted(SuspenseCode.QUANTITY_TOO_LARGE)
        value *= factor
    counted = divide_half_up(value, counts.denominator)
    if counted < 0:
        raise NotCounted(SuspenseCode.NEGATIVE_QUANTITY)
    if counted > MAX_QUANTITY * QUANTITY_SCALE:
        raise NotCounted(SuspenseCode.QUANTITY_TOO_LARGE)
    return counted


def carried_price(carried: PlanCarried, *, quantity: int, fields: Fields) -> int:
    """The price that the usage carries, times the factor, without the margin.

    :raises NotCounted: when it is no number, or the event could cost too much to be exact
    """
    price = _carried(carried.field, fields=fields, decimals=AMOUNT_DECIMALS)
    return _made_price(carried, price, quantity)


def series_price(carried: PlanCarried, *, series: PlanSeries, quantity: int, at_us: int) -> int:
    """The price that the series says for that instant, times the factor, without the margin.

    :raises NotCounted: when it says none, or the event could cost too much to be exact
    """
    position = series.position(at_us)
    if position is None:
        raise NotCounted(SuspenseCode.NO_RATE, f"{series.code}: no price at {instant_text(at_us)}")
    return _made_price(carried, series.prices[position], quantity)


def _made_price(carried: PlanCarried, price: int, quantity: int) -> int:
    made = divide_half_up(price * carried.numerator, carried.denominator)
    if quantity + carried.slack > MOST // (abs(made) + carried.margin + 1):
        raise NotCounted(SuspenseCode.QUANTITY_TOO_LARGE)
    return made
