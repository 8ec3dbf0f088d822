"""Which buckets of its account's own each usage of a frame may draw from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from tallystick.core.charge.balance import NEVER, Bucket, draw_order
from tallystick.core.charge.match import holds
from tallystick.core.charge.own_buckets import OwnBuckets, asked_of, fields_for
from tallystick.core.tariff.calendars import microseconds

_BUCKETS: Final = pl.Schema(
    {
        "bucket_id": pl.Int64(),
        "account_id": pl.Int64(),
        "of": pl.Int64(),
        "kinds": pl.List(pl.String()),
        "begins": pl.Int64(),
        "ends": pl.Int64(),
    }
)


@dataclass(frozen=True, slots=True)
class Owned:
    """The buckets that a usage may draw from, in the order of drawing, and whose usage that is."""

    by_usage: Mapping[int, list[Bucket]]
    organisations: pl.Series


def own_frames(usage: pl.DataFrame, *, own: OwnBuckets) -> Owned | None:
    """What the usage (CHARGE_IN, MEMBERS) may draw of the buckets; None where it may of none."""
    order = [
        (account_id, bucket)
        for account_id, held in own.items()
        for bucket in sorted(held, key=draw_order)
    ]
    if not order:
        return None
    buckets = pl.DataFrame([_row(*one) for one in order], schema=_BUCKETS, orient="row")
    at = pl.col("started_at").to_physical()
    pairs = usage.join(buckets, on="account_id", maintain_order="left_right").filter(
        ((pl.col("of") == 0) | (pl.col("of") == pl.col("contract_id")))
        & (pl.col("kinds").is_null() | pl.col("kinds").list.contains(pl.col("kind")))
        & (pl.col("begins") <= at)
        & (at < pl.col("ends"))
    )
    pairs = _with_conditions(pairs, own)
    if pairs.is_empty():
        return None
    by_id = {bucket.id: bucket for _, bucket in order}
    listed = pairs.group_by("usage_id").agg("bucket_id").iter_rows()
    by_usage = {usage_id: [by_id[number] for number in ids] for usage_id, ids in listed}
    return Owned(by_usage, pairs["organisation_id"].unique())


def _row(account_id: int, bucket: Bucket) -> tuple[object, ...]:
    return (
        bucket.id,
        account_id,
        bucket.contract_id,
        None if bucket.kinds is None else sorted(bucket.kinds),
        0 if bucket.valid_from is None else microseconds(bucket.valid_from),
        microseconds(bucket.valid_to or NEVER),
    )


def _with_conditions(pairs: pl.DataFrame, own: OwnBuckets) -> pl.DataFrame:
    """The pairs whose condition holds; those that have one are looked at one by one."""
    wheres = {one.id: one.where for held in own.values() for one in held if one.where.terms}
    if not wheres:
        return pairs
    names = {account: asked_of(held) for account, held in own.items()}
    fits = [
        row["bucket_id"] not in wheres
        or holds(wheres[row["bucket_id"]], fields=fields_for(row, asked=names[row["account_id"]]))
        for row in pairs.iter_rows(named=True)
    ]
    return pairs.filter(pl.Series(fits, dtype=pl.Boolean))
