"""The cells of a CSV file with the line that each row stands on."""

import csv
import io
from typing import Final

import polars as pl

LINE: Final = pl.UInt32()

Fault = tuple[int, str]
"""A line and what is wrong with it."""


def read_cells(text: str, *, width: int) -> tuple[pl.DataFrame, list[Fault]]:
    """Rows below the heading as `line`, `cell0`, `cell1`...; empty ones are left out.

    A file without quotes is cut at its commas, all rows at once.
    """
    even = text.replace("\r\n", "\n")
    return _read_quoted(text, width) if set('"\r\0') & set(even) else _read_plain(even, width)


def _read_plain(text: str, width: int) -> tuple[pl.DataFrame, list[Fault]]:
    lines = pl.DataFrame({"text": [text]}).select(pl.col("text").str.split("\n").explode())
    lines = lines.with_row_index("line", offset=1).slice(1)
    lines = lines.filter(pl.col("text").str.strip_chars(",") != "").with_columns(
        pl.col("line").cast(LINE), found=pl.col("text").str.count_matches(",", literal=True) + 1
    )
    ragged = lines.filter(pl.col("found") != width).select("line", "found").rows()
    cells = pl.col("text").str.split_exact(",", width - 1).struct.rename_fields(_names(width))
    rows = lines.filter(pl.col("found") == width).select("line", cells.alias("cells"))
    return rows.unnest("cells"), [(line, _ragged(found, width)) for line, found in ragged]


def _read_quoted(text: str, width: int) -> tuple[pl.DataFrame, list[Fault]]:
    reader = csv.reader(io.StringIO(text))
    rows: list[list[str | int]] = []
    faults: list[Fault] = []
    try:
        next(reader)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) == width:
                rows.append([reader.line_num, *cells])
            else:
                faults.append((reader.line_num, _ragged(len(cells), width)))
    except csv.Error as error:
        message = f"is not readable as CSV: {error}; is a quote left open?"
        faults.append((reader.line_num, message))
    schema = {"line": LINE, **dict.fromkeys(_names(width), pl.String())}
    return pl.DataFrame(rows, schema=schema, orient="row"), faults


def _names(width: int) -> list[str]:
    return [f"cell{at}" for at in range(width)]


def _ragged(found: int, width: int) -> str:
    return f"has {found} cells under {width} headings"
