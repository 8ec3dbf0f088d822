"""Rows of a typed table (Parquet) by a mapping, its columns already cast to text.

A row is a row of the table; a reject's `raw` is the JSON object of the mapped columns.
"""

from collections.abc import Iterable, Iterator

import polars as pl

from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.mapping import Mapping
from tallystick.core.capture.rows import decode_rows


def decode_table(chunks: Iterable[pl.DataFrame], *, mapping: Mapping) -> Iterator[Decoded]:
    """Decoded usage of each chunk, whose columns are those the mapping wants."""
    next_line = 1
    for chunk in chunks:
        numbers = pl.int_range(next_line, next_line + chunk.height, dtype=pl.Int64, eager=True)
        raw = chunk.select(pl.struct(pl.all()).struct.json_encode()).to_series()
        rows = chunk.rename(mapping.inner).with_columns(numbers.alias("line"), raw.alias("raw"))
        next_line += chunk.height
        yield decode_rows(rows, mapping=mapping)
