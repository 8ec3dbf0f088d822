"""Usage as people write it, as a table of text: CSV, JSON Lines, Parquet or a table in a page."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from tallystick.base.frames import REJECTS
from tallystick.base.refusal import Refusal
from tallystick.core.capture.rejects import Reason

LINE: Final = "line"
"""The column that says where a row stands; it is no column of the file."""

_BROKEN: Final = (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException)


@dataclass
class UsageUnreadable(Refusal):
    code = "usage_unreadable"
    name: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.name} holds no table of usage: {self.problem}"


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows of text, each with its line; and the lines that are no rows (REJECTS)."""

    rows: pl.DataFrame
    rejects: pl.DataFrame


def read_table(content: bytes, *, name: str) -> TextTable:
    """The table in the bytes of a file; Parquet and JSON Lines are known by how they begin.

    :raises UsageUnreadable: when it is empty, not UTF-8, or has no columns
    """
    if content.startswith(b"PAR1"):
        return _read_parquet(content, name)
    text = decode_text(content, name=name)
    if text.lstrip().startswith("{"):
        return _read_json_lines(text, name)
    return _read_csv(text, name)


def decode_text(content: bytes, *, name: str) -> str:
    """The text of a file.

    :raises UsageUnreadable: when it is empty or not UTF-8
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        problem = f"line {line} is not UTF-8 text; save the file as UTF-8"
        raise UsageUnreadable(name=name, problem=problem) from None
    if not text.strip():
        raise UsageUnreadable(name=name, problem="it is empty; write a header and a row")
    return text


def table_of_rows(rows: Iterable[Mapping[str, Any]], *, name: str = "usage") -> TextTable:
    """Plain rows as a table; a row's place, from 1, is its line, unless it says its `line`."""
    texts = []
    for number, row in enumerate(rows, 1):
        made: dict[str, Any] = {str(key): _as_text(value) for key, value in row.items()}
        texts.append({**made, LINE: int(row.get(LINE, number))})
    columns = dict.fromkeys(key for row in texts for key in row if key != LINE)
    _check_columns(list(columns), name)
    schema = {LINE: pl.Int64(), **dict.fromkeys(columns, pl.String())}
    return TextTable(pl.DataFrame(texts, schema=schema), REJECTS.to_frame())


def _read_csv(text: str, name: str) -> TextTable:
    if "\0" in text:
        raise UsageUnreadable(name=name, problem="it is not text; write CSV, JSON Lines or Parquet")
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t|", key=first.count) if any(d in first for d in ",;\t|") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    rows: list[tuple[Any, ...]] = []
    faulty: list[tuple[int, str, str, str]] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not header:
                header = [cell.strip() for cell in row]
                _check_columns(header, name)
            elif len(row) == len(header):
                rows.append((reader.line_num, *row))
            else:
                parameters = {"column": "", "value": f"{len(row)} fields, not {len(header)}"}
                faulty.append(_fault(reader.line_num, Reason.COLUMN_COUNT, parameters, row))
    except csv.Error as fault:
        faulty.append(
            _fault(reader.line_num, Reason.QUOTING, {"column": "", "value": str(fault)}, [])
        )
    if not header:
        raise UsageUnreadable(name=name, problem="it has no header; write the names of its columns")
    schema = {LINE: pl.Int64(), **dict.fromkeys(header, pl.String())}
    return TextTable(
        pl.DataFrame(rows, schema=schema, orient="row"),
        pl.DataFrame(faulty, schema=REJECTS, orient="row"),
    )


def _fault(
    line: int, reason: Reason, parameters: Mapping[str, str], row: Sequence[str]
) -> tuple[int, str, str, str]:
    return line, reason.value, json.dumps(parameters, ensure_ascii=False), ",".join(row)


def _read_json_lines(text: str, name: str) -> TextTable:
    rows: list[dict[str, Any]] = []
    faulty = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
            if not isinstance(row, dict):
                raise ValueError("it is no object")
        except (ValueError, RecursionError) as fault:
            parameters = {"column": "", "value": str(fault)}
            faulty.append(_fault(number, Reason.JSON_INVALID, parameters, [line]))
            continue
        row.pop(LINE, None)
        rows.append({**row, LINE: number})
    rejects = pl.DataFrame(faulty, schema=REJECTS, orient="row")
    if not rows:
        return TextTable(pl.DataFrame(schema={LINE: pl.Int64()}), rejects)
    return TextTable(table_of_rows(rows, name=name).rows, rejects)


def _read_parquet(content: bytes, name: str) -> TextTable:
    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except _BROKEN as fault:
        problem = f"it does not read as Parquet ({str(fault).splitlines()[0][:200]})"
        raise UsageUnreadable(name=name, problem=problem) from None
    return table_of_frame(frame, name=name)


def table_of_frame(frame: pl.DataFrame, *, name: str = "usage") -> TextTable:
    """A frame as a table of text, its rows numbered from 1; binary floats are refused.

    :raises UsageUnreadable: when a column is of binary floats, which are not exact
    """
    frame = frame.drop(LINE, strict=False)
    _check_columns(frame.columns, name)
    floats = [column for column, kind in frame.schema.items() if kind.is_float()]
    if floats:
        problem = f"{', '.join(floats)}: binary floats are not exact; store decimals or text"
        raise UsageUnreadable(name=name, problem=problem)
    columns = [_texts(column, kind) for column, kind in frame.schema.items()]
    rows = frame.select(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE), *columns)
    return TextTable(rows, REJECTS.to_frame())


def _texts(column: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.Datetime):
        moment = pl.col(column).cast(pl.Datetime("us", kind.time_zone))
        if kind.time_zone is None:
            return moment.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f")
        return moment.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ")
    if kind.is_nested():
        return pl.col(column).map_elements(lambda v: str(v), return_dtype=pl.String)
    return pl.col(column).cast(pl.String, strict=False)


def _check_columns(columns: Sequence[str], name: str) -> None:
    twice = sorted({column for column in columns if columns.count(column) > 1})
    strange = [column for column in columns if column == "*" or column.startswith("^")]
    twice = twice or strange
    if twice or "" in columns or LINE in columns:
        wrong = ", ".join(twice) or ("line" if LINE in columns else "a column without a name")
        problem = f"{wrong}: each column needs a name of its own, a word; `line` is taken"
        raise UsageUnreadable(name=name, problem=problem)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
