"""The YAML file that an operator is opened from.

    code: hedgerow
    name: Hedgerow Telecom
    country: GB
    currency: GBP
    zone: Europe/London
    taxes: taxes.yaml            # beside this file
    ladders: {consumer: ladder-consumer.yaml}
    quarantine: {msisdn: 90 days, ip: 1 day}   # how long what was given back is kept from others
    brand: {name: Hedgerow Telecom, address: [1 Hedge Lane, Sampleton]}
    rehearsal: 2026-01-01        # its clock starts that day; without, it lives in the present

Every value is read as the text it was written as.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from tallystick.base.money import RoundingMode, minor_decimals
from tallystick.base.period import day_start
from tallystick.base.refusal import Refusal
from tallystick.core.invoice.document import COLOUR
from tallystick.core.invoice.tax import PLACE, TaxRounding
from tallystick.core.receive.exchange import ExchangeAt
from tallystick.gates.cli.asking import read_text

_WORDS: Final = (
    "code", "name", "industry", "country", "currency", "zone", "language", "rounding",
    "payment_days", "brand", "taxes", "tax_place", "tax_rounding", "prices_include_tax",
    "exchange_at", "ladders", "quarantine", "rehearsal",
)  # fmt: skip
_BRAND: Final = (
    "name", "legal", "address", "vat_number", "email", "phone", "web", "colour", "logo_svg", "bank",
)  # fmt: skip
_BRAND_KINDS: Final[dict[str, tuple[type, str]]] = {
    "address": (list, "lines such as [1 Hedge Lane, Sampleton]"),
    "bank": (dict, "a table such as {holder: Hedgerow Telecom, iban: GB33BUKB20201555555555}"),
}
_BANK: Final = ("name", "holder", "iban", "bic", "note")
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_IDENTIFIER_KIND: Final = re.compile(r"[a-z][a-z0-9_-]{0,19}")
_QUARANTINE_DAYS: Final = re.compile(r"([0-9]{1,5})(?: days?)?")
QUARANTINE_DAYS_MAX: Final = 3650
_LANGUAGE: Final = re.compile(r"[a-z]{2}(-[A-Z]{2})?")


@dataclass
class OperatorFileWrong(Refusal):
    code = "operator_file_wrong"
    path: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.path}: {self.problem}"


@dataclass(frozen=True, slots=True)
class OperatorFile:
    """What such a file says: the columns of the operator and its ladders' texts by segment."""

    code: str
    columns: dict[str, Any]
    ladders: dict[str, str]

    def opened_at(self, now: datetime) -> datetime:
        """Its present: where its rehearsal clock stands, else now."""
        rehearsal: datetime | None = self.columns["rehearsal_at"]
        return rehearsal or now


def read_operator(path: Path) -> OperatorFile:
    """The operator that the file describes, with the files it names.

    :raises Refusal: when a file cannot be read or says what cannot be
    """
    return _Reader(path).read()


def read_instant(text: str, *, zone: str) -> datetime | None:
    """An instant with its offset, or the first of a day there; None where the text is neither."""
    try:
        if len(text) == len("2026-01-01"):
            return day_start(date.fromisoformat(text), ZoneInfo(zone))
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def read_quarantine_days(text: object) -> int | None:
    """The days of a text such as `90 days` or 90; None where it says none that can be."""
    found = _QUARANTINE_DAYS.fullmatch(text) if isinstance(text, str) else None
    days = int(found[1]) if found else None
    return None if days is None or days > QUARANTINE_DAYS_MAX else days


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            written = yaml.load(read_text(path), Loader=yaml.BaseLoader)
        except yaml.YAMLError as fault:
            self._refuse(" ".join(str(fault).split()))
        if not isinstance(written, dict):
            self._refuse("write words and values such as `code: hedgerow`")
        for word in written:
            if word not in _WORDS:
                self._refuse(f"{word} is not known here; known: {', '.join(_WORDS)}")
        self._written = written

    def read(self) -> OperatorFile:
        from tallystick.core.invoice.read_taxes import read_taxes
        from tallystick.core.recover.read import read_ladder

        currency = self._text("currency", lambda text: bool(minor_decimals(text) + 1), "EUR")
        zone = self._text("zone", _is_zone, "Europe/Berlin")
        taxes = self._file("taxes", self._written.get("taxes"))
        read_taxes(taxes, name=str(self._written.get("taxes", "")))
        country = self._text("country", _COUNTRY.fullmatch, "GB")
        ladders = {}
        for segment, name in self._table("ladders").items():
            ladders[segment] = self._file(f"ladders.{segment}", name)
            read_ladder(ladders[segment], source=str(name), country=country)
        rehearsal = self._rehearsal(zone)
        columns = {
            "name": self._text("name", bool, "Hedgerow Telecom"),
            "industry": self._text("industry", bool, "isp", otherwise="general"),
            "country": country,
            "currency": currency,
            "zone": zone,
            "language": self._text("language", _LANGUAGE.fullmatch, "en", otherwise="en"),
            "rounding": self._text("rounding", _is_rounding, "half_up", otherwise="half_up"),
            "payment_days": int(self._text("payment_days", _is_days, "14", otherwise="14")),
            "brand": self._brand(),
            "quarantine": self._quarantine(),
            "taxes": taxes,
            "tax_place": self._text("tax_place", _is_place, "IN-KA", otherwise=""),
            "tax_rounding": self._text(
                "tax_rounding", _is_tax_rounding, "per_rate", otherwise="per_rate"
            ),
            "prices_include_tax": self._text(
                "prices_include_tax", _is_flag, "true", otherwise="false"
            )
            == "true",
            "exchange_at": self._text(
                "exchange_at", _is_exchange, "invoice_day", otherwise="payment_day"
            ),
            "clock": "rehearsal" if rehearsal else "wall",
            "rehearsal_at": rehearsal,
        }
        return OperatorFile(self._text("code", _CODE.fullmatch, "hedgerow"), columns, ladders)

    def _text(
        self, word: str, fits: Callable[[str], object], example: str, otherwise: str | None = None
    ) -> str:
        value = self._written.get(word, otherwise)
        if value is None:
            self._refuse(f"it lacks {word}; write one such as `{word}: {example}`")
        if not isinstance(value, str) or not fits(value):
            self._refuse(f"{word} is {value!r}; write one such as `{word}: {example}`")
        return value

    def _table(self, word: str) -> dict[str, Any]:
        value = self._written.get(word) or {}
        if not isinstance(value, dict):
            self._refuse(f"{word} is a table of words and values")
        return value

    def _brand(self) -> dict[str, Any]:
        brand = self._table("brand")
        for word, value in brand.items():
            if word not in _BRAND:
                self._refuse(f"brand.{word} is not known; known: {', '.join(_BRAND)}")
            kind, example = _BRAND_KINDS.get(word, (str, "a text"))
            if not isinstance(value, kind):
                self._refuse(f"brand.{word} is {value!r}; write {example}")
        for line in brand.get("address", ()):
            if not isinstance(line, str):
                self._refuse(f"brand.address has {line!r}; each of its lines is a text")
        for word, value in brand.get("bank", {}).items():
            if word not in _BANK or not isinstance(value, str):
                self._refuse(f"brand.bank says {word}: {value!r}; known: {', '.join(_BANK)}")
        colour = brand.get("colour")
        if colour is not None and not COLOUR.fullmatch(colour):
            self._refuse(f"brand.colour is {colour!r}; write one such as '#1f4e79'")
        if "logo_svg" in brand and "<svg" not in brand["logo_svg"]:
            self._refuse("brand.logo_svg is no picture; write the text of an SVG file")
        return brand

    def _quarantine(self) -> dict[str, int]:
        kept = {}
        for kind, text in self._table("quarantine").items():
            days = read_quarantine_days(text)
            if not _IDENTIFIER_KIND.fullmatch(kind) or days is None:
                self._refuse(
                    f"quarantine says {kind}: {text!r}; write a kind of identifier and its days, "
                    f"as `msisdn: 90 days`, up to {QUARANTINE_DAYS_MAX}"
                )
            if days:
                kept[kind] = days
        return kept

    def _file(self, word: str, name: object) -> str:
        if not name:
            return ""
        if not isinstance(name, str):
            self._refuse(f"{word} is the name of a file beside this one")
        return read_text(self._path.parent / name)

    def _rehearsal(self, zone: str) -> datetime | None:
        value = self._written.get("rehearsal")
        if value is None:
            return None
        instant = read_instant(str(value), zone=zone)
        if instant is None:
            self._refuse(f"rehearsal is {value!r}; write its first day as 2026-01-01")
        return instant

    def _refuse(self, problem: str) -> NoReturn:
        raise OperatorFileWrong(path=str(self._path), problem=problem)


def _is_zone(text: str) -> bool:
    try:
        return bool(ZoneInfo(text))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _is_rounding(text: str) -> bool:
    return text in {mode.value for mode in RoundingMode}


def _is_tax_rounding(text: str) -> bool:
    return text in {rounding.value for rounding in TaxRounding}


def _is_place(text: str) -> bool:
    return not text or PLACE.fullmatch(text) is not None


def _is_exchange(text: str) -> bool:
    return text in {day.value for day in ExchangeAt}


def _is_flag(text: str) -> bool:
    return text in ("true", "false")


def _is_days(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= 365
