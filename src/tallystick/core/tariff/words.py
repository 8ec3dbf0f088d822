"""The small phrases of the price language: `0.09 per min`, `60 s then 1 s`, `zone in (a, b)`.

Each function reads one phrase and raises `Mistake` with a sentence that says how to mend it.
"""

import re
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Final, TypeVar

from tallystick.base.money import AMOUNT_DECIMALS, EXACT, plain
from tallystick.base.quantity import QUANTITY_DECIMALS, UNITS, Unit, UnknownUnit, unit_named
from tallystick.core.tariff.nodes import Filter, Interval, IntervalUnit, Price, Step, Term

Word = TypeVar("Word", bound=StrEnum)

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")
DIGITS_MAX: Final = 15
_TOKEN: Final = re.compile(r"""\s*(!=|=|\(|\)|,|"[^"]*"|'[^']*'|[^\s=!(),'"]+)""")
_MONEY: Final = re.compile(r"[A-Z]{3}")
_CARRIED: Final = re.compile(r"(?:(\S+) x )?([A-Za-z_][\w.]*)(?: ([+-]) (\S+))?")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

MONEY: Final = "money"
"""The unit of a percentage, until the catalogue says its currency."""

BIT_RATES: Final = {
    "bit/s": Decimal(1),
    "kbit/s": Decimal(10**3),
    "Mbit/s": Decimal(10**6),
    "Gbit/s": Decimal(10**9),
}


class Mistake(Exception):
    """A phrase that cannot be read, and how to mend it."""


def read_name(text: str) -> str:
    """A word made of letters, digits, `_`, `.` and `-` that starts with a letter."""
    if not _NAME.fullmatch(text):
        raise Mistake(f"{text!r} is not a name; use letters, digits, '-', '_' and '.'")
    return text


def read_word(text: str, *, words: type[Word]) -> Word:
    """One of the words of that enumeration."""
    try:
        return words(text)
    except ValueError:
        raise Mistake(f"{text!r} is not one of: {', '.join(words)}") from None


def read_flag(text: str) -> bool:
    """`true` or `false`."""
    if text not in ("true", "false"):
        raise Mistake(f"{text!r} is neither true nor false")
    return text == "true"


def read_date(text: str) -> date:
    """A day such as 2026-01-31."""
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Mistake(f"{text!r} is not a day; write it as 2026-01-31") from None


def read_count(text: str) -> int:
    """A whole number from 0."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Mistake(f"{text!r} is not a whole number")
    return int(text)


def read_number(text: str, *, decimals: int = AMOUNT_DECIMALS) -> Decimal:
    """A decimal such as 12.50 with at most that many decimals."""
    if re.fullmatch(r"-?[0-9]{16,}(\.[0-9]+)?", text):
        raise Mistake(f"{text} has more than {DIGITS_MAX} digits before the point")
    if not _NUMBER.fullmatch(text):
        raise Mistake(f"{text!r} is not a number; write it as 12.50, without separators")
    number = Decimal(text)
    if -int(number.as_tuple().exponent) > decimals:
        raise Mistake(f"{text} has more than {decimals} decimals")
    return number


def read_quantity(text: str) -> tuple[Decimal, str]:
    """`300 min` as (18000, s): the number in canonical units, and their name."""
    number, _, unit = text.strip().partition(" ")
    if not unit:
        raise Mistake(f"{text!r} needs a number and a unit, such as 300 min")
    return _canonical(read_number(number, decimals=QUANTITY_DECIMALS), unit.strip())


def read_unit(name: str) -> Unit:
    """A unit, also of what measures make: `GB-month`, `kW-h`, `Mbit/s`; or a currency."""
    if name in BIT_RATES:
        return Unit(name, "bit/s", BIT_RATES[name])
    if _MONEY.fullmatch(name) and name not in UNITS:
        return Unit(name, name, Decimal(1))
    base, _, ending = name.rpartition("-")
    try:
        if base and ending in ("month", "h"):
            unit = unit_named(base)
            return Unit(name, f"{unit.canonical}-{ending}", unit.factor)
        return unit_named(name)
    except UnknownUnit as refusal:
        raise Mistake(refusal.sentence()) from None


def _canonical(value: Decimal, name: str) -> tuple[Decimal, str]:
    unit = read_unit(name)
    with localcontext(EXACT):
        exact = value * unit.factor
    if -int(exact.normalize(EXACT).as_tuple().exponent) > QUANTITY_DECIMALS:
        raise Mistake(
            f"{value} {name} has more than {QUANTITY_DECIMALS} decimals of {unit.canonical}"
        )
    return exact, unit.canonical


def read_price(text: str, *, default_unit: str | None = None) -> Price:
    """`0.09 per min`, `30 per 100 kWh`, `5 per started 10 GB`, `50 flat`, `5 flat + 0.1 per GB`,
    `2.9 %` of money, `1.1 x spot + 0.02 per kWh` where the usage carries `spot`.

    Without `per`, for one `default_unit`.
    """
    flat = Decimal(0)
    if match := re.fullmatch(r"(\S+) flat(?: \+ (.+))?", text):
        flat = read_number(match[1])
        text = match[2] or "0"
    if text.endswith("%"):
        with localcontext(EXACT):
            return Price(read_percent(text) / 100, Decimal(1), MONEY, flat=flat)
    amount, _, per = text.partition(" per ")
    carried, factor = None, Decimal(1)
    if match := _CARRIED.fullmatch(amount.strip()):
        carried = match[2]
        factor = read_number(match[1], decimals=6) if match[1] else factor
        amount = (match[3] or "").strip("+") + (match[4] or "0")
        if not 0 < factor <= 1000:
            raise Mistake(f"{text!r}: a factor is above 0 and at most 1000")
    if match := re.fullmatch(r"(-?[0-9.]+) ?([A-Z]{3})|([A-Z]{3}) ?(-?[0-9.]+)", amount.strip()):
        money, plainly = match[2] or match[3], match[1] or match[4]
        raise Mistake(
            f"{text!r} names {money}: prices are in the price list's currency; write {plainly}"
        )
    number = read_number(amount.strip())
    started = per.startswith("started ")
    per = per.removeprefix("started ").strip() or default_unit or ""
    if not per:
        raise Mistake(f"{text!r} does not say what it is for; write {text} per min, per GB ...")
    size, unit = read_quantity(per if per[0].isdigit() else f"1 {per}")
    if size <= 0:
        raise Mistake(f"{text!r} is a price for nothing")
    return Price(number, size, unit, started, flat, carried, factor)


def read_percent(text: str) -> Decimal:
    """`80 %` as 80."""
    number = text.strip()
    if not number.endswith("%"):
        raise Mistake(f"{text!r} is not a percentage; write 80 %")
    return read_number(number[:-1].strip(), decimals=9)


def read_steps(text: str) -> tuple[tuple[Step, ...], str]:
    """`60 s then 1 s`, `30 s for 3 min then 6 s` or `60/60 s`, and the canonical unit.

    A step without `for` lasts one increment; the last step lasts for the rest.
    """
    phrases = [phrase.strip() for phrase in text.split(" then ")]
    if match := re.fullmatch(r"([0-9.]+)/([0-9.]+) (\S+)", text.strip()):
        phrases = [f"{match[1]} {match[3]}", f"{match[2]} {match[3]}"]
    steps: list[Step] = []
    units: set[str] = set()
    for position, phrase in enumerate(phrases):
        size_text, _, span_text = phrase.partition(" for ")
        increment, unit = read_quantity(size_text)
        units.add(unit)
        if increment <= 0:
            raise Mistake(f"{phrase!r}: an increment is more than nothing")
        if position == len(phrases) - 1:
            if span_text:
                raise Mistake(f"{phrase!r} ends; add what follows, such as '... then 1 s'")
            steps.append(Step(increment))
            continue
        span = increment
        if span_text:
            span, unit = read_quantity(span_text)
            units.add(unit)
        if span <= 0 or span % increment:
            raise Mistake(f"{phrase!r}: {plain(span)} is not a whole number of increments")
        steps.append(Step(increment, span))
    if len(units) > 1:
        raise Mistake(f"{text!r} mixes units: {', '.join(sorted(units))}")
    if len(steps) == 2 and steps[0].increment == steps[1].increment:
        steps = steps[1:]
    return tuple(steps), units.pop()


def read_interval(text: str) -> Interval:
    """`month`, `3 months`, `quarter`: how often a price returns."""
    count, _, unit = text.rpartition(" ")
    number = read_count(count) if count else 1
    word = unit.removesuffix("s") if count else unit
    if word not in list(IntervalUnit) or number == 0:
        raise Mistake(
            f"{text!r} is not an interval; write day, week, month, quarter, year, 3 months"
        )
    return Interval(number, IntervalUnit(word))


def read_filter(text: str) -> Filter:
    """`zone = national and plan in (a, b)`: terms joined by `and`."""
    tokens = _tokens(text)
    terms: list[Term] = []
    while True:
        terms.append(_term(tokens, text))
        if not tokens:
            return Filter(tuple(terms))
        if tokens.pop(0) != "and":
            raise Mistake(f"{text!r}: join terms with 'and'")


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Mistake(f"{text!r} is not readable from {text[position:]!r} on")
        tokens.append(match[1])
        position = match.end()
    if text.count("(") != text.count(")"):
        raise Mistake(
            f"{text!r} ends inside a bracket; inside braces put the whole filter into quotes"
        )
    return tokens


def _term(tokens: list[str], text: str) -> Term:
    def take() -> str:
        if not tokens:
            raise Mistake(f"{text!r} ends too early; write field = value")
        return tokens.pop(0)

    field = read_name(take())
    operator = take()
    if operator == "not":
        operator = f"not {take()}"
    if operator in ("=", "!="):
        return Term(field, (_value(take(), text),), operator == "!=")
    if operator not in ("in", "not in"):
        raise Mistake(f"{text!r}: {operator!r} is not one of =, !=, in, not in")
    if take() != "(":
        raise Mistake(f"{text!r}: write the values in brackets, as in (a, b)")
    values = [_value(take(), text)]
    while (mark := take()) == ",":
        values.append(_value(take(), text))
    if mark != ")":
        raise Mistake(f"{text!r}: separate the values with commas")
    return Term(field, tuple(sorted(set(values))), operator == "not in")


def _value(token: str, text: str) -> str:
    if token in ("!=", "=", "(", ")", ","):
        raise Mistake(f"{text!r}: {token!r} stands where a value belongs")
    return token[1:-1] if token[0] in "'\"" else token
