"""Charging: waiting events -> priced lines, totals and counters, an account range at a time.

A charge run takes the loaded batches that no run has taken and cuts their accounts into tasks.
A task is one transaction: it loads, rates with no I/O, and stores. A run that was stopped goes on
with its open tasks; what a task could not price waits in suspense for the next run.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from tallystick.base.progress import Progress, silent
from tallystick.core.charge.crossed import crossed_allowances
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS, MEMBERS
from tallystick.core.charge.versions import DatedPlan, rate_versions
from tallystick.domain.balances.draw_tables import Payers, lock_payers
from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.parties.organisations import organisations_in
from tallystick.domain.reservations.tables import hold_accounts
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage import charge_tables, charging
from tallystick.domain.usage.late_tables import read_moved
from tallystick.domain.usage.models import ChargeRun
from tallystick.domain.usage.period_tables import replace_rows
from tallystick.domain.usage.rerate_tables import bill_again, read_again, read_taken_events
from tallystick.domain.usage.tables import OWING, ensure_months, refresh_statistics
from tallystick.flows.cycles import CYCLE_DAYS, contract_cycle_start
from tallystick.flows.draw import Used, changed_buckets, draw_usage
from tallystick.flows.late import count_in, late_events, settle_late
from tallystick.flows.own_prices import OwnPrices, load_own_prices
from tallystick.flows.rerate import Known, reach_back, read_known, rerate, within
from tallystick.flows.settle_online import settle_online
from tallystick.flows.sharing import in_parts, keep_together, sharing_periods
from tallystick.flows.tasks import CHARGING, WORKERS, work_off
from tallystick.flows.thresholds import tell_thresholds

EVENTS_PER_TASK: Final = 100_000
ACCOUNTS_AGAIN: Final = 200
"""How many accounts are rated again at a time: all their usage is held in memory."""

TRIES: Final = 10
"""How often a task is rated at most, while somebody draws from what it draws from."""

_NO_COUNTERS: Final = COUNTERS.to_frame()


@dataclass(frozen=True, slots=True)
class ChargeReport:
    """What charging did: runs finished, events rated into lines, events put in suspense, sessions
    and events that were charged online and are known to invoices now.
    """

    runs: int
    events: int
    lines: int
    suspended: int
    online: int = 0


@dataclass(frozen=True, slots=True)
class _TaskResult:
    events: int
    lines: int
    suspended: int


def charge_usage(
    *,
    tenant_id: int,
    at: datetime,
    workers: int = WORKERS,
    progress: Progress = silent,
) -> ChargeReport:
    """Rates all usage that waits, and what is left of a run that was stopped before.

    :raises AlreadyRunning: while another charge run of the operator runs
    """
    with only_one(CHARGING, tenant_id=tenant_id):
        online = settle_online(tenant_id=tenant_id, at=at)
        results: list[_TaskResult] = []
        runs = 0
        # What stays in suspense would wait again at once, so there is one new run a call.
        for take in (_begun_run, _new_run):
            run = take(tenant_id, at=at)
            if run is None:
                continue
            results += _work_off(run, at=at, workers=workers, progress=progress)
            with acting_for(tenant_id):
                charging.close_run(run_id=run.id, at=at)
                refresh_statistics("usage_ratedline")
            runs += 1
        return ChargeReport(
            runs=runs,
            events=sum(result.events for result in results),
            lines=sum(result.lines for result in results),
            suspended=sum(result.suspended for result in results),
            online=online,
        )


def _begun_run(tenant_id: int, *, at: datetime) -> ChargeRun | None:
    """The run that was begun before and not finished."""
    with acting_for(tenant_id):
        return charging.open_run_of_tenant()


def _new_run(tenant_id: int, *, at: datetime) -> ChargeRun | None:
    """A run of all that waits now, cut into tasks; None when nothing does."""
    with acting_for(tenant_id):
        run = charging.begin_run(tenant_id=tenant_id, at=at)
        if run is not None:
            charge_tables.plan_tasks(run, events_per_task=EVENTS_PER_TASK)
        return run


def _work_off(
    run: ChargeRun, *, at: datetime, workers: int, progress: Progress
) -> list[_TaskResult]:
    with acting_for(run.tenant_id):
        for table in OWING:
            refresh_statistics(table)
        own = load_own_prices()
        plans = dated_plans(own.variants)
        open_tasks = charging.open_task_ids(run_id=run.id)
        span = pl.datetime_range(run.first_at, run.last_at, "1d", eager=True)
        ensure_months("usage_ratedline", instants=span.append(pl.Series([run.last_at])))
    return work_off(
        open_tasks,
        work=lambda task_id: _charge_task(run, task_id=task_id, plans=plans, own=own, at=at),
        workers=workers,
        what="charging",
        progress=progress,
    )


class Stale(Exception):
    """What these accounts had drawn changed while their usage was rated."""

    def __init__(self, accounts: set[int]) -> None:
        super().__init__(accounts)
        self.accounts = accounts


def _charge_task(
    run: ChargeRun, *, task_id: int, plans: Sequence[DatedPlan], own: OwnPrices, at: datetime
) -> _TaskResult:
    """Rates without locks, and again where somebody drew from the same counters meanwhile.

    Those accounts are then held, so that each of them stands in the way but once.
    """
    held: set[int] = set()
    for left in reversed(range(TRIES)):
        try:
            with acting_for(run.tenant_id):
                hold_accounts(held, tenant_id=run.tenant_id)
                return _charge(run, task_id=task_id, plans=plans, own=own, at=at)
        except Stale as stale:
            if not left:
                raise
            held |= stale.accounts
    raise AssertionError("the last try gives its result or raises")


def charge_here(run: ChargeRun, *, held: Collection[int], at: datetime) -> int:
    """Charges a run in the caller's transaction; gives how many events have no price.

    `held` are accounts that others may not draw from meanwhile.

    :raises Stale: when somebody drew from what it draws from
    """
    hold_accounts(set(held), tenant_id=run.tenant_id)
    charge_tables.plan_tasks(run, events_per_task=EVENTS_PER_TASK)
    own = load_own_prices()
    plans = dated_plans(own.variants)
    tasks = charging.open_task_ids(run_id=run.id)
    done = [_charge(run, task_id=number, plans=plans, own=own, at=at) for number in tasks]
    return sum(result.suspended for result in done)


def _charge(
    run: ChargeRun, *, task_id: int, plans: Sequence[DatedPlan], own: OwnPrices, at: datetime
) -> _TaskResult:
    task = charging.take_task(task_id)
    if task is None:
        return _TaskResult(0, 0, 0)
    accounts = organisations_in(task.account_from, task.account_to)
    terms = own.vary(charge_tables.read_terms(accounts))
    known = read_known(accounts, terms=terms)
    events = _place(charge_tables.read_events(accounts, run=run), terms=terms)
    events = settle_late(events, terms=terms, plans=plans, run=run, at=at)
    late = [read_again(run, accounts=accounts), late_accounts(events, terms=terms, plans=plans)]
    again = keep_together(pl.concat(late), terms=terms)
    waiting = events.join(again, on="account_id", how="semi").group_by("account_id")
    again = pl.concat([again, waiting.agg(pl.col("cycle_start").min().alias("cycle_from"))])
    whole = events.join(again, on="account_id", how="anti")
    periods = sharing_periods(whole, terms=terms, plans=plans)
    rated = rate_versions(
        whole,
        plans=plans,
        counters=pl.concat([known.counters, known.held]),
        grants=known.grants,
        periods=periods,
        own=known.buckets,
    )
    _check_all_told(whole, rated.lines, rated.suspense)
    books = _Books(run, known, plans, at)
    charge_tables.store_rated(rated.lines, tenant_id=run.tenant_id, charge_run_id=run.id)
    # Nothing is locked before: all that is locked, together, in the order of accounts.
    payers = lock_payers({*events["account_id"], *again["account_id"]})
    if changed := changed_buckets(known.buckets, payers=payers, accounts=whole["account_id"]):
        raise Stale(changed)
    books.draw(rated.lines, events=whole, draws=rated.draws, payers=payers)
    books.tell(rated.draws, events=whole, grants=known.grants, periods=periods)
    changed_lines, waiting_again = _rate_again(books, again=again, payers=payers)
    suspended = pl.concat([_suspended(whole, rated.suspense), *waiting_again])
    charge_tables.store_suspense(
        suspended, tenant_id=run.tenant_id, charge_run_id=run.id, accounts=accounts
    )
    lines = rated.lines.height + changed_lines
    result = _TaskResult(events.height, lines, suspended.height)
    charging.close_task(task_id, **asdict(result))
    return result


@dataclass(frozen=True, slots=True)
class _Books:
    """Where a task keeps what rated lines drew."""

    run: ChargeRun
    known: Known
    plans: Sequence[DatedPlan]
    at: datetime

    def draw(
        self, lines: pl.DataFrame, *, events: pl.DataFrame, draws: pl.DataFrame, payers: Payers
    ) -> None:
        """Takes from balances and counters what stored lines of CHARGE_IN events cost and drew.

        :raises Stale: when counters stood otherwise than they were rated with
        """
        tenant_id, run_id = self.run.tenant_id, self.run.id
        own = pl.col("component_id") < 0
        usage = Used(lines, events, draws.filter(own), self.plans)
        paid, prepaid = draw_usage(
            usage, payers=payers, run_id=run_id, tenant_id=tenant_id, at=self.at
        )
        charge_tables.store_rated(paid, tenant_id=tenant_id, charge_run_id=run_id)
        charge_tables.mark_drawn(prepaid, charge_run_id=run_id)
        changed = charge_tables.store_draws(
            draws.filter(~own), known=self.known.stands, tenant_id=tenant_id,
            charge_run_id=run_id,
        )  # fmt: skip
        if changed:
            raise Stale(changed)

    def tell(
        self,
        draws: pl.DataFrame,
        *,
        events: pl.DataFrame,
        grants: pl.DataFrame,
        periods: pl.DataFrame | None,
    ) -> None:
        """Tells which shares of allowances were used up by what these events drew."""
        crossed = crossed_allowances(
            draws, events=events, counters=self.known.counters, grants=grants, periods=periods,
            plans=self.plans,
        )  # fmt: skip
        tell_thresholds(crossed, tenant_id=self.run.tenant_id, at=self.at)


def _check_all_told(events: pl.DataFrame, lines: pl.DataFrame, suspense: pl.DataFrame) -> None:
    rated, waiting = lines["usage_id"].n_unique(), suspense["usage_id"].n_unique()
    if rated + waiting != events.height:
        raise AssertionError(f"{events.height} events in, {rated} rated, {waiting} in suspense")


def _suspended(events: pl.DataFrame, suspense: pl.DataFrame) -> pl.DataFrame:
    return suspense.unique("usage_id", keep="first").join(
        events.select("usage_id", "account_id", "started_at"), on="usage_id"
    )


def late_accounts(
    events: pl.DataFrame, *, terms: pl.DataFrame, plans: Sequence[DatedPlan]
) -> pl.DataFrame:
    """The accounts with usage of a cycle that a bill has closed (AGAIN).

    Usage that has no price still, such as what waits in suspense since, changes nothing: whether it
    has one hangs on no counter.
    """
    late = late_events(events, terms=terms)
    if late.height:
        tried = rate_versions(late.select(*CHARGE_IN, *MEMBERS), plans=plans, counters=_NO_COUNTERS)
        late = late.join(tried.suspense, on="usage_id", how="anti")
    return late.group_by("account_id").agg(pl.col("cycle_start").min().alias("cycle_from"))


def _rate_again(
    books: _Books, *, again: pl.DataFrame, payers: Payers
) -> tuple[int, list[pl.DataFrame]]:
    """Rates these accounts (AGAIN) again and stores what changes: lines, and what is suspended.

    :raises Stale: when their counters have changed since they were read
    """
    run, known = books.run, books.known
    told, changed = [], 0
    reached = reach_back(again, counters=known.counters)
    for part in in_parts(reached, terms=known.terms, accounts=ACCOUNTS_AGAIN):
        events = taken_events(run.id, again=part, terms=known.terms)
        rerated = rerate(events, again=part, known=known, plans=books.plans)
        charge_tables.store_rated(rerated.lines, tenant_id=run.tenant_id, charge_run_id=run.id)
        books.draw(rerated.lines, events=events, draws=rerated.draws, payers=payers)
        books.tell(
            rerated.draws,
            events=events,
            grants=rerated.all_grants(known.grants),
            periods=sharing_periods(events, terms=known.terms, plans=books.plans),
        )
        replace_rows(
            rerated.grants,
            table="balances_rolledover",
            keys=rerated.granted,
            tenant_id=run.tenant_id,
        )
        bill_again(rerated.lines["contract_id"].unique().to_list(), on=run.started_at.date())
        told.append(_suspended(events, rerated.suspense))
        changed += rerated.lines.height
    return changed, told


def taken_events(run_id: int, *, again: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """All events of accounts (AGAIN) in their cycles that this run or one before it took."""
    since = again["cycle_from"].min()
    assert isinstance(since, date)
    taken = read_taken_events(again["account_id"].to_list(), since=since, run_id=run_id)
    return within(_place(taken, terms=terms), again=again).select(*CHARGE_IN, *MEMBERS)


def _place(events: pl.DataFrame, *, terms: pl.DataFrame) -> pl.DataFrame:
    """Events placed, those that were moved to a later cycle in that one (CHARGE_IN, MEMBERS)."""
    moved = read_moved(events["account_id"].unique().to_list())
    return count_in(place_events(events, terms=terms), moved=moved)


def place_events(events: pl.DataFrame, *, terms: pl.DataFrame) -> pl.DataFrame:
    """Events with the offer held and the cycle begun on their local day (CHARGE_IN, MEMBERS).

    `offer_id` is 0 where the contract held none that day.
    """
    contracts = terms.select("contract_id", "account_zone", *CYCLE_DAYS, *MEMBERS)
    contracts = contracts.unique("contract_id")
    placed = events.join(contracts, on="contract_id", how="left")
    placed = pl.concat(
        [
            part.with_columns(
                pl.col("started_at").dt.convert_time_zone(zone).dt.date().alias("local_day")
            )
            for (zone,), part in placed.group_by("account_zone")
        ]
        or [placed.with_columns(pl.lit(None, dtype=pl.Date).alias("local_day"))]
    )
    held = placed.join(
        terms.select("contract_id", "offer_id", "valid_from", "valid_to"), on="contract_id"
    ).filter(
        (pl.col("valid_from") <= pl.col("local_day"))
        & (pl.col("valid_to").is_null() | (pl.col("local_day") < pl.col("valid_to")))
    )
    cycle_start = contract_cycle_start(pl.col("local_day"))
    return (
        placed.join(held.select("usage_id", "offer_id"), on="usage_id", how="left")
        .with_columns(pl.col("offer_id").fill_null(0), cycle_start=cycle_start)
        .select(*CHARGE_IN, *MEMBERS)
    )
