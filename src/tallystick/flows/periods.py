"""Closing the cycles of due contracts: periods priced as a whole, what is left rolled over.

A cycle is closed by the first bill run after its end, or after the contract's. Usage that is rated
into a closed cycle later has its period priced again by the next bill run, from all its usage; what
is billed is always what the period costs less what was billed of it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from itertools import pairwise
from typing import Any, Final

import polars as pl

from tallystick.base.period import Period
from tallystick.core.charge.buckets import add_sizes
from tallystick.core.charge.frames import (
    COUNTERS,
    GRANTS,
    KEYS,
    LEVELS,
    MEASURED,
    MEMBERS,
    PERIODS,
)
from tallystick.core.charge.live import live_lines
from tallystick.core.charge.period_versions import rate_period_versions
from tallystick.core.charge.roll_over import roll_over
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.invoice.cycle import cycle_of
from tallystick.core.tariff.plan import Plan
from tallystick.domain.catalog.queries import corrected_versions
from tallystick.domain.invoices.models import BillRun
from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.usage import period_tables
from tallystick.domain.usage.charge_tables import read_counters
from tallystick.domain.usage.period_tables import PRICED
from tallystick.domain.usage.rerate_tables import AGAIN, ask_again
from tallystick.flows.cycles import CYCLE_DAYS, rule_of
from tallystick.flows.period_owners import OWNED, own_cycles, parts_of, without_members

LINES_AT_ONCE: Final = 1_000_000
"""How many rated lines are held in memory at a time."""

_LEVELS_AT: Final = pl.Schema({**LEVELS, "cycle_start": pl.Date()})
_PERIODS: Final = pl.Schema({**PERIODS, "version_id": pl.Int64(), "final": pl.Boolean()})
_KEYED: Final = pl.Schema(
    {name: pl.Date() if name == "cycle_start" else pl.Int64() for name in KEYS}
)


@dataclass(frozen=True, slots=True)
class ClosedPeriods:
    """What closing cycles came to; `lines` are PRICED differences with `payer` and `served_*`.

    Of `closed` and `began` (KEYS) all measures, levels and grants are given. `owned` (OWNED) says
    which contract's bill each is for.
    """

    lines: pl.DataFrame = field(repr=False)
    measured: pl.DataFrame = field(repr=False)
    levels: pl.DataFrame = field(repr=False)
    grants: pl.DataFrame = field(repr=False)
    closed: pl.DataFrame = field(repr=False)
    began: pl.DataFrame = field(repr=False)
    again: pl.DataFrame = field(repr=False)
    """Accounts (AGAIN) whose next cycle was charged before it was known what is rolled over."""
    owned: pl.DataFrame = field(repr=False)

    def plus(self, other: "ClosedPeriods") -> "ClosedPeriods":
        """Both together; they close nothing twice."""
        names = [one.name for one in fields(self)]
        return ClosedPeriods(*(pl.concat([getattr(self, n), getattr(other, n)]) for n in names))


_LINES: Final = pl.Schema(
    {
        **PRICED,
        "payer": pl.Int64(),
        "served_from": pl.Date(),
        "served_to": pl.Date(),
        "late": pl.Boolean(),
    }
)

NOTHING: Final = ClosedPeriods(
    _LINES.to_frame(),
    MEASURED.to_frame(),
    _LEVELS_AT.to_frame(),
    GRANTS.to_frame(),
    _KEYED.to_frame(),
    _KEYED.to_frame(),
    AGAIN.to_frame(),
    OWNED.to_frame(),
)
_NO_CYCLE: Final = replace(NOTHING, lines=PRICED.to_frame())


def close_periods(
    accounts: AccountRange,
    *,
    contracts: pl.DataFrame,
    held: pl.DataFrame,
    touched: pl.DataFrame,
    plans: Sequence[DatedPlan],
    on: date,
) -> ClosedPeriods:
    """What the cycles of the due `contracts` that are over by that day cost and leave.

    `held` are the offers they hold over time; `touched` (`account_id`, `cycle_start`) the cycles
    with usage that no bill counted yet. What is shared wider is closed by `close_shared`.
    """
    if not any(_needs_closing(dated.plan, offer) for dated in plans for offer in dated.plan.offers):
        return NOTHING
    periods = list_periods(contracts, held=held, touched=touched, plans=plans, on=on)
    if periods.is_empty():
        return NOTHING
    periods = without_members(periods)
    owned = own_cycles(periods, parts=parts_of(plans).filter(~pl.col("wide")))
    since = periods["cycle_start"].min()
    assert isinstance(since, date)
    closed = roll_owned(accounts, periods=periods, owned=owned, plans=plans)
    for own in _slices(accounts, plans=plans, since=since):
        priced = price_owned(own, periods=periods.filter(_among(own)), owned=owned, plans=plans)
        closed = closed.plus(priced)
    return replace(closed, owned=owned)


def _needs_closing(plan: Plan, offer: int) -> bool:
    terms = plan.offers[offer]
    return any(usage.period is not None for usage in terms.usages) or any(
        allowance.roll_over is not None for allowance in terms.allowances
    )


def list_periods(
    contracts: pl.DataFrame,
    *,
    held: pl.DataFrame,
    touched: pl.DataFrame,
    plans: Sequence[DatedPlan],
    on: date | None,
) -> pl.DataFrame:
    """The cycles to close by a day and those closed before that were touched (_PERIODS).

    Without a day they are those that each contract's bills have closed.
    """
    closing = {n for one in plans for n in one.plan.offers if _needs_closing(one.plan, n)}
    offers: dict[int, list[tuple[int, Period]]] = defaultdict(list)
    spans = held.filter(pl.col("offer_id").is_in(list(closing))).select(
        "contract_id", "offer_id", "valid_from", "valid_to"
    )
    for contract, offer, first, last in spans.iter_rows():
        offers[contract].append((offer, Period(first, max(first, last or date.max))))
    earliest = dict(touched.group_by("account_id").agg(pl.col("cycle_start").min()).iter_rows())
    rows: list[tuple[Any, ...]] = []
    for row in contracts.filter(pl.col("contract_id").is_in(list(offers))).to_dicts():
        until = on or row["billed_to"]
        for cycle, served in _cycles(row, earliest.get(row["account_id"]), on=until):
            for offer, days in _served(offers[row["contract_id"]], served):
                version = _version_of(days.start, plans).version_id
                where = (cycle.start, cycle.end, days.start, days.end)
                final = served.end < cycle.end
                rows.append((row["account_id"], row["contract_id"], offer, *where, version, final))
    return pl.DataFrame(rows, schema=_PERIODS, orient="row")


def _cycles(
    contract: Mapping[str, Any], touched: date | None, *, on: date
) -> Iterator[tuple[Period, Period]]:
    """The contract's cycles that are over, each with the days of it that the contract ran."""
    rule = rule_of(contract[name] for name in CYCLE_DAYS)
    ends, starts = contract["ends_on"], contract["starts_on"]
    ended = ends is not None and ends <= on
    first = contract["billed_to"] or starts
    cycle = cycle_of(max(min(first, touched or first), starts), rule=rule)
    while cycle.end <= on or (ended and cycle.start < ends):
        served = cycle.overlap(Period(starts, ends or date.max))
        if served is None:
            return
        yield cycle, served
        cycle = cycle_of(cycle.end, rule=rule)


def _served(held: Sequence[tuple[int, Period]], served: Period) -> Iterator[tuple[int, Period]]:
    """Each offer once with the days of the period from its first to its last.

    Where there are variants of an offer, each stretch of days that one of them is held.
    """
    parts = [(offer, part) for offer, days in held if (part := days.overlap(served)) is not None]
    if any(offer < 0 for offer, _ in parts):
        yield from sorted(parts, key=lambda one: one[1].start)
        return
    found: dict[int, Period] = {}
    for offer, part in parts:
        known = found.get(offer, part)
        found[offer] = Period(min(known.start, part.start), max(known.end, part.end))
    yield from found.items()


def _version_of(day: date, plans: Sequence[DatedPlan]) -> DatedPlan:
    """The version in force on that day; the first one before any was."""
    return next((one for one in reversed(plans) if one.valid_from <= day), plans[0])


def _among(accounts: AccountRange) -> pl.Expr:
    """Whether the account is one of these."""
    account = pl.col("account_id")
    here = account.is_between(accounts.first, accounts.end, closed="left")
    return here & ~account.is_in(accounts.elsewhere) | account.is_in(accounts.joining)


def _slices(
    accounts: AccountRange, *, plans: Sequence[DatedPlan], since: date
) -> Iterator[AccountRange]:
    """The accounts in parts with no more lines than fit in memory."""
    components = sorted(_read_components(plans))
    if not components:
        return
    events = period_tables.count_events(accounts, components=components, since=since)
    joining = pl.col("account_id").is_in(accounts.joining)
    part = (pl.col("events").cum_sum() // LINES_AT_ONCE).alias("part")
    starts = events.filter(~joining).group_by(part).agg(pl.col("account_id").min())
    edges = [accounts.first, *sorted(starts["account_id"].to_list())[1:], accounts.end]
    for first, end in pairwise(edges):
        yield AccountRange(first, end, accounts.elsewhere, before=accounts.before)
    parts = events.filter(joining).with_columns(part).partition_by("part", maintain_order=True)
    busy = [one["account_id"].to_list() for one in parts]
    idle = set(accounts.joining).difference(*busy)
    for ids in (idle, *busy):
        if ids:
            yield AccountRange(0, 0, joining=tuple(sorted(ids)), before=accounts.before)


def _read_components(plans: Sequence[DatedPlan]) -> set[int]:
    """Components priced by the period, and those that are set against them."""
    found: set[int] = set()
    for dated in plans:
        for number, usage in dated.plan.usages.items():
            if usage.period is not None:
                found.add(number)
    return found.union(partners_in(plans))


def partners_in(plans: Sequence[DatedPlan]) -> list[int]:
    """Components whose usage is measured together with that of prices by the period."""
    periods = [usage.period for one in plans for usage in one.plan.usages.values()]
    return sorted({p.partner for p in periods if p is not None and p.partner is not None})


def price_owned(
    accounts: AccountRange,
    *,
    periods: pl.DataFrame,
    owned: pl.DataFrame,
    plans: Sequence[DatedPlan],
) -> ClosedPeriods:
    """What is `owned` (OWNED) costs, cycle after cycle, less what was billed of it.

    `periods` (_PERIODS with MEMBERS) are those of all of these accounts' contracts that share it.
    """
    if periods.is_empty():
        return NOTHING
    since = periods["cycle_start"].min()
    assert isinstance(since, date)
    lines = live_lines(
        period_tables.read_counted(
            accounts, components=sorted(_read_components(plans)), since=since
        )
    )
    # What a corrected version rated counts for the one in its place.
    version = pl.col("version_id").replace(corrected_versions())
    lines = lines.with_columns(version)
    by_cycle = lines.partition_by("cycle_start", as_dict=True)
    past = period_tables.read_measures(accounts, schema=MEASURED)
    levels = period_tables.read_levels(accounts, schema=_LEVELS_AT)
    done = [_NO_CYCLE]
    for start in periods["cycle_start"].unique().sort():
        cycle = _price_cycle(
            periods.filter(pl.col("cycle_start") == start),
            lines=by_cycle.get((start,), lines.clear()),
            measured=_renewed(past, [one.measured for one in done], [one.closed for one in done]),
            levels=_renewed(levels, [one.levels for one in done], [one.began for one in done]),
            owned=owned,
            plans=plans,
        )
        done.append(cycle)
    closed = pl.concat([one.closed for one in done])
    return ClosedPeriods(
        lines=_less_billed(
            pl.concat([one.lines for one in done]),
            billed=period_tables.read_priced(accounts, since=since).join(
                closed, on=KEYS, how="semi"
            ),
            owned=owned,
        ),
        measured=pl.concat([one.measured for one in done]),
        levels=pl.concat([one.levels for one in done]),
        grants=GRANTS.to_frame(),
        closed=closed,
        began=pl.concat([one.began for one in done]),
        again=AGAIN.to_frame(),
        owned=OWNED.to_frame(),
    )


def _renewed(
    stored: pl.DataFrame, made: Sequence[pl.DataFrame], keys: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """Stored rows and those made since, which stand in the place of the same keys."""
    return pl.concat([stored.join(pl.concat(keys), on=KEYS, how="anti"), *made])


def _price_cycle(
    periods: pl.DataFrame,
    *,
    lines: pl.DataFrame,
    measured: pl.DataFrame,
    levels: pl.DataFrame,
    owned: pl.DataFrame,
    plans: Sequence[DatedPlan],
) -> ClosedPeriods:
    """What periods that begin on one day cost."""
    start = periods["cycle_start"][0]
    priced = rate_period_versions(
        lines,
        periods=periods.select(*PERIODS, *MEMBERS),
        plans=plans,
        measured=measured,
        levels=levels.filter(pl.col("cycle_start") == start).select(LEVELS.names()),
    )
    ends = owned.select(*KEYS, "cycle_end")
    closed = priced.measured.select(KEYS).unique(maintain_order=True)
    ending = closed.join(ends, on=KEYS, maintain_order="left")
    closed = ending.select(KEYS)
    began = ending.drop("cycle_start").rename({"cycle_end": "cycle_start"})
    return ClosedPeriods(
        lines=priced.lines.select(pl.col(name).cast(kind) for name, kind in PRICED.items()).join(
            closed, on=KEYS, how="semi", maintain_order="left"
        ),
        measured=priced.measured.select(MEASURED.names()).join(closed, on=KEYS, how="semi"),
        levels=priced.levels.join(began, on=KEYS[:3]).select(_LEVELS_AT.names()),
        grants=GRANTS.to_frame(),
        closed=closed,
        began=began,
        again=AGAIN.to_frame(),
        owned=OWNED.to_frame(),
    )


def _less_billed(
    priced: pl.DataFrame,
    *,
    billed: pl.DataFrame,
    owned: pl.DataFrame,
) -> pl.DataFrame:
    """The difference of what periods cost and what was billed of them (_LINES)."""
    figures = ("measured", "billed", "fee", "amount")
    turned = billed.with_columns(-pl.col(name) for name in figures)
    lines = (
        pl.concat([priced, turned.select(pl.col(name).cast(PRICED[name]) for name in PRICED)])
        .group_by(period_tables.PERIOD_KEY, maintain_order=True)
        .agg(pl.col(figures).sum())
        .filter(pl.any_horizontal(pl.col(name) != 0 for name in figures))
        .select(pl.col(name).cast(kind) for name, kind in PRICED.items())
    )
    before = billed.select(KEYS).unique().with_columns(late=pl.lit(True))
    return (
        lines.join(owned, on=KEYS, maintain_order="left")
        .join(before, on=KEYS, how="left", maintain_order="left")
        .with_columns(pl.col("late").fill_null(False))
        .select(_LINES.names())
    )


def roll_owned(
    accounts: AccountRange,
    *,
    periods: pl.DataFrame,
    owned: pl.DataFrame,
    plans: Sequence[DatedPlan],
) -> ClosedPeriods:
    """What the buckets that are `owned` (OWNED) leave to the cycles that follow."""
    if periods.filter(~pl.col("final")).is_empty():
        return NOTHING
    following = owned.select(*KEYS[:3], cycle_start="cycle_end")
    made, keys = [GRANTS.to_frame()], [_KEYED.to_frame()]
    counters = read_counters(accounts=accounts, schema=COUNTERS)
    stored = period_tables.read_grants(accounts, schema=GRANTS)
    for start in periods["cycle_start"].unique().sort():
        rows = periods.filter(pl.col("cycle_start") == start)
        held = _renewed(stored, made, keys)
        left, own = roll_cycle_over(rows, plans=plans, counters=counters, grants=held)
        made.append(left.join(following, on=KEYS, how="semi", maintain_order="left"))
        keys.append(own.join(following, on=KEYS, how="semi", maintain_order="left"))
    grants = pl.concat(made)
    new = grants.join(stored, on=GRANTS.names(), how="anti")
    charged = new.join(counters.filter(pl.col("used") != 0), on=KEYS, how="semi")
    again = charged.group_by("account_id").agg(pl.col("cycle_start").min().alias("cycle_from"))
    return replace(
        NOTHING,
        grants=grants,
        began=pl.concat(keys).unique(maintain_order=True),
        again=again.select(AGAIN.names()),
    )


def roll_cycle_over(
    periods: pl.DataFrame,
    *,
    plans: Sequence[DatedPlan],
    counters: pl.DataFrame,
    grants: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What periods that begin on one day leave: GRANTS, and KEYS that could have some.

    They are _PERIODS with MEMBERS, of all who share. A contract's last period leaves nothing.
    """
    made, keys = [GRANTS.to_frame()], [_KEYED.to_frame()]
    for dated in plans:
        own = ~pl.col("final") & (pl.col("version_id") == dated.version_id)
        rows = periods.filter(own)
        if not rows.is_empty():
            held = add_sizes(grants, periods=periods, plan=dated.plan)
            assert held is not None
            buckets = parts_of([dated]).filter("bucket")
            began = own_cycles(rows, parts=buckets).select(*KEYS[:3], cycle_start="cycle_end")
            # Of a bucket that several versions or own prices have had in the cycle, the last says.
            made = [one.join(began, on=KEYS, how="anti") for one in made]
            made.append(roll_over(rows, plan=dated.plan, counters=counters, grants=held))
            keys.append(began)
    return pl.concat(made), pl.concat(keys).unique(maintain_order=True)


def store_closed(
    closed: ClosedPeriods, *, billed: pl.DataFrame, held: Sequence[int], run: BillRun
) -> None:
    """Stores what closing came to, but for what the contracts that are `held` would pay.

    `billed` says on which invoice each contract is (`contract_id`, `invoice_id`).
    """
    on_invoice = billed.rename({"contract_id": "payer"})
    period_tables.store_priced(
        closed.lines.join(on_invoice, on="payer").select(*PRICED.names(), "invoice_id"),
        tenant_id=run.tenant_id,
        bill_run_id=run.id,
    )
    waiting = closed.owned.filter(pl.col("payer").is_in(held))
    following = waiting.select(*KEYS[:3], cycle_start="cycle_end")
    again = closed.again.join(waiting, on="account_id", how="anti")
    ask_again(again, tenant_id=run.tenant_id)
    for table, frame, keys, own in (
        ("usage_periodmeasure", closed.measured, closed.closed, waiting.select(KEYS)),
        ("usage_periodlevel", closed.levels, closed.began, following),
        ("balances_rolledover", closed.grants, closed.began, following),
    ):
        period_tables.replace_rows(
            frame.join(own, on=KEYS, how="anti"),
            table=table,
            keys=keys.join(own, on=KEYS, how="anti"),
            tenant_id=run.tenant_id,
        )
