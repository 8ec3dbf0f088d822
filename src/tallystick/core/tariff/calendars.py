"""Parts of the week: how they are written, and which band an instant of the local clock is in.

`mon-fri 08:00-20:00 except holidays(DE) or sat 09:00-12:00`: days are weekdays, holidays(country
or country-subdivision) or dates; a season (`nov-mar`, `15 jun-15 sep`) narrows them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from tallystick.base.period import day_in_month, day_start
from tallystick.base.working_days import holidays_of, is_known
from tallystick.core.tariff.nodes import Band, Calendar, Days, Hours, WeekRule
from tallystick.core.tariff.words import Mistake, read_date

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
DAY_MINUTES: Final = 24 * 60
MINUTE_US: Final = 60_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

_MONTH = "|".join(MONTHS)
_SEASON: Final = re.compile(rf"\b(?:(\d{{1,2}}) )?({_MONTH})(?:-(?:(\d{{1,2}}) )?({_MONTH}))?\b")
_HOURS: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_WEIGHT: Final = re.compile(r"(.*\S)\s+weight (\d{1,3})")
_HOLIDAYS: Final = re.compile(r"holidays\(([A-Z]{2,3}(?:-[A-Z0-9]{1,3})?)\)")


def read_calendar(text: str) -> Calendar:
    """The rules of a phrase; alternatives are joined by `or`."""
    return Calendar(tuple(rule for part in text.split(" or ") for rule in [_rule(part.strip())]))


def read_weight(text: str) -> tuple[str, int]:
    """`holidays(DE) weight 2` as the phrase before and the weight, which is 0 if not written."""
    match = _WEIGHT.fullmatch(text.strip())
    if match is None and re.search(r"\sweight\b", text):
        raise Mistake(f"{text!r} does not end with its weight; write 'weight 2', from 0 to 999")
    return (match[1], int(match[2])) if match else (text.strip(), 0)


def _rule(text: str) -> WeekRule:
    days_text, _, except_text = text.partition("except ")
    hours = tuple(_hours(match) for match in _HOURS.finditer(days_text))
    days = _days(_HOURS.sub(" ", days_text))
    excepting = _days(except_text) if except_text else None
    if days == Days() and not hours:
        raise Mistake(f"{text!r} names neither days nor hours; write mon-fri 08:00-20:00")
    flat: list[Hours] = []
    for span in hours or (Hours(0, DAY_MINUTES),):
        if span.start < span.end:
            flat.append(span)
            continue
        if excepting or days not in (Days(), Days(weekdays=tuple(range(7)))):
            late, early = clock(span.start), clock(span.end)
            raise Mistake(
                f"{text!r} runs past midnight, so its days are ambiguous; write {late}-24:00 for"
                f" the evening and, joined by 'or', 00:00-{early} for the morning after"
            )
        flat += [Hours(0, span.end)] if span.end else []
        flat.append(Hours(span.start, DAY_MINUTES))
    return WeekRule(days, tuple(sorted(flat, key=lambda span: span.start)), excepting)


def _hours(match: re.Match[str]) -> Hours:
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if start >= DAY_MINUTES or end > DAY_MINUTES or start == end or max(match[2], match[4]) > "59":
        raise Mistake(f"{match[0]!r} are not hours of a day; write them as 08:00-20:00")
    return Hours(start, end)


def _days(text: str) -> Days:
    codes = tuple(sorted({_known_holidays(code) for code in _HOLIDAYS.findall(text)}))
    text = _HOLIDAYS.sub(" ", text)
    dates = tuple(sorted({read_date(day) for day in re.findall(r"\d{4}-\d\d-\d\d", text)}))
    text = re.sub(r"\d{4}-\d\d-\d\d", " ", text)
    season = None
    if match := _SEASON.search(text):
        season = _season(match)
        text = text[: match.start()] + " " + text[match.end() :]
    weekdays = {day for word in re.split(r"[\s,+]+", text.strip()) if word for day in _week(word)}
    return Days(tuple(sorted(weekdays)), codes, dates, season)


def _known_holidays(code: str) -> str:
    if not is_known(code):
        raise Mistake(f"holidays({code}) are not known; write a country such as DE or DE-BY")
    return code


def _season(match: re.Match[str]) -> tuple[tuple[int, int], tuple[int, int]]:
    first = MONTHS.index(match[2]) + 1
    last = MONTHS.index(match[4]) + 1 if match[4] else first
    start = (first, int(match[1] or 1))
    end = (last, int(match[3] or 31 if match[4] else match[1] or 31))
    for month, day in (start, end):
        if not 1 <= day <= 31:
            raise Mistake(f"{match[0]!r}: there is no {day} {MONTHS[month - 1]}")
    return start, end


def _week(word: str) -> Iterator[int]:
    first, _, last = word.partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
        raise Mistake(
            f"{word!r} is not a part of the week; write mon-fri, 08:00-20:00 or holidays(DE)"
        )
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    for day in range(start, end + 1 if end >= start else end + 8):
        yield day % 7


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What a rule can ask of a day."""

    weekday: int
    month_day: tuple[int, int]
    holidays: frozenset[str]
    date: date | None


def facts_of(day: date, *, codes: frozenset[str]) -> DayFacts:
    """The day as rules see it, with those of the holiday codes that hold on it."""
    held = frozenset(code for code in codes if day in holidays_of(code, day.year))
    return DayFacts(day.weekday(), (day.month, day.day), held, day)


def holds_on(days: Days, *, facts: DayFacts) -> bool:
    """Whether the day belongs to the set."""
    if days.season is not None:
        start, end = days.season
        inside = start <= facts.month_day <= end
        around = facts.month_day >= start or facts.month_day <= end
        if not (inside if start <= end else around):
            return False
    if not (days.weekdays or days.holidays or days.dates):
        return True
    return (
        facts.weekday in days.weekdays
        or not facts.holidays.isdisjoint(days.holidays)
        or facts.date in days.dates
    )


def hours_on(calendar: Calendar, *, facts: DayFacts) -> list[Hours]:
    """The calendar's minutes of such a day, in order, overlaps merged."""
    spans = sorted(
        (span.start, span.end)
        for rule in calendar.rules
        if holds_on(rule.days, facts=facts)
        and not (rule.excepting and holds_on(rule.excepting, facts=facts))
        for span in rule.hours
    )
    merged: list[Hours] = []
    for start, end in spans:
        if merged and start <= merged[-1].end:
            merged[-1] = Hours(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Hours(start, end))
    return merged


def bands_on(bands: Sequence[Band], *, facts: DayFacts) -> list[tuple[Hours, tuple[int, ...]]]:
    """The day cut where a band begins or ends, each piece with the bands of most weight there."""
    claims = [
        (index, hours_on(band.calendar, facts=facts))
        for index, band in enumerate(bands)
        if band.calendar is not None
    ]
    rest = next((index for index, band in enumerate(bands) if band.calendar is None), None)
    cuts = {0, DAY_MINUTES}
    cuts.update(edge for _, spans in claims for span in spans for edge in (span.start, span.end))
    edges = sorted(cuts)
    pieces: list[tuple[Hours, tuple[int, ...]]] = []
    for start, end in pairwise(edges):
        owners = tuple(i for i, spans in claims if any(s.start <= start < s.end for s in spans))
        if len(owners) > 1:
            most = max(bands[index].weight for index in owners)
            owners = tuple(index for index in owners if bands[index].weight == most)
        owners = owners or (() if rest is None else (rest,))
        if pieces and pieces[-1][1] == owners:
            pieces[-1] = (Hours(pieces[-1][0].start, end), owners)
        else:
            pieces.append((Hours(start, end), owners))
    return pieces


def band_faults(bands: Sequence[Band]) -> list[str]:
    """What keeps the bands from naming every instant exactly once, as sentences."""
    if sum(band.calendar is None for band in bands) > 1:
        return ["only one band can be the else"]
    found: dict[str, list[str]] = {}
    reached: set[int] = set()
    for facts, name in _every_kind_of_day(bands):
        for span, owners in bands_on(bands, facts=facts):
            reached.update(owners)
            hours = f"{clock(span.start)}-{clock(span.end)}"
            if not owners:
                found.setdefault(f"leave {hours} without a band on {{}}; write 'else'", []).append(
                    name
                )
            elif len(owners) > 1:
                names = " and ".join(bands[index].name for index in owners)
                text = f"{names} both hold {hours} on {{}}; cut one with 'except' or 'weight'"
                found.setdefault(text, []).append(name)
    told = [text.format(_list_days(days)) for text, days in found.items()]
    for index, band in enumerate(bands):
        if band.calendar is not None and index not in reached:
            told.append(f"never come to {band.name}: others of more weight hold all its hours")
    return told


def _every_kind_of_day(bands: Sequence[Band]) -> Iterator[tuple[DayFacts, str]]:
    """Days that differ to some rule: by weekday, by season, by holiday, and each named date."""
    sets = [
        days
        for band in bands
        if band.calendar
        for rule in band.calendar.rules
        for days in (rule.days, rule.excepting)
        if days
    ]
    codes = sorted({code for days in sets for code in days.holidays})
    seasons = {(1, 1)}
    for days in sets:
        if days.season:
            after = day_in_month(2024, *days.season[1]) + timedelta(days=1)
            seasons |= {days.season[0], (after.month, after.day)}
    for month_day in sorted(seasons):
        season = f" from {month_day[1]} {MONTHS[month_day[0] - 1]}" if len(seasons) > 1 else ""
        for weekday, name in enumerate(WEEKDAYS):
            for held in (held for size in range(3) for held in combinations(codes, size)):
                label = " and ".join(f"holidays({code})" for code in held) or name
                yield DayFacts(weekday, month_day, frozenset(held), None), label + season
    for day in sorted({day for days in sets for day in days.dates}):
        yield facts_of(day, codes=frozenset(codes)), day.isoformat()


def _list_days(days: list[str]) -> str:
    unique = list(dict.fromkeys(days))
    if set(unique) >= set(WEEKDAYS):
        return "every day"
    return ", ".join(unique[:8]) + (" ..." if len(unique) > 8 else "")


def clock(minute: int) -> str:
    """Minutes of the day as 08:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def microseconds(at: datetime) -> int:
    """The instant as whole microseconds since 1970 in UTC."""
    return (at - EPOCH) // MICROSECOND


def local_day(instant_us: int, *, zone: ZoneInfo) -> date:
    """The calendar day of that zone that the instant belongs to."""
    return (EPOCH + timedelta(microseconds=instant_us)).astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class BandClock:
    """Which band each instant is in, by the local clock of one zone.

    `steps` are the first instant and the step of a series that cuts it besides, in microseconds.
    """

    bands: tuple[Band, ...]
    zone: ZoneInfo
    steps: tuple[int, int] | None = None
    _codes: frozenset[str] = field(init=False, repr=False, compare=False)
    _days: dict[date, tuple[tuple[int, int], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        codes = {
            code
            for band in self.bands
            if band.calendar
            for rule in band.calendar.rules
            for days in (rule.days, rule.excepting)
            if days
            for code in days.holidays
        }
        object.__setattr__(self, "_codes", frozenset(codes))

    def edges(self, day: date) -> tuple[tuple[int, int], ...]:
        """The local day as (first instant in microseconds UTC, band), midnight first."""
        if day not in self._days:
            edges = tuple(self._edges(day))
            self._days[day] = edges if self.steps is None else tuple(self._cut(edges, day))
        return self._days[day]

    def _cut(self, edges: tuple[tuple[int, int], ...], day: date) -> Iterator[tuple[int, int]]:
        """The edges with a cut at each step between them."""
        assert self.steps is not None
        phase, step = self.steps
        end = microseconds(day_start(day + timedelta(days=1), self.zone))
        for (start, band), after in zip(edges, [*(at for at, _ in edges[1:]), end], strict=True):
            yield start, band
            for at in range(start + step - (start - phase) % step, after, step):
                yield at, band

    def _edges(self, day: date) -> Iterator[tuple[int, int]]:
        pieces = bands_on(self.bands, facts=facts_of(day, codes=self._codes))
        midnight = microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))
        last = None
        for start, end, offset in _offsets(day, self.zone):
            for span, owners in pieces:
                assert len(owners) == 1, "bands were checked when the catalogue was read"
                first = midnight + span.start * MINUTE_US - offset if span.start else start
                after = midnight + span.end * MINUTE_US - offset
                after = after if span.end < DAY_MINUTES else end
                if max(first, start) < min(after, end) and owners[0] != last:
                    last = owners[0]
                    yield max(first, start), last


def _offsets(day: date, zone: ZoneInfo) -> Iterator[tuple[int, int, int]]:
    """The local day as stretches of constant distance from UTC: (start, end, distance) in us."""
    start = day_start(day, zone)
    end = day_start(day + timedelta(days=1), zone)
    low, high = microseconds(start), microseconds(end)
    before, after = _distance(low, zone), _distance(high - 1, zone)
    if before == after:
        yield low, high, before
        return
    left, right = low, high - 1
    while right - left > 1:
        middle = (left + right) // 2
        if _distance(middle, zone) == before:
            left = middle
        else:
            right = middle
    yield low, right, before
    yield right, high, after


def _distance(instant_us: int, zone: ZoneInfo) -> int:
    offset = (EPOCH + timedelta(microseconds=instant_us)).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)


def charged_only(name: str, *, calendar: Calendar) -> tuple[Band, Band]:
    """The bands of `during: peak`: the calendar is charged, the rest is not."""
    band = Band(name, calendar)
    return band, replace(band, name=f"outside {name}", calendar=None, charged=False)
