"""Cycles: a table of rules and days, and what must hold for every rule."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.invoice.cycle import CycleRule, Every, InvalidCycle, cycle_of, cycles_between

# every, count, bill day or anchor, day -> the cycle that holds it
TABLE = """
month   1  1           2026-02-17  2026-02-01 2026-03-01
month   1  31          2026-02-17  2026-01-31 2026-02-28
month   1  31          2026-02-28  2026-02-28 2026-03-31
month   1  31          2026-03-31  2026-03-31 2026-04-30
month   1  30          2024-02-29  2024-02-29 2024-03-30
month   1  29          2025-02-28  2025-02-28 2025-03-29
month   1  15          2026-01-14  2025-12-15 2026-01-15
month   3  1           2026-05-05  2026-04-01 2026-07-01
month   2  10          2026-02-10  2026-01-10 2026-03-10
quarter 1  1           2026-12-31  2026-10-01 2027-01-01
year    1  1           2024-02-29  2024-01-01 2025-01-01
week    1  1           2026-03-15  2026-03-09 2026-03-16
day     1  1           2026-03-15  2026-03-15 2026-03-16
month   1  2026-01-31  2026-02-28  2026-02-28 2026-03-31
month   1  2026-01-31  2026-04-29  2026-03-31 2026-04-30
month   1  2026-03-14  2026-04-13  2026-03-14 2026-04-14
month   5  2026-01-20  2026-06-20  2026-06-20 2026-11-20
quarter 1  2025-11-30  2026-02-28  2026-02-28 2026-05-30
year    1  2024-02-29  2025-02-28  2025-02-28 2026-02-28
year    1  2024-02-29  2028-02-28  2027-02-28 2028-02-29
week    2  2026-03-04  2026-03-17  2026-03-04 2026-03-18
day     30 2026-01-01  2026-03-02  2026-03-02 2026-04-01
month   1  2026-03-14  2026-03-13  2026-02-14 2026-03-14
"""


def rule_of(every: str, count: str, where: str) -> CycleRule:
    if "-" in where:
        return CycleRule(Every(every), int(count), anchor=date.fromisoformat(where))
    return CycleRule(Every(every), int(count), bill_day=int(where))


@pytest.mark.parametrize("row", TABLE.strip().splitlines())
def test_a_day_belongs_to_its_cycle(row: str) -> None:
    every, count, where, day, start, end = row.split()
    cycle = cycle_of(date.fromisoformat(day), rule=rule_of(every, count, where))
    assert (str(cycle.start), str(cycle.end)) == (start, end)


@given(
    every=st.sampled_from(Every),
    count=st.integers(1, 13),
    bill_day=st.integers(1, 31),
    anchor=st.none() | st.dates(date(1990, 1, 1), date(2030, 12, 31)),
    day=st.dates(date(1980, 1, 1), date(2060, 12, 31)),
)
def test_cycles_tile_time(
    every: Every, count: int, bill_day: int, anchor: date | None, day: date
) -> None:
    rule = CycleRule(every, count, bill_day, anchor)
    cycle = cycle_of(day, rule=rule)
    assert day in cycle
    assert cycle_of(cycle.last, rule=rule) == cycle
    assert cycle_of(cycle.end, rule=rule).start == cycle.end
    assert cycle_of(cycle.start - timedelta(days=1), rule=rule).end == cycle.start
    if anchor is not None:
        assert cycle_of(anchor, rule=rule).start == anchor


def test_bill_day_31_never_drifts() -> None:
    rule = CycleRule(Every.MONTH, bill_day=31)
    cycles = cycles_between(rule=rule, start=date(2023, 12, 31), end=date(2024, 12, 31))
    assert [c.start.day for c in cycles] == [31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30]


def test_cycles_between_holds_whole_cycles() -> None:
    rule = CycleRule(Every.MONTH)
    found = cycles_between(rule=rule, start=date(2026, 1, 20), end=date(2026, 3, 1))
    assert [str(c.start) for c in found] == ["2026-01-01", "2026-02-01"]
    assert cycles_between(rule=rule, start=date(2026, 1, 1), end=date(2026, 1, 1)) == ()


@pytest.mark.parametrize(("count", "bill_day"), [(0, 1), (1, 0), (1, 32)])
def test_a_wrong_rule_is_refused(count: int, bill_day: int) -> None:
    with pytest.raises(InvalidCycle):
        CycleRule(Every.MONTH, count, bill_day)
