"""NEM12 interval meter data (AEMO Meter Data File Format): one usage row an interval.

A row is a line, but a day that is taken counts each of its intervals instead. Absorbed are blank
lines, control records (100, 200, 400, 500, 900) and intervals of quality N, which carry no data. A
day's record is all that is known of it as of its update: N after a value takes that back.
A day stands or falls whole: a fault in one interval rejects the line, so that the corrected line
can be replayed. What belongs to a rejected channel or day is rejected with it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

import polars as pl

from tallystick.base.frames import REJECTS
from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.lines import LINES
from tallystick.core.capture.meter_files import (
    KINDS,
    MARKET_OFFSET,
    UNIT_TABLE,
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
from tallystick.core.capture.rejects import Reason, first_fault, first_reason
from tallystick.core.capture.revise import SAID, revision_of

MINUTES_A_DAY: Final = 1440
INTERVALS_MIN: Final = (5, 15, 30)


class NullMeaning(StrEnum):
    """What quality N makes of an interval that had a value."""

    TAKE_BACK = "take-back"
    KEEP = "keep"


_QUALITY: Final = r"^(?:[ANV]|[EFS](?:[0-9]{2})?)$"
_RECORDS: Final = pl.Schema({**LINES, "record": pl.String()})
_CHANNEL_FIELDS: Final = (9, 10)  # the next scheduled read date may be left away
_RANGE_FIELDS: Final = (4, 5, 6)  # so may the reason


def decode_nem12(
    chunks: Iterable[pl.DataFrame],
    *,
    offset: timedelta = MARKET_OFFSET,
    null: NullMeaning = NullMeaning.TAKE_BACK,
) -> Iterator[Decoded]:
    """Decoded intervals of each chunk of LINES; `offset` is how far market time is ahead of UTC.

    `record_id` is NMI, suffix and the interval's start in market time: a day that is sent again
    gives the same ids. Its `revision` is the day's time of update, as a number. `subject_kind` is
    meter, `subject` the NMI.

    :raises NotMeterFile: when the first line is no NEM12 header
    :raises NoReads: when the file holds nothing but header and end
    """
    channel = held = _RECORDS.to_frame()
    for records in read_records(chunks, version="NEM12"):
        lines = pl.concat([held, records.lines])
        # what follows may still say the quality of the last day: it waits
        heads = lines["record"].is_in(["200", "300"]).fill_null(False).arg_true()
        cut = int(heads[-1]) if len(heads) else 0
        whole, held = lines.head(cut), lines.slice(cut)
        decoded = _decode_days(whole, channel=channel, offset=offset)
        channel = pl.concat([channel, whole.filter(pl.col("record") == "200")]).tail(1)
        yield replace(
            decoded,
            nulls=decoded.nulls if null is NullMeaning.TAKE_BACK else None,
            rejects=pl.concat([decoded.rejects, records.rejects]),
            rows_in=decoded.rows_in + records.rows_aside,
            absorbed=decoded.absorbed + records.absorbed,
        )
    if held.height:
        decoded = _decode_days(held, channel=channel, offset=offset)
        yield decoded if null is NullMeaning.TAKE_BACK else replace(decoded, nulls=None)


def _decode_days(lines: pl.DataFrame, *, channel: pl.DataFrame, offset: timedelta) -> Decoded:
    """Decodes records none of whose days goes on in lines to come; `channel` is in force before."""
    ordered = pl.concat([channel, lines]).with_columns(
        fields=pl.col("raw").str.split(","),
        channel=(pl.col("record") == "200").fill_null(False).cum_sum(),
        day=pl.col("record").is_in(["200", "300"]).fill_null(False).cum_sum(),
    )
    channels = _judge_channels(ordered.filter(pl.col("record") == "200"))
    days = _judge_days(ordered.filter(pl.col("record") == "300"), channels=channels)
    ranges = _judge_ranges(ordered.filter(pl.col("record") == "400"), days=days)
    days = _judge_coverage(days, ranges=ranges)
    intervals = _read_intervals(days, ranges=ranges)
    faulty = _faulty_days(intervals)
    days = days.join(faulty, on="day", how="left", maintain_order="left").with_columns(
        pl.coalesce("code", "interval_code").alias("code"),
        pl.coalesce("interval_value", "value").alias("value"),
    )
    fallen = days.filter(pl.col("code").is_not_null())["day"].implode()
    ranges = ranges.with_columns(
        first_reason((pl.col("day").is_in(fallen), Reason.DAY_REJECTED), after="code")
    )
    others = _judge_others(ordered.filter(~pl.col("record").is_in(["200", "300", "400"])
                                          .fill_null(False)))  # fmt: skip
    taken = intervals.join(faulty, on="day", how="anti", maintain_order="left")
    judged = pl.concat(
        [part.select("line", "raw", "record", "code", "value")
         for part in (channels.tail(channels.height - channel.height), days, ranges, others)]
    )  # fmt: skip
    good = judged.filter(pl.col("code").is_null())
    good_days = days.filter(pl.col("code").is_null())
    expanded = int(good_days["intervals"].sum() or 0)
    nulls = taken.filter(pl.col("is_null"))
    return Decoded(
        usage=_frame_usage(taken.filter(~pl.col("is_null")), offset=offset),
        nulls=_frame_nulls(nulls, offset=offset),
        rejects=_frame_rejects(judged),
        rows_in=lines.height - good_days.height + expanded,
        absorbed=good.height - good_days.height + nulls.height,
        quantity_in=sum_scaled(intervals["canonical"]),
        quantity_rejected=sum_scaled(intervals.join(faulty, on="day", how="semi")["canonical"]),
    )


def _judge_channels(records: pl.DataFrame) -> pl.DataFrame:
    """200 records: NMI, suffix, serial, unit and interval length."""
    named = records.with_columns(
        nmi=field(1),
        suffix=field(4),
        serial=field(6),
        uom=field(7).str.to_uppercase(),
        minutes=field(8).cast(pl.Int64, strict=False),
    ).join(UNIT_TABLE, on="uom", how="left", maintain_order="left")
    return named.with_columns(
        first_reason(
            (~pl.col("fields").list.len().is_in(_CHANNEL_FIELDS), Reason.CHANNEL_INVALID),
            (~_matches("nmi", r"^[A-Za-z0-9]{1,10}$"), Reason.CHANNEL_INVALID),
            (~_matches("suffix", r"^[A-Za-z0-9]{2}$"), Reason.CHANNEL_INVALID),
            (pl.col("unit").is_null(), Reason.UNIT_UNKNOWN),
            (~pl.col("minutes").is_in(INTERVALS_MIN).fill_null(False), Reason.CHANNEL_INVALID),
        ),
        value=pl.concat_str("nmi", "suffix", "uom", "minutes", separator=" ", ignore_nulls=True),
    )


def _judge_days(records: pl.DataFrame, *, channels: pl.DataFrame) -> pl.DataFrame:
    """300 records with the channel they belong to: date, quality of the day, reason."""
    of_channel = channels.select(
        "channel", "nmi", "suffix", "serial", "unit", "factor", "minutes", channel_code="code"
    )
    named = records.join(of_channel, on="channel", how="left", maintain_order="left").with_columns(
        intervals=MINUTES_A_DAY // pl.col("minutes"),
        count=pl.col("fields").list.len().cast(pl.Int64),
        date=field(1),
    )
    last = pl.col("intervals")
    named = named.with_columns(
        midnight=pl.when(_matches("date", r"^[0-9]{8}$"))
        .then("date")
        .str.to_datetime("%Y%m%d", time_unit="us", strict=False),
        quality=field(last + 2),
        reason=field(last + 3),
        updated=field(last + 5),
    )
    return named.with_columns(
        first_reason(
            (pl.col("channel") == 0, Reason.RECORD_MISPLACED),
            (pl.col("channel_code").is_not_null(), Reason.CHANNEL_REJECTED),
            (pl.col("count") != last + 7, Reason.INTERVAL_COUNT),
            (~is_sensible(pl.col("midnight")), Reason.DAY_INVALID),
            (~_matches("quality", _QUALITY), Reason.QUALITY_INVALID),
        ),
        value=pl.format(
            "{} {}, {} fields where {} belong",
            pl.col("date").fill_null("no date"),
            pl.when(pl.col("count") == last + 7).then(pl.col("quality")).fill_null("no quality"),
            "count",
            (last + 7).fill_null(0),
        ),
    )


def _judge_ranges(records: pl.DataFrame, *, days: pl.DataFrame) -> pl.DataFrame:
    """400 records with the day they belong to: first and last interval, quality, reason."""
    of_day = days.select("day", "intervals", day_quality="quality", day_code="code")
    named = records.join(of_day, on="day", how="left", maintain_order="left").with_columns(
        first=_small_number(1), last=_small_number(2), quality=field(3), reason=field(4)
    )
    ordered = (pl.col("first") >= 1) & (pl.col("last") >= pl.col("first"))
    within = ordered & (pl.col("last") <= pl.col("intervals"))
    formed = pl.col("fields").list.len().is_in(_RANGE_FIELDS) & within.fill_null(False)
    spoken = _matches("quality", _QUALITY) & (pl.col("quality") != "V")
    return named.with_columns(
        first_reason(
            (~pl.col("day").is_in(days["day"].implode()), Reason.RECORD_MISPLACED),
            (pl.col("day_code").is_not_null(), Reason.DAY_REJECTED),
            (pl.col("day_quality") != "V", Reason.RANGE_UNEXPECTED),
            (~formed | ~spoken.fill_null(False), Reason.RANGE_INVALID),
        ),
        value=pl.lit("", pl.String),
    )


def _judge_coverage(days: pl.DataFrame, *, ranges: pl.DataFrame) -> pl.DataFrame:
    """Days of quality V fall unless their ranges cover each interval once, in order."""
    before = pl.col("last").shift(1).over("day").fill_null(0)
    follows = (pl.col("first") == before + 1) & pl.col("code").is_null()
    covered = (
        ranges.with_columns(follows=follows)
        .group_by("day")
        .agg(pl.col("follows").all(), end=pl.col("last").last(), n=pl.col("intervals").last())
        .filter(pl.col("follows") & (pl.col("end") == pl.col("n")))
    )
    uncovered = (pl.col("quality") == "V") & ~pl.col("day").is_in(covered["day"].implode())
    return days.with_columns(first_reason((uncovered, Reason.QUALITY_RANGES), after="code"))


def _judge_others(records: pl.DataFrame) -> pl.DataFrame:
    """500 records say why and when a meter was read; others have no place here."""
    known = ["100", "250", "550", "900"]
    other = (pl.col("record") != "500").fill_null(True)
    return records.with_columns(
        first_reason(
            (pl.col("record").is_in(known).fill_null(False), Reason.RECORD_MISPLACED),
            (other, Reason.RECORD_UNKNOWN),
        ),
        value=pl.lit("", pl.String),
    )


def _read_intervals(days: pl.DataFrame, *, ranges: pl.DataFrame) -> pl.DataFrame:
    """Each interval of the days that stand: its text, value and what its day and range say."""
    standing = days.filter(pl.col("code").is_null())
    plain = standing.filter(pl.col("quality") != "V").with_columns(
        first=pl.lit(1, pl.Int64), last=pl.col("intervals")
    )
    said = ranges.select("day", "first", "last", "quality", "reason")
    varied = standing.filter(pl.col("quality") == "V").drop("quality", "reason").join(
        said, on="day"
    )  # fmt: skip
    pieces = pl.concat([plain, varied.select(plain.columns)]).sort("line", "first")
    length = pl.col("last") - pl.col("first") + 1
    pieces = pieces.select(
        "line",
        "day",
        "nmi",
        "suffix",
        "midnight",
        "unit",
        "factor",
        "minutes",
        pl.format("{}:{}:", "nmi", "suffix").alias("prefix"),
        kind=pl.col("suffix").str.slice(0, 1).str.to_uppercase()
        .replace_strict(KINDS, default="channel", return_dtype=pl.String),
        is_null=pl.col("quality") == "N",
        attributes=pl.struct(
            "suffix",
            "serial",
            pl.col("quality").str.slice(0, 1).alias("quality"),
            pl.col("quality").str.extract(r"([0-9]{2})$").alias("method"),
            "reason",
            pl.col("minutes").alias("interval_min"),
            "updated",
        ).struct.json_encode(),
        updated="updated",
        position=pl.int_ranges(pl.col("first") - 1, "last"),
        text=pl.col("fields").list.slice(pl.col("first") + 1, length),
    )  # fmt: skip
    intervals = pieces.explode("position", "text").with_columns(
        text=pl.when(~pl.col("is_null")).then(pl.col("text").str.strip_chars())
    )
    intervals = intervals.with_columns(scaled=read_scaled(pl.col("text")))
    return intervals.with_columns(
        canonical=scale_to_canonical(pl.col("scaled"), factor=pl.col("factor"))
    )


def _faulty_days(intervals: pl.DataFrame) -> pl.DataFrame:
    """The days with an interval that is no quantity: `interval_code` and `interval_value`."""
    wrong = pl.col("canonical").is_null() | (pl.col("canonical") < 0)
    faulty = intervals.filter(wrong & ~pl.col("is_null"))
    text = pl.when(pl.col("text") != "").then(pl.col("text"))
    checks = quantity_checks(pl.col("text"), canonical=pl.col("canonical"), column="text")
    reasons = {at: check.reason.value for at, check in enumerate(checks)}
    return (
        faulty.with_columns(text=text)
        .with_columns(first_fault(checks))
        .unique("day", keep="first", maintain_order=True)
        .select(
            "day",
            interval_code=pl.col("fault").replace_strict(reasons, return_dtype=pl.String),
            interval_value=pl.format(
                "{} at interval {}", pl.col("text").fill_null(""), pl.col("position") + 1
            ),
        )
    )


def _frame_usage(intervals: pl.DataFrame, *, offset: timedelta) -> pl.DataFrame:
    clock = pl.Series([f"T{at // 60:02}:{at % 60:02}" for at in range(MINUTES_A_DAY)])
    passed = pl.col("position") * pl.col("minutes")
    local = pl.col("midnight") + pl.duration(minutes=passed)
    day = pl.col("midnight").dt.date().cast(pl.String)
    return intervals.select(
        "line",
        record_id=pl.concat_str("prefix", day, pl.lit(clock).gather(passed)),
        subject_kind=pl.lit("meter"),
        subject="nmi",
        kind="kind",
        started_at=market_instant(local, offset=offset),
        quantity=descale(pl.col("canonical")),
        unit="unit",
        called=pl.lit(None, pl.String),
        zone=pl.lit(None, pl.String),
        attributes="attributes",
        revision=revision_of(pl.col("updated")),
        cancels=False,
    ).cast(SAID)


def _frame_nulls(intervals: pl.DataFrame, *, offset: timedelta) -> pl.DataFrame:
    """Intervals without a value as SAID that take their records back: of each its id and time."""
    meant = ("line", "record_id", "subject_kind", "subject", "revision")
    usage = _frame_usage(intervals, offset=offset)
    nothing = [pl.lit(None, kind).alias(name) for name, kind in SAID.items() if name not in meant]
    return usage.with_columns(nothing).with_columns(cancels=pl.lit(True))


def _frame_rejects(judged: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("value").fill_null("")
    return (
        judged.filter(pl.col("code").is_not_null())
        .select("line", "code", parameters=pl.struct(value=value).struct.json_encode(), raw="raw")
        .cast(REJECTS)
        .sort("line")
    )


def _matches(column: str, pattern: str) -> pl.Expr:
    return pl.col(column).str.contains(pattern).fill_null(False)


def _small_number(at: int) -> pl.Expr:
    text = field(at)
    return pl.when(text.str.contains(r"^[0-9]{1,4}$")).then(text).cast(pl.Int64, strict=False)
