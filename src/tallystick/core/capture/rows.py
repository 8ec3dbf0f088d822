"""Rows of a mapped file, all columns text, as usage: the one place where a mapping is carried out.

A row is a line (or a row of a table). Rows that `keep` or `absorb` set aside are absorbed; of the
rest each is usage, or a reject with the first fault it has. Of a row that cancels only the record's
id and revision are read, and it has no quantity.
"""

from dataclasses import replace

import polars as pl

from tallystick.base.quantity import unit_named
from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.instants import instant_checks, read_local, to_instant
from tallystick.core.capture.mapping import Mapping, Normalise, Party
from tallystick.core.capture.numbers import normalise_numbers
from tallystick.core.capture.quantities import (
    descale,
    quantity_checks,
    read_scaled,
    scale_to_canonical,
    sum_scaled,
    unit_factor,
)
from tallystick.core.capture.rejects import Check, Reason, first_fault, frame_rejects
from tallystick.core.capture.revise import REVISION, SAID, revision_of


def decode_rows(rows: pl.DataFrame, *, mapping: Mapping) -> Decoded:
    """Usage and rejects of rows that hold `line`, `raw` and the mapping's columns as text.

    The columns go by their inner names; empty text counts as absent.
    """
    inner = list(mapping.inner.values())
    present = rows.select("line", "raw", *inner).with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in inner
    )
    counted = present.filter(_counts(mapping))
    read = _read_measures(_read_columns(counted, mapping=mapping), mapping=mapping)
    read = _read_revision(read, mapping=mapping)
    checks = _checks(mapping)
    judged = read.with_columns(first_fault(checks))
    good = judged.filter(pl.col("fault").is_null())
    faulty = judged.filter(pl.col("fault").is_not_null())
    return Decoded(
        usage=_frame_usage(good, mapping=mapping),
        rejects=frame_rejects(faulty, checks=checks, names=_names(mapping)),
        rows_in=rows.height,
        absorbed=rows.height - counted.height,
        quantity_in=sum_scaled(judged["canonical"]),
        quantity_rejected=sum_scaled(faulty["canonical"]),
    )


def _names(mapping: Mapping) -> dict[str, str]:
    """What people call the columns that checks look at."""
    measured = dict.fromkeys(mapping.exact)
    names = {inner: outer for outer, inner in mapping.inner.items()}
    return names | {
        "record": " ".join(mapping.record_id),
        "measured": " ".join(measured),
        "kind": mapping.kind.column or "kind",
    }


def _counts(mapping: Mapping) -> pl.Expr:
    """True for rows that keep and absorb leave to be usage."""
    chosen = pl.lit(True)
    for column, values in mapping.keep:
        chosen &= _has(column, values, mapping=mapping)
    for column, values in mapping.absorb:
        chosen &= ~_has(column, values, mapping=mapping)
    return chosen


def _has(column: str, values: tuple[str, ...], *, mapping: Mapping) -> pl.Expr:
    return pl.col(mapping.inner[column]).fill_null("").is_in(values)


def _read_revision(rows: pl.DataFrame, *, mapping: Mapping) -> pl.DataFrame:
    """Adds `cancels` and `revision`; what a row that cancels says of a quantity is not counted."""
    cancels = pl.lit(False)
    for column, values in mapping.cancel:
        cancels |= _has(column, values, mapping=mapping)
    revision = pl.lit(None, pl.Int64)
    if mapping.revision is not None:
        revision = revision_of(pl.col(mapping.inner[mapping.revision]))
    return rows.with_columns(cancels=cancels, revision=revision).with_columns(
        canonical=pl.when(~pl.col("cancels")).then("canonical")
    )


def _read_columns(rows: pl.DataFrame, *, mapping: Mapping) -> pl.DataFrame:
    inner, start = mapping.inner, mapping.started_at
    clock = pl.col(inner[start.column])
    rows = rows.with_columns(
        record=_record_id(mapping),
        subject=_read_party(rows, mapping.subject, mapping=mapping),
        called=_read_party(rows, mapping.called, mapping=mapping),
        kind=_kind(mapping),
        local=read_local(clock, format=start.format),
    )
    return rows.with_columns(
        started_at=to_instant(
            pl.col("local"),
            text=clock,
            format=start.format,
            zone=start.zone,
            ambiguous=start.ambiguous,
        )
    )


def _record_id(mapping: Mapping) -> pl.Expr:
    """The first column must hold something; the others may be empty."""
    first, *others = [pl.col(mapping.inner[name]) for name in mapping.record_id]
    return pl.concat_str(first, *[part.fill_null("") for part in others], separator=":")


def _read_party(rows: pl.DataFrame, party: Party | None, *, mapping: Mapping) -> pl.Series:
    if party is None:
        return pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    text = rows[mapping.inner[party.column]]
    if party.normalise is Normalise.E164:
        return normalise_numbers(text, country=party.country)
    return text.str.to_lowercase() if party.normalise is Normalise.LOWER else text


def _kind(mapping: Mapping) -> pl.Expr:
    kind = mapping.kind
    if kind.column is None:
        return pl.lit(kind.constant, pl.String)
    text = pl.col(mapping.inner[kind.column])
    if not kind.values:
        return text
    return text.replace_strict(dict(kind.values), default=None, return_dtype=pl.String)


def _read_measures(rows: pl.DataFrame, *, mapping: Mapping) -> pl.DataFrame:
    """Adds `measured` (the text), `unit` and `canonical` (Int128), each by the row's kind."""
    chosen = [(pl.col("kind") == kind, measure) for kind, measure in mapping.quantity.by_kind]
    if mapping.quantity.other:
        chosen.append((pl.lit(True), mapping.quantity.other))
    text, unit, factor = [], [], []
    for condition, measure in chosen:
        constant = pl.lit(str(measure.constant), pl.String)
        column = pl.col(mapping.inner[measure.column]) if measure.column else constant
        text.append(pl.when(condition).then(pl.struct(value=column)))
        unit.append(pl.when(condition).then(pl.lit(unit_named(measure.unit).canonical)))
        factor.append(pl.when(condition).then(pl.lit(unit_factor(measure.unit), pl.Int128)))
    rows = rows.with_columns(
        measured=pl.coalesce(*text).struct.field("value"),
        unit=pl.coalesce(*unit),
        factor=pl.coalesce(*factor),
    ).with_columns(scaled=read_scaled(pl.col("measured")))
    return rows.with_columns(
        canonical=scale_to_canonical(pl.col("scaled"), factor=pl.col("factor"))
    )


def _checks(mapping: Mapping) -> list[Check]:
    inner, start = mapping.inner, mapping.started_at
    subject, clock = inner[mapping.subject.column], inner[start.column]
    record = [Check(pl.col("record").is_null(), Reason.RECORD_ID_MISSING, "record")]
    if mapping.revision is not None:
        own = inner[mapping.revision]
        unread = pl.col(own).is_not_null() & pl.col("revision").is_null()
        record.append(Check(unread, Reason.REVISION_INVALID, own))
    checks = [
        Check(pl.col(subject).is_null(), Reason.SUBJECT_MISSING, subject),
        Check(pl.col("subject").is_null(), Reason.SUBJECT_INVALID, subject),
    ]
    if mapping.kind.column:
        kind = inner[mapping.kind.column]
        checks.append(Check(pl.col(kind).is_null(), Reason.KIND_MISSING, kind))
        checks.append(Check(pl.col("kind").is_null(), Reason.KIND_UNKNOWN, kind))
    checks += instant_checks(
        pl.col(clock),
        local=pl.col("local"),
        instant=pl.col("started_at"),
        zone=start.zone,
        column=clock,
    )
    checks += quantity_checks(pl.col("measured"), canonical=pl.col("canonical"), column="measured")
    if mapping.called:
        called = inner[mapping.called.column]
        lost = pl.col("called").is_null() & pl.col(called).is_not_null()
        checks.append(Check(lost, Reason.CALLED_INVALID, called))
    if mapping.cancel:
        checks = [replace(check, fails=check.fails & ~pl.col("cancels")) for check in checks]
    return [*record, *checks]


def _frame_usage(rows: pl.DataFrame, *, mapping: Mapping) -> pl.DataFrame:
    inner = mapping.inner
    zone = pl.col(inner[mapping.zone]) if mapping.zone else pl.lit(None, pl.String)
    attributes = [pl.col(inner[name]).alias(name) for name in mapping.attributes]
    json = pl.struct(*attributes).struct.json_encode() if attributes else pl.lit(None, pl.String)
    said = {
        "subject_kind": pl.lit(mapping.subject.kind, pl.String),
        "subject": pl.col("subject"),
        "kind": pl.col("kind"),
        "started_at": pl.col("started_at"),
        "quantity": descale(pl.col("canonical")),
        "unit": pl.col("unit"),
        "called": pl.col("called"),
        "zone": zone,
        "attributes": json,
    }
    if mapping.cancel:
        said = {name: pl.when(~pl.col("cancels")).then(expr) for name, expr in said.items()}
    usage = rows.select("line", record_id="record", **said, revision="revision", cancels="cancels")
    usage = usage.cast(SAID)
    return usage if mapping.corrections else usage.drop(REVISION.names())
