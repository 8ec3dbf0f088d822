"""Rate tables: a CSV file beside the catalogue, one row a price.

The first line names the columns: one for each key, `price`, and if needed `per`, `connect`,
`bill by`, `valid from` and `valid to`. `*` or nothing in a key column fits everything.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

import polars as pl

from tallystick.core.tariff.deck_cells import Fault, read_cells
from tallystick.core.tariff.deck_rows import DeckRows, RowTerms, columns_of, gather_rows
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
    """Where each column of the file stands; what it does not have is never looked for."""

    keys: tuple[tuple[int, bool], ...]  # position, prefix
    values: tuple[tuple[str, int], ...]  # of VALUE_COLUMNS
    per: str

    @classmethod
    def of(cls, header: list[str], keys: tuple[DeckKey, ...], per: str | None) -> "_Columns":
        return cls(
            tuple((header.index(_heading(key.column)), key.prefix) for key in keys),
            tuple((name, header.index(name)) for name in VALUE_COLUMNS if name in header),
            per or "",
        )

    def terms(self, told: Sequence[str]) -> RowTerms:
        """What the cells of `values` say.

        :raises Mistake: when a cell cannot be read
        """
        named = zip(self.values, told, strict=True)
        held = {name: text for (name, _), cell in named if (text := cell.strip())}
        price = _price(held.get("price", ""), held.get("per") or self.per)
        steps, connect = held.get("bill by"), held.get("connect")
        valid_from, valid_to = _day(held.get("valid from")), _day(held.get("valid to"))
        if valid_from and valid_to and valid_from >= valid_to:
            raise Mistake(
                f"is valid to {valid_to}, not after {valid_from}; 'valid to' is exclusive"
            )
        return RowTerms(
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
) -> DeckRows:
    """The rows of a deck's file; what is wrong with a line goes to `complain(line, message)`."""
    none = gather_rows((), keys=len(keys))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        complain(1, "is not UTF-8; save the file as UTF-8")
        return none
    header = [_heading(name) for name in next(csv.reader(io.StringIO(text)), [])]
    faults = list(_header_faults(header, keys))
    for fault in faults:
        complain(1, fault)
    if faults:
        return none
    cells, wrong = read_cells(text, width=len(header))
    rows, unread = _rows(cells, columns=_Columns.of(header, keys, per))
    for line, message in sorted([*wrong, *unread]):
        complain(line, message)
    for row, twin in _twins(_sharing_keys(rows)):
        complain(row.line, f"repeats the key of line {twin.line} for the same days; keep one")
    return rows


def _rows(cells: pl.DataFrame, *, columns: _Columns) -> tuple[DeckRows, list[Fault]]:
    """The rows that can be read, and what is wrong with the others."""
    named = [f"cell{at}" for _, at in columns.values]
    said = cells.select(named).unique(maintain_order=True).with_row_index("terms")
    terms: dict[RowTerms, int] = {}
    numbers: list[int | None] = []
    mistakes: list[str | None] = []
    for told in said.select(named).iter_rows():
        try:
            numbers.append(terms.setdefault(columns.terms(told), len(terms)))
            mistakes.append(None)
        except Mistake as mistake:
            numbers.append(None)
            mistakes.append(str(mistake))
    said = said.with_columns(
        pl.Series("terms", numbers, dtype=pl.UInt32), pl.Series("wrong", mistakes, dtype=pl.String)
    )
    read = cells.join(said, on=named, how="left", maintain_order="left").with_columns(
        _key_value(f"cell{at}").alias(f"key{n}") for n, (at, _) in enumerate(columns.keys)
    )
    for n, (_, prefix) in enumerate(columns.keys):
        if prefix:
            key = pl.col(f"key{n}")
            plain = key.str.len_bytes() == key.str.len_chars()
            odd = pl.format("prefix '{}' is not plain digits", key)
            read = read.with_columns(wrong=pl.when(~plain).then(odd).otherwise("wrong"))
    faults = read.filter(pl.col("wrong").is_not_null()).select("line", "wrong").rows()
    rows = read.filter(pl.col("wrong").is_null()).select(columns_of(len(columns.keys)).names())
    return DeckRows(rows.rechunk(), tuple(terms)), faults


def _key_value(cell: str) -> pl.Expr:
    value = pl.col(cell).str.strip_chars()
    return pl.when(value.is_in(["", "*"])).then(None).otherwise(value)


def _sharing_keys(rows: DeckRows) -> list[DeckRow]:
    """The rows whose keys another has too."""
    if not rows:
        return []
    shared = rows.columns.filter(rows.columns.select(rows.keys).is_duplicated())
    return list(DeckRows(shared, rows.terms))


def _header_faults(header: list[str], keys: tuple[DeckKey, ...]) -> Iterator[str]:
    needed = {_heading(key.column) for key in keys} | {"price"}
    for name in sorted(needed - set(header)):
        yield f"has no column {name!r}; its first line must name the columns"
    for name in sorted(set(header) - needed - set(VALUE_COLUMNS) - set(NOTE_COLUMNS)):
        yield f"has a column {name!r} that nothing reads; name it as a key or call it 'note'"
    for name in sorted({name for name in header if header.count(name) > 1}):
        yield f"has the column {name!r} twice"


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
