"""Writes around usage: batches and what they count, charge runs and their tasks, rejects."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl
from django.db.models import F
from django.db.models.functions import Greatest, Least

from tallystick.base.money import plain
from tallystick.base.refusal import Refusal
from tallystick.core.capture.conserve import Manifest
from tallystick.domain.usage.models import Batch, BatchState, Source


@dataclass
class LoadedMeanwhile(Refusal):
    code = "loaded_meanwhile"
    filename: str = ""

    def sentence(self) -> str:
        return f"{self.filename} was loaded by another command meanwhile; nothing was taken twice"


def open_batch(
    *, tenant_id: int, source: str, filename: str, format: str, digest: str, at: datetime
) -> Batch:
    """The batch of that content from that source: a new one, or the one that was begun before."""
    origin, _ = Source.objects.get_or_create(tenant_id=tenant_id, code=source)
    batch, _ = Batch.objects.get_or_create(
        tenant_id=tenant_id,
        source=origin,
        digest=digest,
        defaults={
            "filename": filename,
            "format": format,
            "state": BatchState.LOADING,
            "started_at": at,
        },
    )
    if not batch.chunks_done and batch.format != format:
        batch.format = format
        batch.save(update_fields=["format"])
    return batch


def begin_chunk(*, batch_id: int, number: int) -> None:
    """Holds the batch for the transaction that stores its chunk of that number.

    :raises LoadedMeanwhile: when that chunk is stored already
    """
    batch = Batch.objects.select_for_update().get(id=batch_id)
    if batch.chunks_done != number:
        raise LoadedMeanwhile(filename=batch.filename)


def count_chunk(*, batch_id: int, manifest: Manifest, events: pl.Series) -> None:
    """Adds a stored chunk to its batch's figures, in the transaction that stored it."""
    count_rows(Batch.objects.get(id=batch_id), manifest=manifest, events=events)
    Batch.objects.filter(id=batch_id).update(chunks_done=F("chunks_done") + 1)


def count_rows(batch: Batch, *, manifest: Manifest, events: pl.Series) -> None:
    """Adds rows to a batch's figures; `events` are the instants of those stored."""
    total = manifest_of(batch) + manifest
    changes: dict[str, object] = {
        "rows_in": total.rows_in,
        "accepted": total.accepted,
        "duplicates": total.duplicates,
        "rejected": total.rejected,
        "absorbed": total.absorbed,
        "corrected": total.corrected,
        "cancelled": total.cancelled,
        "sums": {
            "in": plain(total.quantity_in),
            "duplicates": plain(total.quantity_duplicates),
            "rejected": plain(total.quantity_rejected),
            **({"corrected": plain(total.quantity_corrected)} if total.quantity_corrected else {}),
            "accepted": {kind: plain(value) for kind, value in sorted(total.quantities.items())},
        },
    }
    if len(events):
        changes["first_at"] = Least(F("first_at"), events.min())
        changes["last_at"] = Greatest(F("last_at"), events.max())
    Batch.objects.filter(id=batch.id).update(**changes)


def close_batch(*, batch_id: int, at: datetime) -> None:
    """Marks a batch complete: from now on it waits to be charged."""
    Batch.objects.filter(id=batch_id).update(state=BatchState.LOADED, loaded_at=at)


def manifest_of(batch: Batch) -> Manifest:
    """What a batch has counted so far."""
    sums = batch.sums
    return Manifest(
        rows_in=batch.rows_in,
        accepted=batch.accepted,
        duplicates=batch.duplicates,
        rejected=batch.rejected,
        absorbed=batch.absorbed,
        corrected=batch.corrected,
        cancelled=batch.cancelled,
        quantity_in=Decimal(sums.get("in", "0")),
        quantity_duplicates=Decimal(sums.get("duplicates", "0")),
        quantity_rejected=Decimal(sums.get("rejected", "0")),
        quantity_corrected=Decimal(sums.get("corrected", "0")),
        quantities={kind: Decimal(value) for kind, value in sums.get("accepted", {}).items()},
    )
