"""Cycles after a bill day was changed: no day is lost or doubled, and the first one is short."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.invoice.cycle import (
    CycleRule,
    Every,
    Turned,
    cycle_of,
    walk_cycles,
    whole_cycle,
)
from tallystick.flows.cycles import contract_cycle_end, contract_cycle_start, rule_of

# before | after | since | day | cycle | the whole of it
ROWS = """
1  | 15 | 2026-04-01 | 2026-03-20 | 2026-03-01..2026-04-01 | 2026-03-01..2026-04-01
1  | 15 | 2026-04-01 | 2026-04-01 | 2026-04-01..2026-04-15 | 2026-03-15..2026-04-15
1  | 15 | 2026-04-01 | 2026-04-15 | 2026-04-15..2026-05-15 | 2026-04-15..2026-05-15
15 | 1  | 2026-03-15 | 2026-03-31 | 2026-03-15..2026-04-01 | 2026-03-01..2026-04-01
31 | 1  | 2026-02-28 | 2026-02-28 | 2026-02-28..2026-03-01 | 2026-02-01..2026-03-01
1  | 31 | 2028-02-01 | 2028-02-10 | 2028-02-01..2028-02-29 | 2028-01-31..2028-02-29
31 | 28 | 2026-02-28 | 2026-02-28 | 2026-02-28..2026-03-28 | 2026-02-28..2026-03-28
"""


@pytest.mark.parametrize("row", ROWS.strip().splitlines())
def test_the_cycle_at_the_turn_is_short(row: str) -> None:
    before, after, since, day, cycle, whole = (part.strip() for part in row.split("|"))
    rule = rule_of((int(after), date.fromisoformat(since), int(before)))
    found = cycle_of(date.fromisoformat(day), rule=rule)
    assert f"{found.start}..{found.end}" == cycle
    full = whole_cycle(found, rule=rule)
    assert f"{full.start}..{full.end}" == whole


def test_a_price_of_a_year_turns_where_its_year_ends() -> None:
    rule = CycleRule(Every.YEAR, bill_day=15, turned=Turned(date(2026, 4, 1), 1))
    cycles = walk_cycles(rule=rule, start=date(2026, 6, 1))
    assert [next(cycles).start for _ in range(3)] == [
        date(2026, 1, 1), date(2027, 1, 1), date(2027, 1, 15),
    ]  # fmt: skip


DAYS = st.integers(1, 31)


@given(before=DAYS, after=DAYS, month=st.integers(0, 60), day=st.integers(0, 2_000))
def test_frames_have_the_same_cycles_and_they_follow_one_another(
    before: int, after: int, month: int, day: int
) -> None:
    asked = date(2023, 1, 1) + timedelta(days=31 * month)
    turned = cycle_of(
        asked, rule=rule_of((before, None, None))
    ).end  # a day on which an old cycle ends, as every change has it
    at = date(2023, 1, 1) + timedelta(days=day)
    rule = rule_of((after, turned, before))
    cycle = cycle_of(at, rule=rule)
    assert at in cycle
    assert cycle_of(cycle.start - timedelta(days=1), rule=rule).end == cycle.start
    frame = pl.DataFrame(
        {"day": [at], "cycle_day": [after], "cycle_since": [turned], "cycle_day_before": [before]}
    )
    framed = frame.with_columns(start=contract_cycle_start(pl.col("day")))
    framed = framed.with_columns(end=contract_cycle_end(pl.col("start")))
    assert framed.select("start", "end").row(0) == (cycle.start, cycle.end)
