"""What an evening has earned beside usage and no bill has: drawn up as the next bill will have it.

Cycles that are over by then are drawn up as their bill would be, without a trace: what recurs in
arrears, prices of whole periods, discounts, the true-up of commitments, single charges. Of cycles
that go on, what recurs and is not billed counts by its days, and what only their end tells is
priced as if they ended then (see `accrue_running`).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from tallystick.core.charge.versions import DatedPlan
from tallystick.core.invoice.cycle import cycle_of
from tallystick.core.invoice.due import ContractTerms, HeldOffer, PricedPeriod, rates_of
from tallystick.core.invoice.leave import charged_between
from tallystick.core.invoice.recur import Timing
from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.invoices import tables
from tallystick.domain.tenants.models import Tenant
from tallystick.flows.accrue_running import EARNED, EVERYBODY, LATER, earned_in_running
from tallystick.flows.cycles import CYCLE_DAYS, rule_of
from tallystick.flows.drafting import draft_invoices
from tallystick.flows.own_prices import OwnPrices, load_own_prices
from tallystick.flows.rehearse import due_ranges


def earned_unbilled(tenant: Tenant, *, through: date, before: datetime) -> pl.DataFrame:
    """EARNED by the evening of that day, without usage; part of the caller's transaction.

    `before` is the instant at which the day has ended.
    """
    on = through + timedelta(days=1)
    found = [EARNED.to_frame(), _running(on=on), earned_in_running(on=on, before=before)]
    for accounts in due_ranges(tables.count_due(on=on)):
        lines = draft_invoices(tenant, accounts=accounts, on=on).task.lines
        found.append(
            lines.filter(
                (pl.col("period_to") <= on) & ~pl.col("purpose").str.starts_with("usage")
            ).select(pl.col(name).cast(kind) for name, kind in EARNED.items())
        )
    return pl.concat(found)


def _running(*, on: date) -> pl.DataFrame:
    """EARNED of contracts that are not due on that day."""
    plans = dated_plans()
    priced = tuple(
        PricedPeriod(dated.version_id, dated.valid_from, dated.valid_to, dated.plan)
        for dated in plans
    )
    contracts = tables.read_due_contracts(EVERYBODY, on=LATER).filter(pl.col("starts_on") < on)
    due = tables.read_due_contracts(EVERYBODY, on=on).select("contract_id")
    waiting = contracts.join(due, on="contract_id", how="anti")
    if not _in_arrears(plans):
        waiting = waiting.filter(pl.col("billed_to").is_null())
    if waiting.is_empty():
        return EARNED.to_frame()
    held: dict[int, list[HeldOffer]] = {}
    for contract, offer, quantity, first, last in tables.read_held_offers(
        EVERYBODY, on=LATER
    ).iter_rows():
        held.setdefault(contract, []).append(HeldOffer(offer, quantity, first, last))
    own = load_own_prices()
    rows = [
        (contract["account_id"], contract["currency"], revenue, amount)
        for contract in waiting.to_dicts()
        for revenue, amount in _of_contract(
            contract,
            terms=_terms(contract, held[contract["contract_id"]], own, plans),
            plans=priced,
            on=on,
        )
    ]
    return pl.DataFrame(rows, schema=EARNED, orient="row")


def _in_arrears(plans: tuple[DatedPlan, ...]) -> bool:
    return any(
        part.price.timing.value == Timing.ARREARS.value
        for dated in plans
        for offer in dated.plan.offers.values()
        for part in offer.recurring
    )


def _terms(
    contract: dict[str, Any], held: list[HeldOffer], own: OwnPrices, plans: tuple[DatedPlan, ...]
) -> ContractTerms:
    number = contract["contract_id"]
    rule = rule_of(contract[name] for name in CYCLE_DAYS)
    return ContractTerms(
        starts_on=contract["starts_on"],
        ends_on=contract["ends_on"],
        cycle_day=rule.bill_day,
        zone=contract["zone"],
        billed_to=contract["billed_to"],
        held=tuple(held),
        own=own.recurring(number, plans=plans) if number in own.prices else (),
        turned=rule.turned,
    )


def _of_contract(
    contract: dict[str, Any],
    *,
    terms: ContractTerms,
    plans: tuple[PricedPeriod, ...],
    on: date,
) -> Iterator[tuple[str, Decimal]]:
    """What recurs and is not billed on the days before that day, by revenue account."""
    parts = {
        part.id: part
        for one in terms.held
        for priced in plans
        if one.offer_id in priced.plan.offers
        for part in priced.plan.offers[one.offer_id].recurring
    }
    for part in parts.values():
        price, changes = rates_of(part.id, terms=terms, plans=plans)
        if terms.billed_to is not None and price.timing is Timing.ADVANCE:
            continue
        first = terms.billed_to or terms.starts_on
        if price.timing is Timing.ARREARS:
            first = max(cycle_of(first, rule=price.rule).start, terms.starts_on)
        amount = charged_between(price, changes=changes, first=first, until=on)
        if amount:
            yield part.revenue_account, amount
