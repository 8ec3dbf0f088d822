"""Delimited text (RFC 4180) by a mapping: fields quoted whole or not at all, no line breaks inside.

A row is a line of the file; the header and blank lines are absorbed, so `rows_in` is the number of
lines.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import polars as pl

from tallystick.base.refusal import Refusal
from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.lines import is_blank
from tallystick.core.capture.mapping import Mapping
from tallystick.core.capture.rejects import Reason, reject_lines
from tallystick.core.capture.rows import decode_rows


@dataclass
class ColumnsMissing(Refusal):
    code = "columns_missing"
    missing: str = ""
    found: str = ""

    def sentence(self) -> str:
        return (
            f"the file has no column {self.missing}; it has {self.found}; "
            "correct the mapping, or check that this is the right file"
        )


@dataclass
class ColumnCount(Refusal):
    code = "column_count"
    line: int = 0
    expected: int = 0
    found: int = 0

    def sentence(self) -> str:
        return (
            f"line {self.line} has {self.found} columns where {self.expected} are expected, and no "
            "line has as many; correct the delimiter or the header of the mapping"
        )


def decode_delimited(chunks: Iterable[pl.DataFrame], *, mapping: Mapping) -> Iterator[Decoded]:
    """Decoded usage of each chunk of LINES.

    :raises ColumnsMissing: when the header lacks a column that the mapping names
    :raises ColumnCount: when no line of the first chunk has the columns that are named
    """
    names = None if isinstance(mapping.header, bool) else mapping.header
    recognised = False
    for chunk in chunks:
        lines = chunk.filter(~is_blank())
        blank = chunk.height - lines.height
        header = 0
        if names is None and lines.height:
            names, header = _read_header(lines, mapping=mapping), 1
            lines = lines.slice(1)
            recognised = True
        decoded = _decode_lines(lines, names=names or (), mapping=mapping, strict=not recognised)
        recognised = recognised or bool(lines.height)
        yield replace(
            decoded,
            rows_in=decoded.rows_in + blank + header,
            absorbed=decoded.absorbed + blank + header,
        )


def _read_header(lines: pl.DataFrame, *, mapping: Mapping) -> tuple[str, ...]:
    first = lines.head(1)
    columns = count_columns(first, delimiter=mapping.delimiter).item()
    if columns is None:
        raise ColumnsMissing(missing=", ".join(mapping.wanted), found=first["raw"].item()[:200])
    fields = split_columns(first["raw"], columns=columns, delimiter=mapping.delimiter).row(0)
    names = tuple(str(field or "").strip() for field in fields)
    missing = [name for name in mapping.wanted if names.count(name) != 1]
    if missing:
        raise ColumnsMissing(missing=", ".join(missing), found=", ".join(names)[:1000])
    return names


def _decode_lines(
    lines: pl.DataFrame, *, names: tuple[str, ...], mapping: Mapping, strict: bool
) -> Decoded:
    counts = count_columns(lines, delimiter=mapping.delimiter)
    fits = (counts == len(names)).fill_null(False)
    good, odd = lines.filter(fits), lines.filter(~fits)
    if strict and odd.height and not good.height and (found := counts.drop_nulls()).len():
        raise ColumnCount(line=odd["line"][0], expected=len(names), found=found[0])
    rows = good.with_columns(pl.lit("").alias(name) for name in mapping.inner.values())
    if good.height:
        split = split_columns(good["raw"], columns=len(names), delimiter=mapping.delimiter)
        rows = good.with_columns(
            split.to_series(names.index(name)).alias(inner) for name, inner in mapping.inner.items()
        )
    decoded = decode_rows(rows, mapping=mapping)
    broken = odd.filter(counts.filter(~fits).is_null())
    short = odd.filter(counts.filter(~fits).is_not_null())
    rejects = [
        reject_lines(broken, reason=Reason.QUOTING),
        reject_lines(short, reason=Reason.COLUMN_COUNT, expected=str(len(names))),
    ]
    return replace(
        decoded,
        rejects=pl.concat([decoded.rejects, *rejects]).sort("line"),
        rows_in=decoded.rows_in + odd.height,
    )


def count_columns(lines: pl.DataFrame, *, delimiter: str) -> pl.Series:
    """Columns of each line, null where its quotes are not those of whole fields."""
    raw = pl.col("raw")
    count = raw.str.count_matches(delimiter, literal=True)
    quoted = raw.str.contains('"', literal=True)
    if lines.select(quoted.any()).item():
        mark = re.escape(delimiter)
        field = rf'(?:[^"{mark}]*|"(?:[^"]|"")*")'
        well_formed = raw.str.contains(rf"^{field}(?:{mark}{field})*$")
        bare = raw.str.replace_all(r'"(?:[^"]|"")*"', "")
        outside = bare.str.count_matches(delimiter, literal=True)
        count = pl.when(~quoted).then(count).when(well_formed).then(outside)
    return lines.select(count.cast(pl.Int64) + 1).to_series()


def split_columns(raw: pl.Series, *, columns: int, delimiter: str) -> pl.DataFrame:
    """The fields of well-formed lines of that many columns; empty fields are null."""
    schema = {str(at): pl.String() for at in range(columns)}
    if raw.is_empty():
        return pl.DataFrame(schema=schema)
    text = (raw.str.join("\n").item() + "\n").encode()
    split = pl.read_csv(
        io.BytesIO(text),
        has_header=False,
        schema=schema,
        separator=delimiter,
        quote_char='"' if b'"' in text else None,
    )
    assert split.height == len(raw), f"{len(raw)} lines split into {split.height} rows"
    return split
