"""JSON Lines by a mapping: one object a line, numbers kept as they are written.

A row is a line of the file; blank lines are absorbed.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.lines import is_blank
from tallystick.core.capture.mapping import Mapping
from tallystick.core.capture.rejects import Reason, reject_lines
from tallystick.core.capture.rows import decode_rows


def decode_jsonl(chunks: Iterable[pl.DataFrame], *, mapping: Mapping) -> Iterator[Decoded]:
    """Decoded usage of each chunk of LINES."""
    for chunk in chunks:
        lines = chunk.filter(~is_blank())
        rows, broken = read_objects(lines, columns=mapping.inner)
        decoded = decode_rows(rows, mapping=mapping)
        blank = chunk.height - lines.height
        yield replace(
            decoded,
            rejects=pl.concat([decoded.rejects, broken]).sort("line"),
            rows_in=decoded.rows_in + broken.height + blank,
            absorbed=decoded.absorbed + blank,
        )


def read_objects(
    lines: pl.DataFrame, *, columns: dict[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Objects with the wanted keys as text columns (key: name), and REJECTS of what is none."""
    found: dict[str, list[str | None]] = {name: [] for name in columns.values()}
    is_object = []
    for raw in lines["raw"]:
        read = _read_object(raw)
        is_object.append(read is not None)
        if read is not None:
            for key, name in columns.items():
                found[name].append(_text(read.get(key)))
    taken = pl.Series(is_object, dtype=pl.Boolean)
    texts = [pl.Series(name, values, dtype=pl.String) for name, values in found.items()]
    rows = lines.filter(taken).with_columns(*texts)
    return rows, reject_lines(lines.filter(~taken), reason=Reason.JSON_INVALID)


def _read_object(raw: str) -> dict[str, Any] | None:
    try:
        read = json.loads(raw, parse_float=str, parse_int=str, parse_constant=_refuse)
        if "\\u" in raw:
            json.dumps(read, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)
