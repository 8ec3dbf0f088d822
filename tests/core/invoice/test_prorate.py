"""Proration: the worked tables of docs/algorithms/proration.md, and what must always hold."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.base.period import Period
from tallystick.core.invoice.prorate import (
    Basis,
    Change,
    PartOutsidePeriod,
    Policy,
    credit_unserved,
    effective_day,
    effective_pause,
    part_of_instants,
    prorate_amount,
    served_part,
)
from tests.core.invoice.worked import worked_table

BERLIN = ZoneInfo("Europe/Berlin")


def period(text: str) -> Period:
    start, end = text.split("..")
    return Period(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize("row", worked_table("proration.md", "Parts"))
def test_worked_parts(row: dict[str, str]) -> None:
    part = served_part(
        served=period(row["served"]), full=period(row["full"]), basis=Basis(row["basis"]),
        zone=BERLIN,
    )  # fmt: skip
    assert part == Fraction(row["part"])
    assert prorate_amount(Decimal(row["price"]), part=part) == Decimal(row["amount"])


@pytest.mark.parametrize("row", worked_table("proration.md", "Policies"))
def test_worked_policies(row: dict[str, str]) -> None:
    day = effective_day(
        change=Change(row["change"]),
        day=date.fromisoformat(row["on"]),
        policy=Policy(row["policy"]),
        cycle=period("2026-03-01..2026-04-01"),
    )
    assert day == date.fromisoformat(row["counts from"])


@pytest.mark.parametrize("row", worked_table("proration.md", "Credits"))
def test_worked_credits(row: dict[str, str]) -> None:
    credit = credit_unserved(
        billed=Decimal(row["billed"]),
        part=Fraction(row["unserved"]),
        paid=Decimal(row["paid"]),
        consumed=Decimal(row["consumed"]),
    )
    assert credit == Decimal(row["credit"])


@pytest.mark.parametrize(
    ("policy", "pause", "freed"),
    [
        ("prorate", "2026-03-10..2026-03-20", "2026-03-10..2026-03-20"),
        ("prorate", "2026-02-10..2026-03-05", "2026-03-01..2026-03-05"),
        ("full", "2026-03-10..2026-03-20", None),
        ("none", "2026-03-10..2026-03-20", "2026-03-01..2026-04-01"),
        ("next_period", "2026-03-10..2026-03-20", None),
        ("next_period", "2026-02-10..2026-03-20", "2026-03-01..2026-03-20"),
        ("none", "2026-04-01..2026-04-20", None),
    ],
)
def test_pauses_free_days(policy: str, pause: str, freed: str | None) -> None:
    cycle = period("2026-03-01..2026-04-01")
    found = effective_pause(pause=period(pause), policy=Policy(policy), cycle=cycle)
    assert found == (period(freed) if freed else None)


@given(
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    lengths=st.lists(st.integers(0, 200), min_size=1, max_size=5),
    basis=st.sampled_from(Basis),
)
def test_parts_of_a_split_add_to_one(start: date, lengths: list[int], basis: Basis) -> None:
    edges = [start.toordinal()]
    for length in lengths:
        edges.append(edges[-1] + length)
    days = [date.fromordinal(edge) for edge in edges]
    full = Period(days[0], days[-1])
    if full.days == 0:
        return
    pieces = [Period(one, two) for one, two in pairwise(days)]
    parts = [served_part(served=p, full=full, basis=basis, zone=BERLIN) for p in pieces]
    assert sum(parts) == 1
    assert all(part >= 0 for part in parts)


def test_seconds_between_instants_count_the_lost_hour() -> None:
    full = tuple(datetime(2026, 3, day, tzinfo=BERLIN) for day in (29, 30))
    served = (datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 3, 29, 12, tzinfo=BERLIN))
    assert part_of_instants(served=served, full=(full[0], full[1])) == Fraction(11, 23)


def test_days_outside_the_period_are_refused() -> None:
    with pytest.raises(PartOutsidePeriod):
        served_part(
            served=period("2026-02-28..2026-03-02"),
            full=period("2026-03-01..2026-04-01"),
            basis=Basis.ACTUAL_DAYS,
        )


def test_wide_amounts_stay_exact() -> None:
    amount = Decimal("12345678901234567890.123456789012")
    assert prorate_amount(amount, part=Fraction(1)) == amount
    assert credit_unserved(billed=amount, part=Fraction(1), paid=amount) == amount.copy_negate()
