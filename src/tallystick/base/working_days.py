"""Holidays and working days of a country or of a part of one, such as GB, GB-SCT or DE-BY."""

from datetime import date
from functools import lru_cache

import holidays

SATURDAY = 5


@lru_cache(maxsize=4096)
def _calendar(code: str, year: int) -> holidays.HolidayBase:
    country, _, part = code.partition("-")
    return holidays.country_holidays(country, subdiv=part or None, years=year, expand=False)


def holidays_of(code: str, year: int) -> frozenset[date]:
    """The public holidays of that year.

    :raises NotImplementedError: when nothing is known of the country or its part
    """
    return frozenset(_calendar(code, year))


def is_known(code: str) -> bool:
    """Whether the holidays of that country, or of that part of one, are known."""
    try:
        return bool(_calendar(code, 2026).country)
    except (NotImplementedError, KeyError):
        return False


def nearest_known(place: str) -> str:
    """The calendar of a place such as US-NY/Kings: its part of the country's, else the country's.

    Nothing where that is not known either.
    """
    part = place.partition("/")[0]
    return next((code for code in (part, part.partition("-")[0]) if code and is_known(code)), "")


def is_working_day(day: date, *, calendar: str) -> bool:
    """Whether people work there on that day: weekends are the country's own.

    Where no `calendar` is named, every day but Saturdays and Sundays.
    """
    if not calendar:
        return day.weekday() < SATURDAY
    return bool(_calendar(calendar, day.year).is_working_day(day))
