"""Rejects again: as they are once their subject is known, or with what a person corrected.

What is accepted is stored under the batch it came with and moves from rejected to accepted there.
If that batch is charged already, its events wait as suspense and the next charge run takes them.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final, TypeVar

import polars as pl

from tallystick.base.frames import USAGE_IN
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal
from tallystick.core.capture.conserve import Manifest, count_decoded
from tallystick.core.capture.decoded import Decoded, Format, Framing
from tallystick.core.capture.events import read_events
from tallystick.core.capture.lines import frame_lines
from tallystick.core.capture.rejects import Reason
from tallystick.core.capture.revise import with_revision
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage import rejects, tables
from tallystick.domain.usage.models import Batch, Reject
from tallystick.flows.capture import as_rejects, loading, settle, store_changed
from tallystick.flows.take import Holders, Intake, Taken, take_back_nulls, take_events
from tallystick.flows.tasks import CHARGING

REJECTS_PER_PART: Final = 10_000

Item = TypeVar("Item")

FindFormat = Callable[[str, pl.DataFrame], Format]
"""The format of a name, going on from SESSIONS where it keeps any."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a reject should have been: an event as JSON text, or text of its file's own format.

    The text is read as a small file of its own: it begins with a header where the format has one.
    """

    reject_id: int
    event: str | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """Events accepted, said before, carrying no usage, put in the place of others, rows that took
    others back; (reject, reason) of what stays refused.
    """

    accepted: int = 0
    duplicates: int = 0
    absorbed: int = 0
    refused: tuple[tuple[int, str], ...] = ()
    corrected: int = 0
    cancelled: int = 0

    def __add__(self, other: "ReplayReport") -> "ReplayReport":
        return ReplayReport(
            self.accepted + other.accepted,
            self.duplicates + other.duplicates,
            self.absorbed + other.absorbed,
            self.refused + other.refused,
            self.corrected + other.corrected,
            self.cancelled + other.cancelled,
        )


@dataclass(slots=True)
class _Part:
    """Corrections of one batch, read: events carry their reject's id as `line`."""

    events: pl.DataFrame
    refused: list[tuple[int, str]]
    taken: list[int]  # the rejects that were read
    counted: Manifest = field(default_factory=Manifest)  # rows of file text but their events
    sessions: pl.DataFrame | None = None


def replay_rejects(
    *,
    tenant_id: int,
    at: datetime,
    code: str | None = None,
    progress: Progress = silent,
    accept: bool = False,
) -> ReplayReport:
    """Tries every decoded reject again as it is, or those of one reason.

    `accept` lets records take the place of what was said before, and take it back.

    :raises AlreadyRunning: while usage is charged or the source is loaded
    :raises ChargeRunStopped: when a charge run has to be finished first
    """
    with acting_for(tenant_id):
        waiting = rejects.open_rejects(code=code).filter(decoded=True)
        ids = list(waiting.order_by("batch_id", "id").values_list("batch_id", "id"))
    report, done = ReplayReport(), 0
    for batch_id, pairs in groupby(ids, key=lambda pair: pair[0]):
        for part in _parts([reject_id for _, reject_id in pairs]):
            with acting_for(tenant_id):
                raws = Reject.objects.filter(id__in=part).values_list("id", "raw")
                corrections = [Correction(reject_id, event=raw) for reject_id, raw in raws]
            report += _replay(
                corrections, tenant_id=tenant_id, batch_id=batch_id, at=at, accept=accept
            )
            done += len(part)
            progress("rejects", done=done, total=len(ids))
    return report


def replay_corrections(
    corrections: Iterable[Correction],
    *,
    tenant_id: int,
    find_format: FindFormat,
    at: datetime,
    progress: Progress = silent,
    accept: bool = False,
) -> ReplayReport:
    """Tries rejects again with what a person corrected; each is settled once.

    `accept` lets records take the place of what was said before, and take it back.

    :raises AlreadyRunning: while usage is charged or the source is loaded
    :raises ChargeRunStopped: when a charge run has to be finished first
    """
    by_id = {correction.reject_id: correction for correction in corrections}
    with acting_for(tenant_id):
        waiting = rejects.open_rejects().filter(id__in=by_id).order_by("batch_id", "id")
        ids = list(waiting.values_list("batch_id", "id"))
    unknown = sorted(by_id.keys() - {reject_id for _, reject_id in ids})
    report = ReplayReport(refused=tuple((reject_id, "reject_not_open") for reject_id in unknown))
    done = len(unknown)
    for batch_id, pairs in groupby(ids, key=lambda pair: pair[0]):
        for part in _parts([by_id[reject_id] for _, reject_id in pairs]):
            report += _replay(
                part,
                tenant_id=tenant_id,
                batch_id=batch_id,
                at=at,
                find_format=find_format,
                accept=accept,
            )
            done += len(part)
            progress("rejects", done=done, total=len(by_id))
    return report


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), REJECTS_PER_PART):
        yield items[start : start + REJECTS_PER_PART]


def _replay(
    corrections: Sequence[Correction],
    *,
    tenant_id: int,
    batch_id: int,
    at: datetime,
    find_format: FindFormat | None = None,
    accept: bool,
) -> ReplayReport:
    """Corrections of one batch: one transaction, with neither a load nor charging beside it."""
    with acting_for(tenant_id):
        source = Batch.objects.select_related("source").get(id=batch_id).source.code
    with (
        only_one(CHARGING, tenant_id=tenant_id),
        only_one(loading(source), tenant_id=tenant_id),
    ):
        with acting_for(tenant_id):
            batch = rejects.hold_batch(batch_id)
            known = tables.read_sessions(source_id=batch.source_id)
            part = _read(corrections, batch=batch, known=known, find_format=find_format)
            tables.ensure_months("usage_usage", instants=part.events["started_at"].drop_nulls())
        with acting_for(tenant_id):
            batch = rejects.hold_batch(batch_id)
            if part.sessions is not None:
                store_changed(part.sessions, known=known, batch=batch)
            intake = Intake(batch, Holders(tenant_id), accept, at)
            taken = take_events(part.events, intake=intake)
            return _settle(part, taken=taken, batch=batch, at=at)


def _read(
    corrections: Sequence[Correction],
    *,
    batch: Batch,
    known: pl.DataFrame,
    find_format: FindFormat | None,
) -> _Part:
    """The events that the corrections say."""
    texts = [(one.reject_id, one.event) for one in corrections if one.event is not None]
    events, broken = read_events(texts)
    part = _Part(events, list(broken.select("line", "code").iter_rows()), events["line"].to_list())
    part.counted = _count(events)
    for one in corrections:
        if one.event is None and one.raw is not None and find_format is not None:
            _read_raw(one, one.raw, part=part, format_of=find_format, batch=batch, known=known)
        elif one.event is None:
            part.refused.append((one.reject_id, "nothing_corrected"))
    return part


def _count(events: pl.DataFrame) -> Manifest:
    rows = events.height
    nothing = USAGE_IN.to_frame()
    total = Decimal(events["quantity"].sum() or 0)
    return count_decoded(Decoded(events, nothing, rows_in=rows, absorbed=0, quantity_in=total))


def _read_raw(
    one: Correction,
    raw: str,
    *,
    part: _Part,
    format_of: FindFormat,
    batch: Batch,
    known: pl.DataFrame,
) -> None:
    """Adds what the text decodes to; text that is not wholly well changes nothing."""
    sessions = known if part.sessions is None else part.sessions
    try:
        decoded = _decode(raw, format=format_of(batch.format, sessions))
        chunks = [take_back_nulls(chunk, batch=batch) for chunk in decoded]
    except Refusal as refusal:
        part.refused.append((one.reject_id, refusal.code))
        return
    except ValueError:
        part.refused.append((one.reject_id, Reason.JSON_INVALID))
        return
    faults = [code for chunk in chunks for code in chunk.rejects["code"]]
    if faults or not chunks:
        part.refused.append((one.reject_id, faults[0] if faults else "nothing_corrected"))
        return
    usage = with_revision(pl.concat([chunk.usage for chunk in chunks]))
    duplicates = sum(chunk.duplicates for chunk in chunks)
    absorbed = 0 if usage.height + duplicates else 1
    part.events = pl.concat(
        [part.events, usage.with_columns(pl.lit(one.reject_id, pl.Int64).alias("line"))]
    )
    part.counted += replace(
        _count(usage),
        rows_in=usage.height + duplicates + absorbed,
        duplicates=duplicates,
        absorbed=absorbed,
    )
    part.taken.append(one.reject_id)
    part.sessions = chunks[-1].sessions


def _decode(raw: str, *, format: Format) -> list[Decoded]:
    """The text as a whole file of the format; of a table, one row as a JSON object of texts."""
    if format.framing is Framing.LINES:
        return list(format.decode([frame_lines(raw.encode())]))
    row = json.loads(raw) if raw.lstrip().startswith("{") else {}
    texts = {name: [row.get(name)] for name in format.columns}
    frame = pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String), strict=False)
    return list(format.decode([frame]))


def _settle(part: _Part, *, taken: Taken, batch: Batch, at: datetime) -> ReplayReport:
    """Marks what was settled, counts it, and keeps what is refused still."""
    held = {reject.id: reject for reject in Reject.objects.filter(id__in=part.taken)}
    again = as_rejects(taken.refused)
    left = {
        row["line"]
        for row in again.iter_rows(named=True)
        if (row["code"], row["raw"]) == (held[row["line"]].code, held[row["line"]].raw)
    }
    stays = pl.col("line").is_in(sorted(left))
    changed = again.filter(~stays)
    own_line = pl.col("line").replace_strict(
        {reject_id: reject.line for reject_id, reject in held.items()}, return_dtype=pl.Int64
    )
    tables.store_rejects(
        changed.with_columns(own_line) if changed.height else changed,
        tenant_id=batch.tenant_id,
        batch_id=batch.id,
        decoded=True,
    )
    settled = [reject_id for reject_id in part.taken if reject_id not in left]
    rejects.settle_rejects(
        batch,
        ids=settled,
        manifest=settle(part.counted, taken=taken) + _before(held.values()),
        events=taken.stored["started_at"],
        at=at,
    )
    rejects.charge_after(batch, stored=taken.stored)
    return ReplayReport(
        accepted=taken.fresh.height,
        duplicates=part.counted.duplicates + taken.repeated.height,
        absorbed=part.counted.absorbed,
        refused=(*part.refused, *taken.refused.select("line", "code").iter_rows()),
        corrected=taken.corrected.height,
        cancelled=taken.cancelled.height,
    )


def _before(held: Iterable[Reject]) -> Manifest:
    """Takes away how these rejects were counted.

    What quantity a row of file text was rejected with is not known by row: it stays rejected.
    """
    kept = list(held)
    events, _ = read_events((reject.id, reject.raw) for reject in kept if reject.decoded)
    quantity = -Decimal(events["quantity"].sum() or 0)
    return Manifest(
        rows_in=-len(kept),
        rejected=-len(kept),
        quantity_in=quantity,
        quantity_rejected=quantity,
    )
