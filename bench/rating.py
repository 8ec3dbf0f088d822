"""Rating a million calls in memory, beside merely sorting and writing the same rows."""

import io
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from bench.measure import Figure, timed
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS, Rated
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue

CATALOGUE = """
currency: EUR
zone: Europe/Berlin
decks:
  world: {file: world.csv, key: prefix(called), per: min}
offers:
  talk:
    from: 2026-01-01
    components:
      minutes: {include: 300 min, of: voice, share: account}
      calls: {of: voice, deck: world, bill by: 60 s then 1 s}
"""


def deck_file(*, prefixes: int = 15_000, seed: int = 1, digits: int = 7) -> bytes:
    """A deck of that many prefixes of one to so many digits."""
    rng = np.random.default_rng(seed)
    held = {str(digit) for digit in range(1, 10)}
    while len(held) < prefixes:
        held.add(str(rng.integers(10, 10 ** int(rng.integers(2, digits + 1)))))
    prices = rng.integers(5, 900, len(held))
    rows = [f"{p},0.{n:04}" for p, n in zip(sorted(held), prices, strict=True)]
    return "\n".join(["prefix,price", *rows]).encode()


def build_plan() -> Plan:
    """One offer with that deck."""
    files = {"world.csv": deck_file()}
    return compile_plan(read_catalogue(CATALOGUE, name="bench.yaml", files=files))


def build_calls(*, calls: int = 1_000_000, accounts: int = 100_000, seed: int = 2) -> pl.DataFrame:
    """CHARGE_IN of one month, in the order of arrival: by time, not by account."""
    rng = np.random.default_rng(seed)
    first = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1_000_000
    started = np.sort(rng.integers(first, first + 30 * 86_400 * 1_000_000, calls))
    account = rng.integers(1, accounts + 1, calls)
    length = np.minimum(rng.exponential(180, calls).astype(np.int64) + 1, 7_200)
    numbers = rng.integers(10**10, 10**11, calls)
    frame = pl.DataFrame(
        {
            "usage_id": np.arange(1, calls + 1),
            "account_id": account,
            "contract_id": account + 1_000_000,
            "started_at": started,
            "quantity": length,
            "called": pl.Series(numbers).cast(pl.String),
        }
    ).with_columns(
        offer_id=1,
        cycle_start=pl.lit(date(2026, 3, 1)),
        kind=pl.lit("voice"),
        unit=pl.lit("s"),
        zone=None,
        attributes=None,
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in CHARGE_IN.items())


def rate_calls(calls: pl.DataFrame, *, plan: Plan) -> Rated:
    """The calls rated with no counters to start from."""
    return rate_batch(calls, plan=plan, counters=COUNTERS.to_frame())


def write_sorted(calls: pl.DataFrame) -> int:
    """The limit: the same rows sorted by account and time and written as parquet into memory."""
    target = io.BytesIO()
    calls.sort("account_id", "started_at").write_parquet(target)
    return target.tell()


def run(rows: int = 1_000_000) -> Figure:
    """One round; the plan is compiled and warmed before the clock starts."""
    plan = build_plan()
    frame = build_calls(calls=rows, accounts=max(1, rows // 10))
    rate_calls(frame.head(1_000), plan=plan)
    with timed() as limit:
        write_sorted(frame)
    with timed() as work:
        rated = rate_calls(frame, plan=plan)
    assert rated.suspense.is_empty()
    return Figure("rating", rows, work.seconds, limit.seconds)
