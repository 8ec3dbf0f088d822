"""What a story can say of money in another currency: rates, and what money counted for."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tallystick.packs.stories.expectations import Currency
from tallystick.packs.stories.step import Expectation, Step


@dataclass(frozen=True, slots=True)
class GiveRate(Step):
    form = "exchange rate BASE QUOTE RATE source SOURCE [until UNTIL]"
    base: Currency
    quote: Currency
    rate: Decimal
    source: str
    until: date | None


@dataclass(frozen=True, slots=True)
class ExpectExchanged(Expectation):
    form = "expect exchanged ACCOUNT GIVEN GIVEN_CURRENCY counts AMOUNT worth WORTH"
    account: str
    given: Decimal
    given_currency: Currency
    amount: Decimal
    worth: Decimal


@dataclass(frozen=True, slots=True)
class ExpectHomeTax(Expectation):
    form = "expect home-tax ACCOUNT AMOUNT CURRENCY"
    account: str
    amount: Decimal
    currency: Currency


EXCHANGE_STEPS: Final = (GiveRate, ExpectExchanged, ExpectHomeTax)
