"""Price series: a CSV file beside the catalogue, one row an instant and what a unit costs from it.

The first line names the columns `at` and `price`. Instants carry their distance from UTC (or `Z`),
stand a step apart without a gap, and each price holds until the next.
"""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from tallystick.core.tariff.calendars import EPOCH, microseconds
from tallystick.core.tariff.nodes import SeriesPoint
from tallystick.core.tariff.words import Mistake, read_number, read_quantity

HEADER: Final = ("at", "price")
MOST_PRICE: Final = 10**9

Complain = Callable[[int, str], None]


def read_step(text: str) -> int:
    """`1 h`, `15 min`: seconds that divide a day."""
    size, unit = read_quantity(text)
    if unit != "s" or size < 60 or 86_400 % size:
        raise Mistake(f"{text!r} is not a step of a series; write one such as 1 h or 15 min")
    return int(size)


def read_points(content: bytes, *, step_s: int, complain: Complain) -> tuple[SeriesPoint, ...]:
    """The rows of a series' file; what is wrong with a line goes to `complain(line, message)`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        complain(1, "is not UTF-8; save the file as UTF-8")
        return ()
    reader = csv.reader(io.StringIO(text))
    header = tuple(name.strip().lower() for name in next(reader, []))
    if header != HEADER:
        complain(1, "must begin with the line 'at,price'")
        return ()
    points: list[SeriesPoint] = []
    for cells in reader:
        if not any(cells):
            continue
        try:
            point = _point(cells, reader.line_num, step_s)
        except Mistake as mistake:
            complain(reader.line_num, str(mistake))
            continue
        if points and point.at_us - points[-1].at_us != step_s * 1_000_000:
            complain(reader.line_num, _out_of_step(points[-1], point, step_s))
        points.append(point)
    if not points:
        complain(1, "has no prices; add a row")
    return tuple(points)


def _point(cells: list[str], line: int, step_s: int) -> SeriesPoint:
    if len(cells) != len(HEADER):
        raise Mistake(f"has {len(cells)} cells under {len(HEADER)} headings")
    try:
        at = datetime.fromisoformat(cells[0].strip())
    except ValueError:
        raise Mistake(f"{cells[0]!r} is not an instant; write 2026-03-01T00:00Z") from None
    if at.tzinfo is None:
        raise Mistake(f"{cells[0]} does not say its distance from UTC; write {cells[0]}Z or +01:00")
    price = read_number(cells[1].strip())
    if abs(price) >= MOST_PRICE:
        raise Mistake(f"price {price} is too large")
    return SeriesPoint(line, microseconds(at.astimezone(UTC)), price)


def _out_of_step(before: SeriesPoint, point: SeriesPoint, step_s: int) -> str:
    wanted = instant_text(before.at_us + step_s * 1_000_000)
    if point.at_us > before.at_us:
        return f"leaves a gap: after line {before.line} the price of {wanted} is missing"
    return f"is not after line {before.line}; the next instant is {wanted}"


def instant_text(at_us: int) -> str:
    """The instant as 2026-03-01T00:00:00Z."""
    at = EPOCH + timedelta(seconds=at_us // 1_000_000)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
