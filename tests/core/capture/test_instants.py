"""Times with an offset from UTC: no place is further from it than 14 hours."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tallystick.core.capture.instants import ISO, read_local, to_instant


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2026-03-02T10:00:00+14:00", -240),
        ("2026-03-02T10:00:00-0930", 1170),
        ("2026-03-02 10:00:00Z", 600),
        ("2026-03-02T10:00:00+15:00", None),
        ("2026-03-02T10:00:00+99:00", None),
        ("2026-03-02T10:00:00+01:75", None),
    ],
)
def test_an_offset_is_one_of_a_place(text: str, minutes: int | None) -> None:
    written = pl.DataFrame({"text": [text]})
    local = written.select(read_local(pl.col("text"), format=ISO).alias("local"))
    found = written.with_columns(local).select(
        to_instant(pl.col("local"), text=pl.col("text"), format=ISO, zone="Europe/Berlin")
    )
    if minutes is None:
        assert local.item() is None
    else:
        assert found.item() - datetime(2026, 3, 2, tzinfo=UTC) == timedelta(minutes=minutes)
