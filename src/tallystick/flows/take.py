"""Events taken in: identified, claimed by their records' ids, stored or put in others' place."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import polars as pl

from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.revise import (
    HOLDER_IDS,
    SAID,
    STANDING,
    Verdict,
    judge_records,
    with_revision,
)
from tallystick.domain.usage import revising, tables
from tallystick.domain.usage.models import Batch

CANCELS_NOTHING: Final = "cancels_nothing"
"""The code of a row that takes a record back which nobody knows, or not yet."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What takes the events of a batch in; `corrections` says whether records may change."""

    batch: Batch
    holders: "Holders"
    corrections: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of events, as SAID and more.

    Stored as new; said before just so; stored in the place of others; rows that took others back;
    refused (with `code`). `stored` are the rows of Usage.
    """

    fresh: pl.DataFrame = field(repr=False)
    repeated: pl.DataFrame = field(repr=False)
    corrected: pl.DataFrame = field(repr=False)
    cancelled: pl.DataFrame = field(repr=False)
    refused: pl.DataFrame = field(repr=False)
    stored: pl.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """What became of identified events; those to store have their `id`."""

    fresh: pl.DataFrame
    repeated: pl.DataFrame
    corrected: pl.DataFrame
    cancelled: pl.DataFrame
    refused: pl.DataFrame


def take_back_nulls(decoded: Decoded, *, batch: Batch) -> Decoded:
    """The chunk with those of its `nulls` as rows that cancel whose records have a value.

    They are newer than what stands; all others stay absorbed.
    """
    if decoded.nulls is None or decoded.nulls.is_empty():
        return decoded
    nulls, said = decoded.nulls, with_revision(decoded.usage)
    known = tables.read_records(
        nulls["record_id"].unique(), tenant_id=batch.tenant_id, source_id=batch.source_id
    ).filter(pl.col("usage_id").is_not_null() | pl.col("account_id").is_null())
    before = [known.with_columns(at=pl.lit(0, pl.Int64)), said.with_columns(at="line")]
    held = pl.concat([one.select("record_id", "at", its="revision") for one in before])
    older = (pl.col("revision") < pl.col("its")).fill_null(value=False)
    meant = nulls.join(held, on="record_id", maintain_order="left").filter(
        (pl.col("at") < pl.col("line")) & ~older
    )
    cancels = meant.select(SAID.names()).unique(["line", "record_id"], maintain_order=True)
    return replace(
        decoded,
        usage=pl.concat([said, cancels]),
        absorbed=decoded.absorbed - cancels.height,
        nulls=None,
    )


def take_events(events: pl.DataFrame, *, intake: Intake) -> Taken:
    """Identifies, claims and stores events (USAGE_IN or SAID); part of the caller's transaction.

    The months they fall in have their partitions (see `tables.ensure_months`).
    """
    batch = intake.batch
    said = with_revision(events)
    known, unknown = intake.holders.identify(said.filter(~pl.col("cancels")))
    ids = [pl.lit(None, pl.Int64).alias(name) for name in HOLDER_IDS]
    cancels = said.filter("cancels").select(*SAID, *ids)
    if intake.corrections:
        claimed = list(_claim_in_order(pl.concat([known, cancels]), intake=intake))
    else:
        claimed = [_claim_once(known, intake=intake)]
        unknown = pl.concat([unknown, _refuse(cancels, code=Verdict.CHANGED)])
    fresh, corrected = (
        pl.concat([getattr(one, name) for one in claimed], how="diagonal")
        for name in ("fresh", "corrected")
    )
    to_store = pl.concat([fresh, corrected], how="diagonal").with_columns(
        pl.col("id").cast(pl.Int64)
    )
    return Taken(
        fresh=fresh,
        repeated=pl.concat([one.repeated for one in claimed], how="diagonal"),
        corrected=corrected,
        cancelled=pl.concat([one.cancelled for one in claimed], how="diagonal"),
        refused=pl.concat([unknown, *(one.refused for one in claimed)]).sort("line"),
        stored=tables.store_usage(
            to_store, tenant_id=batch.tenant_id, source_id=batch.source_id, batch_id=batch.id
        ),
    )


def _refuse(events: pl.DataFrame, *, code: str) -> pl.DataFrame:
    return events.select(*SAID, pl.lit(str(code)).alias("code"))


def _claim(events: pl.DataFrame, *, batch: Batch) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The events with their `id`, and what those records stand for that were claimed before."""
    named = tables.new_usage_ids(events)
    before = tables.claim_records(
        named.rename({"id": "usage_id"}).select(STANDING.names()),
        tenant_id=batch.tenant_id,
        source_id=batch.source_id,
    )
    return named, before


def _claim_once(known: pl.DataFrame, *, intake: Intake) -> _Claimed:
    """A record counts once: with the same quantity it is repeated, with another refused."""
    first = known.unique("record_id", keep="first", maintain_order=True)
    named, before = _claim(first, batch=intake.batch)
    nothing, none_refused = known.clear(), _refuse(known.clear(), code=Verdict.CHANGED)
    fresh = named.join(before, on="record_id", how="anti", maintain_order="left")
    if fresh.height == known.height:
        return _Claimed(fresh, nothing, named.clear(), nothing, none_refused)
    counted = pl.concat(
        [frame.select("record_id", counted="quantity") for frame in (before, fresh)]
    )
    again = known.join(
        fresh.select("record_id", "line"), on=["record_id", "line"], how="anti",
        maintain_order="left",
    ).join(counted, on="record_id", how="left", maintain_order="left")  # fmt: skip
    same = pl.col("quantity") == pl.col("counted")
    return _Claimed(
        fresh,
        again.filter(same).drop("counted"),
        named.clear(),
        nothing,
        _refuse(again.filter(~same), code=Verdict.CHANGED),
    )


def _claim_in_order(rows: pl.DataFrame, *, intake: Intake) -> Iterator[_Claimed]:
    """What is said of records, each the first time, then the second time in this chunk, ..."""
    ordered = rows.sort("line", maintain_order=True)
    turn = pl.int_range(pl.len()).over("record_id").alias("turn")
    placed = ordered.with_columns(turn)
    for number in range(int(placed["turn"].n_unique()) or 1):
        said = placed.filter(pl.col("turn") == number).drop("turn")
        yield _claim_revised(said, intake=intake)


def _claim_revised(said: pl.DataFrame, *, intake: Intake) -> _Claimed:
    """Each record once: what is new, and what takes the place of what was said before."""
    batch = intake.batch
    source = {"tenant_id": batch.tenant_id, "source_id": batch.source_id}
    events, before = _claim(said.filter(~pl.col("cancels")), batch=batch)
    cancels = said.filter("cancels").with_columns(pl.lit(None, pl.Int64).alias("id"))
    meant = STANDING.to_frame()
    if cancels.height:
        meant = tables.read_records(cancels["record_id"], **source)
    standing = pl.concat([before, meant])
    both = pl.concat([events, cancels])
    known = both.join(standing, on="record_id", how="semi", maintain_order="left")
    fresh = events.join(standing, on="record_id", how="anti", maintain_order="left")
    astray = cancels.join(standing, on="record_id", how="anti", maintain_order="left")
    if known.is_empty():
        none = both.clear()
        return _Claimed(fresh, none, none, none, _refuse(astray, code=CANCELS_NOTHING))
    judged = judge_records(
        known, standing=standing, versions=revising.read_versions(standing, **source)
    )
    of = {
        verdict: judged.filter(pl.col("verdict") == verdict).drop("verdict") for verdict in Verdict
    }
    corrected, cancelled = of[Verdict.CORRECTED], of[Verdict.CANCELLED]
    _restate(standing, corrected=corrected, cancelled=cancelled, intake=intake)
    gone = standing.filter(pl.col("usage_id").is_null())  # what was taken back is accepted anew
    changed = _refuse(of[Verdict.CHANGED], code=Verdict.CHANGED)
    return _Claimed(
        fresh=pl.concat([fresh, corrected.join(gone, on="record_id", how="semi")]),
        repeated=of[Verdict.REPEATED],
        corrected=corrected.join(gone, on="record_id", how="anti"),
        cancelled=cancelled,
        refused=pl.concat([changed, _refuse(astray, code=CANCELS_NOTHING)]),
    )


def _restate(
    standing: pl.DataFrame, *, corrected: pl.DataFrame, cancelled: pl.DataFrame, intake: Intake
) -> None:
    """Has records stand for what is said of them now; what they stood for is kept as replaced."""
    batch = intake.batch
    told = pl.concat([corrected, cancelled]).select("record_id")
    revising.replace_usage(
        standing.filter(pl.col("usage_id").is_not_null()).join(told, on="record_id", how="semi"),
        successors=corrected.select("record_id", "id"),
        batch=batch,
        at=intake.at,
    )
    taken_back = standing.join(
        cancelled.select("record_id", own="revision"), on="record_id", how="inner"
    ).with_columns(usage_id=pl.lit(None, pl.Int64), revision=pl.max_horizontal("revision", "own"))
    revising.restate_records(
        pl.concat(
            [
                corrected.rename({"id": "usage_id"}).select(STANDING.names()),
                taken_back.select(STANDING.names()),
            ]
        ),
        tenant_id=batch.tenant_id,
        source_id=batch.source_id,
    )


class Holders:
    """Who holds each subject, read from the database once a subject and load."""

    def __init__(self, tenant_id: int) -> None:
        self._tenant_id = tenant_id
        self._seen = pl.DataFrame(schema={"subject_kind": pl.String, "subject": pl.String})
        self._holders = pl.DataFrame(schema=tables.HOLDERS)

    def identify(self, usage: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """(SAID with HOLDER_IDS, the rest with a reason `code`)."""
        subjects = usage.select("subject_kind", "subject").unique()
        unseen = subjects.join(self._seen, on=["subject_kind", "subject"], how="anti")
        if not unseen.is_empty():
            self._holders = pl.concat(
                [self._holders, tables.read_holders(unseen, tenant_id=self._tenant_id)]
            )
            self._seen = pl.concat([self._seen, unseen])
        held = usage.join(
            self._holders, on=["subject_kind", "subject"], how="left", maintain_order="left"
        )
        within = (pl.col("valid_from") <= pl.col("started_at")) & (
            pl.col("valid_to").is_null() | (pl.col("started_at") < pl.col("valid_to"))
        )
        columns = [*SAID, *HOLDER_IDS]
        known = held.filter(within).select(columns)
        left = held.filter(~within.fill_null(False)).unique(
            ["line", "record_id"], maintain_order=True
        )
        if known.height + left.height != usage.height:
            left = left.join(known, on=["line", "record_id"], how="anti", maintain_order="left")
        code = (
            pl.when(pl.col("account_id").is_null())
            .then(pl.lit("unknown_subject"))
            .otherwise(pl.lit("subject_not_held_then"))
        )
        return known, left.select(*SAID, code.alias("code"))
