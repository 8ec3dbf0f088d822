"""Why a row could not be taken, and the frame such rows go to."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from tallystick.base.frames import REJECTS


class Reason(StrEnum):
    """Stable codes of rejected rows; a code never changes its meaning."""

    # the line as a whole
    COLUMN_COUNT = "column_count"
    QUOTING = "quoting"
    JSON_INVALID = "json_invalid"
    # the fields of a record
    RECORD_ID_MISSING = "record_id_missing"
    SUBJECT_MISSING = "subject_missing"
    SUBJECT_INVALID = "subject_invalid"
    KIND_MISSING = "kind_missing"
    KIND_UNKNOWN = "kind_unknown"
    INSTANT_MISSING = "instant_missing"
    INSTANT_INVALID = "instant_invalid"
    INSTANT_AMBIGUOUS = "instant_ambiguous"
    INSTANT_NONEXISTENT = "instant_nonexistent"
    INSTANT_OUT_OF_RANGE = "instant_out_of_range"
    QUANTITY_MISSING = "quantity_missing"
    QUANTITY_INVALID = "quantity_invalid"
    QUANTITY_NEGATIVE = "quantity_negative"
    QUANTITY_TOO_FINE = "quantity_too_fine"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    CALLED_INVALID = "called_invalid"
    CONTRACT_UNKNOWN = "contract_unknown"
    BEFORE_START = "before_start"
    REVISION_INVALID = "revision_invalid"
    # meter data files
    RECORD_UNKNOWN = "record_unknown"
    RECORD_MISPLACED = "record_misplaced"
    CHANNEL_INVALID = "channel_invalid"
    CHANNEL_REJECTED = "channel_rejected"
    UNIT_UNKNOWN = "unit_unknown"
    DAY_INVALID = "day_invalid"
    INTERVAL_COUNT = "interval_count"
    QUALITY_INVALID = "quality_invalid"
    QUALITY_RANGES = "quality_ranges"
    RANGE_INVALID = "range_invalid"
    RANGE_UNEXPECTED = "range_unexpected"
    DAY_REJECTED = "day_rejected"
    PERIOD_INVALID = "period_invalid"
    AFTER_END = "after_end"
    END_MISSING = "end_missing"
    # accounting records of sessions
    STATUS_UNKNOWN = "status_unknown"
    SESSION_MISSING = "session_missing"
    NAS_MISSING = "nas_missing"
    COUNTER_INVALID = "counter_invalid"
    COUNTER_BACKWARDS = "counter_backwards"
    SESSION_SUPERSEDED = "session_superseded"


@dataclass(frozen=True, slots=True)
class Check:
    """A fault a row may have: the condition, its reason and the column to look at."""

    fails: pl.Expr
    reason: Reason
    column: str


def first_fault(checks: list[Check]) -> pl.Expr:
    """Position of the first check a row fails, or null: the column `fault`."""
    faults = [pl.when(check.fails).then(pl.lit(at, pl.Int32)) for at, check in enumerate(checks)]
    return pl.coalesce(*faults).alias("fault") if faults else pl.lit(None, pl.Int32).alias("fault")


def first_reason(*faults: tuple[pl.Expr, Reason], after: str | None = None) -> pl.Expr:
    """The column `code`: the reason of the first condition that holds; `after` goes before all."""
    reasons = [pl.when(fails).then(pl.lit(reason.value)) for fails, reason in faults]
    return pl.coalesce(*([pl.col(after)] if after else []), *reasons).alias("code")


def frame_rejects(
    faulty: pl.DataFrame, *, checks: list[Check], names: dict[str, str] | None = None
) -> pl.DataFrame:
    """REJECTS of rows that carry `fault`, `line`, `raw` and the columns the checks look at.

    `names` are the names that people know those columns by, where they differ.
    """
    if faulty.is_empty():
        return REJECTS.to_frame()
    values = [
        pl.when(pl.col("fault") == at).then(pl.col(check.column))
        for at, check in enumerate(checks)
        if check.column in faulty.columns
    ]
    reasons = pl.DataFrame(
        {
            "fault": pl.Series(range(len(checks)), dtype=pl.Int32),
            "code": [check.reason.value for check in checks],
            "column": [(names or {}).get(check.column, check.column) for check in checks],
        }
    )
    named = faulty.select(
        "line", "raw", "fault", value=pl.coalesce(pl.lit(None, pl.String), *values)
    ).join(reasons, on="fault", how="left", maintain_order="left")
    return named.select(
        "line",
        "code",
        parameters=pl.struct("column", value=pl.col("value").fill_null("")).struct.json_encode(),
        raw="raw",
    ).cast(REJECTS)


def reject_lines(lines: pl.DataFrame, *, reason: Reason, **parameters: str) -> pl.DataFrame:
    """REJECTS of whole lines (`line`, `raw`) that share one reason."""
    text = pl.DataFrame([parameters]) if parameters else None
    json = "{}" if text is None else text.select(pl.struct(pl.all()).struct.json_encode()).item()
    return lines.select("line", code=pl.lit(reason.value), parameters=pl.lit(json), raw="raw").cast(
        REJECTS
    )
