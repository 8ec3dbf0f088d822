"""Every instant is in exactly one band, by the wall clock: against a walk minute by minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.tariff.calendars import (
    WEEKDAYS,
    BandClock,
    band_faults,
    local_day,
    microseconds,
    read_calendar,
)
from tallystick.core.tariff.nodes import Band

BANDS = {
    "hours": ("07:30-22:15", "else"),
    "week": ("mon-fri", "sat-sun"),
    "wrap": ("fri-mon 00:00-01:30 or 23:30-24:00", "else"),
    "dst": ("00:30-02:30", "else"),
    "season": ("15 oct-14 apr 06:00-22:00", "else"),
    "night": ("22:00-06:00", "06:00-22:00"),
}
ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana",
    "Africa/Cairo", "Asia/Kathmandu", "UTC",
)  # fmt: skip


def bands_of(*rules: str) -> tuple[Band, ...]:
    return tuple(
        Band(f"b{n}", None if rule == "else" else read_calendar(rule))
        for n, rule in enumerate(rules)
    )


def naive_band(name: str, wall: datetime) -> int:
    """The band, said once more by hand for each of BANDS."""
    minute, weekday = wall.hour * 60 + wall.minute, wall.weekday()
    month_day = (wall.month, wall.day)
    first = {
        "hours": 450 <= minute < 1335,
        "week": weekday < 5,
        "wrap": (minute < 90 and weekday in (4, 5, 6, 0)) or minute >= 1410,
        "dst": 30 <= minute < 150,
        "season": (month_day >= (10, 15) or month_day <= (4, 14)) and 360 <= minute < 1320,
        "night": minute >= 1320 or minute < 360,
    }[name]
    return 0 if first else 1


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(BANDS)),
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2024, 1, 1), date(2027, 12, 31))
    | st.sampled_from(
        [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1),
         date(2026, 4, 5), date(2026, 10, 4), date(2026, 4, 24), date(2026, 10, 30)]
    ),
)  # fmt: skip
def test_edges_are_where_the_wall_clock_says(name: str, zone: str, day: date) -> None:
    place = ZoneInfo(zone)
    clock = BandClock(bands_of(*BANDS[name]), place)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    edges = sorted(
        edge for offset in range(-2, 4) for edge in clock.edges(day + timedelta(days=offset))
    )
    starts = [start for start, _ in edges]
    assert len(set(starts)) == len(starts)
    here = 0
    while at.astimezone(place).date() <= day:
        instant = microseconds(at)
        while here + 1 < len(starts) and starts[here + 1] <= instant:
            here += 1
        assert edges[here][1] == naive_band(name, at.astimezone(place)), at
        at += timedelta(minutes=1)


def test_midnight_begins_every_day() -> None:
    clock = BandClock(bands_of(*BANDS["hours"]), ZoneInfo("Europe/Berlin"))
    for day in (date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 25)):
        first, _ = clock.edges(day)[0]
        assert local_day(first, zone=clock.zone) == day
        assert local_day(first - 1, zone=clock.zone) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("rule", "day", "inside"),
    [
        ("mon-fri 08:00-20:00 except holidays(DE)", "2026-04-30", True),
        ("mon-fri 08:00-20:00 except holidays(DE)", "2026-05-01", False),
        ("holidays(DE-BY)", "2026-01-06", True),
        ("holidays(DE)", "2026-01-06", False),
        ("sat, 2026-12-24 09:00-18:00", "2026-12-24", True),
        ("sat, 2026-12-24 09:00-18:00", "2026-12-23", False),
        ("jun", "2026-06-30", True),
        ("feb-mar wed", "2026-02-25", True),
        ("29 feb", "2024-02-29", True),
        ("fri-mon", "2026-04-30", False),
        ("fri-mon", "2026-05-03", True),
    ],
)
def test_days_are_what_the_rule_says(rule: str, day: str, inside: bool) -> None:
    clock = BandClock(bands_of(rule, "else"), ZoneInfo("UTC"))
    noon = microseconds(datetime.fromisoformat(f"{day}T12:00+00:00"))
    band = [band for start, band in clock.edges(date.fromisoformat(day)) if start <= noon][-1]
    assert (band == 0) is inside


def test_gaps_and_overlaps_are_found_on_every_kind_of_day() -> None:
    faults = band_faults(bands_of("mon-fri except holidays(DE)", "sat-sun"))
    assert faults == ["leave 00:00-24:00 without a band on holidays(DE); write 'else'"]
    assert band_faults(bands_of("mon-sun 00:00-24:00")) == []
    assert band_faults(bands_of("mon", "else", "else")) == ["only one band can be the else"]
    seasons = band_faults(bands_of("nov-mar", "apr-sep"))
    assert seasons == [
        f"leave 00:00-24:00 without a band on {', '.join(f'{d} from 1 oct' for d in WEEKDAYS)};"
        " write 'else'"
    ]
