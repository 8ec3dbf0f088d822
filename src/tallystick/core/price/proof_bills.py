"""The tables of whole bills on a page: who has what, and what each bill has to come to.

A row is one bill of a contract's cycle. An empty `contract` or `cycle` is that of the row above. A
second `bill` of a cycle tells the difference, `served` cuts the cycle from that bill on, and a
coupon is off that bill alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tallystick.base.money import plain
from tallystick.core.price.bill import BillLine, read_coupons
from tallystick.core.price.contracts import COLUMNS, read_contracts
from tallystick.core.price.price import Cut, Priced
from tallystick.core.price.tables import LINE, UsageUnreadable, table_of_rows
from tallystick.core.price.usage import Contract
from tallystick.core.tariff.words import Mistake, read_count, read_date

BILL_RESULTS: Final = ("costs", "adds", "total")

_NAMED: Final = ("discount", "coupon")
"""What adjusting lines are called by their own name; all else by what it is."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BillRow:
    """One bill that a page tells: whose, of which cycle, the how manieth, and what it has to be."""

    line: int
    contract: str
    cycle: date
    bill: int
    served: tuple[date, date] | None
    coupons: tuple[str, ...]
    expected: Row


def is_contracts(row: Row) -> bool:
    """Whether a table with that row says who has which offer."""
    return "contract" in row and {*row} <= {LINE, *COLUMNS}


def is_bills(row: Row) -> bool:
    return "contract" in row and any(name in row for name in BILL_RESULTS)


def read_bills(rows: Iterable[Row], *, name: str) -> tuple[BillRow, ...]:
    """The bills of a table, in its order.

    :raises UsageUnreadable: when a row has no cycle, no number of a bill, or no days served
    """
    found: list[BillRow] = []
    for row in rows:
        above = found[-1] if found else None
        contract = row["contract"] or (above.contract if above else "")
        text = row.get("cycle", "")
        if not contract or not (text or above):
            problem = (
                f"line {row[LINE]} names no contract or no cycle; write `contract` and `cycle`"
            )
            raise UsageUnreadable(name=name, problem=problem)
        try:
            cycle = read_day(text) if text or above is None else above.cycle
            bill = read_count(row["bill"]) if row.get("bill") else 1
            served = read_days(row["served"]) if row.get("served") else None
        except Mistake as mistake:
            problem = f"line {row[LINE]}: {mistake}"
            raise UsageUnreadable(name=name, problem=problem) from None
        coupons = (row["coupon"],) if row.get("coupon") else ()
        expected: Row = {word: row[word] for word in BILL_RESULTS if word in row}
        found.append(BillRow(row[LINE], contract, cycle, bill, served, coupons, expected))
    return tuple(found)


def read_day(text: str) -> date:
    """A day, or the first of a month.

    :raises Mistake: when it is neither
    """
    return read_date(text if len(text) > 7 else f"{text}-01")


def read_days(text: str) -> tuple[date, date]:
    """`2026-03-02..2026-03-15`: from the one to the day before the other.

    :raises Mistake: when they are no days
    """
    first, _, last = text.partition("..")
    return read_date(first), read_date(last)


def contracts_of(
    rows: Sequence[Row], *, bills: Sequence[BillRow], usage: Iterable[Row]
) -> tuple[Contract, ...]:
    """The contracts of a section: those of its table, else each named one on its own account.

    Without bills and contracts there are none, and usage says whose it is.
    """
    if rows:
        return read_contracts(table_of_rows(rows, name="contracts"))
    if not bills:
        return ()
    accounts = {row["contract"]: row.get("account", "") for row in usage if row.get("contract")}
    names = dict.fromkeys((*(bill.contract for bill in bills), *accounts))
    return tuple(Contract(name, accounts.get(name) or name) for name in names)


def cuts_of(bills: Iterable[BillRow], *, bill: int) -> dict[Cut, tuple[date, date]]:
    """How much of each cycle is served, as it is known when that bill is made."""
    known = sorted((one for one in bills if one.bill <= bill), key=lambda one: one.bill)
    return {(one.contract, one.cycle): one.served for one in known if one.served}


def tell_bills(
    rows: Sequence[BillRow], *, priced: Mapping[int, Priced]
) -> Iterator[tuple[BillRow, Row]]:
    """Each bill of the page and what the prices make of it; `priced` is what each bill knows."""
    billed: dict[tuple[str, date], list[BillLine]] = {}
    for row in sorted(rows, key=lambda one: one.bill):
        known = priced[row.bill]
        coupons = read_coupons(row.coupons, lists=known.lists)
        place = row.contract, row.cycle
        before = billed.setdefault(place, [])
        lines = [
            one
            for one in known.bills(coupons=coupons, billed=before)
            if (one.contract, one.start) == place
        ]
        before += lines
        yield row, _in_words(lines)


def _in_words(lines: Sequence[BillLine]) -> Row:
    costs: dict[str, Decimal] = {}
    adds: list[str] = []
    for one in lines:
        if one.charged.adjusts:
            kind, _, ref = one.charged.term.partition(":")
            named = ref if kind in _NAMED else kind
            adds.append(" ".join(filter(None, (named, one.component, plain(one.amount)))))
        else:
            costs[one.component] = costs.get(one.component, Decimal(0)) + one.amount
    return {
        "costs": ", ".join(f"{code} {plain(amount)}" for code, amount in costs.items()),
        "adds": ", ".join(adds),
        "total": plain(sum((one.amount for one in lines), Decimal(0))),
    }
