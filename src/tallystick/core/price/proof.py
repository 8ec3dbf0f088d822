"""Pages of worked tables: a price list, usage and what it has to cost, in one readable text.

Under a heading stand yaml blocks (a whole price list or the components of one offer; several have
their first day behind `yaml`), csv blocks named by their file, and tables. A table with `usage`
holds events and, in further columns, their rated lines: a row with an empty `at` is one more line
of the event above. A table with `period` holds what months cost: `served` cuts one, an empty
`period` goes on.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl

from tallystick.base.period import month_after
from tallystick.base.quantity import UNITS, to_canonical
from tallystick.core.price.lists import ALWAYS, PriceLists, PriceText, read_price_lists
from tallystick.core.price.price import Executor, Priced, Span, price_read
from tallystick.core.price.tables import LINE, UsageUnreadable, table_of_rows
from tallystick.core.price.usage import RESULTS, read_usage

PERIOD_RESULTS: Final = (
    "component", "band", "tier", "measured", "billed", "fee", "amount", "version",
)  # fmt: skip
NUMBERS: Final = ("measured", "billed", "allowed", "fee", "amount")

_FENCE: Final = re.compile(r"```(yaml|csv)(?: (\S+))?\n(.*?)```", re.S)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """One heading: its price lists if it has any, its usage, and what months have to cost."""

    name: str
    texts: tuple[PriceText, ...]
    rows: tuple[Row, ...]
    periods: tuple[Row, ...]

    @property
    def is_proof(self) -> bool:
        """Whether it says what anything has to cost."""
        return bool(self.periods) or any(name in row for row in self.rows[:1] for name in RESULTS)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a page and the prices disagree: a line of the page, and both lists of lines."""

    line: int
    expected: tuple[Row, ...]
    found: tuple[Row, ...]


def read_page(text: str, *, name: str) -> list[Section]:
    """The sections of a page that have usage, or months and what they cost.

    :raises UsageUnreadable: when there is none, or a table's row has not the columns of its header
    """
    sections = []
    pieces = re.split(r"^(?=#{1,6} )", text, flags=re.M)
    line = 1
    for piece in pieces:
        tables = list(_tables(piece, line, name))
        rows = next((table for table in tables if "at" in table[0]), [])
        periods = next((table for table in tables if "period" in table[0]), [])
        if rows or periods:
            title = piece.partition("\n")[0].lstrip("# ") or name
            sections.append(Section(title, _texts(piece, title), tuple(rows), tuple(periods)))
        line += piece.count("\n")
    if not sections:
        problem = "it has no table with the columns `at` and `usage`"
        raise UsageUnreadable(name=name, problem=problem)
    return sections


def _texts(piece: str, title: str) -> tuple[PriceText, ...]:
    blocks = _FENCE.findall(piece)
    files = {file: body.encode() for kind, file, body in blocks if kind == "csv"}
    return tuple(
        PriceText(body, title, _day(day, title) if day else ALWAYS, files)
        for kind, day, body in blocks
        if kind == "yaml"
    )


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        raise UsageUnreadable(name=name, problem=f"{text!r} is no day or month") from None


def _tables(piece: str, line: int, name: str) -> Iterator[list[Row]]:
    for block in re.finditer(r"(?:^\|.*\n?)+", piece, flags=re.M):
        first = line + piece.count("\n", 0, block.start())
        cells = [
            [cell.strip().strip("`") for cell in text.strip().removeprefix("|").removesuffix("|")
             .split("|")]
            for text in block[0].strip().splitlines()
        ]  # fmt: skip
        rows = []
        for number, row in enumerate(cells[2:], first + 2):
            if len(row) != len(cells[0]):
                problem = f"line {number} has {len(row)} columns, its table {len(cells[0])}"
                raise UsageUnreadable(name=name, problem=problem)
            rows.append({**dict(zip(cells[0], row, strict=True)), LINE: number})
        if rows:
            yield rows


def price_section(
    section: Section, *, prices: PriceLists | None = None, executor: Executor = Executor.BATCH
) -> Priced:
    """What the section's usage costs, by its own price lists or else those given.

    :raises UsageUnreadable: when there are no price lists at all
    """
    lists = read_price_lists(section.texts) if section.texts else prices
    if lists is None:
        problem = "there is no price list; name one before it, or write it in a yaml block"
        raise UsageUnreadable(name=section.name, problem=problem)
    events = [
        {k: v for k, v in row.items() if k == LINE or k not in RESULTS}
        for row in section.rows
        if row["at"]
    ]
    table = table_of_rows(events or [{"at": "", "usage": ""}], name=section.name)
    if not events:
        table = type(table)(table.rows.clear(), table.rejects)
    read = read_usage(table, terms=lists.terms(), contracts=())
    span, served = _months(section)
    return price_read(read, prices=lists, span=span, served=served, executor=executor)


def _months(section: Section) -> tuple[Span | None, dict[date, tuple[date, date]]]:
    months = [row for row in section.periods if row["period"]]
    if not months:
        return None, {}
    starts = [_day(row["period"], section.name) for row in months]
    served = {}
    for start, row in zip(starts, months, strict=True):
        if row.get("served"):
            first, _, last = row["served"].partition("..")
            served[start] = (_day(first, section.name), _day(last, section.name))
    end = date(*month_after(max(starts).year, max(starts).month, 1), 1)
    return Span(min(starts), end), served


def check_section(section: Section, *, priced: Priced) -> list[Difference]:
    """Where the page's lines are not those that the prices give, in their order, to the digit."""
    return [*_check_usage(section, priced), *_check_periods(section, priced)]


def _check_usage(section: Section, priced: Priced) -> Iterator[Difference]:
    columns = [name for name in RESULTS if section.rows and name in section.rows[0]]
    if not columns:
        return
    lines = _by(priced.lines, "usage_id")
    codes = _by(priced.suspense, "usage_id")
    refused = _by(priced.rejects, "line")
    events: list[list[Row]] = []
    for row in section.rows:
        if row["at"] or not events:
            events.append([])
        events[-1].append(row)
    for rows in events:
        number = rows[0][LINE]
        found = [_told(line, columns, priced) for line in lines.get(number, [])]
        for fault in [*codes.get(number, []), *refused.get(number, [])]:
            at = "amount" if "amount" in columns else columns[-1]
            found.append({**dict.fromkeys(columns, ""), at: fault["code"]})
        yield from _differ(number, rows, columns, found)


def _check_periods(section: Section, priced: Priced) -> Iterator[Difference]:
    months: list[list[Row]] = []
    for row in section.periods:
        if row["period"] or not months:
            months.append([])
        months[-1].append(row)
    by_cycle = _by(priced.periods, "cycle_start")
    for rows in months:
        columns = [name for name in PERIOD_RESULTS if name in rows[0]]
        start = _day(rows[0]["period"], section.name)
        found = [_told(line, columns, priced) for line in by_cycle.get(start, [])]
        expected = [row for row in rows if row.get("amount")]
        yield from _differ(rows[0][LINE], expected, columns, found)


def _differ(
    line: int, rows: Sequence[Row], columns: Sequence[str], found: Sequence[Row]
) -> Iterator[Difference]:
    expected = tuple({name: _cell(name, row[name]) for name in columns} for row in rows)
    if expected != tuple(found):
        yield Difference(line, expected, tuple(found))


def _told(line: Row, columns: Sequence[str], priced: Priced) -> Row:
    named = {
        **line,
        "component": priced.code_of(line["component_id"]),
        "key": line.get("rate_key"),
        "version": line.get("version_id"),
    }
    return {name: _cell(name, named.get(name)) for name in columns}


def _by(frame: pl.DataFrame, column: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row[column], []).append(row)
    return found


def _cell(name: str, value: object) -> str:
    """A table's cell and a line's value as one spelling: numbers without units and zeros."""
    if value is None or value == "":
        return ""
    text = str(value)
    number, _, unit = text.partition(" ")
    if name not in NUMBERS or not re.fullmatch(
        r"-?[0-9]{1,27}(\.[0-9]{1,12})?(E-?[0-9]+)?", number
    ):
        return text
    amount = to_canonical(Decimal(number), unit=unit) if unit in UNITS else Decimal(number)
    return format(amount.normalize() + 0, "f")
