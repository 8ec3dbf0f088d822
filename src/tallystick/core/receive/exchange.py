"""Money of one currency in another: by a dated rate, the other way round, or over a third.

Every conversion keeps both amounts, the rate and how it was found. An amount is rounded once, half
away from zero, to the minor unit of the currency that it becomes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tallystick.base.money import EXACT, plain, round_amount, round_minor, total_of
from tallystick.base.refusal import Refusal
from tallystick.core.receive.allocate import OpenItem

ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)


class ExchangeAt(StrEnum):
    """Whose day says the rate at which foreign money pays an invoice."""

    PAYMENT_DAY = "payment_day"
    INVOICE_DAY = "invoice_day"


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `base` is worth `rate` of `quote`."""

    base: str
    quote: str
    rate: Decimal
    on: date
    source: str

    def __str__(self) -> str:
        return f"1 {self.base} = {plain(self.rate)} {self.quote} ({self.source}, {self.on})"


@dataclass
class NoExchangeRate(Refusal):
    code = "no_exchange_rate"
    base: str = ""
    quote: str = ""
    on: str = ""

    def sentence(self) -> str:
        return (
            f"no rate between {self.base} and {self.quote} holds on {self.on}; give one: "
            f"tallystick exchange add {self.base} {self.quote} RATE --date {self.on} "
            "--source WHOSE"
        )


@dataclass(frozen=True, slots=True)
class Way:
    """How to get from one currency to another: a quotient of products of rates."""

    times: Decimal
    over: Decimal
    rates: tuple[Rate, ...]

    @property
    def rate(self) -> Decimal:
        """What one unit is worth, 12 decimals."""
        return round_amount(EXACT.divide(self.times, self.over))

    @property
    def said(self) -> str:
        return "; ".join(map(str, self.rates))

    def convert(self, amount: Decimal, *, currency: str) -> Decimal:
        """The amount in `currency`, to its minor unit."""
        exact = EXACT.divide(EXACT.multiply(amount, self.times), self.over)
        return round_minor(exact, currency=currency)

    def back(self, amount: Decimal, *, currency: str) -> Decimal:
        """What it takes of `currency` to become that amount, to its minor unit."""
        exact = EXACT.divide(EXACT.multiply(amount, self.over), self.times)
        return round_minor(exact, currency=currency)


def find_way(rates: Sequence[Rate], *, base: str, quote: str, on: date) -> Way:
    """The way from `base` to `quote` by rates that hold on a day, one a pair.

    A rate of the pair comes first, then one of the pair turned, then two over a third currency:
    that whose older rate is the newest, and of several the first by name.

    :raises NoExchangeRate: when there is none
    """
    if base == quote:
        return Way(ONE, ONE, ())
    held = {(one.base, one.quote): one for one in rates}
    straight = _leg(held, base, quote)
    if straight is not None:
        return straight
    thirds = sorted({name for pair in held for name in pair} - {base, quote})
    ways = []
    for third in thirds:
        first, second = _leg(held, base, third), _leg(held, third, quote)
        if first is not None and second is not None:
            ways.append(_joined(first, second))
    if not ways:
        raise NoExchangeRate(base=base, quote=quote, on=str(on))
    return max(ways, key=lambda way: min(rate.on for rate in way.rates))


def _leg(held: Mapping[tuple[str, str], Rate], base: str, quote: str) -> Way | None:
    if found := held.get((base, quote)):
        return Way(found.rate, ONE, (found,))
    if turned := held.get((quote, base)):
        return Way(ONE, turned.rate, (turned,))
    return None


def _joined(first: Way, second: Way) -> Way:
    return Way(
        EXACT.multiply(first.times, second.times),
        EXACT.multiply(first.over, second.over),
        (*first.rates, *second.rates),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of foreign money: what was given, what it counts for, and what it is worth."""

    given: Decimal
    amount: Decimal
    worth: Decimal
    way: Way
    invoice_id: str = ""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Foreign money in the account's currency; its parts are all that was given."""

    given: Decimal
    given_currency: str
    parts: tuple[Part, ...]

    @property
    def amount(self) -> Decimal:
        """What it counts for with the customer."""
        return total_of(part.amount for part in self.parts)

    @property
    def worth(self) -> Decimal:
        """What it is worth on the day it came."""
        return total_of(part.worth for part in self.parts)

    @property
    def difference(self) -> Decimal:
        """What is gained by the exchange; below zero what is lost."""
        return EXACT.subtract(self.worth, self.amount)


def exchange_whole(given: Decimal, *, given_currency: str, currency: str, way: Way) -> Exchanged:
    """All of it at one rate, with no difference."""
    worth = way.convert(given, currency=currency)
    return Exchanged(given, given_currency, (Part(given, worth, worth, way),))


def exchange_for_items(
    given: Decimal,
    *,
    given_currency: str,
    currency: str,
    way: Way,
    wanted: Sequence[tuple[OpenItem, Decimal]],
    ways: Mapping[str, Way],
) -> Exchanged:
    """The money set against items, each at the rate of its invoice's day; the rest at `way`.

    `wanted` says in which order and how much of each item is paid; `ways` has the way of each by
    its id. What the parts are worth is `way` of all that was given, shared out so that no cent is
    lost: the last part has what the others leave.
    """
    left, found = given, []
    for item, most in wanted:
        own = ways[item.invoice_id]
        needed = own.back(most, currency=given_currency)
        if not left or not needed:
            continue
        if needed <= left:
            found.append((needed, most, own, item.invoice_id))
        else:
            found.append((left, min(own.convert(left, currency=currency), most), own,
                          item.invoice_id))  # fmt: skip
        left = max(EXACT.subtract(left, needed), ZERO)
    if left:
        found.append((left, way.convert(left, currency=currency), way, ""))
    worths = _shared([one[0] for one in found], way=way, currency=currency)
    parts = [
        Part(part, amount, worth, own, invoice_id)
        for (part, amount, own, invoice_id), worth in zip(found, worths, strict=True)
    ]
    return Exchanged(given, given_currency, tuple(parts))


def _shared(parts: Sequence[Decimal], *, way: Way, currency: str) -> list[Decimal]:
    """The worth of each part: what all up to it are worth, less those before it."""
    shares, given, before = [], ZERO, ZERO
    for part in parts:
        given = EXACT.add(given, part)
        upto = way.convert(given, currency=currency)
        shares.append(EXACT.subtract(upto, before))
        before = upto
    return shares
