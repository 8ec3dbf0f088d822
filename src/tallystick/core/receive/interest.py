"""Interest on money that is held for a customer."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tallystick.base.money import EXACT, RoundingMode, minor_decimals
from tallystick.core.invoice.round import round_whole

DAYS_OF_YEAR: Final = 365
"""Of every year, leap years too, as terms of deposits have it (actual/365)."""


def interest_on(
    amount: Decimal, *, rate: Decimal, held_on: date, ended_on: date, currency: str
) -> Decimal:
    """Simple interest at `rate` percent a year, rounded half-up once to the currency.

    The day it was held on bears interest, the day it ends on does not.
    """
    days = (ended_on - held_on).days
    decimals = minor_decimals(currency)
    exact = Fraction(amount) * Fraction(rate) * days / (100 * DAYS_OF_YEAR)
    whole = round_whole(exact * 10**decimals, mode=RoundingMode.HALF_UP)
    return EXACT.scaleb(Decimal(whole), -decimals)
