"""Rate tables: a CSV file beside the catalogue, one row a price.

The first line names the columns: one for each key, `price`, and if needed `per`, `connect`,
`bill by`, `valid from` and `valid to`. `*` or nothing in a key column fits everything.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from tallystick.core.tariff.nodes import DeckKey, DeckRow, Price, Steps
from tallystick.core.tariff.words import (
    Mistake,
    read_date,
    read_name,
    read_number,
    read_price,
    read_quantity,
    read_steps,
)

VALUE_COLUMNS: Final = ("price", "per", "connect", "bill by", "valid from", "valid to")
NOTE_COLUMNS: Final = ("name", "zone", "country", "destination", "note")
"""Columns for people: allowed, and read only where the deck names them as a key."""

Complain = Callable[[int, str], None]
Terms = tuple[Price, Decimal | None, Steps | None, date | None, date | None]
"""Price, connect, steps and days of a row."""


def read_key(text: str) -> DeckKey:
    """`prefix(called)` reads the column `prefix`; `zone` the column `zone`, exactly or `*`."""
    text = text.strip()
    if text.startswith("prefix(") and text.endswith(")"):
        return DeckKey(read_name(text[7:-1].strip()), True, "prefix")
    return DeckKey(read_name(text), False, text)


def read_keys(texts: list[str]) -> tuple[DeckKey, ...]:
    """The keys in order of weight; at most one of them a prefix."""
    keys = tuple(read_key(text) for text in texts)
    if sum(key.prefix for key in keys) > 1:
        raise Mistake("only one key of a deck can be a prefix")
    if len({key.column for key in keys}) < len(keys):
        raise Mistake("a deck's keys are different columns")
    return keys


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each column of the file stands; what it does not have is never looked for."""

    keys: tuple[tuple[int, bool], ...]  # position, prefix
    values: tuple[tuple[str, int], ...]  # of VALUE_COLUMNS
    per: str
    made: dict[tuple[str, ...], Terms] = field(default_factory=dict)

    @classmethod
    def of(cls, header: list[str], keys: tuple[DeckKey, ...], per: str | None) -> "_Columns":
        return cls(
            tuple((header.index(_heading(key.column)), key.prefix) for key in keys),
            tuple((name, header.index(name)) for name in VALUE_COLUMNS if name in header),
            per or "",
        )

    def terms(self, cells: list[str]) -> Terms:
        """What a row says beside its keys; equal rows are read once and share it.

        :raises Mistake: when a cell cannot be read
        """
        told = tuple([cells[at] for _, at in self.values])
        found = self.made.get(told)
        if found is None:
            found = self.made[told] = self._read(told)
        return found

    def _read(self, told: tuple[str, ...]) -> Terms:
        named = zip(self.values, told, strict=True)
        held = {name: text for (name, _), cell in named if (text := cell.strip())}
        price = _price(held.get("price", ""), held.get("per") or self.per)
        steps, connect = held.get("bill by"), held.get("connect")
        valid_from, valid_to = _day(held.get("valid from")), _day(held.get("valid to"))
        if valid_from and valid_to and valid_from >= valid_to:
            raise Mistake(
                f"is valid to {valid_to}, not after {valid_from}; 'valid to' is exclusive"
            )
        return (
            price,
            read_number(connect) if connect else None,
            _steps(steps) if steps else None,
            valid_from,
            valid_to,
        )


def _heading(name: str) -> str:
    """Headings are compared without case, and `valid_from` is `valid from`."""
    return name.strip().lower().replace("_", " ")


def read_deck_rows(
    content: bytes, *, keys: tuple[DeckKey, ...], per: str | None, complain: Complain
) -> tuple[DeckRow, ...]:
    """The rows of a deck's file; what is wrong with a line goes to `complain(line, message)`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        complain(1, "is not UTF-8; save the file as UTF-8")
        return ()
    reader = csv.reader(io.StringIO(text))
    header = [_heading(name) for name in next(reader, [])]
    faults = list(_header_faults(header, keys))
    for fault in faults:
        complain(1, fault)
    if faults:
        return ()
    columns = _Columns.of(header, keys, per)
    rows: list[DeckRow] = []
    try:
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                complain(reader.line_num, f"has {len(cells)} cells under {len(header)} headings")
                continue
            try:
                match = tuple([_key_value(cells[at], prefix) for at, prefix in columns.keys])
                rows.append(DeckRow(reader.line_num, match, *columns.terms(cells)))
            except Mistake as mistake:
                complain(reader.line_num, str(mistake))
    except csv.Error as error:
        complain(reader.line_num, f"is not readable as CSV: {error}; is a quote left open?")
    for row, twin in _twins(rows):
        complain(row.line, f"repeats the key of line {twin.line} for the same days; keep one")
    return tuple(rows)


def _header_faults(header: list[str], keys: tuple[DeckKey, ...]) -> Iterator[str]:
    needed = {_heading(key.column) for key in keys} | {"price"}
    for name in sorted(needed - set(header)):
        yield f"has no column {name!r}; its first line must name the columns"
    for name in sorted(set(header) - needed - set(VALUE_COLUMNS) - set(NOTE_COLUMNS)):
        yield f"has a column {name!r} that nothing reads; name it as a key or call it 'note'"
    for name in sorted({name for name in header if header.count(name) > 1}):
        yield f"has the column {name!r} twice"


def _key_value(cell: str, prefix: bool) -> str | None:
    value = cell.strip()
    if value in ("", "*"):
        return None
    if prefix and not value.isascii():
        raise Mistake(f"prefix {value!r} is not plain digits")
    return value


@lru_cache(maxsize=65_536)
def _price(text: str, per: str) -> Price:
    """Decks repeat their prices, so equal ones are read once and shared."""
    if " per " in text:
        return read_price(text)
    if not per:
        raise Mistake(f"price {text} does not say what it is for; give the deck 'per: min'")
    return Price(read_number(text), *read_size(per))


@lru_cache(maxsize=256)
def read_size(text: str) -> tuple[Decimal, str]:
    """What a price is for: `min`, `100 kWh`, as its size in canonical units and their name."""
    size, unit = read_quantity(text if text[:1].isdigit() else f"1 {text}")
    if size <= 0:
        raise Mistake(f"'per: {text}' is a price for nothing")
    return size, unit


@lru_cache(maxsize=256)
def _steps(text: str) -> Steps:
    steps, unit = read_steps(text)
    return Steps(steps, unit=unit)


def _day(text: str | None) -> date | None:
    return read_date(text) if text else None


def _twins(rows: list[DeckRow]) -> Iterator[tuple[DeckRow, DeckRow]]:
    """Rows with equal keys whose days overlap, with a row written before."""
    first: dict[tuple[str | None, ...], DeckRow] = {}
    more: dict[tuple[str | None, ...], list[DeckRow]] = {}
    for row in rows:
        if first.setdefault(row.match, row) is not row:
            more.setdefault(row.match, [first[row.match]]).append(row)
    for group in more.values():
        latest, *others = sorted(group, key=lambda row: (_starts(row), row.line))
        for row in others:
            if _starts(row) < _ends(latest):
                yield max(row, latest, key=_line), min(row, latest, key=_line)
            latest = max(row, latest, key=_ends)


def _line(row: DeckRow) -> int:
    return row.line


def _starts(row: DeckRow) -> date:
    return row.valid_from or date.min


def _ends(row: DeckRow) -> date:
    return row.valid_to or date.max
