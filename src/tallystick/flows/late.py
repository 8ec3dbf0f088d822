"""Late usage: what a charge run does with it, and its release by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from tallystick.core.charge.late import FATES, fates_of, tells_of_late
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.nodes import Late
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage import late_tables
from tallystick.domain.usage.late_tables import HeldEvent, NotHeld
from tallystick.domain.usage.models import ChargeRun, LateState
from tallystick.flows.cycles import CYCLE_DAYS, contract_cycle_start
from tallystick.flows.tasks import CHARGING

_STATES: Final = {
    str(Late.HOLD): LateState.HELD.value,
    str(Late.REFUSE): LateState.REFUSED.value,
    str(Late.NEXT_BILL): LateState.MOVED.value,
    str(Late.DIFFERENCE): LateState.RELEASED.value,
}


@dataclass(frozen=True, slots=True)
class Released:
    """Late events that the next charge run takes, or would."""

    events: tuple[HeldEvent, ...]
    late: Late


def late_events(events: pl.DataFrame, *, terms: pl.DataFrame) -> pl.DataFrame:
    """The events (CHARGE_IN) of cycles that a bill has closed, with the cycle that is `present`.

    An ended contract that had its last bill has no present cycle.
    """
    columns = ("contract_id", "ends_on", "billed_to", *CYCLE_DAYS)
    billed = terms.select(columns).unique("contract_id")
    ended = (pl.col("ends_on") <= pl.col("billed_to")).fill_null(value=False)
    present = contract_cycle_start(pl.col("billed_to"))
    return (
        events.join(billed, on="contract_id")
        .filter(pl.col("billed_to").is_not_null() & (ended | (pl.col("cycle_start") < present)))
        .with_columns(present=pl.when(~ended).then(present))
        .drop("ends_on", "billed_to", *CYCLE_DAYS)
    )


def settle_late(
    events: pl.DataFrame,
    *,
    terms: pl.DataFrame,
    plans: Sequence[DatedPlan],
    run: ChargeRun,
    at: datetime,
) -> pl.DataFrame:
    """The events to rate, each in the cycle it counts in; what is held or refused is stored.

    Decided once, by the charge run that takes the event first; part of the charge task.
    """
    late = late_events(events, terms=terms)
    if late.is_empty():
        return events
    known = late_tables.read_known_fates(late, run_id=run.id)
    fates = FATES.to_frame()
    if tells_of_late(plans):
        fates = fates_of(late.join(known, on="usage_id", how="anti"), plans=plans)
    nobody = pl.lit(0, pl.Int64()).alias("component_id")
    told = pl.concat([fates, known.with_columns(nobody).select(FATES.names())])
    state = pl.col("late").replace_strict(_STATES, return_dtype=pl.String)
    rows = late.join(told, on="usage_id", how="inner").with_columns(state=state)
    moves = (pl.col("late") == str(Late.NEXT_BILL)) & pl.col("present").is_not_null()
    rows = rows.with_columns(cycle_start=pl.when(moves).then("present"))
    decided = (pl.col("late") != str(Late.DIFFERENCE)) & (
        (pl.col("late") != str(Late.NEXT_BILL)) | moves
    )
    late_tables.store_late(rows.filter(decided), tenant_id=run.tenant_id, run_id=run.id, at=at)
    waiting = rows.filter(pl.col("state").is_in([LateState.HELD.value, LateState.REFUSED.value]))
    moved = rows.filter(pl.col("cycle_start").is_not_null())
    return count_in(
        events.join(waiting, on="usage_id", how="anti", maintain_order="left"),
        moved=moved.select("usage_id", counts_in="cycle_start"),
    )


def count_in(events: pl.DataFrame, *, moved: pl.DataFrame) -> pl.DataFrame:
    """The events with the cycle they count in where it is not their own (MOVED)."""
    if moved.is_empty():
        return events
    return (
        events.join(moved, on="usage_id", how="left", maintain_order="left")
        .with_columns(cycle_start=pl.coalesce("counts_in", "cycle_start"))
        .drop("counts_in")
    )


def release_usage(
    *,
    tenant_id: int,
    account_id: int | None = None,
    events: Sequence[int] = (),
    late: Late = Late.DIFFERENCE,
) -> Released:
    """Has late usage that is held or refused charged by the next run: all, or some of it.

    Released to the next bill it counts in the cycle that is not billed yet. `late` is the
    difference or the next bill; `rehearse_release` tells what it would cost.

    :raises NotHeld: when an event that is named is neither held nor refused
    :raises AlreadyRunning: while usage is charged
    """
    with only_one(CHARGING, tenant_id=tenant_id), acting_for(tenant_id):
        return release_held(tenant_id=tenant_id, account_id=account_id, events=events, late=late)


def release_held(
    *, tenant_id: int, account_id: int | None, events: Sequence[int], late: Late
) -> Released:
    """The same in the caller's transaction, while nothing is charged.

    :raises NotHeld: when an event that is named is neither held nor refused
    """
    assert late in (Late.DIFFERENCE, Late.NEXT_BILL), late
    held = late_tables.list_held(account_id=account_id, events=events)
    numbers = {one.event for one in held}
    for event in events:
        if event not in numbers:
            raise NotHeld(event=event)
    late_tables.release_late(sorted(numbers), late=str(late), tenant_id=tenant_id)
    return Released(tuple(held), late)
