"""Pricing without a business: price lists and usage in, rated lines and bills of cycles out.

Cycle after cycle is rated, in the order of their first days, each with what the ones before left:
counters, rolled-over allowances, levels and measured values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import polars as pl

from tallystick.base.frames import REJECTS
from tallystick.base.money import plain
from tallystick.base.period import Period
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal
from tallystick.core.charge.buckets import add_sizes, size_buckets
from tallystick.core.charge.explain import explain_line
from tallystick.core.charge.frames import (
    COUNTERS,
    FIRST_USES,
    GRANTS,
    KEYS,
    LEVELS,
    MEASURED,
    MEMBERS,
    NEVER_RESETS,
    PERIODS,
    SUSPENSE,
    Rated,
    RatedPeriods,
    with_members,
)
from tallystick.core.charge.owners import owner_in
from tallystick.core.charge.period_versions import (
    VERSION_PERIOD_RATED,
    rate_period_versions,
    rate_period_versions_exact,
)
from tallystick.core.charge.roll_over import roll_over
from tallystick.core.charge.validity import bucket_cycle
from tallystick.core.charge.versions import VERSION_RATED, rate_versions
from tallystick.core.charge.versions_exact import rate_versions_exact
from tallystick.core.invoice.cycle import CycleRule, Every, cycle_of, cycles_between
from tallystick.core.price.bill import BillLine, settle_bills
from tallystick.core.price.lists import PriceLists, PriceText, read_price_lists
from tallystick.core.price.tables import TextTable, table_of_frame, table_of_rows
from tallystick.core.price.usage import Contract, Held, UsageRead, read_usage
from tallystick.core.tariff.bill_terms import Discount
from tallystick.core.tariff.plan import PlanUsage


class Executor(StrEnum):
    """What rates: the columns, the oracle, or both held against each other."""

    BATCH = "batch"
    EXACT = "exact"
    BOTH = "both"


@dataclass
class ExecutorsDiffer(Refusal):
    code = "executors_differ"
    table: str = ""

    def sentence(self) -> str:
        return (
            f"the two ways of rating give different {self.table}; please report it with the files"
        )


@dataclass(frozen=True, slots=True)
class Span:
    """The days [start, end) whose cycles are priced, whether something was used or not."""

    start: date
    end: date


Cut = tuple[str, date]
"""A contract, empty for each of them, and the first day of a cycle that is served in part."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What usage costs under price lists, exact.

    `lines` are VERSION_RATED (usage ids are lines of the file), `periods` VERSION_PERIOD_RATED,
    `counters` and `grants` what was drawn and what was rolled over; `suspense` and `rejects` say
    what has no price and why.
    """

    lists: PriceLists
    held: tuple[Held, ...]  # by contract id, from 1
    accounts: Mapping[int, str]
    cycles: pl.DataFrame  # PERIODS
    lines: pl.DataFrame
    periods: pl.DataFrame
    counters: pl.DataFrame
    grants: pl.DataFrame
    suspense: pl.DataFrame
    rejects: pl.DataFrame

    @property
    def is_whole(self) -> bool:
        """Whether every row of the usage has its price."""
        return self.suspense.is_empty() and self.rejects.is_empty()

    def total(self) -> Decimal:
        """All that usage and periods cost, exact."""
        return Decimal(self.lines["amount"].sum() or 0) + Decimal(self.periods["amount"].sum() or 0)

    def bills(
        self, *, coupons: Sequence[Discount] = (), billed: Sequence[BillLine] = ()
    ) -> tuple[BillLine, ...]:
        """What the cycles come to with what recurs and the terms of the bill, without tax.

        Of what was `billed` already, the difference.
        """
        return settle_bills(
            lists=self.lists,
            held=self.held,
            cycles=self.cycles,
            lines=self.lines,
            periods=self.periods,
            coupons=coupons,
            billed=billed,
        )

    def explain(self) -> Iterator[tuple[int, str]]:
        """(line of the usage, step) of each rated line, in words that a customer can read."""
        plans = {dated.version_id: dated.plan for dated in self.lists.plans}
        for line in self.lines.iter_rows(named=True):
            for step in explain_line(line, plan=plans[line["version_id"]]):
                yield line["usage_id"], step

    def allowances(self) -> list[dict[str, Any]]:
        """What each allowance of each cycle held, gave and has left, in canonical units.

        Of what was rolled in, `240 x 2` may be used in two cycles.
        """
        used: dict[tuple[Any, ...], Decimal] = {
            row[:4]: row[4] for row in self.counters.select(COUNTERS.names()).iter_rows()
        }
        granted: dict[tuple[Any, ...], Decimal] = {}
        for *key, quantity in self._grants().select(*KEYS, "quantity").iter_rows():
            bucket = tuple(key)
            granted[bucket] = granted.get(bucket, Decimal(0)) + quantity
        rolled: dict[tuple[Any, ...], list[str]] = {}
        for *key, lives, quantity in self.grants.select(*KEYS, "lives", "quantity").iter_rows():
            rolled.setdefault(tuple(key), []).append(f"{plain(quantity)} x {lives}")
        told: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in with_members(self.cycles, schema=PERIODS).iter_rows(named=True):
            start = row["cycle_start"]
            plan_offer = self.lists.plan_on(start).offers.get(row["offer_id"])
            for part in plan_offer.allowances if plan_offer else ():
                cycle = bucket_cycle(part, cycle_start=start)
                place = (*owner_in(row, scope=part.scope), part.id, cycle)
                own = Decimal(part.quantity).scaleb(-9)
                held, drawn = own + granted.get(place, Decimal(0)), used.get(place, Decimal(0))
                told[place] = {
                    "contract": self.name_of(place[0], place[1]),
                    "cycle": start,
                    "allowance": part.code,
                    "held": held,
                    "used": drawn,
                    "left": held - drawn,
                    "rolled_in": ", ".join(rolled.get(place, ())),
                    "unit": part.unit,
                }
        return list(told.values())

    def _grants(self) -> pl.DataFrame:
        """What was rolled over, and what makes buckets of each cycle the size they are."""
        sizes = [
            size_buckets(periods, plan=self.lists.plan_on(start))
            for (start,), periods in self.cycles.group_by("cycle_start")
            if isinstance(start, date)
        ]
        return pl.concat([self.grants, *sizes])

    def name_of(self, account_id: int, contract_id: int) -> str:
        """The contract's name, or the account's or its pool's where it is shared."""
        if contract_id > 0:
            return self.held[contract_id - 1].contract.contract
        tops = {one.organisation_id: one.contract.organisation for one in self.held}
        name = self.accounts.get(account_id) or tops.get(account_id) or account_id
        pools = {one.pool_id: one.contract.pool for one in self.held}
        pool = pools.get(-contract_id, -contract_id)
        return f"pool {pool} of account {name}" if contract_id else f"account {name}"

    def code_of(self, component_id: int) -> str:
        """The component's name in the price list."""
        found = (dated.plan.components.get(component_id) for dated in self.lists.plans)
        return next(part.code for part in found if part is not None)

    def explain_periods(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Each period line in words: what was measured and billed, at which price."""
        plans = {dated.version_id: dated.plan for dated in self.lists.plans}
        for line in self.periods.iter_rows(named=True):
            part = plans[line["version_id"]].components[line["component_id"]]
            assert isinstance(part, PlanUsage)
            assert part.period is not None
            unit = part.period.unit or ""
            where = f" in {line['band']}" if line["band"] else ""
            tier = f"tier {line['tier']} " if line["tier"] else ""
            fee = f", flat {plain(line['fee'])}" if line["fee"] else ""
            yield (
                line,
                f"measured {plain(line['measured'])} {unit}{where}, "
                f"billed {plain(line['billed'])}: {tier}"
                f"at {plain(line['unit_price'])} per {plain(line['per'])} {unit}{fee} "
                f"-> {plain(line['amount'])}",
            )


Usage = TextTable | pl.DataFrame | Iterable[Mapping[str, Any]]


def price_usage(
    usage: Usage,
    *,
    prices: str | PriceLists,
    contracts: Sequence[Contract] = (),
    offer: str | None = None,
    span: Span | None = None,
    executor: Executor = Executor.BATCH,
    progress: Progress = silent,
) -> Priced:
    """What the usage costs; a frame or plain rows with the columns of docs/concepts/pricing.md.

    Without contracts, each that the usage names has the offer (else the first). `span` adds cycles
    without usage. Rows that cannot be read are in `rejects`, usage without a price in `suspense`.

    :raises CatalogueRefused: with every mistake of the price list
    :raises UsageUnreadable: when the usage has no times or quantities
    :raises OfferUnknown: when an offer is not in the price list
    """
    if isinstance(prices, str):
        prices = read_price_lists([PriceText(prices)])
    for contract in contracts:
        for one in filter(None, contract.offers):
            prices.check_offer(one)
    if isinstance(usage, pl.DataFrame):
        usage = table_of_frame(usage)
    elif not isinstance(usage, TextTable):
        usage = table_of_rows(usage)
    read = read_usage(usage, terms=prices.terms(offer), contracts=contracts)
    return price_read(read, prices=prices, span=span, executor=executor, progress=progress)


def price_read(
    read: UsageRead,
    *,
    prices: PriceLists,
    span: Span | None = None,
    served: Mapping[Cut, tuple[date, date]] | None = None,
    executor: Executor = Executor.BATCH,
    progress: Progress = silent,
) -> Priced:
    """What usage costs that was read; `served` cuts cycles to the days [from, to)."""
    state = _State()
    cycles = _cycles(read, span, served or {})
    starts = sorted({*cycles["cycle_start"], *read.usage["cycle_start"]})
    for number, start in enumerate(starts):
        progress("pricing cycles", done=number, total=len(starts))
        usage = read.usage.filter(pl.col("cycle_start") == start)
        periods = cycles.filter(pl.col("cycle_start") == start)
        _price_cycle(state, usage, periods, prices, executor)
    progress("pricing cycles", done=len(starts), total=len(starts))
    return Priced(
        lists=prices,
        held=read.held,
        accounts={held.account_id: held.contract.account for held in read.held},
        cycles=cycles,
        lines=pl.concat([VERSION_RATED.to_frame(), *state.lines]),
        periods=pl.concat([VERSION_PERIOD_RATED.to_frame(), *state.periods]),
        counters=state.counters,
        grants=state.grants,
        suspense=pl.concat([SUSPENSE.to_frame(), *state.suspense]),
        rejects=read.rejects.cast(REJECTS),
    )


class _State:
    """What one cycle leaves to the next."""

    def __init__(self) -> None:
        self.lines: list[pl.DataFrame] = []
        self.periods: list[pl.DataFrame] = []
        self.suspense: list[pl.DataFrame] = []
        self.counters = COUNTERS.to_frame()
        self.grants = GRANTS.to_frame()
        self.measured = MEASURED.to_frame()
        self.levels = LEVELS.to_frame()


def _price_cycle(
    state: _State,
    usage: pl.DataFrame,
    periods: pl.DataFrame,
    prices: PriceLists,
    executor: Executor,
) -> None:
    starts = {*usage["cycle_start"], *periods["cycle_start"]}
    start = min(starts)
    running = pl.col("cycle_start").is_in([start, NEVER_RESETS, FIRST_USES])
    counters = state.counters.filter(running)
    grants = state.grants.filter(pl.col("cycle_start") == start)
    rated = _rate(usage, prices, counters, grants, periods, executor)
    state.lines.append(rated.lines)
    state.suspense.append(rated.suspense)
    summed = pl.concat([state.counters, rated.draws]).group_by(KEYS).agg(pl.col("used").sum())
    state.counters = summed.select(COUNTERS.names()).cast(COUNTERS).sort(KEYS)
    plan = prices.plan_on(start)
    costs = _rate_periods(rated.lines, periods, state, prices, executor)
    state.periods.append(costs.lines)
    state.measured = pl.concat([state.measured, costs.measured])
    ours = ["account_id", "contract_id", "component_id"]
    kept = state.levels.join(costs.measured, on=ours, how="anti")
    state.levels = pl.concat([kept, costs.levels])
    drawn = state.counters.filter(pl.col("cycle_start") == start)
    sized = add_sizes(grants, periods=periods, plan=plan)
    assert sized is not None
    left = roll_over(periods, plan=plan, counters=drawn, grants=sized)
    state.grants = pl.concat([state.grants, left])


def _rate(
    usage: pl.DataFrame,
    prices: PriceLists,
    counters: pl.DataFrame,
    grants: pl.DataFrame,
    periods: pl.DataFrame,
    executor: Executor,
) -> Rated:
    given: dict[str, Any] = {
        "plans": prices.plans, "counters": counters, "grants": grants, "periods": periods,
    }  # fmt: skip
    if executor is Executor.BATCH:
        return rate_versions(usage, **given)
    exact = rate_versions_exact(usage.iter_rows(named=True), **given)
    if executor is Executor.BOTH:
        _compare(exact, rate_versions(usage, **given), ("lines", "draws", "suspense"))
    return exact


def _rate_periods(
    lines: pl.DataFrame,
    periods: pl.DataFrame,
    state: _State,
    prices: PriceLists,
    executor: Executor,
) -> RatedPeriods:
    given: dict[str, Any] = {
        "periods": periods, "plans": prices.plans, "measured": state.measured,
        "levels": state.levels,
    }  # fmt: skip
    if executor is Executor.BATCH:
        return rate_period_versions(lines, **given)
    exact = rate_period_versions_exact(lines, **given)
    if executor is Executor.BOTH:
        batch = rate_period_versions(lines, **given)
        _compare(exact, batch, ("lines", "measured", "levels"))
    return exact


def _compare(one: Any, other: Any, tables: Sequence[str]) -> None:
    for name in tables:
        if not getattr(one, name).equals(getattr(other, name)):
            raise ExecutorsDiffer(table=name)


def _once(held: Iterable[tuple[int, int, Period]]) -> Iterator[tuple[int, Period]]:
    """Each offer once, with the days from its first to its last."""
    found: dict[int, Period] = {}
    for offer, _, days in held:
        known = found.get(offer, days)
        found[offer] = Period(known.start, days.end)
    yield from found.items()


def _cycles(
    read: UsageRead, span: Span | None, served: Mapping[Cut, tuple[date, date]]
) -> pl.DataFrame:
    """PERIODS with MEMBERS: each contract's cycles from its first day, usage or the span's on."""
    found = read.usage.group_by("contract_id").agg(
        first=pl.col("cycle_start").min(), last=pl.col("cycle_start").max()
    )
    used = {number: (first, last) for number, first, last in found.iter_rows()}
    rows = []
    for held in read.held:
        one = held.contract
        rule = CycleRule(Every.MONTH, bill_day=one.cycle_day)
        days = [*used.get(held.contract_id, ()), *([span.start] if span else [])]
        first = min([*days, *([one.starts] if one.starts and days else [])], default=None)
        if first is None:
            continue
        ends = [cycle_of(used[held.contract_id][1], rule=rule).end] if held.contract_id in used \
            else []  # fmt: skip
        last = max([*ends, *([span.end] if span else [])])
        for cycle in cycles_between(rule=rule, start=first, end=last):
            begin = max(cycle.start, one.starts or cycle.start)
            end = min(cycle.end, one.ends or cycle.end)
            begin, end = served.get(("", cycle.start), (begin, end))
            begin, end = served.get((one.contract, cycle.start), (begin, end))
            if begin < end:
                key = (held.account_id, held.contract_id)
                for offer, part in _once(held.offers_in(Period(begin, end))):
                    where = (cycle.start, cycle.end, part.start, part.end)
                    rows.append((*key, offer, *where))
    periods = pl.DataFrame(rows, schema=PERIODS, orient="row")
    members = read.usage.select("contract_id", *MEMBERS).unique("contract_id", keep="last")
    named = pl.DataFrame(
        [(one.contract_id, one.organisation_id, one.pool_id) for one in read.held],
        schema={"contract_id": pl.Int64(), "top": pl.Int64(), "own_pool": pl.Int64()},
        orient="row",
    )
    joined = periods.join(members, on="contract_id", how="left").join(named, on="contract_id")
    return joined.with_columns(
        organisation_id=pl.coalesce("organisation_id", "top"),
        pool_id=pl.coalesce("pool_id", "own_pool"),
    ).drop("top", "own_pool")
