"""NEM13 accumulation meter data (AEMO Meter Data File Format): one usage row a register and period.

A row is a line; absorbed are blank lines and the records 100, 550 and 900. The quantity is the one
its sender gives, which a meter constant may set apart from the difference of the reads; that
difference, a register that has rolled over included (99890 -> 02034 is 2144), stands in the
attribute `advance`, and `agrees` says whether it is the quantity.

Direction is the network's view: E leaves the network and is `import` to the customer, I enters it
and is `export`; senders write the latter as a negative quantity, which becomes a positive `export`.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

import polars as pl

from tallystick.base.frames import REJECTS
from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.meter_files import (
    MARKET_OFFSET,
    UNIT_TABLE,
    Records,
    field,
    is_sensible,
    market_instant,
    read_records,
)
from tallystick.core.capture.quantities import (
    descale,
    quantity_checks,
    read_scaled,
    scale_to_canonical,
    sum_scaled,
)
from tallystick.core.capture.rejects import Reason, first_reason
from tallystick.core.capture.revise import SAID, revision_of

FIELDS: Final = 23
_READ: Final = r"^[0-9]{1,15}(?:\.[0-9]{1,9})?$"


def decode_nem13(
    chunks: Iterable[pl.DataFrame], *, offset: timedelta = MARKET_OFFSET
) -> Iterator[Decoded]:
    """Decoded periods of each chunk of LINES; `offset` is how far market time is ahead of UTC.

    `record_id` is NMI, suffix, register and both read times: a read sent again gives the same id.

    :raises NotMeterFile: when the first line is no NEM13 header
    :raises NoReads: when the file holds nothing but header and end
    """
    for records in read_records(chunks, version="NEM13"):
        yield _decode_reads(records, offset=offset)


def _decode_reads(records: Records, *, offset: timedelta) -> Decoded:
    record = pl.col("record")
    noted = records.lines.filter((record == "550").fill_null(False)).height
    lines = records.lines.filter((record != "550").fill_null(True))
    judged = _judge_reads(_read_fields(lines))
    good = judged.filter(pl.col("code").is_null())
    faulty = judged.filter(pl.col("code").is_not_null())
    value = pl.col("value").fill_null("")
    rejects = faulty.select(
        "line", "code", parameters=pl.struct(value=value).struct.json_encode(), raw="raw"
    ).cast(REJECTS)
    return Decoded(
        usage=_frame_usage(good, offset=offset),
        rejects=pl.concat([rejects, records.rejects]),
        rows_in=records.lines.height + records.rows_aside,
        absorbed=records.absorbed + noted,
        quantity_in=sum_scaled(judged["canonical"]),
        quantity_rejected=sum_scaled(faulty["canonical"]),
    )


def _read_fields(lines: pl.DataFrame) -> pl.DataFrame:
    named = lines.with_columns(fields=pl.col("raw").str.split(",")).with_columns(
        nmi=field(1),
        register=field(3),
        suffix=field(4),
        serial=field(6),
        direction=field(7).str.to_uppercase(),
        read_from=field(8),
        start=_local(field(9)),
        read_to=field(13),
        end=_local(field(14)),
        quality=field(15),
        reason=field(16),
        text=field(18),
        uom=field(19).str.to_uppercase(),
        updated=field(21),
    )
    named = named.join(UNIT_TABLE, on="uom", how="left", maintain_order="left").with_columns(
        scaled=read_scaled(pl.col("text")),
        advance=_advance(pl.col("read_from"), pl.col("read_to")),
    )
    into_network = pl.col("direction") == "I"
    size = pl.when(into_network).then(pl.col("scaled").abs()).otherwise("scaled")
    return named.with_columns(canonical=scale_to_canonical(size, factor=pl.col("factor")))


def _local(text: pl.Expr) -> pl.Expr:
    digits = pl.when(text.str.contains(r"^[0-9]{14}$")).then(text)
    return digits.str.to_datetime("%Y%m%d%H%M%S", time_unit="us", strict=False)


def _advance(before: pl.Expr, after: pl.Expr) -> pl.Expr:
    """How far the register went on, in its own unit (Int128 of 9 decimals).

    A register begins anew after its last number, which has as many digits as it shows.
    """
    start, end = (
        read_scaled(pl.when(read.str.contains(_READ)).then(read)) for read in (before, after)
    )
    digits = before.str.extract(r"^([0-9]+)").str.len_bytes()
    wheel = pl.lit("1") + pl.lit("0").repeat_by(digits + 9).list.join("")
    turn = pl.when(end < start).then(wheel.cast(pl.Int128, strict=False))
    return end - start + turn.fill_null(0)


def _judge_reads(reads: pl.DataFrame) -> pl.DataFrame:
    quantity = quantity_checks(pl.col("text"), canonical=pl.col("canonical"), column="text")
    count = pl.col("fields").list.len()
    known = pl.col("record").is_in(["100", "200", "300", "400", "500"])
    period = is_sensible(pl.col("start")) & is_sensible(pl.col("end"))
    named = pl.col("nmi").str.contains(r"^[A-Za-z0-9]{1,10}$").fill_null(False)
    return reads.with_columns(
        first_reason(
            (known.fill_null(False), Reason.RECORD_MISPLACED),
            ((pl.col("record") != "250").fill_null(True), Reason.RECORD_UNKNOWN),
            (count != FIELDS, Reason.COLUMN_COUNT),
            (~named | pl.col("suffix").is_null(), Reason.CHANNEL_INVALID),
            (~pl.col("direction").is_in(["E", "I"]).fill_null(False), Reason.CHANNEL_INVALID),
            (pl.col("unit").is_null(), Reason.UNIT_UNKNOWN),
            (~period | (pl.col("start") >= pl.col("end")), Reason.PERIOD_INVALID),
            *[(check.fails, check.reason) for check in quantity],
            (pl.col("advance").is_null(), Reason.COUNTER_INVALID),
        ),
        value=pl.concat_str(
            "nmi", "suffix", "direction", "uom", "text", separator=" ", ignore_nulls=True
        ),
    )


def _frame_usage(reads: pl.DataFrame, *, offset: timedelta) -> pl.DataFrame:
    kind = pl.when(pl.col("direction") == "E").then(pl.lit("import")).otherwise(pl.lit("export"))
    reactive = pl.when(pl.col("unit") == "kvarh").then(pl.lit("reactive_")).otherwise(pl.lit(""))
    stamp = "%Y-%m-%dT%H:%M:%S"
    start, end = pl.col("start").dt.to_string(stamp), pl.col("end").dt.to_string(stamp)
    register = pl.col("register").fill_null("")
    until = market_instant(pl.col("end"), offset=offset).dt.to_string(stamp + "Z")
    return reads.select(
        "line",
        record_id=pl.format("{}:{}:{}:{}/{}", "nmi", "suffix", register, start, end),
        subject_kind=pl.lit("meter"),
        subject="nmi",
        kind=reactive + kind,
        started_at=market_instant(pl.col("start"), offset=offset),
        quantity=descale(pl.col("canonical")),
        unit="unit",
        called=pl.lit(None, pl.String),
        zone=pl.lit(None, pl.String),
        attributes=pl.struct(
            "suffix",
            "serial",
            "register",
            "quality",
            "reason",
            "updated",
            until=until,
            read_from="read_from",
            read_to="read_to",
            advance=descale(pl.col("advance")).cast(pl.String).str.strip_chars_end("0")
            .str.strip_suffix("."),
            agrees=pl.col("advance") == pl.col("scaled").abs(),
        ).struct.json_encode(),
        revision=revision_of(pl.col("updated")),
        cancels=False,
    ).cast(SAID)  # fmt: skip
