"""The rows of a rate table in columns: a deck of 400,000 prefixes is 400,000 objects to nobody."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from tallystick.core.tariff.nodes import DeckRow, Price, Steps


class RowTerms(NamedTuple):
    """What a row says beside its keys."""

    price: Price
    connect: Decimal | None = None
    steps: Steps | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DeckRows:
    """Rows in written order; a row is made when it is asked for.

    `columns` are `line`, `key0`, `key1`... (null fits everything) and `terms`, the position of what
    the row says in `terms`, where each stands once.
    """

    columns: pl.DataFrame = field(repr=False)
    terms: tuple[RowTerms, ...]

    def __len__(self) -> int:
        return self.columns.height

    def __iter__(self) -> Iterator[DeckRow]:
        for line, *match, terms in self.columns.iter_rows():
            yield DeckRow(line, tuple(match), *self.terms[terms])

    def __getitem__(self, row: int) -> DeckRow:
        line, *match, terms = self.columns.row(row)
        return DeckRow(line, tuple(match), *self.terms[terms])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DeckRows)
            and self.terms == other.terms
            and self.columns.equals(other.columns)
        )

    __hash__ = None  # type: ignore[assignment]

    def names(self) -> pl.Series:
        """Each row's keys as one text, such as `4420` or `44/premium`."""
        return self.columns.select(name=name_of(self.keys)).to_series()

    @property
    def keys(self) -> list[str]:
        """The columns of keys."""
        return self.columns.columns[1:-1]

    @property
    def days(self) -> list[date]:
        """The days on which some row begins or ends to be valid."""
        pairs = ((terms.valid_from, terms.valid_to) for terms in self.terms)
        return sorted({day for pair in pairs for day in pair if day})

    def valid_on(self, day: date) -> list[bool]:
        """Of each of `terms`, whether it is valid on that day."""
        return [
            (terms.valid_from or date.min) <= day < (terms.valid_to or date.max)
            for terms in self.terms
        ]


def name_of(keys: Sequence[str]) -> pl.Expr:
    """The keys of a row as one text, with `*` for what fits everything."""
    return pl.concat_str([pl.col(key).fill_null("*") for key in keys], separator="/")


def columns_of(keys: int) -> pl.Schema:
    """The schema of rows with so many keys."""
    texts = {f"key{n}": pl.String() for n in range(keys)}
    return pl.Schema({"line": pl.UInt32(), **texts, "terms": pl.UInt32()})


def gather_rows(rows: Iterable[DeckRow], *, keys: int) -> DeckRows:
    """Those rows in columns; equal terms are held once."""
    terms: dict[RowTerms, int] = {}
    held = []
    for row in rows:
        said = RowTerms(row.price, row.connect, row.steps, row.valid_from, row.valid_to)
        held.append((row.line, *row.match, terms.setdefault(said, len(terms))))
    return DeckRows(pl.DataFrame(held, schema=columns_of(keys), orient="row"), tuple(terms))
