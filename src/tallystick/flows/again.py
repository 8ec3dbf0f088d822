"""Rating again on a person's word: who would pay more or less, and doing it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final

import polars as pl

from tallystick.base.progress import Progress, silent
from tallystick.core.charge.versions import VERSION_RATED
from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.parties.organisations import AccountRange, organisations_in
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage import charge_tables, rerate_tables
from tallystick.flows.charge import ACCOUNTS_AGAIN, charge_usage, taken_events
from tallystick.flows.own_prices import load_own_prices
from tallystick.flows.rerate import reach_back, read_known, rerate
from tallystick.flows.sharing import in_parts, keep_together

LAST: Final = 2**62
"""Above every account and every charge run."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days [since, until): cycles that have some of them are rated again."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Changed:
    """What a component's usage of an account costs otherwise; amounts before and from now on."""

    account: str
    offer: str
    component: str
    events: int
    before: Decimal
    now: Decimal


def rehearse_rerating(
    days: Days, *, tenant_id: int, account_id: int | None, progress: Progress = silent
) -> list[Changed]:
    """What rating these days again would change; nothing is stored.

    Prices by the period are not in it: a rehearsal of the next bill shows them.
    """
    with acting_for(tenant_id):
        again = _accounts(days, account_id)
    found: list[Changed] = []
    # Ranges without a gap: an account's organisation may stand anywhere.
    edges = [0, *again["account_id"].sort().gather_every(ACCOUNTS_AGAIN, ACCOUNTS_AGAIN), LAST]
    for done, (first, end) in enumerate(pairwise(edges), start=1):
        with acting_for(tenant_id):
            found += list(_changes(again, accounts=organisations_in(first, end)))
        progress("rehearsing", done=done, total=len(edges) - 1)
    return found


def rerate_usage(
    days: Days,
    *,
    tenant_id: int,
    account_id: int | None,
    at: datetime,
    progress: Progress = silent,
) -> list[Changed]:
    """Rates these days again, with all usage that waits; gives what changed.

    Told again it changes nothing more, and goes on where it was stopped.

    :raises AlreadyRunning: while another charge run of the operator runs
    """
    with acting_for(tenant_id):
        before = rerate_tables.latest_run()
        rerate_tables.ask_again(_accounts(days, account_id), tenant_id=tenant_id)
    charge_usage(tenant_id=tenant_id, at=at, progress=progress)
    with acting_for(tenant_id):
        return _told(rerate_tables.read_changes(after_run=before))


def _accounts(days: Days, account_id: int | None) -> pl.DataFrame:
    return rerate_tables.accounts_with_usage(
        account_id=account_id, since=days.since, until=days.until
    )


def _changes(again: pl.DataFrame, *, accounts: AccountRange) -> Iterator[Changed]:
    own = load_own_prices()
    terms = own.vary(charge_tables.read_terms(accounts))
    known = read_known(accounts, terms=terms)
    asked = keep_together(again.join(terms, on="account_id", how="semi"), terms=terms)
    reached = reach_back(asked, counters=known.counters)
    lines = [VERSION_RATED.to_frame()]
    for part in in_parts(reached, terms=terms, accounts=ACCOUNTS_AGAIN):
        events = taken_events(LAST, again=part, terms=terms)
        plans = dated_plans(own.variants)
        lines.append(rerate(events, again=part, known=known, plans=plans).lines)
    taken = pl.col("seq") < 0
    changes = (
        pl.concat(lines)
        .group_by("account_id", "component_id")
        .agg(
            pl.col("usage_id").filter(taken).n_unique().cast(pl.Int64).alias("events"),
            (-pl.col("amount").filter(taken).sum()).alias("before"),
            pl.col("amount").filter(~taken).sum().alias("now"),
        )
    )
    yield from _told(changes.sort("account_id", "component_id"))


def _told(changes: pl.DataFrame) -> list[Changed]:
    accounts, components = rerate_tables.names_of(changes)
    return [
        Changed(accounts[account], *components[component], events, before, now)
        for account, component, events, before, now in changes.iter_rows()
    ]
