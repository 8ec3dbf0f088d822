"""What a decoder gives for each chunk of a file, and what a format is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import polars as pl

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One decoded chunk: `rows_in` = usage rows + rejects + duplicates + absorbed.

    `quantity_in` is the sum of every quantity that could be read, in canonical units; the part of
    it that stands in rejects is `quantity_rejected`, the rest is in `usage`. Each format's module
    says what it counts as a row.
    """

    usage: pl.DataFrame  # USAGE_IN, or SAID where the source tells of its corrections
    rejects: pl.DataFrame  # REJECTS
    rows_in: int
    absorbed: int  # rows that by nature carry no usage
    quantity_in: Decimal
    quantity_rejected: Decimal = ZERO
    duplicates: int = 0  # rows that say again what was said before
    nulls: pl.DataFrame | None = None  # SAID of absorbed rows: their records have no value
    sessions: pl.DataFrame | None = None  # state after this chunk, where a format keeps one


class Framing(StrEnum):
    """How a gate cuts a file into frames."""

    LINES = "lines"  # frames of `line`, `raw`
    TABLE = "table"  # frames of `line` and the columns wanted, as strings


Decode = Callable[[Iterable[pl.DataFrame]], Iterator[Decoded]]


@dataclass(frozen=True, slots=True)
class Format:
    """A way to read usage: how the file is framed and what decodes the frames."""

    name: str
    framing: Framing
    decode: Decode
    encoding: str = "utf-8"
    rows_per_line: int = 1  # rows one line may turn into: keeps chunks of equal size
    columns: tuple[str, ...] = ()  # of a table
    exact: tuple[str, ...] = ()  # columns of a table that may not be binary floats
    corrections: bool = False  # a record that says something else takes the place of the first
