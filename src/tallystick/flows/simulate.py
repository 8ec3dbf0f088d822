"""Trying a draft on the past: stored usage rated as published and as drafted; nothing is written.

An account range is one read-only transaction. Counters begin at nothing on the first day and no
bucket holds what was rolled over, for both sides alike: choose whole cycles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from django.db import connection

from tallystick.base.period import day_start
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal
from tallystick.core.charge.frames import (
    COUNTERS,
    LEVELS,
    MEASURED,
    MEMBERS,
    PERIODS,
    Rated,
    RatedPeriods,
)
from tallystick.core.charge.period_versions import rate_period_versions
from tallystick.core.charge.simulation import Part, Simulation, add_parts, cost_part
from tallystick.core.charge.versions import DatedPlan, rate_versions
from tallystick.core.invoice.cycle import cycles_between
from tallystick.core.tariff.written import WrittenCatalogue
from tallystick.domain.catalog.queries import dated_plans, draft_plan
from tallystick.domain.parties.organisations import organisations_in
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.charge_tables import read_terms
from tallystick.domain.usage.past_tables import count_past_events, read_past_events
from tallystick.flows.charge import place_events
from tallystick.flows.cycles import CYCLE_DAYS, rule_of
from tallystick.flows.own_prices import OwnPrices, load_own_prices
from tallystick.flows.tasks import WORKERS, work_off

EVENTS_PER_PART: Final = 100_000
DRAFT_SINCE: Final = date(1971, 1, 1)
"""Before any usage that is rated: the draft prices all of the period."""


@dataclass
class DraftInOtherCurrency(Refusal):
    code = "draft_in_other_currency"
    draft: str = ""
    published: str = ""

    def sentence(self) -> str:
        return (
            f"the draft is in {self.draft}, but {self.published} is charged; "
            "write the draft in the same currency"
        )


@dataclass
class NothingToSimulate(Refusal):
    code = "nothing_to_simulate"
    first: str = ""
    last: str = ""

    def sentence(self) -> str:
        return f"no usage is stored from {self.first} to {self.last}; choose other days"


@dataclass(frozen=True, slots=True)
class _Trial:
    """What every account range is rated with."""

    tenant_id: int
    days: tuple[date, date]  # [from, to)
    span: tuple[Any, Any]
    published: Sequence[DatedPlan]
    draft: Sequence[DatedPlan]
    own: OwnPrices


def simulate_draft(
    written: WrittenCatalogue,
    *,
    tenant_id: int,
    first: date,
    last: date,
    workers: int = WORKERS,
    progress: Progress = silent,
) -> tuple[Simulation, dict[int, str]]:
    """What the days `[first, last)` of usage cost and would cost; and the components' names.

    Recurring prices and what a whole bill adds or takes off are not in it.

    :raises CatalogueRefused: with every mistake in the draft
    :raises DraftInOtherCurrency: when it cannot be compared with what is charged
    :raises NothingToSimulate: when no usage is stored of these days
    """
    catalogue = written.read()
    with acting_for(tenant_id):
        _write_nothing()
        zone = ZoneInfo(Tenant.objects.get(id=tenant_id).zone)
        own = load_own_prices()
        published = dated_plans(own.variants)
        charged = sorted({dated.plan.currency for dated in published})
        if charged and charged != [catalogue.currency]:
            raise DraftInOtherCurrency(draft=catalogue.currency, published=", ".join(charged))
        plan = draft_plan(catalogue, variants=own.variants)
        span = (day_start(first, zone), day_start(last, zone))
        ranges = _ranges(count_past_events(span))
    if not ranges:
        shown = (last - timedelta(days=1)).isoformat()
        raise NothingToSimulate(first=first.isoformat(), last=shown)
    draft = (DatedPlan(0, DRAFT_SINCE, None, plan),)
    trial = _Trial(tenant_id, (first, last), span, published, draft, own)
    parts = work_off(
        range(len(ranges)),
        work=lambda number: _rate_range(ranges[number], trial),
        workers=workers,
        what="simulating",
        progress=progress,
    )
    plans = (*published, *draft)
    names = {n: f"{c.offer}.{c.code}" for dated in plans for n, c in dated.plan.components.items()}
    return add_parts(parts), names


def _write_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")


def _ranges(counts: pl.DataFrame) -> list[tuple[int, int]]:
    """The top accounts cut into ranges [first, end) of about EVENTS_PER_PART events."""
    part = (pl.col("events").cum_sum() - pl.col("events")) // EVENTS_PER_PART
    cuts = counts.group_by(part.alias("part")).agg(
        first=pl.col("account_id").min(), last=pl.col("account_id").max()
    )
    return [(first, last + 1) for _, first, last in cuts.sort("part").iter_rows()]


def _rate_range(accounts: tuple[int, int], trial: _Trial) -> Part:
    with acting_for(trial.tenant_id):
        _write_nothing()
        whole = organisations_in(*accounts)
        terms = trial.own.vary(read_terms(whole))
        events = read_past_events(accounts=whole, span=trial.span)
    usage = place_events(events, terms=terms)
    periods = _periods(terms, trial)
    before, after = (_rate(usage, periods, plans) for plans in (trial.published, trial.draft))
    return cost_part(events.height, before=before, after=after)


def _rate(
    usage: pl.DataFrame, periods: pl.DataFrame, plans: Sequence[DatedPlan]
) -> tuple[Rated, RatedPeriods]:
    counters = COUNTERS.to_frame()
    rated = rate_versions(usage, plans=plans, counters=counters, periods=periods)
    waits = any(usage.period for dated in plans for usage in dated.plan.usages.values())
    costs = rate_period_versions(
        rated.lines,
        periods=periods if waits else periods.clear(),
        plans=plans,
        measured=MEASURED.to_frame(),
        levels=LEVELS.to_frame(),
    )
    return rated, costs


def _periods(terms: pl.DataFrame, trial: _Trial) -> pl.DataFrame:
    """PERIODS, with MEMBERS, of the contracts, each cycle as far as days and offer reach."""
    first, last = trial.days
    rows = []
    columns = ("account_id", "contract_id", "offer_id", "valid_from", "valid_to", *CYCLE_DAYS)
    asked = terms.select(*columns, *MEMBERS)
    for account, contract, offer, begins, ends, day, since, before, *shares in asked.iter_rows():
        start, end = max(first, begins), min(last, ends or last)
        rule = rule_of((day, since, before))
        for cycle in cycles_between(rule=rule, start=start, end=end):
            served = (max(cycle.start, start), min(cycle.end, end))
            rows.append((account, contract, offer, cycle.start, cycle.end, *served, *shares))
    return pl.DataFrame(rows, schema={**PERIODS, **MEMBERS}, orient="row")
