"""Pages of worked tables: a price list, usage and what it has to cost, in one readable text.

Under a heading stand yaml blocks (a whole price list or the components of one offer; several have
their first day behind `yaml`), csv blocks named by their file, and tables. A table with `usage`
holds events and, in further columns, their rated lines: a row with an empty `at` is one more line
of the event above. A table with `period` holds what months cost: `served` cuts one, an empty
`period` goes on. A table with `contract` and what bills come to holds whole bills, one with
`contract` and columns of contracts says who has what; see proof_bills. A table with `allowance`
holds what buckets of cycles held and what is left of them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl

from tallystick.base.period import month_after
from tallystick.base.quantity import UNITS, to_canonical
from tallystick.core.price.lists import ALWAYS, PriceLists, PriceText, read_price_lists
from tallystick.core.price.price import Cut, Executor, Priced, Span, price_read
from tallystick.core.price.proof_bills import (
    BillRow,
    Row,
    contracts_of,
    cuts_of,
    is_bills,
    is_contracts,
    read_bills,
    read_day,
    tell_bills,
)
from tallystick.core.price.tables import LINE, UsageUnreadable, table_of_rows
from tallystick.core.price.usage import RESULTS, read_usage
from tallystick.core.tariff.words import Mistake, read_count

PERIOD_RESULTS: Final = (
    "component", "band", "tier", "measured", "billed", "fee", "amount", "version",
)  # fmt: skip
BUCKET_PLACE: Final = ("contract", "cycle", "allowance")
BUCKET_RESULTS: Final = ("rolled in", "held", "used", "left")
NUMBERS: Final = ("measured", "billed", "allowed", "fee", "amount")

_FENCE: Final = re.compile(r"```(yaml|csv)(?: (\S+))?\n(.*?)```", re.S)


@dataclass(frozen=True, slots=True)
class Section:
    """One heading: its price lists if any, its usage, and what months and bills have to cost."""

    name: str
    texts: tuple[PriceText, ...]
    rows: tuple[Row, ...]
    periods: tuple[Row, ...]
    contracts: tuple[Row, ...]
    bills: tuple[BillRow, ...]
    buckets: tuple[Row, ...]

    @property
    def is_proof(self) -> bool:
        """Whether it says what anything has to cost."""
        told = any(name in row for row in self.rows[:1] for name in RESULTS)
        return told or bool(self.periods or self.bills or self.buckets)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a page and the prices disagree: a line of the page, and both lists of lines."""

    line: int
    expected: tuple[Row, ...]
    found: tuple[Row, ...]


def read_page(text: str, *, name: str) -> list[Section]:
    """The sections of a page that have usage, or say what months or bills cost.

    :raises UsageUnreadable: when there is none, or a table's row has not the columns of its header
    """
    sections = []
    pieces = re.split(r"^(?=#{1,6} )", text, flags=re.M)
    line = 1
    for piece in pieces:
        tables = list(_tables(piece, line, name))
        title = piece.partition("\n")[0].lstrip("# ") or name
        section = Section(
            name=title,
            texts=_texts(piece, title),
            rows=_first(tables, lambda row: "at" in row),
            periods=_first(tables, lambda row: "period" in row),
            contracts=_first(tables, is_contracts),
            bills=read_bills(_first(tables, is_bills), name=title),
            buckets=_first(tables, lambda row: "allowance" in row and "cycle" in row),
        )
        if section.rows or section.is_proof:
            sections.append(section)
        line += piece.count("\n")
    if not sections:
        problem = "it has no table with the columns `at` and `usage`"
        raise UsageUnreadable(name=name, problem=problem)
    return sections


def _first(tables: Sequence[list[Row]], fits: Callable[[Row], bool]) -> tuple[Row, ...]:
    return next((tuple(table) for table in tables if fits(table[0])), ())


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
        return read_day(text)
    except Mistake:
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


def prove_section(
    section: Section, *, prices: PriceLists | None = None, executor: Executor = Executor.BATCH
) -> tuple[Priced, list[Difference]]:
    """What the section's usage costs, by its own price lists or else those given, and where the
    page says something else, to the digit.

    :raises UsageUnreadable: when there are no price lists at all
    """
    lists = read_price_lists(section.texts) if section.texts else prices
    if lists is None:
        problem = "there is no price list; name one before it, or write it in a yaml block"
        raise UsageUnreadable(name=section.name, problem=problem)
    numbers = {1, *(bill.bill for bill in section.bills)}
    priced = {bill: _price(section, lists, executor, bill) for bill in sorted(numbers)}
    whole = priced[max(priced)]
    differences = [*_check_usage(section, whole), *_check_periods(section, whole)]
    differences += _check_buckets(section, whole)
    return whole, [*differences, *_check_bills(section, priced)]


def _price(section: Section, lists: PriceLists, executor: Executor, bill: int) -> Priced:
    """What the section's usage costs as far as it is known when that bill is made."""
    events = [
        {k: v for k, v in row.items() if k == LINE or k not in (*RESULTS, "bill")}
        for row in section.rows
        if row["at"] and _bill_of(row, section.name) <= bill
    ]
    table = table_of_rows(events or [{"at": "", "usage": ""}], name=section.name)
    if not events:
        table = type(table)(table.rows.clear(), table.rejects)
    contracts = contracts_of(section.contracts, bills=section.bills, usage=section.rows)
    for offer in filter(None, (offer for one in contracts for offer in one.offers)):
        lists.check_offer(offer)
    read = read_usage(table, terms=lists.terms(), contracts=contracts)
    span, served = _months(section)
    cuts = served | cuts_of(section.bills, bill=bill)
    return price_read(read, prices=lists, span=span, served=cuts, executor=executor)


def _bill_of(row: Row, name: str) -> int:
    """The first bill that knows of the usage: 1 where it does not say."""
    try:
        return read_count(row.get("bill") or "1")
    except Mistake as mistake:
        raise UsageUnreadable(name=name, problem=f"line {row[LINE]}: {mistake}") from None


def _months(section: Section) -> tuple[Span | None, dict[Cut, tuple[date, date]]]:
    months = [row for row in section.periods if row["period"]]
    starts = [_day(row["period"], section.name) for row in months]
    served: dict[Cut, tuple[date, date]] = {}
    for start, row in zip(starts, months, strict=True):
        if row.get("served"):
            first, _, last = row["served"].partition("..")
            served["", start] = (_day(first, section.name), _day(last, section.name))
    starts += [bill.cycle for bill in section.bills]
    starts += [_day(row["cycle"], section.name) for row in section.buckets if row["cycle"]]
    if not starts:
        return None, {}
    end = date(*month_after(max(starts).year, max(starts).month, 1), 1)
    return Span(min(starts), end), served


def _check_bills(section: Section, priced: Mapping[int, Priced]) -> Iterator[Difference]:
    for row, told in tell_bills(section.bills, priced=priced):
        found = {name: told[name] for name in row.expected}
        if found != row.expected:
            yield Difference(row.line, (row.expected,), (found,))


def _check_buckets(section: Section, priced: Priced) -> Iterator[Difference]:
    told = {(row["contract"], row["cycle"], row["allowance"]): row for row in priced.allowances()}
    above: dict[str, str] = {}
    for row in section.buckets:
        named = {word: row.get(word) or above.get(word, "") for word in BUCKET_PLACE}
        above = named
        start = _day(named["cycle"], section.name)
        found = [
            one
            for (contract, cycle, code), one in told.items()
            if (cycle, code) == (start, named["allowance"]) and named["contract"] in (contract, "")
        ]
        columns = [name for name in BUCKET_RESULTS if name in row]
        seen: list[Row] = [
            {name: _amounts(one[name.replace(" ", "_")]) for name in columns} for one in found
        ]
        expected: Row = {name: _amounts(row[name]) for name in columns}
        if seen != [expected]:
            yield Difference(row[LINE], (expected,), tuple(seen))


def _amounts(value: object) -> str:
    """Quantities in canonical units, each of which may say in how many cycles it may be used."""
    parts = [text.partition(" x ") for text in str(value).split(", ")]
    return ", ".join(f"{_cell('measured', number)}{x}{lives}" for number, x, lives in parts)


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
