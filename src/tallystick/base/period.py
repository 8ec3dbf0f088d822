"""Periods of calendar days and of instants: the start belongs, the end does not."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Calendar days `[start, end)` in one zone; printed with the last day that belongs."""

    start: date
    end: date

    def __post_init__(self) -> None:
        assert self.start <= self.end, f"{self.start} is after {self.end}"

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """The last day that belongs, as printed on a document."""
        return self.end - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def overlap(self, other: "Period") -> "Period | None":
        """The days both have, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    def instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """First instant and first instant after, as aware datetimes of that zone."""
        return day_start(self.start, zone), day_start(self.end, zone)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Local midnight of that day, daylight saving included."""
    return datetime.combine(day, time.min, tzinfo=zone)


def month_after(year: int, month: int, months: int) -> tuple[int, int]:
    """The (year, month) that many months later; negative goes back."""
    index = year * 12 + (month - 1) + months
    return index // 12, index % 12 + 1


def day_in_month(year: int, month: int, day: int) -> date:
    """That day of the month, or the month's last day where it is shorter."""
    following = date(*month_after(year, month, 1), 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), following - timedelta(days=1))
