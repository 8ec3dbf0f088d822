"""Pricing a month of quarter-hour reads: time of use, tiers and demand, beside sorting the same."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from bench.measure import Figure, Stopwatch, timed
from bench.rating import write_sorted
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS, LEVELS, MEASURED, PERIODS
from tallystick.core.charge.period_batch import rate_periods_batch
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue

CATALOGUE = """
currency: EUR
zone: Europe/Berlin
offers:
  home:
    components:
      energy:
        of: import
        bands: {day: mon-fri 07:00-23:00 except holidays(DE), night: else}
        tiers: {allocate: pro rata, limits: per day}
        price:
          day:   {to 10 kWh: 0.31, above: 0.36}
          night: {to 10 kWh: 0.19, above: 0.22}
      demand: {of: import, measure: highest 30 min, ratchet: 80 % of 11 months, price: 7.20 per kW}
"""
READS_A_METER = 31 * 96 - 4
"""A quarter of an hour each, in the March that loses an hour."""

METERS_A_CHUNK = 170


def build_plan() -> Plan:
    """One offer with a price of energy and one of demand."""
    return compile_plan(read_catalogue(CATALOGUE, name="bench.yaml", files={}))


def build_chunks(*, reads: int, seed: int = 3) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """(CHARGE_IN, PERIODS) of some meters at a time; every meter has a whole month of reads."""
    rng = np.random.default_rng(seed)
    first = int(datetime(2026, 2, 28, 23, tzinfo=UTC).timestamp()) * 1_000_000
    at = first + np.arange(READS_A_METER) * 900_000_000
    meters = -(-reads // READS_A_METER)
    for low in range(0, meters, METERS_A_CHUNK):
        accounts = np.arange(low, min(low + METERS_A_CHUNK, meters)) + 1
        size = len(accounts) * READS_A_METER
        quantity = pl.Series(rng.integers(0, 900_000_000, size)).cast(pl.Decimal(38, 0))
        frame = pl.DataFrame(
            {
                "usage_id": np.arange(size) + low * READS_A_METER + 1,
                "account_id": np.repeat(accounts, READS_A_METER),
                "started_at": np.tile(at, len(accounts)),
                "quantity": quantity * pl.Series(["0.000000001"]).cast(pl.Decimal(38, 9)),
            }
        ).with_columns(
            contract_id="account_id",
            offer_id=1,
            cycle_start=pl.lit(date(2026, 3, 1)),
            kind=pl.lit("import"),
            unit=pl.lit("kWh"),
            called=None,
            zone=None,
            attributes=None,
        )
        month = (date(2026, 3, 1), date(2026, 4, 1))
        periods = pl.DataFrame(
            [(int(account), int(account), 1, *month, *month) for account in accounts],
            schema=PERIODS,
            orient="row",
        )
        yield frame.select(pl.col(name).cast(kind) for name, kind in CHARGE_IN.items()), periods


def price_chunk(reads: pl.DataFrame, periods: pl.DataFrame, *, plan: Plan) -> pl.DataFrame:
    """What the periods of those meters cost."""
    rated = rate_batch(reads, plan=plan, counters=COUNTERS.to_frame())
    assert rated.suspense.is_empty()
    return rate_periods_batch(
        rated.lines,
        periods=periods,
        plan=plan,
        measured=MEASURED.to_frame(),
        levels=LEVELS.to_frame(),
    ).lines


def run(rows: int = 10_000_000) -> Figure:
    """Chunk by chunk, as charging does; making the reads is not timed."""
    plan = build_plan()
    work, limit, done = Stopwatch(), Stopwatch(), 0
    for reads, periods in build_chunks(reads=rows):
        with timed() as one:
            write_sorted(reads)
        with timed() as other:
            lines = price_chunk(reads, periods, plan=plan)
        assert lines["account_id"].n_unique() == periods.height
        limit.seconds += one.seconds
        work.seconds += other.seconds
        done += reads.height
    return Figure("periods", done, work.seconds, limit.seconds)
