"""Pricing a file of a million calls as `tallystick price` does, beside merely sorting the file."""

import io
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import polars as pl

from bench.measure import Figure, timed
from tallystick.wiring.start import commands_of_files

PRICES = """
currency: EUR
zone: Europe/Berlin
offers:
  talk:
    components:
      line: {every: month, price: 20.00}
      minutes: {include: 100 min, of: voice}
      calls: {of: voice, bill by: 60 s then 1 s, price: 0.10 per min}
    charge at least: 35.00
"""


def write_usage(file: Path, *, rows: int, contracts: int, seed: int = 3) -> None:
    """A month of calls in the order of arrival."""
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.integers(0, 30 * 86_400, rows))
    calls = pl.DataFrame(
        {
            "at": seconds,
            "contract": rng.integers(1, contracts + 1, rows),
            "usage": rng.integers(1, 900, rows),
        }
    ).with_columns(
        (pl.lit("2026-04-01").str.to_datetime() + pl.duration(seconds="at")).alias("at"),
        pl.format("{} s", "usage").alias("usage"),
    )
    calls.write_csv(file, datetime_format="%Y-%m-%d %H:%M:%S")


def run(rows: int = 1_000_000) -> Figure:
    """One round, from the file to the JSON of its first lines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prices.yaml").write_text(PRICES)
        usage = folder / "usage.csv"
        write_usage(usage, rows=rows, contracts=max(1, rows // 50))
        with timed() as limit:
            pl.read_csv(usage).sort("contract", "at").write_csv(folder / "sorted.csv")
        words = ["price", str(folder / "prices.yaml"), str(usage), "--json", "--limit", "1"]
        with timed() as work, redirect_stdout(io.StringIO()):
            left = commands_of_files("price")(words, standalone_mode=False)
    assert not left
    return Figure("price", rows, work.seconds, limit.seconds)
