"""Real meter files: every one loads with the sums another reader finds; no faulty one silently."""

import json
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from nemreader import NEMFile

from tallystick.base.refusal import Refusal
from tallystick.core.capture.conserve import Manifest, assert_conserved, count_decoded
from tallystick.core.capture.decoded import Decoded
from tallystick.gates.files.formats import find_format
from tallystick.gates.files.usage import open_usage

SAMPLES = Path(__file__).parents[2] / "samples"
GOOD = sorted(path for path in (SAMPLES / "nem12").iterdir() if path.suffix.lower() == ".zip")
MARKET = timezone(timedelta(hours=10))
TO_CANONICAL = {"WH": Decimal("0.001"), "KWH": Decimal(1), "KVARH": Decimal(1)}

Sums = dict[tuple[str, str, date], tuple[int, Decimal]]


def format_of(path: Path) -> str:
    return path.name[:5].lower() if path.name.startswith("NEM") else "nem12"


def load(path: Path, *, chunk_rows: int = 250_000) -> list[Decoded]:
    decoded = list(open_usage(path, format=find_format(format_of(path)), chunk_rows=chunk_rows))
    total = Manifest()
    for part in decoded:
        total += count_decoded(part)
    assert_conserved(total)
    return decoded


def our_sums(decoded: list[Decoded]) -> Sums:
    sums: Sums = defaultdict(lambda: (0, Decimal(0)))
    for part in decoded:
        for row in part.usage.iter_rows(named=True):
            day = row["started_at"].astimezone(MARKET).date()
            key = row["subject"], json.loads(row["attributes"])["suffix"], day
            count, total = sums[key]
            sums[key] = count + 1, total + row["quantity"]
    return dict(sums)


def their_sums(path: Path) -> Sums:
    sums: Sums = defaultdict(lambda: (0, Decimal(0)))
    for nmi, channels in NEMFile(str(path), strict=True).nem_data().readings.items():
        for suffix, readings in channels.items():
            for reading in readings:
                start: datetime = reading.t_start
                count, total = sums[nmi, suffix, start.date()]
                value = abs(Decimal(str(reading.read_value))) * TO_CANONICAL[reading.uom.upper()]
                sums[nmi, suffix, start.date()] = count + 1, total + value
    return dict(sums)


def test_there_are_samples() -> None:
    assert len(GOOD) == 15


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_sample_loads_whole_with_the_sums_another_reader_finds(path: Path) -> None:
    decoded = load(path)
    assert [part.rejects.height for part in decoded] == [0] * len(decoded)
    ours = our_sums(decoded)
    assert ours
    assert ours == their_sums(path)


@pytest.mark.parametrize("path", GOOD[1:5], ids=lambda path: path.stem)
def test_small_chunks_give_the_same_sums(path: Path) -> None:
    assert our_sums(load(path, chunk_rows=96)) == our_sums(load(path))


INVALID = {
    "15min_200_30min_300.csv": [(3, "interval_count"), (4, "day_rejected"), (5, "day_rejected")],
    "30min_200_15min_400.csv": [(3, "interval_count"), (4, "day_rejected"), (5, "day_rejected")],
    "empty.csv": "no_reads",
    "incomplete_interval.csv": [(3, "interval_count")],
    "missing_header.csv": "not_meter_file",
    "powercor_missing_fields.csv": "not_meter_file",
}


def test_every_invalid_sample_is_expected_to_fail() -> None:
    assert {path.name for path in (SAMPLES / "nem12_invalid").glob("*.csv")} == set(INVALID)


@pytest.mark.parametrize("name", INVALID)
def test_no_invalid_sample_loads_silently(name: str) -> None:
    expected = INVALID[name]
    path = SAMPLES / "nem12_invalid" / name
    if isinstance(expected, str):
        with pytest.raises(Refusal) as caught:
            load(path)
        assert caught.value.code == expected
        return
    decoded = load(path)
    rejects = [row for part in decoded for row in part.rejects.iter_rows(named=True)]
    assert [(row["line"], row["code"]) for row in rejects] == expected
    lines = path.read_text().splitlines()
    assert [row["raw"] for row in rejects] == [lines[line - 1] for line, _ in expected]


def test_the_good_part_of_an_invalid_sample_is_taken() -> None:
    sums = our_sums(load(SAMPLES / "nem12_invalid" / "incomplete_interval.csv"))
    assert sums == {
        ("VABD000163", "E1", date(2004, 2, 2)): (48, Decimal("53.328")),
        ("VABD000163", "Q1", date(2004, 2, 1)): (48, Decimal("106.656")),
        ("VABD000163", "Q1", date(2004, 2, 2)): (48, Decimal("106.656")),
    }


def test_a_register_that_rolled_over_and_one_into_the_network() -> None:
    found = {}
    for path in GOOD:
        if path.name.startswith("NEM13"):
            (row,) = [row for part in load(path) for row in part.usage.iter_rows(named=True)]
            more = json.loads(row["attributes"])
            found[row["subject"]] = (row["kind"], row["quantity"], more["advance"], more["agrees"])
    assert found == {
        "NEM1311002": ("import", Decimal(31), "172", False),
        "NEM1312022": ("export", Decimal(1490), "1490", True),
        "NEM1313042": ("import", Decimal(2144), "2144", True),
        "NEM1314062": ("import", Decimal(9), "9", True),
    }
