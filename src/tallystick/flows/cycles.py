"""Monthly cycles of contracts in frames, as `core.invoice.cycle` has them one by one."""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from tallystick.core.invoice.cycle import CycleRule, monthly, turned_of

CYCLE_DAYS: Final = ("cycle_day", "cycle_since", "cycle_day_before")
"""What says where a contract's cycles begin: the day, and since when, and on which day before."""


def rule_of(days: Iterable[Any]) -> CycleRule:
    """The monthly cycles of a contract by its CYCLE_DAYS."""
    cycle_day, since, before = days
    return monthly(cycle_day, turned=turned_of(since=since, bill_day=before))


def contract_cycle_start(day: pl.Expr) -> pl.Expr:
    """The first day of the cycle that holds the day, in a frame with CYCLE_DAYS."""
    since = pl.col("cycle_since")
    start = pl.max_horizontal(cycle_start_of(day, cycle_day=pl.col("cycle_day")), since)
    before = cycle_start_of(day, cycle_day=pl.col("cycle_day_before"))
    return pl.when((day < since).fill_null(value=False)).then(before).otherwise(start)


def contract_cycle_end(start: pl.Expr) -> pl.Expr:
    """The first day after the cycle that begins on that day, in a frame with CYCLE_DAYS."""
    old = (start < pl.col("cycle_since")).fill_null(value=False)
    days = pl.when(old).then("cycle_day_before").otherwise("cycle_day")
    this = _start_in(start.dt.truncate("1mo"), days)
    following = _start_in(start.dt.truncate("1mo").dt.offset_by("1mo"), days)
    return pl.when(this > start).then(this).otherwise(following)


def cycle_start_of(day: pl.Expr, *, cycle_day: pl.Expr) -> pl.Expr:
    """The first day of the monthly cycle that holds the day."""
    month = day.dt.truncate("1mo")
    start = _start_in(month, cycle_day)
    before = _start_in(month.dt.offset_by("-1mo"), cycle_day)
    return pl.when(start <= day).then(start).otherwise(before)


def _start_in(month: pl.Expr, cycle_day: pl.Expr) -> pl.Expr:
    length = month.dt.month_end().dt.day().cast(pl.Int64)
    return month + pl.duration(days=pl.min_horizontal(cycle_day, length) - 1)
