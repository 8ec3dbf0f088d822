"""Closing what is shared wider than an account: an organisation's or a pool's cycles as one.

All contracts that share are looked at, of whichever accounts, whoever is billed now. What it costs
is on the bill of the first contract of those that share it and are due; what was billed of it
before, to whomever, is taken off. A cycle is closed when it is over, or when all who share have
ended. Buckets that roll over and grow with their members are closed in the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from tallystick.core.charge.frames import KEYS, MEMBERS
from tallystick.core.charge.owners import with_owner
from tallystick.core.charge.versions import DatedPlan
from tallystick.domain.invoices import tables
from tallystick.domain.parties.organisations import AccountRange, whole_organisations
from tallystick.domain.usage import period_tables
from tallystick.domain.usage.charge_tables import read_terms
from tallystick.flows.cycles import CYCLE_DAYS
from tallystick.flows.own_prices import OwnPrices
from tallystick.flows.period_owners import own_cycles, parts_of
from tallystick.flows.periods import (
    LINES_AT_ONCE,
    NOTHING,
    ClosedPeriods,
    list_periods,
    partners_in,
    price_owned,
    roll_owned,
)

COUNTED: Final = pl.Schema(
    {name: pl.Date() if name == "cycle_start" else pl.Int64() for name in (*KEYS, "payer")}
)
"""Usage totals that closing a period counts, and the contract whose bill has it."""


def wide_parts(plans: Sequence[DatedPlan]) -> pl.DataFrame:
    """What is shared wider than an account (PARTS), by offer."""
    return parts_of(plans).filter("wide")


def close_shared(
    contracts: pl.DataFrame,
    *,
    held: pl.DataFrame,
    plans: Sequence[DatedPlan],
    own: OwnPrices,
    on: date,
) -> tuple[ClosedPeriods, pl.DataFrame]:
    """What the due `contracts` are billed of what they share by that day, and what is counted.

    `held` are the offers they hold over time. The second frame are COUNTED.
    """
    closed, counted = NOTHING, COUNTED.to_frame()
    parts = wide_parts(plans)
    sharing = held.filter(pl.col("offer_id").is_in(parts["offer_id"].implode()))
    due = contracts.join(sharing, on="contract_id", how="semi")
    if due.is_empty():
        return closed, counted
    accounts = whole_organisations(due["account_id"].unique().to_list())
    terms = own.vary(read_terms(accounts))
    terms = terms.filter(pl.col("offer_id").is_in(parts["offer_id"].implode()))
    asked = _Asked(
        parts=parts,
        plans=plans,
        on=on,
        due=tables.read_due_contracts(accounts, on=on)["contract_id"].to_list(),
        paying=contracts["contract_id"].to_list(),
    )
    priced = parts.filter(~pl.col("bucket"))["component_id"].unique().to_list()
    uncounted = period_tables.read_uncounted(
        accounts, components=sorted({*priced, *partners_in(plans)})
    )
    for some in _parts(accounts, terms, parts=parts):
        ours = pl.col("account_id").is_in(some.joining)
        one, keys = _close(some, terms.filter(ours), uncounted.filter(ours), asked)
        closed, counted = closed.plus(one), pl.concat([counted, keys])
    return closed, counted


def _parts(
    accounts: AccountRange, terms: pl.DataFrame, *, parts: pl.DataFrame
) -> Iterator[AccountRange]:
    """Whole organisations with no more lines than fit in memory."""
    components = parts["component_id"].unique().to_list()
    events = period_tables.count_events(accounts, components=components, since=date.min)
    tops = terms.select("account_id", "organisation_id").unique()
    tops = pl.concat(
        [tops, tops.select(account_id="organisation_id", organisation_id="organisation_id")]
    )
    counted = (
        tops.unique()
        .join(events, on="account_id", how="left")
        .group_by("organisation_id")
        .agg("account_id", pl.col("events").sum())
        .sort("organisation_id")
        .with_columns(part=pl.col("events").cum_sum() // LINES_AT_ONCE)
    )
    for one in counted.partition_by("part", maintain_order=True):
        ids = one["account_id"].explode().unique().sort().to_list()
        yield AccountRange(0, 0, joining=tuple(ids))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is closed by which prices and day, who is due, and who of them pays here."""

    parts: pl.DataFrame
    plans: Sequence[DatedPlan]
    on: date
    due: Sequence[int]
    paying: Sequence[int]


def _close(
    accounts: AccountRange, terms: pl.DataFrame, uncounted: pl.DataFrame, asked: _Asked
) -> tuple[ClosedPeriods, pl.DataFrame]:
    """What these organisations' cycles cost and leave, as far as those who pay here pay."""
    members = terms.select("contract_id", *MEMBERS).unique("contract_id")
    periods = _periods(terms, uncounted, asked)
    if periods.is_empty():
        return NOTHING, COUNTED.to_frame()
    periods = periods.join(members, on="contract_id", how="left", maintain_order="left")
    owned = own_cycles(periods, parts=asked.parts, due=pl.col("contract_id").is_in(asked.due))
    owned = owned.filter(pl.col("payer").is_in(asked.paying))
    if owned.is_empty():
        return NOTHING, COUNTED.to_frame()
    priced = price_owned(accounts, periods=periods, owned=owned, plans=asked.plans)
    left = roll_owned(accounts, periods=periods, owned=owned, plans=asked.plans)
    scopes = asked.parts.select("component_id", "scope").unique()
    counted = (
        uncounted.join(members, on="contract_id")
        .join(scopes, on="component_id")
        .with_columns(with_owner())
        .join(
            owned.rename({"account_id": "owner_account", "contract_id": "owner"}),
            on=("owner_account", "owner", "component_id", "cycle_start"),
        )
        .select(COUNTED.names())
        .unique(maintain_order=True)
    )
    return replace(priced.plus(left), owned=owned), counted


def _periods(terms: pl.DataFrame, uncounted: pl.DataFrame, asked: _Asked) -> pl.DataFrame:
    """The cycles of all who share since the first that one of those due has open (_PERIODS)."""
    contracts = terms.group_by("contract_id").agg(
        pl.col("account_id", "organisation_id", "ends_on", "billed_to", *CYCLE_DAYS).first(),
        pl.col("valid_from").min().alias("starts_on"),
    )
    owing = contracts.filter(pl.col("contract_id").is_in(asked.due)).select(
        "organisation_id", since=pl.coalesce("billed_to", "starts_on")
    )
    late = uncounted.join(contracts, on="contract_id").select(
        "organisation_id", since="cycle_start"
    )
    since = pl.concat([owing, late]).group_by("organisation_id").agg(pl.col("since").min())
    over = contracts.group_by("organisation_id").agg(
        ended=(pl.col("ends_on") <= asked.on).fill_null(value=False).all()
    )
    opened = contracts.join(since, on="organisation_id").with_columns(billed_to="since")
    touched = pl.DataFrame(schema={"account_id": pl.Int64(), "cycle_start": pl.Date()})
    periods = list_periods(opened, held=terms, touched=touched, plans=asked.plans, on=asked.on)
    tops = contracts.select("contract_id", "organisation_id")
    ended = periods.join(tops, on="contract_id", maintain_order="left").join(
        over, on="organisation_id", maintain_order="left"
    )
    return ended.filter((pl.col("cycle_end") <= asked.on) | pl.col("ended")).select(periods.columns)
