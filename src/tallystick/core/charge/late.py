"""What becomes of late usage: usage that is first charged after its cycle was billed.

Each price of usage says so (`late`). An event has one fate, for it is charged whole or not at all:
the strictest that any price which fits it says. See docs/algorithms/late-usage.md.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from tallystick.core.charge.frames import CHARGE_IN
from tallystick.core.charge.match import BadAttributes, fields_of, holds
from tallystick.core.charge.versions import DatedPlan, first_instant
from tallystick.core.tariff.nodes import Late
from tallystick.core.tariff.plan import Plan

STRICT: Final = (Late.REFUSE, Late.HOLD, Late.DIFFERENCE, Late.NEXT_BILL)
"""The strictest first. A bill has to be put right where any price says so; so an event goes to the
next bill only where all prices that fit it do."""

FATES: Final = pl.Schema({"usage_id": pl.Int64(), "late": pl.String(), "component_id": pl.Int64()})
"""What becomes of an event, and the price that says so."""


def tells_of_late(plans: Sequence[DatedPlan]) -> bool:
    """Whether any price says something else than the difference."""
    return any(
        usage.late is not Late.DIFFERENCE for dated in plans for usage in dated.plan.usages.values()
    )


def fates_of(late: pl.DataFrame, *, plans: Sequence[DatedPlan]) -> pl.DataFrame:
    """FATES of late usage (CHARGE_IN) that are not the difference; by the version of its start.

    What no price fits has none: it is suspended as it would be in time.
    """
    opens = [(first_instant(dated), dated.plan) for dated in plans]
    rows = []
    for row in (
        late.select(CHARGE_IN.names())
        .with_columns(start=pl.col("started_at").to_physical())
        .iter_rows(named=True)
    ):
        plan = next((plan for opened, plan in reversed(opens) if opened <= row["start"]), None)
        fate = None if plan is None else _fate(row, plan=plan)
        if fate is not None and fate[0] is not Late.DIFFERENCE:
            rows.append((row["usage_id"], str(fate[0]), fate[1]))
    return pl.DataFrame(rows, schema=FATES, orient="row")


def _fate(row: dict[str, object], *, plan: Plan) -> tuple[Late, int] | None:
    offer = plan.offers.get(int(str(row["offer_id"])))
    try:
        fields = fields_of(row, attributes=plan.attributes)
    except BadAttributes:
        return None
    fitting = [
        (usage.late, usage.id)
        for usage in (offer.usages if offer else ())
        if usage.kind == row["kind"] and holds(usage.where, fields=fields)
    ]
    return min(fitting, key=lambda said: STRICT.index(said[0]), default=None)
