"""The table of what becomes of what is said, as the page of corrections has it."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from tallystick.core.capture.revise import CONTENT, SAID, STANDING, judge_records, with_revision

PAGE = Path(__file__).parents[3] / "docs/algorithms/corrections.md"
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)[1:]
WORDS = {"repeated": "duplicate"}


def said(text: str, *, line: int = 1) -> dict:
    quantity, _, revision = text.partition(" r")
    cancels = quantity == "void"
    event = {
        "subject_kind": "msisdn", "subject": "1", "kind": "voice", "unit": "s",
        "started_at": datetime(2026, 1, 5, tzinfo=UTC),
        "quantity": Decimal(0 if cancels else quantity),
        "account_id": 1, "contract_id": 1, "service_id": 1,
    }  # fmt: skip
    return {
        "line": line, "record_id": "a", "cancels": cancels,
        "revision": int(revision) if revision else None,
        **(dict.fromkeys(event) if cancels else event),
    }  # fmt: skip


IDS = {name: pl.Int64() for name in ("account_id", "contract_id", "service_id")}


def frame(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={**SAID, **IDS})


def becomes(before: list[str], comes: str) -> str:
    """What becomes of it after all that, told one after the other as a store would."""
    stands: dict | None = None
    versions: list[dict] = []
    told = ""
    for number, text in enumerate([*before, comes]):
        row = said(text, line=number)
        if stands is None:
            told = "cancels_nothing" if row["cancels"] else "accepted"
        else:
            judged = judge_records(
                frame(row),
                standing=pl.DataFrame([stands], schema=STANDING),
                versions=frame(*versions).select("record_id", "revision", *CONTENT),
            )
            verdict = judged["verdict"].item()
            gone = verdict == "corrected" and stands["usage_id"] is None
            told = "accepted" if gone else WORDS.get(verdict, verdict)
        if told in ("accepted", "corrected"):
            versions.append(row)
            stands = {**{name: row.get(name) for name in STANDING}, "usage_id": number}
        elif told == "cancelled":
            revision = max(row["revision"] or 0, stands["revision"] or 0) or None
            stands = stands | {"usage_id": None, "revision": revision}
    return told


def test_the_table_is_found() -> None:
    assert len(ROWS) >= 20


@pytest.mark.parametrize(("so_far", "comes", "expected"), ROWS)
def test_what_is_said_becomes_what_the_page_says(so_far: str, comes: str, expected: str) -> None:
    before = [] if so_far == "nothing" else so_far.split(", ")
    assert becomes(before, comes) == expected


def test_a_record_taken_before_records_knew_their_events_is_judged_by_its_quantity() -> None:
    unlinked = {"record_id": "a", "quantity": Decimal(600)}
    standing = pl.DataFrame([unlinked], schema=STANDING)
    nothing = frame().select("record_id", "revision", *CONTENT)
    verdicts = [
        judge_records(frame(said(text)), standing=standing, versions=nothing)["verdict"].item()
        for text in ("600", "900", "void")
    ]
    assert verdicts == ["repeated", "record_changed", "record_changed"]


@pytest.mark.parametrize("name", [name for name in CONTENT if name != "quantity"])
def test_whatever_differs_makes_another_record(name: str) -> None:
    first = said("600")
    other = {"started_at": datetime(2026, 1, 6, tzinfo=UTC)}.get(
        name, 2 if name in IDS else "other"
    )
    judged = judge_records(
        frame(first | {name: other}),
        standing=pl.DataFrame([{**{n: first.get(n) for n in STANDING}, "usage_id": 1}],
                              schema=STANDING),
        versions=frame(first).select("record_id", "revision", *CONTENT),
    )  # fmt: skip
    assert judged["verdict"].item() == "corrected"


def test_a_reader_that_tells_nothing_of_corrections_cancels_nothing() -> None:
    plain = with_revision(frame(said("600")).drop("revision", "cancels"))
    assert plain.schema == with_revision(plain).schema
    assert plain.select("revision", "cancels").row(0) == (None, False)
