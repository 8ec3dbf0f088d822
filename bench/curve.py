"""The cost of an event as events grow: chunks in order of time that carry their counters on.

Bands that cut, a prefix table, two allowances and three tiers in one offer; half of the usage is
calls, half is data.
"""

from typing import Final

import numpy as np
import polars as pl

from bench.measure import Figure, Stopwatch, timed
from bench.rating import build_calls, deck_file, write_sorted
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS, KEYS
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue

CATALOGUE = """
currency: EUR
zone: Europe/Berlin
calendars:
  peak: mon-fri 08:00-20:00 except holidays(DE)
decks:
  world: {file: world.csv, key: prefix(called), per: min}
offers:
  all-in:
    from: 2026-01-01
    components:
      night: {include: 100 min, of: voice, where: zone = home, priority: 1}
      minutes: {include: 300 min, of: voice, share: account, priority: 2}
      calls: {of: voice, deck: world, bands: {day: peak, rest: else}, split: true, connect: 0.02}
      data:
        of: data
        bands: {day: peak, rest: else}
        bill by: 1 kB
        tiers: {allocate: chronological}
        price:
          day: {to 1 GB: 0.004, to 5 GB: 0.002, above: 0.001}
          rest: {to 1 GB: 0.003, to 5 GB: 0.002, above: 0.001}
"""
CHUNK: Final = 1_000_000
MARKS: Final = (1, 2, 5, 10, 20)
ACCOUNTS: Final = 100_000


def build_plan() -> Plan:
    """That offer with a deck of 15,000 prefixes."""
    files = {"world.csv": deck_file()}
    return compile_plan(read_catalogue(CATALOGUE, name="bench.yaml", files=files))


def build_chunk(*, number: int, events: int) -> pl.DataFrame:
    """CHARGE_IN of one stretch of time."""
    calls = build_calls(calls=events, accounts=ACCOUNTS, seed=number)
    rng = np.random.default_rng(1_000 + number)
    data = pl.Series(rng.integers(0, 2, events)) == 1
    size = pl.Series(rng.integers(1, 40_000_000, events))
    return calls.with_columns(
        usage_id=pl.col("usage_id") + number * events,
        kind=pl.when(data).then(pl.lit("data")).otherwise("kind"),
        unit=pl.when(data).then(pl.lit("B")).otherwise("unit"),
        quantity=pl.when(data).then(size.cast(CHARGE_IN["quantity"])).otherwise("quantity"),
        called=pl.when(data).then(None).otherwise("called"),
        zone=pl.when(pl.lit(pl.Series(rng.integers(0, 2, events))) == 1).then(pl.lit("home")),
    ).select(CHARGE_IN.names())


def run(rows: int = MARKS[-1] * CHUNK) -> list[Figure]:
    """One pass, told at each mark; making the events is not timed."""
    plan, counters = build_plan(), COUNTERS.to_frame()
    work, limit = Stopwatch(), Stopwatch()
    figures, done = [], 0
    rate_batch(build_chunk(number=0, events=1_000), plan=plan, counters=counters)
    size = min(CHUNK, rows)
    for number in range(rows // size):
        events = build_chunk(number=number, events=size)
        with timed() as one:
            write_sorted(events)
        with timed() as other:
            rated = rate_batch(events, plan=plan, counters=counters)
            counters = pl.concat([counters, rated.draws]).group_by(KEYS).agg(pl.col("used").sum())
        assert rated.suspense.is_empty()
        limit.seconds += one.seconds
        work.seconds += other.seconds
        done += size
        if done in [mark * CHUNK for mark in MARKS] or number + 1 == rows // size:
            figures.append(Figure("curve", done, work.seconds, limit.seconds))
    return figures
