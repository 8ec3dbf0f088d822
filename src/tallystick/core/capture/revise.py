"""Records that say otherwise what was said before: repeated, older, corrected, taken back.

A record of a source that lets its records be corrected stands for what was said of it last. What
`revision` it is decides what is last; a source without one sends them in order.
"""

from enum import StrEnum
from typing import Final

import polars as pl

from tallystick.base.frames import INSTANT, QUANTITY, USAGE_IN

REVISION: Final = pl.Schema({"revision": pl.Int64(), "cancels": pl.Boolean()})
"""What a row says of the record itself: its number among what was said of it (null: the source
numbers nothing), and whether it takes the record back."""

SAID: Final = pl.Schema({**USAGE_IN, **REVISION})
"""Usage as a reader decodes it, with what the source says of its corrections."""

HOLDER_IDS: Final = ("account_id", "contract_id", "service_id")

CONTENT: Final = (
    *HOLDER_IDS, "kind", "started_at", "quantity", "unit", "called", "zone", "attributes",
)  # fmt: skip
"""What makes two records say the same."""

STANDING: Final = pl.Schema(
    {
        "record_id": pl.String(),
        "quantity": QUANTITY,
        "revision": pl.Int64(),
        "account_id": pl.Int64(),
        "usage_id": pl.Int64(),
        "started_at": INSTANT,
    }
)
"""What a record stands for: an event; none where it was taken back (`usage_id` is null). Where
`account_id` is null too the record was taken before records knew their events."""


class Verdict(StrEnum):
    """What becomes of a record that was claimed before."""

    REPEATED = "repeated"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    CHANGED = "record_changed"


def with_revision(usage: pl.DataFrame) -> pl.DataFrame:
    """USAGE_IN and more, with the columns of REVISION; a reader that tells nothing has neither."""
    missing = {"revision": pl.lit(None, pl.Int64), "cancels": pl.lit(False)}
    return usage.with_columns(
        expr.alias(name) for name, expr in missing.items() if name not in usage.columns
    )


def revision_of(text: pl.Expr) -> pl.Expr:
    """The revision that a text of up to 18 digits says, such as a time of update; else null."""
    whole = text.str.contains(r"^[0-9]{1,18}$")
    return pl.when(whole).then(text).cast(pl.Int64, strict=False)


def judge_records(
    said: pl.DataFrame, *, standing: pl.DataFrame, versions: pl.DataFrame
) -> pl.DataFrame:
    """`said` (SAID and HOLDER_IDS, each record once) with its `verdict` (Verdict).

    `standing` (STANDING) has each of the records; `versions` what was said of them so far: the
    columns `record_id`, `revision` and CONTENT.

    - a lower revision than what stands is older: repeated
    - the same revision saying the same as any of its versions: repeated
    - the same revision saying something else: corrected where nothing is numbered, else changed
    - a higher revision: corrected
    """
    its = standing.select(
        "record_id",
        its_revision=pl.col("revision").fill_null(0),
        counted="quantity",
        linked=pl.col("account_id").is_not_null(),
        stands=pl.col("usage_id").is_not_null(),
    )
    known = versions.select("record_id", pl.col("revision").fill_null(0), *CONTENT).unique()
    rows = (
        said.with_columns(
            own_revision=pl.when("cancels")
            .then(pl.lit(None, pl.Int64))
            .otherwise(pl.col("revision").fill_null(0))
        )
        .join(its, on="record_id", how="left", maintain_order="left")
        .join(
            known.rename({"revision": "own_revision"}).with_columns(same=pl.lit(True)),
            on=["record_id", "own_revision", *CONTENT],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .with_columns(pl.col("same").fill_null(False))
    )
    verdict = pl.when("cancels").then(_of_cancel()).otherwise(_of_event())
    return rows.select(*said.columns, verdict=verdict)


def _of_event() -> pl.Expr:
    own, its = pl.col("own_revision"), pl.col("its_revision")
    unlinked = (
        pl.when(pl.col("quantity") == pl.col("counted"))
        .then(pl.lit(Verdict.REPEATED))
        .otherwise(pl.lit(Verdict.CHANGED))
    )
    return (
        pl.when(~pl.col("linked"))
        .then(unlinked)
        .when(pl.col("same"))
        .then(pl.lit(Verdict.REPEATED))
        .when(pl.col("revision").is_null() & (its != 0))
        .then(pl.lit(Verdict.CHANGED))
        .when(own < its)
        .then(pl.lit(Verdict.REPEATED))
        .when((own == its) & (its != 0))
        .then(pl.lit(Verdict.CHANGED))
        .otherwise(pl.lit(Verdict.CORRECTED))
    )


def _of_cancel() -> pl.Expr:
    older = (pl.col("revision") < pl.col("its_revision")).fill_null(False)
    return (
        pl.when(~pl.col("linked"))
        .then(pl.lit(Verdict.CHANGED))
        .when(~pl.col("stands") | older)
        .then(pl.lit(Verdict.REPEATED))
        .otherwise(pl.lit(Verdict.CANCELLED))
    )
