"""Files cut into frames of bounded size: lines of text, rows of tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tallystick.base.refusal import Refusal
from tallystick.core.capture.lines import UnreadableText, frame_lines
from tallystick.gates.files.streams import LIMITS, BrokenArchive, Limits, read_blocks

BLOCK_BYTES: Final = 8 * 2**20
LINE_BYTES_MAX: Final = 2**20

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass
class LineTooLong(Refusal):
    code = "line_too_long"
    path: str = ""
    line: int = 0

    def sentence(self) -> str:
        return (
            f"line {self.line} of {self.path} is longer than {LINE_BYTES_MAX} bytes; "
            "check that this is a file of lines"
        )


@dataclass
class NotATable(Refusal):
    code = "not_a_table"
    path: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.path} is not such a Parquet file as the mapping describes: {self.problem}"


def cut_lines(
    path: Path, *, chunk_lines: int, encoding: str = "utf-8", limits: Limits = LIMITS
) -> Iterator[pl.DataFrame]:
    """The file as frames of at most `chunk_lines` LINES; a UTF-8 mark at its start is dropped.

    :raises UnreadableText: when a line is not text of that encoding
    :raises LineTooLong: when a line goes beyond LINE_BYTES_MAX
    """
    next_line = 1
    for data in _whole_lines(path, limits=limits):
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
        cuts = [0, *(int(end) for end in ends[chunk_lines - 1 :: chunk_lines])]
        if cuts[-1] != len(data):
            cuts.append(len(data))
        for start, end in pairwise(cuts):
            frame = frame_lines(data[start:end], first_line=next_line, encoding=encoding)
            next_line += frame.height
            yield frame


def _whole_lines(path: Path, *, limits: Limits) -> Iterator[bytes]:
    """Blocks that end at line ends, the last excepted."""
    rest, lines = b"", 0
    for at, block in enumerate(read_blocks(path, block_bytes=BLOCK_BYTES, limits=limits)):
        if at == 0 and block.startswith(_UTF16_MARKS):
            raise UnreadableText(line=1, encoding="utf-8")
        data = rest + (block.removeprefix(_UTF8_MARK) if at == 0 else block)
        whole = data.rfind(b"\n") + 1
        rest = data[whole:]
        lines += data.count(b"\n", 0, whole)
        if len(rest) > LINE_BYTES_MAX:
            raise LineTooLong(path=str(path), line=lines + 1)
        if whole:
            yield data[:whole]
    if rest:
        yield rest


def cut_table(
    path: Path, *, columns: tuple[str, ...], exact: tuple[str, ...], chunk_rows: int
) -> Iterator[pl.DataFrame]:
    """Rows of a Parquet file as frames of the wanted columns, cast to text.

    :raises NotATable: when it is no Parquet, lacks a column, or holds a quantity in binary floats
    :raises BrokenArchive: when a part of it is damaged
    """
    try:
        table = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        problem = "it is not Parquet, or is cut short"
        raise NotATable(path=str(path), problem=problem) from None
    with table:
        _check_columns(path, table.schema_arrow, columns=columns, exact=exact)
        batches = table.iter_batches(batch_size=chunk_rows, columns=list(columns))
        while True:
            try:
                batch = next(batches, None)
                frame = None if batch is None else pl.DataFrame(pl.from_arrow(batch))
            except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as error:
                problem = str(error).splitlines()[0]
                raise BrokenArchive(path=str(path), problem=problem) from None
            if frame is None:
                return
            yield frame.select(_as_text(name, frame.schema[name]) for name in columns)


def _check_columns(
    path: Path, schema: pa.Schema, *, columns: tuple[str, ...], exact: tuple[str, ...]
) -> None:
    for name in columns:
        if schema.names.count(name) != 1:
            found = ", ".join(schema.names)[:1000]
            raise NotATable(path=str(path), problem=f"it has no column {name}, but {found}")
        kind = schema.field(name).type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            raise NotATable(path=str(path), problem=f"column {name} is {kind}, not plain values")
        if name in exact and pa.types.is_floating(kind):
            problem = f"quantity {name} is a binary float; write it as decimal or text"
            raise NotATable(path=str(path), problem=problem)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        stamp = "%Y-%m-%dT%H:%M:%S%.6f"
        if kind.time_zone is None:
            return column.dt.to_string(stamp)
        return column.dt.convert_time_zone("UTC").dt.to_string(stamp + "Z")
    return column.cast(pl.String)
