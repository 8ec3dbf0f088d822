"""Bytes of a text file as a frame of numbered lines."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from tallystick.base.refusal import Refusal

LINES = pl.Schema({"line": pl.Int64(), "raw": pl.String()})
"""Lines of a file by number from 1, without their line ends."""


@dataclass
class UnreadableText(Refusal):
    code = "unreadable_text"
    line: int = 0
    encoding: str = ""

    def sentence(self) -> str:
        return (
            f"line {self.line} is not {self.encoding} text; save the file as UTF-8, "
            "or say `encoding: latin-1` in its mapping"
        )


def frame_lines(data: bytes, *, first_line: int = 1, encoding: str = "utf-8") -> pl.DataFrame:
    """The lines of `data` as LINES, numbered from `first_line`; ends are LF or CRLF.

    :raises UnreadableText: when a line is not text of that encoding, or holds a NUL
    """
    if encoding != "utf-8":
        data = data.decode(encoding).encode()
    _check_text(data, first_line=first_line, encoding=encoding)
    if not data:
        return LINES.to_frame()
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
    if not len(ends) or ends[-1] != len(data):
        ends = np.append(ends, len(data))
    offsets = np.concatenate((np.zeros(1, np.int64), ends)).astype(np.int64)
    texts = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data))
    raw = pl.Series("raw", pl.from_arrow(texts)).str.strip_suffix("\n").str.strip_suffix("\r")
    numbers = pl.int_range(first_line, first_line + len(ends), eager=True).alias("line")
    return pl.DataFrame([numbers, raw], schema=LINES)


def _check_text(data: bytes, *, first_line: int, encoding: str) -> None:
    bad = data.find(b"\0")
    if bad < 0:
        try:
            data.decode()
        except UnicodeDecodeError as error:
            bad = error.start
    if bad >= 0:
        raise UnreadableText(line=first_line + data.count(b"\n", 0, bad), encoding=encoding)


def is_blank() -> pl.Expr:
    """True for lines with nothing but white space."""
    return pl.col("raw").str.strip_chars() == ""
