"""What cycles that go on have earned beyond their usage: priced as if they ended that evening.

Prices of a whole period, commitments and the least and the most of a cycle are known only when it
is over. Contracts that have such are drawn up without a trace as though they ended then: what is
measured and counted is what began by then, and what is for a whole cycle counts by its days.
"""

from datetime import date, datetime, timedelta
from typing import Final

import polars as pl
from django.db import transaction

from tallystick.base.frames import AMOUNT
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.charge.whole_bill.amounts import Adjusts
from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.contracts.billing import end_for_a_look
from tallystick.domain.contracts.tables import read_granted
from tallystick.domain.invoices import tables
from tallystick.domain.parties.organisations import AccountRange, payers_in
from tallystick.flows.due import due_task
from tallystick.flows.own_prices import load_own_prices
from tallystick.flows.period_owners import parts_of
from tallystick.flows.rehearse import due_ranges

EARNED: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "currency": pl.String(),
        "revenue_account": pl.String(),
        "amount": AMOUNT,
    }
)
EVERYBODY: Final = AccountRange(0, 2**62)
LATER: Final = date.max - timedelta(days=1)

_KEPT: Final = ("period", Adjusts.COVERED, Adjusts.COMMITMENT, Adjusts.TRUE_UP, Adjusts.MINIMUM,
                Adjusts.CAP)  # fmt: skip
"""Purposes of lines that only a cycle's end tells; discounts lie on what is billed already, too."""


def earned_in_running(*, on: date, before: datetime) -> pl.DataFrame:
    """EARNED of contracts that go on and are not due that day, by what began before that instant.

    What is shared wider than an account is left out. Part of the caller's transaction.
    """
    plans = dated_plans()
    running = _running(plans, on=on)
    found = [EARNED.to_frame()]
    if not running:
        return found[0]
    own = load_own_prices()
    varied = dated_plans(own.variants)
    wide = parts_of(varied).filter("wide")["component_id"].implode()
    with transaction.atomic():
        end_for_a_look(running, on=on)
        for accounts in due_ranges(tables.count_due(on=on)):
            within = payers_in(*accounts)._replace(before=before)
            lines = due_task(within, plans=varied, own=own, on=on).lines
            kind = pl.col("purpose").str.extract("^([a-z_]+)")
            kept = kind.is_in([str(one) for one in _KEPT]) & ~pl.col("component_id").is_in(wide)
            of_these = pl.col("contract_id").is_in(running)
            found.append(
                lines.filter(kept & of_these).select(
                    pl.col(name).cast(dtype) for name, dtype in EARNED.items()
                )
            )
        transaction.set_rollback(True)
    return pl.concat(found)


def _running(plans: tuple[DatedPlan, ...], *, on: date) -> list[int]:
    """Contracts that go on, are not due, and have what only a cycle's end tells."""
    telling = {
        number
        for dated in plans
        for number, offer in dated.plan.offers.items()
        if offer.bill or any(usage.period is not None for usage in offer.usages)
    }
    held = tables.read_held_offers(EVERYBODY, on=LATER)
    granted = read_granted(EVERYBODY, on=on).filter(
        (pl.col("kind") == "commitment") & pl.col("contract_id").is_not_null()
    )
    wanted = set(held.filter(pl.col("offer_id").is_in(list(telling)))["contract_id"].to_list())
    wanted |= set(granted["contract_id"].to_list())
    if not wanted:
        return []
    contracts = tables.read_due_contracts(EVERYBODY, on=LATER)
    due = tables.read_due_contracts(EVERYBODY, on=on).select("contract_id")
    going_on = contracts.filter(
        pl.col("contract_id").is_in(list(wanted)),
        pl.col("starts_on") < on,
        (pl.col("ends_on") > on).fill_null(value=True),
    ).join(due, on="contract_id", how="anti")
    return sorted(going_on["contract_id"].to_list())
