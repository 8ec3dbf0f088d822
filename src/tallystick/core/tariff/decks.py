"""Rate tables: a CSV file beside the catalogue, one row a price.

The first line names the columns: one for each key, `price`, and if needed `per`, `connect`,
`bill by`, `valid from` and `valid to`. `*` or nothing in a key column fits everything.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
    """Where each column of the file stands."""

    position: Mapping[str, int]
    keys: tuple[DeckKey, ...]
    per: str | None

    def cell(self, row: list[str], column: str) -> str:
        at = self.position.get(column)
        return "" if at is None else row[at].strip()


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
    header = [name.strip().lower().replace("_", " ") for name in next(reader, [])]
    faults = list(_header_faults(header, keys))
    for fault in faults:
        complain(1, fault)
    if faults:
        return ()
    columns = _Columns({name: at for at, name in enumerate(header)}, keys, per)
    rows: list[DeckRow] = []
    for cells in reader:
        if not any(cells):
            continue
        if len(cells) != len(header):
            complain(reader.line_num, f"has {len(cells)} cells under {len(header)} headings")
            continue
        try:
            rows.append(_row(cells, columns, reader.line_num))
        except Mistake as mistake:
            complain(reader.line_num, str(mistake))
    for row, twin in _twins(rows):
        complain(row.line, f"repeats the key of line {twin.line} for the same days; keep one")
    return tuple(rows)


def _header_faults(header: list[str], keys: tuple[DeckKey, ...]) -> Iterator[str]:
    needed = {key.column.lower().replace("_", " ") for key in keys} | {"price"}
    for name in sorted(needed - set(header)):
        yield f"has no column {name!r}; its first line must name the columns"
    for name in sorted(set(header) - needed - set(VALUE_COLUMNS) - set(NOTE_COLUMNS)):
        yield f"has a column {name!r} that nothing reads; name it as a key or call it 'note'"
    for name in sorted({name for name in header if header.count(name) > 1}):
        yield f"has the column {name!r} twice"


def _row(cells: list[str], columns: _Columns, line: int) -> DeckRow:
    match = []
    for key in columns.keys:
        value = columns.cell(cells, key.column.lower().replace("_", " "))
        if key.prefix and value not in ("", "*") and not value.isascii():
            raise Mistake(f"prefix {value!r} is not plain digits")
        match.append(None if value in ("", "*") else value)
    steps, connect = columns.cell(cells, "bill by"), columns.cell(cells, "connect")
    valid_from, valid_to = (_day(columns.cell(cells, f"valid {end}")) for end in ("from", "to"))
    if valid_from and valid_to and valid_from >= valid_to:
        raise Mistake(f"is valid to {valid_to}, not after {valid_from}; 'valid to' is exclusive")
    per = columns.cell(cells, "per") or columns.per
    return DeckRow(
        line=line,
        match=tuple(match),
        price=_price(columns.cell(cells, "price"), per),
        connect=read_number(connect) if connect else None,
        steps=_steps(steps) if steps else None,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def _price(text: str, per: str | None) -> Price:
    if " per " in text:
        return read_price(text)
    if not per:
        raise Mistake(f"price {text} does not say what it is for; give the deck 'per: min'")
    return Price(read_number(text), *_per(per))


@lru_cache(maxsize=256)
def _per(text: str) -> tuple[Decimal, str]:
    size, unit = read_quantity(text if text[:1].isdigit() else f"1 {text}")
    if size <= 0:
        raise Mistake(f"'per: {text}' is a price for nothing")
    return size, unit


@lru_cache(maxsize=256)
def _steps(text: str) -> Steps:
    steps, unit = read_steps(text)
    return Steps(steps, unit=unit)


def _day(text: str) -> date | None:
    return read_date(text) if text else None


def _twins(rows: list[DeckRow]) -> Iterator[tuple[DeckRow, DeckRow]]:
    """Rows with equal keys whose days overlap, with the row written before."""
    held: dict[tuple[str | None, ...], list[DeckRow]] = {}
    for row in rows:
        others = held.setdefault(row.match, [])
        for other in others:
            if _starts(row) < _ends(other) and _starts(other) < _ends(row):
                yield row, other
                break
        others.append(row)


def _starts(row: DeckRow) -> date:
    return row.valid_from or date.min


def _ends(row: DeckRow) -> date:
    return row.valid_to or date.max
