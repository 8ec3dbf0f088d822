"""Runs the worked tables of docs/algorithms that are about a whole bill.

`costs` are amounts by component, `adds` the adjusting lines; `then` in a case is a later bill of
the cycle before it. `served` cuts the month; the word `open` in it keeps the cycle from being over.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tallystick.base.money import AMOUNT_SCALE, plain
from tallystick.base.period import month_after
from tallystick.base.quantity import QUANTITY_SCALE, to_canonical
from tallystick.core.charge.whole_bill.adjust import adjust_bill, coin_of
from tallystick.core.charge.whole_bill.amounts import Bill, BillAmount, BillCycle, Coupon, Use
from tallystick.core.charge.whole_bill.terms import (
    Granted,
    HeldTerms,
    coupon_of,
    cycle_terms,
    ids_by_code,
)
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.plan import Plan, PlanOffer, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.read_bill_terms import read_discount, term_page
from tests.core.charge.worked import ALGORITHMS, FENCE

PRICE_PER_S = Decimal("0.10") / 3600
"""What the usage in `uses` cost when it was rated: 0.10 an hour."""


@dataclass(frozen=True)
class WorkedBills:
    """One section: its offer and its table."""

    name: str
    plan: Plan
    rows: list[dict[str, str]]

    @property
    def offer(self) -> PlanOffer:
        return self.plan.offers[1]


def worked_bills(page: str) -> list[WorkedBills]:
    """The sections of a page that have a table of cases."""
    text = (ALGORITHMS / page).read_text(encoding="utf-8")
    sections = []
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        found = re.search(r"(?:^\|.*\n?)+", section, flags=re.M)
        assert found, section
        head, _, *body = [
            [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            for line in found[0].strip().splitlines()
        ]
        terms = next(body for kind, _, body in FENCE.findall(section) if kind == "yaml")
        inside = "\n".join("    " + line for line in terms.splitlines())
        written = f"currency: EUR\nzone: Europe/Berlin\noffers:\n  demo:\n{inside}\n"
        plan = compile_plan(read_catalogue(written, name=page, files={}))
        rows = [dict(zip(head, row, strict=True)) for row in body]
        sections.append(WorkedBills(section.partition("\n")[0], plan, rows))
    return sections


def check_bills(section: WorkedBills) -> None:
    """Every row adds what it says and comes to its total."""
    before: tuple[BillAmount, ...] = ()
    for row in section.rows:
        if not row["case"].startswith("then"):
            before = ()
        cycle = _cycle(row, section, before)
        coupons = _coupons(row, section)
        (added,) = adjust_bill(Bill((cycle,), coupons, coin_of("EUR")))
        told = ", ".join(_in_words(one, section) for one in added)
        assert told == row["adds"], f"{section.name}: {row['case']}"
        new = [one.amount for one in (*cycle.amounts, *added) if not one.billed]
        assert _money(sum(new)) == row["total"], f"{section.name}: {row['case']}"
        before = tuple(replace(one, billed=True) for one in (*cycle.amounts, *added))


def _cycle(row: dict[str, str], section: WorkedBills, before: tuple[BillAmount, ...]) -> BillCycle:
    year, month = (int(part) for part in row.get("cycle", "2026-04").split("-"))
    start, end = date(year, month, 1), date(*month_after(year, month, 1), 1)
    is_open = row.get("served") == "open"
    days = row.get("served", "").split("..") if row.get("served") and not is_open else []
    first, last = [date.fromisoformat(day) for day in days] or [start, end]
    since = date.fromisoformat(row["since"]) if row.get("since") else first
    held = HeldTerms(section.offer, since=since, spans=((first, last),))
    terms = cycle_terms([held], start=start, end=end)
    uses = _uses(row, section)
    costs = [_cost(text, section) for text in row.get("costs", "").split(", ") if text]
    if uses:
        spent = sum(use.amount for use in uses)
        costs = [_amount("vm", spent, sum(use.quantity for use in uses), section)]
    return BillCycle(
        contract=1,
        start=start,
        end=end,
        served=((first, last),),
        over=not is_open,
        zone=ZoneInfo("Europe/Berlin"),
        amounts=(*before, *costs),
        discounts=terms.discounts,
        commitments=terms.commitments,
        limit=terms.limit,
        uses=uses,
    )


def _cost(text: str, section: WorkedBills) -> BillAmount:
    """`vm 40`, or `vm 5 of 50 h`."""
    code, amount, *quantity = text.replace(" of ", " ").split()
    counted = Decimal(0)
    if quantity:
        counted = to_canonical(Decimal(quantity[0]), unit=quantity[1])
    money = int(Decimal(amount) * AMOUNT_SCALE)
    return _amount(code, money, int(counted * QUANTITY_SCALE), section)


def _amount(code: str, money: int, quantity: int, section: WorkedBills) -> BillAmount:
    number = next(n for n, part in section.plan.components.items() if part.code == code)
    return BillAmount(number, code, "usage", money, "standard", "demo", quantity)


def _uses(row: dict[str, str], section: WorkedBills) -> tuple[Use, ...]:
    uses = []
    for text in row.get("uses", "").split(", "):
        if text:
            code, clock, seconds, _ = text.split()
            hour, minute = (int(part) for part in clock.split(":"))
            started = datetime(2026, 4, 7, hour, minute, tzinfo=UTC)
            number = next(n for n, part in section.plan.components.items() if part.code == code)
            cost = int(round(int(seconds) * PRICE_PER_S, 12) * AMOUNT_SCALE)
            quantity = int(seconds) * QUANTITY_SCALE
            uses.append(Use(number, microseconds(started), quantity, cost, duration=True))
    return tuple(uses)


def _coupons(row: dict[str, str], section: WorkedBills) -> tuple[Coupon, ...]:
    if not row.get("coupon"):
        return ()
    term = read_discount(term_page(row["coupon"], name="coupon"), code="c", coupon=True)
    held = HeldTerms(section.offer, since=date(2026, 4, 1), spans=())
    granted = Granted("c", term, date(2026, 1, 1), None)
    return (coupon_of(granted, ids=ids_by_code([held]), contract=None),)


def _in_words(one: BillAmount, section: WorkedBills) -> str:
    """`loyal line -2` of a discount or coupon, else `covered vm -12` or `true_up 22`."""
    kind, _, ref = one.term.partition(":")
    named = ref if kind in ("discount", "coupon") else kind
    part = section.plan.components.get(one.component)
    return " ".join(filter(None, (named, part.code if part else "", _money(one.amount))))


def _money(amount: int) -> str:
    return plain(Decimal(amount) / AMOUNT_SCALE)
