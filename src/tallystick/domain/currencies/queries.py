"""Reads of rates between currencies."""

from datetime import date, datetime

from tallystick.core.receive.exchange import Rate
from tallystick.domain.currencies.models import ExchangeRate


def rates_on(day: date, *, known_at: datetime | None = None) -> list[Rate]:
    """One rate for each pair of currencies that has one on that day: the latest, and of those of
    one day what was recorded last, by `known_at` where that is given.
    """
    held = ExchangeRate.objects.filter(valid_from__lte=day, valid_to__gt=day)
    if known_at is not None:
        held = held.filter(recorded_at__lte=known_at)
    newest = held.order_by("base", "quote", "-valid_from", "-id").distinct("base", "quote")
    return [Rate(row.base, row.quote, row.rate, row.valid_from, row.source) for row in newest]


def recorded_after(at: datetime, *, day: date) -> list[datetime]:
    """When rates that hold on a day were recorded after that instant, the first first."""
    held = ExchangeRate.objects.filter(valid_from__lte=day, valid_to__gt=day, recorded_at__gt=at)
    return list(held.order_by("recorded_at").values_list("recorded_at", flat=True).distinct())


def rates_listed(*, on: date | None, most: int) -> list[ExchangeRate]:
    """The rates, the latest first: those that hold on a day, or all."""
    rows = ExchangeRate.objects.order_by("-valid_from", "base", "quote", "source", "-revision")
    if on is not None:
        rows = rows.filter(valid_from__lte=on, valid_to__gt=on)
    return list(rows[:most])
