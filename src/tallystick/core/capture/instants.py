"""Instants out of text: strptime formats, ISO 8601 and epochs, with the zone they are local to."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Literal

import polars as pl

from tallystick.base.frames import INSTANT
from tallystick.core.capture.rejects import Check, Reason

ISO: Final = "iso"
EPOCHS: Final[dict[str, int]] = {"epoch s": 1_000_000, "epoch ms": 1_000, "epoch us": 1}
"""Formats that count from 1970 in UTC, with the microseconds of one count."""

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

_LOCAL = r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)"
_ISO = _LOCAL + r"(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?$"  # no place is further than 14 hours
_OFFSET = r"([+-])(\d\d):?(\d\d)$"


class Ambiguous(StrEnum):
    """What a local time means that happens twice when daylight saving ends."""

    REFUSE = "refuse"
    EARLIEST = "earliest"
    LATEST = "latest"


def needs_zone(format: str) -> bool:
    """Whether text of that format may leave open which instant it is."""
    return format not in EPOCHS and "%z" not in format and "%#z" not in format


def is_format(format: str) -> bool:
    """Whether times can be written and read in that format, to the day at least."""
    if format in EPOCHS or format == ISO:
        return True
    day = datetime(2001, 2, 13, 14, 5, 6, tzinfo=UTC)
    try:
        written = pl.select(pl.lit(day, INSTANT).dt.to_string(format)).to_series()
        local = pl.select(read_local(pl.lit(written), format=format)).item()
    except (pl.exceptions.PolarsError, ValueError):
        return False
    return local is not None and local.date() == day.date()


def read_local(text: pl.Expr, *, format: str) -> pl.Expr:
    """What the clock showed, without zone, or null; UTC for epochs and formats with an offset."""
    if format in EPOCHS:
        count = pl.when(text.str.contains(r"^\d{1,17}$")).then(text).cast(pl.Int64, strict=False)
        largest = int(LATEST.timestamp()) * 1_000_000 // EPOCHS[format]
        micros = pl.when(count <= largest).then(count) * EPOCHS[format]
        return micros.cast(pl.Datetime("us"))
    if format == ISO:
        plain = text.str.replace(_LOCAL + r".*$", "${1}T${2}")
        local = plain.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
        return pl.when(text.str.contains(_ISO)).then(local)
    parsed = text.str.to_datetime(format, time_unit="us", strict=False)
    return parsed if needs_zone(format) else parsed.dt.replace_time_zone(None)


def to_instant(
    local: pl.Expr,
    *,
    text: pl.Expr,
    format: str,
    zone: str | None,
    ambiguous: Ambiguous = Ambiguous.REFUSE,
) -> pl.Expr:
    """The instant in UTC of what `read_local` gave, null where the zone has no such single time."""
    if not needs_zone(format):
        return local.dt.replace_time_zone("UTC")
    zoned = _in_zone(local, zone=zone, ambiguous=ambiguous)
    if format != ISO:
        return zoned
    hours = text.str.extract(_OFFSET, 2).cast(pl.Int64, strict=False)
    minutes = text.str.extract(_OFFSET, 3).cast(pl.Int64, strict=False) + hours * 60
    ahead = pl.duration(minutes=pl.when(text.str.extract(_OFFSET, 1) == "-").then(-minutes)
                        .otherwise(minutes))  # fmt: skip
    utc = local.dt.replace_time_zone("UTC")
    return (
        pl.when(text.str.ends_with("Z"))
        .then(utc)
        .when(minutes.is_not_null())
        .then(utc - ahead)
        .otherwise(zoned)
    )


def instant_checks(
    text: pl.Expr, *, local: pl.Expr, instant: pl.Expr, zone: str | None, column: str
) -> list[Check]:
    """What may be wrong with an instant, most basic first."""
    unclear = instant.is_null()
    asked = pl.when(unclear).then(local)
    exists = _in_zone(asked, zone=zone, ambiguous=Ambiguous.EARLIEST)
    return [
        Check(text.is_null(), Reason.INSTANT_MISSING, column),
        Check(local.is_null(), Reason.INSTANT_INVALID, column),
        Check(unclear & pl.lit(zone is None), Reason.INSTANT_INVALID, column),
        Check(unclear & exists.is_null(), Reason.INSTANT_NONEXISTENT, column),
        Check(unclear, Reason.INSTANT_AMBIGUOUS, column),
        Check(~instant.is_between(EARLIEST, LATEST), Reason.INSTANT_OUT_OF_RANGE, column),
    ]


def _in_zone(local: pl.Expr, *, zone: str | None, ambiguous: Ambiguous) -> pl.Expr:
    if zone is None:
        return pl.lit(None, INSTANT)
    pick: dict[Ambiguous, Literal["null", "earliest", "latest"]] = {
        Ambiguous.REFUSE: "null",
        Ambiguous.EARLIEST: "earliest",
        Ambiguous.LATEST: "latest",
    }
    zoned = local.dt.replace_time_zone(zone, ambiguous=pick[ambiguous], non_existent="null")
    return zoned.dt.convert_time_zone("UTC")
