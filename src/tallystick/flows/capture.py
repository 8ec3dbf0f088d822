"""Usage in: decoded chunks -> known subjects -> claimed records -> stored events and rejects.

Of a source that lets its records be corrected, a record that says something else takes the place of
the first; what that replaced is rated again by the charge run that takes the batch.

Each chunk is one transaction that also counts itself on its batch, so a load that was stopped
anywhere goes on with the next chunk when the same file is given again.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.frames import REJECTS
from tallystick.base.money import EXACT
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal
from tallystick.core.capture.conserve import Manifest, assert_conserved, count_decoded
from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.events import event_json
from tallystick.core.capture.revise import Verdict
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage import operations, tables
from tallystick.domain.usage.models import Batch, BatchState
from tallystick.flows.ahead import one_ahead
from tallystick.flows.take import (
    CANCELS_NOTHING,
    Holders,
    Intake,
    Taken,
    take_back_nulls,
    take_events,
)

WHO: Final = ("subject_kind", "subject")
TELLING: Final = {str(Verdict.CHANGED): ("record_id",), CANCELS_NOTHING: ("record_id",)}
"""What is told of a refused event by its code, where it is not who it is of."""

ONLINE: Final = "online"
"""The source of what was charged online; its records are the sessions of the service."""


@dataclass
class SourceReserved(Refusal):
    code = "source_reserved"
    source: str = ""

    def sentence(self) -> str:
        return (
            f"the source {self.source!r} is for what was charged online; "
            "give the files another name of their source"
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file as it arrived: where it is from and what tells it from any other."""

    source: str
    filename: str
    format: str
    digest: str


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of a file; `already_loaded` when its content had been taken before."""

    batch_id: int
    filename: str
    already_loaded: bool
    manifest: Manifest


Chunks = Iterable[Decoded] | Callable[[pl.DataFrame], Iterable[Decoded]]
"""A decoded file, or what decodes it given the SESSIONS that earlier files of its source left."""


def capture_usage(
    delivery: Delivery,
    *,
    tenant_id: int,
    chunks: Chunks,
    at: datetime,
    progress: Progress = silent,
    corrections: bool = False,
) -> LoadReport:
    """Takes a file's usage in; the same content from the same source is taken once.

    With `corrections` a record that says something else than before takes its place, and a row
    that cancels takes its record back; else both are rejected.

    Of a file that turns out to be damaged, what was read before the damage stays and is charged; a
    whole copy of it adds the rest.

    :raises AlreadyRunning: while another load of the same source runs
    :raises SourceReserved: when the source is the one of online charging
    :raises Refusal: when the file cannot be read to its end
    """
    if delivery.source == ONLINE:
        raise SourceReserved(source=delivery.source)
    with only_one(loading(delivery.source), tenant_id=tenant_id):
        with acting_for(tenant_id):
            batch = operations.open_batch(**asdict(delivery), tenant_id=tenant_id, at=at)
            sessions = tables.read_sessions(source_id=batch.source_id)
        if batch.state == BatchState.LOADED:
            return _report(batch, already_loaded=True)
        with acting_for(tenant_id):
            for table in tables.HOLDING:
                tables.refresh_statistics(table)
        intake = Intake(batch, Holders(tenant_id), corrections, at)
        done = batch.rows_in
        decoder = one_ahead(iter(chunks(sessions) if callable(chunks) else chunks))
        number = 0
        while (decoded := _next_chunk(decoder, batch=batch, at=at)) is not None:
            if number >= batch.chunks_done:
                _store_chunk(decoded, number=number, intake=intake, known=sessions)
                sessions = sessions if decoded.sessions is None else decoded.sessions
                done += decoded.rows_in
                progress("rows", done=done, total=0)
            number += 1
        return _close(batch, at=at)


def loading(source: str) -> str:
    """The work that one command at a time does for a source (see `only_one`)."""
    return f"loading usage of source {source}"


def _next_chunk(decoder: Iterator[Decoded], *, batch: Batch, at: datetime) -> Decoded | None:
    """The next chunk, or None after the last; what a damaged file gave before is closed."""
    try:
        return next(decoder, None)
    except Refusal:
        _close(batch, at=at)
        raise


def _close(batch: Batch, *, at: datetime) -> LoadReport:
    """Lets the batch be charged; one that nothing was read of stays open to be read again."""
    with acting_for(batch.tenant_id):
        batch.refresh_from_db()
        if batch.chunks_done:
            operations.close_batch(batch_id=batch.id, at=at)
            tables.refresh_statistics("usage_usage")
            tables.refresh_statistics("usage_recordkey")
        return _report(batch, already_loaded=False)


def _report(batch: Batch, *, already_loaded: bool) -> LoadReport:
    return LoadReport(
        batch_id=batch.id,
        filename=batch.filename,
        already_loaded=already_loaded,
        manifest=operations.manifest_of(batch),
    )


def _store_chunk(decoded: Decoded, *, number: int, intake: Intake, known: pl.DataFrame) -> None:
    """Stores a chunk and counts it; `known` are the sessions as they are stored."""
    batch = intake.batch
    tenant_id = batch.tenant_id
    with acting_for(tenant_id):
        tables.ensure_months("usage_usage", instants=decoded.usage["started_at"].drop_nulls())
    with acting_for(tenant_id):
        operations.begin_chunk(batch_id=batch.id, number=number)
        decoded = take_back_nulls(decoded, batch=batch)
        taken = take_events(decoded.usage, intake=intake)
        tables.store_rejects(decoded.rejects, tenant_id=tenant_id, batch_id=batch.id, decoded=False)
        tables.store_rejects(
            as_rejects(taken.refused), tenant_id=tenant_id, batch_id=batch.id, decoded=True
        )
        if decoded.sessions is not None:
            store_changed(decoded.sessions, known=known, batch=batch)
        manifest = settle(count_decoded(decoded), taken=taken)
        assert_conserved(manifest)
        operations.count_chunk(
            batch_id=batch.id, manifest=manifest, events=taken.stored["started_at"]
        )


def store_changed(sessions: pl.DataFrame, *, known: pl.DataFrame, batch: Batch) -> None:
    """Stores those SESSIONS that are not as they were known."""
    changed = sessions.join(known, on=sessions.columns, how="anti", nulls_equal=True)
    tables.store_sessions(changed, tenant_id=batch.tenant_id, source_id=batch.source_id)


def settle(manifest: Manifest, *, taken: Taken) -> Manifest:
    """The decoder's manifest after identification and claiming moved some of its accepted rows."""
    kinds = taken.fresh.group_by("kind", "unit").agg(pl.col("quantity").sum())
    repeated, refused, corrected = taken.repeated, taken.refused, taken.corrected
    return replace(
        manifest,
        accepted=taken.fresh.height,
        corrected=corrected.height,
        cancelled=taken.cancelled.height,
        duplicates=manifest.duplicates + repeated.height,
        rejected=manifest.rejected + refused.height,
        quantity_duplicates=EXACT.add(manifest.quantity_duplicates, _sum(repeated)),
        quantity_rejected=EXACT.add(manifest.quantity_rejected, _sum(refused)),
        quantity_corrected=_sum(corrected),
        quantities={f"{kind} {unit}": quantity for kind, unit, quantity in kinds.iter_rows()},
    )


def _sum(events: pl.DataFrame) -> Decimal:
    return Decimal(events["quantity"].sum() or 0)


def as_rejects(refused: pl.DataFrame) -> pl.DataFrame:
    """Refused events as REJECTS: the event as JSON, so that it can be corrected and replayed."""
    rows = [
        {
            "line": row["line"],
            "code": row["code"],
            "parameters": json.dumps({name: row[name] for name in TELLING.get(row["code"], WHO)}),
            "raw": event_json(row),
        }
        for row in refused.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=REJECTS)
