"""Sessions that have ended as rated lines: what they cost, less what was paid at once.

An invoice asks for what is owed. What buckets paid, or was given back, stands as a line of its own
below zero, so that the lines of a session add up to what is owed for it and nothing is asked twice.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from tallystick.core.charge.frames import frame_of
from tallystick.core.charge.lines import PAID_AT_ONCE, RatedLine
from tallystick.core.charge.versions import VERSION_RATED


def lines_owed(sessions: Iterable[tuple[int, str]]) -> pl.DataFrame:
    """The lines (VERSION_RATED) of sessions, each given as its usage id and its stored record."""
    rows: list[tuple[object, ...]] = []
    for usage_id, record in sessions:
        stored: dict[str, Any] = json.loads(record)
        lines = [(version, _line(usage_id, values)) for version, *values in stored["lines"]]
        paid = sum(line.amount for _, line in lines) - stored["owed"]
        rows += [(*line.row(), version) for version, line in [*lines, *_paid(lines, paid)]]
    return frame_of(rows, schema=VERSION_RATED)


def _line(usage_id: int, values: list[Any]) -> RatedLine:
    values[0], values[5] = usage_id, date.fromisoformat(values[5])
    return RatedLine(*values)


def _paid(lines: list[tuple[int, RatedLine]], paid: int) -> list[tuple[int, RatedLine]]:
    """What takes the paid amount away, a line for each component, the first ones first."""
    taken: list[tuple[int, RatedLine]] = []
    lasts = {line.component_id: (version, line) for version, line in lines}
    for component_id, (version, last) in lasts.items():
        cost = sum(line.amount for _, line in lines if line.component_id == component_id)
        part = paid if component_id == list(lasts)[-1] else min(cost, paid)
        paid -= part
        if part:
            taken.append((version, _less(last, part)))
    return taken


def _less(last: RatedLine, amount: int) -> RatedLine:
    return last._replace(
        seq=last.seq + 1,
        band=PAID_AT_ONCE,
        tier=None,
        rate_key=None,
        measured=0,
        billed=0,
        allowed=0,
        unit_price=0,
        fee=0,
        amount=-amount,
    )
