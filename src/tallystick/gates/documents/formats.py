"""Numbers, money, quantities and dates as the customer writes them."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from tallystick.base.money import EXACT, minor_decimals, plain
from tallystick.base.period import Period
from tallystick.core.invoice.document import Language, NumberFormat
from tallystick.gates.documents.words import (
    LONG_DATE,
    MONTHS,
    NUMBERS,
    SHORT_DATE,
    UNIT_WORDS,
)

MINUS: Final = "\u2212"
NARROW_SPACE: Final = "\u202f"
NO_BREAK_SPACE: Final = "\u00a0"
BREAK_HERE: Final = "\u200b"

_SYMBOLS: Final = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
_DECIMALS_SHOWN: Final = {"kWh": 3, "kvarh": 3, "kVAh": 3, "kW": 3, "kVA": 3, "m3": 3}
_UNIT_SIGNS: Final = {"m3": "m³"}
_BYTES: Final = (("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3))
_LONGEST_WORD: Final = 28


@dataclass(frozen=True, slots=True)
class Format:
    """The habits of one customer."""

    language: Language
    numbers: NumberFormat
    currency: str

    def number(self, value: Decimal, *, decimals: int) -> str:
        """The number with that many decimals, grouped by thousands."""
        point, comma = _SEPARATORS[self.numbers]
        step = Decimal(1).scaleb(-decimals)
        rounded = value.quantize(step, rounding=ROUND_HALF_UP, context=EXACT)
        whole, _, rest = f"{rounded.copy_abs():,f}".partition(".")
        sign = MINUS if rounded < 0 else ""
        return sign + whole.replace(",", comma) + (point + rest if rest else "")

    def shortest(self, value: Decimal, *, at_least: int = 0) -> str:
        """The number with the decimals it has, but at least so many."""
        _, _, rest = plain(value).partition(".")
        return self.number(value, decimals=max(len(rest), at_least))

    def amount(self, value: Decimal) -> str:
        """An amount without its currency, as in the column of a table."""
        return self.number(value, decimals=minor_decimals(self.currency))

    def price(self, value: Decimal) -> str:
        """A price per unit: the decimals it has, but at least those of the currency."""
        return self.shortest(value, at_least=minor_decimals(self.currency))

    def money(self, value: Decimal) -> str:
        """An amount with its currency."""
        symbol, amount = _SYMBOLS.get(self.currency, self.currency), self.amount(value)
        if self.language is Language.EN:
            sign, digits = (MINUS, amount[1:]) if amount.startswith(MINUS) else ("", amount)
            gap = "" if len(symbol) == 1 else NO_BREAK_SPACE
            return f"{sign}{symbol}{gap}{digits}"
        return f"{amount}{NO_BREAK_SPACE}{symbol}"

    def percent(self, value: Decimal) -> str:
        gap = "" if self.language is Language.EN else NO_BREAK_SPACE
        return f"{self.shortest(value)}{gap}%"

    def quantity(self, value: Decimal, unit: str) -> str:
        """A quantity as people say it: `152 min 30 s`, `12.4 GB`, `431.250 kWh`, `3 messages`."""
        if unit == "s":
            return self._duration(value)
        if unit == "B":
            return self._volume(value)
        if unit in _DECIMALS_SHOWN:
            shown = self.number(value, decimals=_DECIMALS_SHOWN[unit])
        else:
            shown = self.shortest(value)
        one, several = UNIT_WORDS[self.language].get(unit, (unit, unit))
        word = _UNIT_SIGNS.get(unit, one if abs(value) == 1 else several)
        return f"{shown}{NO_BREAK_SPACE}{word}" if word else shown

    def _duration(self, seconds: Decimal) -> str:
        sign = MINUS if seconds < 0 else ""
        minutes, rest = divmod(seconds.copy_abs(), 60)
        parts = []
        if minutes:
            parts.append(f"{self.shortest(minutes)}{NO_BREAK_SPACE}min")
        if rest or not minutes:
            parts.append(f"{self.shortest(rest)}{NO_BREAK_SPACE}s")
        return sign + NO_BREAK_SPACE.join(parts)

    def _volume(self, value: Decimal) -> str:
        for name, power in _BYTES:
            if abs(value) >= 10**power:
                shown = round(value.scaleb(-power), 3)
                return f"{self.shortest(shown)}{NO_BREAK_SPACE}{name}"
        return f"{self.shortest(value)}{NO_BREAK_SPACE}B"

    def long_date(self, day: date) -> str:
        month = MONTHS[self.language][day.month - 1]
        text = LONG_DATE[self.language].format(day=day.day, month=month, year=day.year)
        return text.replace(" ", NO_BREAK_SPACE)

    def short_date(self, day: date) -> str:
        return day.strftime(SHORT_DATE[self.language])

    def instant(self, at: datetime) -> str:
        return f"{self.short_date(at.date())}{NO_BREAK_SPACE}{NO_BREAK_SPACE}{at:%H:%M:%S}"

    def period(self, period: Period) -> str:
        """First and last day that belong."""
        last = max(period.end - timedelta(days=1), period.start)
        if last == period.start:
            return self.short_date(last)
        return f"{self.short_date(period.start)} – {self.short_date(last)}"  # noqa: RUF001


_SEPARATORS: Final = {
    NumberFormat.COMMA_POINT: (".", ","),
    NumberFormat.POINT_COMMA: (",", "."),
    NumberFormat.SPACE_COMMA: (",", NARROW_SPACE),
    NumberFormat.APOSTROPHE_POINT: (".", "\u2019"),
}


def format_for(*, language: Language, currency: str, numbers: NumberFormat | None = None) -> Format:
    """The habits of a language, with another number format where the customer has one."""
    return Format(language, numbers or NUMBERS[language], currency)


def clean_text(text: str) -> str:
    """A text on one line that a document can print.

    Control characters and emoji, which no text font holds, are left out; what has no space for long
    may break anywhere.
    """
    if text.isascii() and text.isprintable():
        visible = text
    else:
        visible = "".join(" " if _is_unseen(c) else c for c in text)
    return " ".join(_breakable(word) for word in visible.split(" ") if word)


_UNSEEN: Final = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f\u20e3")


def _is_unseen(character: str) -> bool:
    emoji = 0x1F000 <= ord(character) <= 0x1FAFF
    return emoji or character in _JOINERS or unicodedata.category(character) in _UNSEEN


def _breakable(word: str) -> str:
    if len(word) <= _LONGEST_WORD:
        return word
    cuts = range(0, len(word), _LONGEST_WORD // 2)
    return BREAK_HERE.join(word[at : at + _LONGEST_WORD // 2] for at in cuts)
