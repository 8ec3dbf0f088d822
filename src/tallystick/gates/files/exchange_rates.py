"""Exchange rates from a CSV file: date, base, quote, rate, and until where a rate has a last day.

date,base,quote,rate
2026-03-02,EUR,USD,1.0832
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Final

from tallystick.base.refusal import Refusal
from tallystick.domain.currencies.operations import RateWish, check_rate

NEEDED: Final = ("date", "base", "quote", "rate")
KNOWN: Final = (*NEEDED, "until", "source")
TOLD_MAX: Final = 20
_RATE: Final = re.compile(r"\d{1,20}(\.\d{1,30})?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class RatesNotRead(Refusal):
    """Every line that is wrong, at once; no line of such a file is taken."""

    code = "rates_not_read"
    problems: tuple[str, ...] = ()

    def sentence(self) -> str:
        told = "\n".join(self.problems[:TOLD_MAX])
        more = len(self.problems) - TOLD_MAX
        return told + (f"\n... and {more} more" if more > 0 else "")


def read_rates(text: str, *, name: str, source: str) -> list[RateWish]:
    """The rates of the file; `source` says whose they are where a line does not.

    :raises RatesNotRead: when any line is wrong
    """
    rows = csv.DictReader(StringIO(text, newline=""), strict=True)
    try:
        columns = [column.strip().lower() for column in rows.fieldnames or ()]
        lacking = [column for column in NEEDED if column not in columns]
        unknown = [column for column in columns if column not in KNOWN]
        if lacking or unknown:
            wrong = [f"it lacks the column {column}" for column in lacking]
            wrong += [f"the column {column!r} is not known" for column in unknown]
            known = f"the first line names the columns: {', '.join(NEEDED)}, and until, source"
            raise RatesNotRead(tuple(f"{name}:1: {one}; {known}" for one in wrong))
        rows.fieldnames = columns
        return _read_all(rows, name=name, source=source)
    except csv.Error as fault:
        raise RatesNotRead((f"{name}:{rows.line_num}: this is not CSV ({fault})",)) from None


def _read_all(rows: "csv.DictReader[str]", *, name: str, source: str) -> list[RateWish]:
    wishes, problems = [], []
    seen: dict[tuple[str, str, date, str], int] = {}
    for row in rows:
        line = rows.line_num
        found = list(_problems_of(row))
        if not found:
            wish = _wish_of(row, source=source)
            key = (wish.base, wish.quote, wish.on, wish.source)
            try:
                check_rate(wish)
            except Refusal as refusal:
                found.append(refusal.sentence())
            if key in seen:
                found.append(
                    f"{wish.base} {wish.quote} of {wish.on} stands in line {seen[key]} already"
                )
            seen.setdefault(key, line)
            wishes.append(wish)
        problems += [f"{name}:{line}: {problem}" for problem in found]
    if not wishes and not problems:
        problems.append(f"{name}: it has no rate")
    if problems:
        raise RatesNotRead(tuple(problems))
    return wishes


def _problems_of(row: Mapping[str, str | None]) -> Iterator[str]:
    if None in row or None in row.values():
        yield "it has another number of columns than the first line"
        return
    for column in ("date", "until"):
        text = (row.get(column) or "").strip()
        if (text or column == "date") and not _is_day(text):
            yield f"{column} {text!r} is not a day of the calendar; write it as 2026-03-01"
    rate = (row["rate"] or "").strip()
    if not _RATE.fullmatch(rate):
        yield f"rate {rate!r} is not a number; write it as 1.0832"


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _wish_of(row: Mapping[str, str | None], *, source: str) -> RateWish:
    said = {column: (text or "").strip() for column, text in row.items()}
    until = said.get("until")
    return RateWish(
        base=said["base"],
        quote=said["quote"],
        rate=Decimal(said["rate"]),
        on=date.fromisoformat(said["date"]),
        source=said.get("source") or source,
        until=date.fromisoformat(until) if until else None,
    )
