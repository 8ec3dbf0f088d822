"""What a customer is told about a rated line."""

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import polars as pl
import pytest

from tallystick.core.charge.explain import explain_line
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS
from tallystick.core.charge.lines import NO_BANDS
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.tariff.check import RESERVED_BANDS
from tallystick.core.tariff.plan import compile_plan
from tallystick.core.tariff.read import read_catalogue
from tests.core.charge.random_cases import make_case, make_usage

CATALOGUE = """
currency: EUR
zone: Europe/London
decks:
  international: {file: world.csv, key: prefix(called), per: min}
offers:
  demo:
    components:
      minutes: {include: 1 min, of: fixed}
      abroad:  {of: voice, deck: international, bill by: 60 s, connect: 0.05, no rate: 1 per min}
      fixed:   {of: fixed, bill by: 60 s then 1 s, minimum: 30 s, price: 0.06 per min}
      power:   {of: import, bands: {day: 07:00-23:00, night: else},
                price: {to 10 kWh: 0.31, above: 0.36}}
      capped:  {of: capped, price: 1 per min, charge at least: 0.10, charge at most: 2}
      fleet:   {include: 100 MB per member, of: data, share: pool}
      data:    {of: data, price: 0.05 per MB}
      tick:    {of: tick, connect: 0.10}
      credit:  {include: 5.00, of: taxi, share: account}
      taxi:    {of: taxi, price: 0.50 per min}
"""

TOLD = """
voice  | 127 s    | 127 s to 4420...: billed 180 s (60 s then 60 s), deck international prefix
    4420 at 0.021 per min, connect 0.05 -> 0.113
other  | 127 s    | 127 s: billed 180 s (60 s then 60 s), no row in international, at 1 per min,
    connect 0.05 -> 3.05
fixed  | 71.5 s   | 71.5 s: billed 72 s (60 s then 1 s, at least 30 s), 60 s of it included in
    minutes, at 0.06 per min -> 0.012
import | 12.5 kWh | 12.5 kWh in day: billed 10 kWh, tier 1 at 0.31 per kWh -> 3.1 / the rest in
    day: billed 2.5 kWh, tier 2 at 0.36 per kWh -> 0.9
capped | 3 s      | 3 s: at 1 per min -> 0.05 / charged at least 0.1 for the whole event -> 0.1
capped | 300 s    | 300 s: at 1 per min -> 5 / charged at most 2 for the whole event -> 2
data   | 120000000 B | 120000000 B: 100000000 B of it included in fleet, shared by the pool,
    at 0.05 per MB -> 1
taxi   | 660 s    | 660 s: at 0.5 per min -> 5.5 / 5 of what it costs included in credit, shared by
    the account -> -5
tick   | 3 s      | 3 of tick: connect 0.1 -> 0.1
"""


@pytest.mark.parametrize("told", TOLD.replace("\n    ", " ").strip().splitlines())
def test_lines_are_told(told: str) -> None:
    kind, usage, want = (cell.strip() for cell in told.split(" | "))
    files = {"world.csv": b"prefix,price\n44,0.02\n4420,0.021\n"}
    plan = compile_plan(read_catalogue(CATALOGUE, name="demo.yaml", files=files))
    value, _, unit = usage.partition(" ")
    called, kind = ("33", "voice") if kind == "other" else ("442079460000", kind)
    event = (
        1, 1, 10, 1, date(2026, 3, 1), kind, datetime(2026, 3, 2, 12, tzinfo=UTC),
        Decimal(value), unit, called, None, None,
    )  # fmt: skip
    frame = pl.DataFrame([event], schema=CHARGE_IN, orient="row")
    lines = rate_batch(frame, plan=plan, counters=COUNTERS.to_frame()).lines
    sentences = [s for row in lines.iter_rows(named=True) for s in explain_line(row, plan=plan)]
    assert " / ".join(sentences) == want


def test_every_line_can_be_told() -> None:
    """And what is told ends with the line's own amount."""
    for seed in range(20):
        rng = Random(seed)
        plan = make_case(rng).plan
        usage = make_usage(rng, plan=plan, events=60, accounts=3)
        lines = rate_batch(usage, plan=plan, counters=COUNTERS.to_frame()).lines
        for row in lines.iter_rows(named=True):
            told = explain_line(row, plan=plan)[-1]
            assert Decimal(told.rpartition(" -> ")[2]) == row["amount"]


def test_no_band_is_called_as_what_stands_in_its_place() -> None:
    assert set(NO_BANDS) == RESERVED_BANDS
