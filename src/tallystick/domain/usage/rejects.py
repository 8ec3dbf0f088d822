"""Rejects on their way back: read, replayed, counted on their batch and charged after it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from django.db.models import Count, QuerySet

from tallystick.base.refusal import Refusal
from tallystick.core.capture.conserve import Manifest, assert_conserved
from tallystick.domain.tenants.bulk import insert_rows
from tallystick.domain.usage.models import (
    Batch,
    BatchState,
    ChargeRun,
    Reject,
    RejectState,
    RunState,
)
from tallystick.domain.usage.operations import count_rows, manifest_of

REPLAYED: Final = "replayed"
"""The code of an event that waits because it came after its batch was charged."""


@dataclass
class ChargeRunStopped(Refusal):
    code = "charge_run_stopped"

    def sentence(self) -> str:
        return "a charge run was stopped before it ended; finish it with: tallystick rate"


def open_rejects(*, code: str | None = None) -> QuerySet[Reject]:
    """Rejects that wait for a decision, of loaded batches, in the order they came."""
    rejects = Reject.objects.filter(state=RejectState.OPEN, batch__state=BatchState.LOADED)
    rejects = rejects if code is None else rejects.filter(code=code)
    return rejects.select_related("batch__source").order_by("id")


def count_by_code(waiting: QuerySet[Reject]) -> dict[str, int]:
    """How many of these rejects wait for each reason, most first."""
    counts = waiting.order_by().values_list("code").annotate(rows=Count("id"))
    return dict(counts.order_by("-rows", "code"))


def hold_batch(batch_id: int) -> Batch:
    """The batch, held for this transaction, so that nothing else counts on it.

    :raises ChargeRunStopped: when the run that charges it has been begun and not finished
    """
    batch = Batch.objects.select_for_update().get(id=batch_id)
    if batch.charge_run_id is not None:
        run = ChargeRun.objects.get(id=batch.charge_run_id)
        if run.state == RunState.OPEN:
            raise ChargeRunStopped
    return batch


def settle_rejects(
    batch: Batch, *, ids: Collection[int], manifest: Manifest, events: pl.Series, at: datetime
) -> None:
    """Marks rejects replayed and counts what became of them on their batch."""
    assert_conserved(manifest_of(batch) + manifest)
    Reject.objects.filter(id__in=ids).update(state=RejectState.REPLAYED, decided_at=at)
    count_rows(batch, manifest=manifest, events=events)


def charge_after(batch: Batch, *, stored: pl.DataFrame) -> None:
    """Lets the next charge run take events that came after their batch was charged.

    They wait as suspense of the run that had the batch, so that a run takes them exactly once.
    """
    if batch.charge_run_id is None:
        return
    insert_rows(
        stored.select(
            "tenant_id",
            "account_id",
            pl.col("id").alias("usage_id"),
            "started_at",
            pl.lit(batch.charge_run_id).alias("charge_run_id"),
            pl.lit(REPLAYED).alias("code"),
            pl.lit("accepted after its batch was charged").alias("detail"),
            pl.lit(RejectState.OPEN.value).alias("state"),
        ),
        table="usage_suspense",
    )
