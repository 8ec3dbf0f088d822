"""What was charged online becomes usage, rated lines and totals, so that invoices and `explain`
know it: the way of a call that came by file, at the prices that were charged already.

Part of charging (`tallystick rate`). A transaction takes so many sessions as one batch of the
source `online` and one charge run; a session's name is its record id there.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final

import polars as pl

from tallystick.base.money import EXACT
from tallystick.core.capture.conserve import Manifest
from tallystick.core.capture.revise import STANDING
from tallystick.core.charge.online.settle import lines_owed
from tallystick.domain.reservations.tables import mark_settled, take_ended
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage import charge_tables, charging, operations, tables
from tallystick.flows.capture import ONLINE

SESSIONS_MAX: Final = 20_000


def settle_online(*, tenant_id: int, at: datetime) -> int:
    """Settles all sessions that have ended; gives how many became usage. Stopped, it goes on."""
    settled = 0
    while True:
        with acting_for(tenant_id):
            ended = take_ended(count=SESSIONS_MAX)
            if ended.is_empty():
                return settled
            settled += _settle(ended, tenant_id=tenant_id, at=at)


def _settle(ended: pl.DataFrame, *, tenant_id: int, at: datetime) -> int:
    """Sessions that cost or drew nothing are only noted as settled."""
    charged = ended.filter(~pl.col("detail").str.starts_with('{"lines": [],'))
    starts = ended["started_at"].sort()
    run = charging.begin_settled_run(tenant_id=tenant_id, first=starts[0], last=starts[-1], at=at)
    if not charged.is_empty():
        stored = _store_usage(charged, tenant_id=tenant_id, run_id=run.id, at=at)
        lines = lines_owed(stored.select("id", "detail").iter_rows())
        charge_tables.store_rated(lines, tenant_id=tenant_id, charge_run_id=run.id)
    mark_settled(ended, charge_run_id=run.id)
    charging.close_run(run_id=run.id, at=at)
    return charged.height


def _store_usage(
    charged: pl.DataFrame, *, tenant_id: int, run_id: int, at: datetime
) -> pl.DataFrame:
    """The sessions as usage of a batch of their own; gives them with the ids of their usage."""
    name = f"charge run {run_id}"
    batch = operations.open_batch(
        tenant_id=tenant_id, source=ONLINE, filename=name, format="online charging",
        digest=sha256(name.encode()).hexdigest(), at=at,
    )  # fmt: skip
    ordered = charged.sort("account_id", "started_at", "record_id").with_row_index("line")
    named = tables.new_usage_ids(ordered)
    keys = named.rename({"id": "usage_id"}).with_columns(revision=pl.lit(None, pl.Int64))
    known = tables.claim_records(
        keys.select(STANDING.names()), tenant_id=tenant_id, source_id=batch.source_id
    )
    assert known.is_empty(), "only this flow takes records of the source, each session once"
    tables.ensure_months("usage_usage", instants=charged["started_at"])
    tables.store_usage(named, tenant_id=tenant_id, source_id=batch.source_id, batch_id=batch.id)
    sums = charged.group_by("kind").agg(pl.col("quantity").sum()).sort("kind")
    total = sum(sums["quantity"], start=EXACT.create_decimal(0))
    manifest = Manifest(
        rows_in=charged.height,
        accepted=charged.height,
        duplicates=0,
        rejected=0,
        absorbed=0,
        quantity_in=total,
        quantity_duplicates=EXACT.create_decimal(0),
        quantity_rejected=EXACT.create_decimal(0),
        quantities=dict(sums.iter_rows()),
    )
    operations.count_chunk(batch_id=batch.id, manifest=manifest, events=charged["started_at"])
    operations.close_batch(batch_id=batch.id, at=at)
    charging.take_batch(batch_id=batch.id, run_id=run_id)
    return named
