"""What a period comes to: usage, what recurs, and what the terms of the whole bill add or take.

A bill here is an account's cycles that end on the same day. What recurs is due in the cycle that
its period begins in. One that is paid in arrears is due when its own cycle is over.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import Any, Final

import polars as pl

from tallystick.base.money import AMOUNT_SCALE
from tallystick.base.period import Period
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.frames import PERIODS, with_members
from tallystick.core.charge.lines import NO_BANDS
from tallystick.core.charge.owners import owner_in
from tallystick.core.charge.whole_bill.adjust import adjust_bill, coin_of
from tallystick.core.charge.whole_bill.amounts import Bill, BillAmount, BillCycle, Coupon, Use
from tallystick.core.charge.whole_bill.terms import (
    Granted,
    HeldTerms,
    coupon_of,
    cycle_terms,
    ids_by_code,
)
from tallystick.core.invoice.cycle import CycleRule, Every, cycle_of
from tallystick.core.invoice.due import ContractTerms, HeldOffer, PricedPeriod, due_recurring
from tallystick.core.invoice.recur import DueLine
from tallystick.core.price.lists import PriceLists
from tallystick.core.price.usage import Held
from tallystick.core.tariff.bill_terms import Discount, Window
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.nodes import IntervalUnit
from tallystick.core.tariff.plan import PlanUsage
from tallystick.core.tariff.read_bill_terms import read_discount, term_page
from tallystick.core.tariff.source import CatalogueRefused

USAGE: Final = "usage"

_SLICE: Final = (
    "account_id", "contract_id", "cycle_start", "component_id", "band", "tier", "unit_price", "per",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BillLine:
    """One exact amount of a contract's cycle [start, end).

    `component` is empty where a term is of the whole cycle. An invoice rounds each once.
    """

    account: str
    contract: str
    start: date
    end: date
    component: str
    charged: BillAmount
    band: str | None = None
    tier: int | None = None

    @property
    def purpose(self) -> str:
        """Usage, recurring, or the term that adds it, such as `discount:loyal` or `minimum`."""
        return self.charged.purpose

    @property
    def amount(self) -> Decimal:
        return Decimal(self.charged.amount) / Decimal(AMOUNT_SCALE)


@dataclass(frozen=True, slots=True)
class _Cost:
    """What usage of one band and tier, or what recurs, costs."""

    amount: BillAmount
    band: str | None = None
    tier: int | None = None


@dataclass(slots=True)
class _Cycle:
    """A contract's cycle and what it costs before the terms of the bill."""

    held: Held
    start: date
    end: date
    served: Period
    since: date
    costs: list[_Cost] = field(default_factory=list)
    billed: list[BillAmount] = field(default_factory=list)


def read_coupons(texts: Sequence[str], *, lists: PriceLists) -> tuple[Discount, ...]:
    """Coupons as they are granted: `{less: 10 %, bills: 3, covers: [line]}`.

    :raises CatalogueRefused: with every mistake in one, such as a price that no list has
    """
    known = {part.code for dated in lists.plans for part in dated.plan.components.values()}
    coupons = []
    for number, words in enumerate(texts, 1):
        page = term_page(words, name=f"coupon-{number}")
        coupon = read_discount(page, code=f"coupon-{number}", coupon=True)
        for code in coupon.covers:
            if code not in known:
                page.complain(page.table.line, f"covers {code!r}, which is no price", word="covers")
        if page.errors:
            raise CatalogueRefused(errors=tuple(sorted(set(page.errors))))
        coupons.append(coupon)
    return tuple(coupons)


def settle_bills(
    *,
    lists: PriceLists,
    held: Sequence[Held],
    cycles: pl.DataFrame,
    lines: pl.DataFrame,
    periods: pl.DataFrame,
    coupons: Sequence[Discount] = (),
    billed: Sequence[BillLine] = (),
) -> tuple[BillLine, ...]:
    """The bills of these cycles (PERIODS) and what was rated in them, by account and day.

    `lines` are VERSION_RATED, `periods` VERSION_PERIOD_RATED. Each coupon is taken off the first
    bills of each account. Of what was `billed` already the difference is told. Nothing is rounded.
    """
    found = _cycles(held, cycles)
    by_event = lines.join(_by_period(lists), on=["component_id", "version_id"], how="anti")
    sums = _sum_up(by_event, periods)
    early = _take_usage(found, sums, lists=lists, owners=_owners(cycles, lists), held=held)
    _take_recurring(found, lists=lists)
    _take_off((*early, *found.values()), billed)
    settled = [line for one in early for line in _lines(one, (), lists)]
    bills: dict[tuple[int, date], list[_Cycle]] = defaultdict(list)
    for one in found.values():
        bills[one.held.account_id, one.end].append(one)
    numbers: dict[int, int] = defaultdict(int)
    for account, end in sorted(bills):
        due = [one for one in coupons if numbers[account] < (one.bills or 1)]
        numbers[account] += 1
        settled += _settle(bills[account, end], due, lists=lists, lines=lines)
    return tuple(settled)


def _cycles(held: Sequence[Held], cycles: pl.DataFrame) -> dict[tuple[int, date], _Cycle]:
    by_id = {one.contract_id: one for one in held}
    found: dict[tuple[int, date], _Cycle] = {}
    since: dict[int, date] = {}
    columns = ["contract_id", "cycle_start", "cycle_end", "served_from", "served_to"]
    for contract, start, end, first, last in cycles.select(columns).sort(columns).iter_rows():
        one = by_id[contract]
        began = since.setdefault(contract, one.contract.starts or first)
        known = found.get((contract, start))
        served = Period(known.served.start, max(known.served.end, last)) if known else None
        found[contract, start] = _Cycle(one, start, end, served or Period(first, last), began)
    return found


def _by_period(lists: PriceLists) -> pl.DataFrame:
    """What is priced when the period is over; its rated lines cost nothing and are not told."""
    found = [
        (number, dated.version_id)
        for dated in lists.plans
        for number, part in dated.plan.components.items()
        if isinstance(part, PlanUsage) and part.period is not None
    ]
    schema = {"component_id": pl.Int64(), "version_id": pl.Int64()}
    return pl.DataFrame(found, schema=schema, orient="row")


def _sum_up(lines: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """What usage and periods cost by contract, cycle, component, band, tier and price."""
    counted = pl.concat(
        [
            lines.select(*_SLICE, "amount", quantity=pl.col("billed") - pl.col("allowed")),
            periods.select(*_SLICE, "amount", quantity="billed"),
        ],
        how="vertical_relaxed",
    )
    sums = counted.group_by(_SLICE).agg(pl.col("amount").sum(), pl.col("quantity").sum())
    last = pl.col("band").is_in(NO_BANDS).fill_null(False)
    return sums.sort(*_SLICE[:4], last, *_SLICE[4:], nulls_last=True)


def _owners(cycles: pl.DataFrame, lists: PriceLists) -> dict[tuple[int, int, int, date], int]:
    """Who pays what contracts share: the first contract that has the price in the cycle."""
    found: dict[tuple[int, int, int, date], int] = {}
    columns = ["contract_id", "cycle_start", "account_id", "organisation_id", "pool_id", "offer_id"]
    members = with_members(cycles, schema=PERIODS).select(columns).sort(columns)
    for row in members.iter_rows(named=True):
        for dated in lists.plans:
            offer = dated.plan.offers.get(row["offer_id"])
            for part in offer.usages if offer else ():
                owner = owner_in(row, scope=part.scope)
                found.setdefault((*owner, part.id, row["cycle_start"]), row["contract_id"])
    return found


def _take_usage(
    found: dict[tuple[int, date], _Cycle],
    sums: pl.DataFrame,
    *,
    lists: PriceLists,
    owners: dict[tuple[int, int, int, date], int],
    held: Sequence[Held],
) -> tuple[_Cycle, ...]:
    """Adds what usage cost to its cycles; gives the cycles before the contract began."""
    early: dict[tuple[int, date], _Cycle] = {}
    for account, contract, start, component, band, tier, *_, amount, quantity in sums.iter_rows():
        payer = owners.get((account, contract, component, start), contract)
        cycle = found.get((payer, start)) or early.get((payer, start))
        if cycle is None:
            one = held[contract - 1]
            rule = CycleRule(Every.MONTH, bill_day=one.contract.cycle_day)
            end = cycle_of(start, rule=rule).end
            cycle = early[payer, start] = _Cycle(one, start, end, Period(start, start), start)
        made = _amount(lists, component, USAGE, amount, int(quantity * QUANTITY_SCALE))
        cycle.costs.append(_Cost(made, band, tier))
    return tuple(early.values())


def _take_recurring(found: dict[tuple[int, date], _Cycle], *, lists: PriceLists) -> None:
    plans = tuple(
        PricedPeriod(one.version_id, one.valid_from, one.valid_to, one.plan) for one in lists.plans
    )
    by_contract: dict[int, list[_Cycle]] = defaultdict(list)
    for (contract, _), cycle in found.items():
        by_contract[contract].append(cycle)
    for own in by_contract.values():
        lines = [
            (component, line, one)
            for component, line in _recurring(own, plans, lists)
            for one in own
            if one.start <= line.period.start < one.end
        ]
        for _, same in groupby(lines, key=partial(_bill_line, lists=lists)):
            (component, line, cycle), *more = same
            amount = sum((one.amount for _, one, _ in more), line.amount)
            cycle.costs.append(_Cost(_amount(lists, component, line.purpose, amount)))


def _bill_line(priced: tuple[int, DueLine, _Cycle], *, lists: PriceLists) -> tuple[object, ...]:
    """What is alike in what makes one line: of days and weeks, those of a cycle at one rate."""
    component, line, cycle = priced
    short = _part(lists, component).price.every.unit in (IntervalUnit.DAY, IntervalUnit.WEEK)
    return component, line.purpose, line.unit_price, cycle.start, short or line.period.start


def _take_off(found: Sequence[_Cycle], billed: Sequence[BillLine]) -> None:
    """Leaves the differences to what was billed of the same cycles."""
    cycles = {(one.held.contract.contract, one.start): one for one in found}
    costs: dict[tuple[str, date], list[_Cost]] = defaultdict(list)
    for line in billed:
        cycle = cycles.get((line.contract, line.start))
        if cycle is not None:
            cycle.billed.append(replace(line.charged, billed=True))
            if not line.charged.adjusts:
                costs[line.contract, line.start].append(_Cost(line.charged, line.band, line.tier))
    for name, before in costs.items():
        cycles[name].costs = list(_differences(cycles[name].costs, before))


def _differences(now: Sequence[_Cost], before: Sequence[_Cost]) -> Iterator[_Cost]:
    """What costs more or less now than before, by what it is for."""
    sums: dict[_Cost, tuple[int, int]] = {}
    for sign, costs in ((1, now), (-1, before)):
        for cost in costs:
            one = cost.amount
            key = replace(cost, amount=replace(one, amount=0, quantity=0))
            amount, quantity = sums.get(key, (0, 0))
            sums[key] = amount + sign * one.amount, quantity + sign * one.quantity
    for key, (amount, quantity) in sums.items():
        if amount or quantity:
            made = replace(key.amount, amount=amount, quantity=quantity)
            yield replace(key, amount=made)


def _recurring(
    own: Sequence[_Cycle], plans: tuple[PricedPeriod, ...], lists: PriceLists
) -> Iterator[tuple[int, DueLine]]:
    """What recurs over a contract's cycles, its days served without a gap as one."""
    held, ends = own[0].held, own[-1].served.end
    spans: list[Period] = []
    for cycle in own:
        if spans and spans[-1].end == cycle.served.start:
            spans[-1] = Period(spans[-1].start, cycle.served.end)
        else:
            spans.append(cycle.served)
    goes_on = ends == own[-1].end and held.contract.ends != ends
    offers = [
        HeldOffer(offer, quantity, days.start, days.end)
        for span in spans
        for offer, quantity, days in held.offers_in(span)
    ]
    if goes_on:
        offers[-1] = replace(offers[-1], valid_to=None)
    terms = ContractTerms(
        starts_on=own[0].since,
        ends_on=None if goes_on else ends,
        cycle_day=held.contract.cycle_day,
        zone=lists.plans[0].plan.zone.key,
        billed_to=None,
        held=tuple(offers),
        pauses=held.contract.rests,
    )
    yield from due_recurring(terms, plans=plans, billed=(), on=own[-1].end, joined=False)


def _settle(
    cycles: Sequence[_Cycle],
    coupons: Sequence[Discount],
    *,
    lists: PriceLists,
    lines: pl.DataFrame,
) -> Iterator[BillLine]:
    terms = [_held_terms(one, lists) for one in cycles]
    made = tuple(
        _bill_cycle(one, at, of_one, lists=lists, lines=lines)
        for at, (one, of_one) in enumerate(zip(cycles, terms, strict=True))
    )
    ids = ids_by_code([one for own in terms for one in own])
    bill = Bill(made, tuple(_coupon(one, ids) for one in coupons), coin_of(lists.currency))
    for one, added in zip(cycles, adjust_bill(bill), strict=True):
        yield from _lines(one, added, lists)


def _lines(cycle: _Cycle, added: Sequence[BillAmount], lists: PriceLists) -> Iterator[BillLine]:
    """What the cycle costs now, and what its terms add."""
    one = cycle.held.contract
    for cost in (*cycle.costs, *map(_Cost, added)):
        number = cost.amount.component
        code = _part(lists, number).code if number else ""
        yield BillLine(
            one.account, one.contract, cycle.start, cycle.end, code, cost.amount, cost.band,
            cost.tier,
        )  # fmt: skip


def _held_terms(cycle: _Cycle, lists: PriceLists) -> list[HeldTerms]:
    """The terms of the offers held in the cycle, each since the contract first had it."""
    plan = lists.plan_on(max(cycle.start, cycle.since))
    since: dict[int, date] = {}
    for one in cycle.held.taken:
        since.setdefault(one.offer_id, max(one.valid_from, cycle.since))
    spans: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for offer, _, days in cycle.held.offers_in(cycle.served):
        spans[offer].append((days.start, days.end))
    return [
        HeldTerms(plan.offers[offer], since=since[offer], spans=tuple(own))
        for offer, own in spans.items()
        if offer in plan.offers
    ]


def _coupon(term: Discount, ids: dict[str, tuple[int, ...]]) -> Coupon:
    return coupon_of(Granted(term.code, term, date.min, None), ids=ids, contract=None)


def _bill_cycle(
    one: _Cycle, number: int, held: list[HeldTerms], *, lists: PriceLists, lines: pl.DataFrame
) -> BillCycle:
    terms = cycle_terms(held, start=one.start, end=one.end)
    made = BillCycle(
        contract=number,
        start=one.start,
        end=one.end,
        served=((one.served.start, one.served.end),),
        over=True,
        zone=lists.plans[0].plan.zone,
        amounts=(*one.billed, *(cost.amount for cost in one.costs)),
        discounts=terms.discounts,
        commitments=terms.commitments,
        limit=terms.limit,
    )
    components = sorted(
        {n for due in terms.commitments if due.window is not Window.CYCLE for n in due.covers}
    )
    if not components:
        return made
    return replace(made, uses=tuple(_uses(one, components, lists=lists, lines=lines)))


def _uses(
    one: _Cycle, components: Sequence[int], *, lists: PriceLists, lines: pl.DataFrame
) -> Iterator[Use]:
    """The rated lines of the cycle that commitments by the hour or the day look at."""
    own = lines.filter(
        pl.col("contract_id") == one.held.contract_id,
        pl.col("cycle_start") == one.start,
        pl.col("component_id").is_in(components),
    ).sort("component_id", "started_at", "usage_id", "seq")
    for line in own.iter_rows(named=True):
        part = _part(lists, line["component_id"])
        yield Use(
            line["component_id"],
            microseconds(line["started_at"]),
            int((line["billed"] - line["allowed"]) * QUANTITY_SCALE),
            int(line["amount"] * AMOUNT_SCALE),
            duration=isinstance(part, PlanUsage) and part.unit == "s",
        )


def _amount(
    lists: PriceLists, component: int, purpose: str, amount: Decimal, quantity: int = 0
) -> BillAmount:
    part = _part(lists, component)
    return BillAmount(
        component=component,
        label=part.code,
        purpose=purpose,
        amount=int(amount * AMOUNT_SCALE),
        tax_category=part.tax_category,
        revenue_account=part.revenue_account,
        quantity=quantity,
    )


def _part(lists: PriceLists, component: int) -> Any:
    """The component in the newest version that has it."""
    parts = (dated.plan.components.get(component) for dated in reversed(lists.plans))
    return next(part for part in parts if part is not None)
