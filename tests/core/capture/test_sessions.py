"""Sessions: cumulative counters become increments, once each, whatever order records come in."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.base.frames import INSTANT
from tallystick.core.capture.conserve import Manifest, assert_conserved, count_decoded
from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.lines import frame_lines
from tallystick.core.capture.radius import decode_radius, radius_format
from tallystick.core.capture.sessions import forget_sessions, silent_sessions
from tests.core.capture.reading import decode_text, rejects_of, table, usage_of

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
STATUS = {"start": "Start", "update": "Interim-Update", "stop": "Stop", "on": "Accounting-On"}


def request(words: str) -> str:
    """`update s1 60 100 10 giga 1`: status, session, seconds since BEGIN, input, output."""
    status, session, seconds, *counters = words.split()
    said: dict[str, object] = {
        "Acct-Status-Type": STATUS[status],
        "NAS-Identifier": "nas1",
        "Event-Timestamp": int(BEGIN.timestamp()) + int(seconds),
    }
    if session != "-":
        said |= {"Acct-Session-Id": session, "User-Name": "ada"}
    if counters:
        said |= {"Acct-Input-Octets": int(counters[0]), "Acct-Output-Octets": int(counters[1])}
    if counters[2:]:
        said["Acct-Input-Gigawords"] = int(counters[3])
    return json.dumps(said)


def said(decoded: list[Decoded], lines: int) -> list[str]:
    """For each line its increment, reject code, `dup` or `-`."""
    found = dict.fromkeys(range(1, lines + 1), "-")
    for row in usage_of(decoded).iter_rows(named=True):
        found[row["line"]] = format(row["quantity"].normalize(), "f")
    return list((found | dict(rejects_of(decoded))).values())


STORIES = {
    "counters are cumulative": """
        start s 0           | -
        update s 60 100 10  | 110
        update s 120 250 20 | 160
        stop s 180 250 21   | 1""",
    "an idle update adds nothing": """
        update s 60 100 10  | 110
        update s 120 100 10 | -""",
    "what is said again is charged once": """
        update s 60 100 10  | 110
        update s 60 100 10  | -
        stop s 120 100 20   | 10
        stop s 120 100 20   | -""",
    "order in the file does not matter": """
        stop s 180 300 0    | 50
        update s 120 250 0  | 150
        start s 0           | -
        update s 60 100 0   | 100""",
    "gigawords count 2^32": """
        update s 60 4294967295 0    | 4294967295
        update s 120 5 0 giga 1     | 6""",
    "a counter that wraps is a fault, and the next good one goes on": """
        update s 60 100 10  | 110
        update s 120 50 20  | counter_backwards
        update s 180 60 30  | counter_backwards
        update s 240 150 15 | 55""",
    "a rejected record leaves nothing behind": """
        update s 60 100 10      | 110
        update s 120 5 99999999 | counter_backwards
        update s 180 101 11     | 2""",
    "a later start begins anew": """
        update s 60 100 10  | 110
        stop s 120 100 10   | -
        start s 200         | -
        update s 260 5 5    | 10""",
    "a restart of the NAS begins anew": """
        update s 60 100 10  | 110
        on - 100            | -
        update s 160 5 5    | 10""",
    "a restart before the session changes nothing": """
        on - 10             | -
        update s 60 100 10  | 110
        update s 160 105 10 | 5""",
    "sessions are apart": """
        update s 60 100 10  | 110
        update t 60 100 10  | 110""",
}


@pytest.mark.parametrize("story", STORIES)
def test_a_story_of_one_file(story: str) -> None:
    words, expected = zip(*table(STORIES[story]), strict=True)
    lines = [request(line) for line in words]
    decoded = decode_text("\n".join(lines), format=radius_format())
    assert said(decoded, len(lines)) == list(expected)


@pytest.mark.parametrize(
    "story", [story for story in STORIES if story != "order in the file does not matter"]
)
def test_the_same_story_in_one_file_a_record(story: str) -> None:
    words, expected = zip(*table(STORIES[story]), strict=True)
    lines = [request(line) for line in words]
    decoded = decode_text("\n".join(lines), format=radius_format(), chunk_lines=1)
    assert said(decoded, len(lines)) == list(expected)


def test_a_file_loaded_twice_gives_no_second_charge() -> None:
    lines = [request(words) for words in ("start s 0", "update s 60 1 1", "stop s 90 2 2")]
    first = decode_text("\n".join(lines), format=radius_format())[-1]
    again = decode_text("\n".join(lines), format=radius_format(sessions=first.sessions))[-1]
    assert (first.usage.height, first.duplicates) == (2, 0)
    assert (again.usage.height, again.duplicates) == (0, 3)
    assert again.sessions is not None
    assert first.sessions is not None
    assert again.sessions.equals(first.sessions)


def test_late_records_of_an_earlier_beginning_are_rejected() -> None:
    first = decode_text(request("start s 100"), format=radius_format())[-1]
    late = decode_text(request("stop s 60 9 9"), format=radius_format(sessions=first.sessions))
    assert rejects_of(late) == [(1, "session_superseded")]


def test_an_increment_runs_from_the_last_event() -> None:
    lines = [request(words) for words in ("start s 0", "update s 60 1 2", "update s 90 5 5")]
    usage = usage_of(decode_text("\n".join(lines), format=radius_format()))
    assert usage["started_at"].to_list() == [BEGIN, BEGIN + timedelta(seconds=60)]
    assert json.loads(usage["attributes"][1]) == {
        "nas": "nas1", "session": "s", "input": 4, "output": 3, "until": "2024-01-01T00:01:30Z",
    }  # fmt: skip
    assert usage["subject"].to_list() == ["ada", "ada"]
    assert usage["record_id"].n_unique() == 2


FAULTS = """
S Start                                       | nas_missing
S Fax N n                                     | status_unknown
S Start N n                                   | session_missing
S 1 N n I s                                   | instant_missing
S 1 A 192.0.2.1 I s T noon                    | instant_invalid
S 2 N n I s T 9 U u                           | counter_invalid
S 2 N n I s T 9 U u D 1                       | counter_invalid
S 2 N n I s T 9 U u D -1 O 2                  | counter_invalid
S 2 N n I s T 9 U u D 4294967296 O 2 G 1      | counter_invalid
S 2 N n I s T 9 D 1 O 2                       | subject_missing
S 2 N n I s T 9999999999 U u D 1 O 2          | instant_invalid
"""
LETTERS = {
    "S": "Acct-Status-Type", "N": "NAS-Identifier", "A": "NAS-IP-Address", "T": "Event-Timestamp",
    "I": "Acct-Session-Id", "U": "User-Name", "D": "Acct-Input-Octets", "O": "Acct-Output-Octets",
    "G": "Acct-Input-Gigawords",
}  # fmt: skip


@pytest.mark.parametrize(("words", "code"), table(FAULTS))
def test_a_request_that_is_not_whole_is_rejected(words: str, code: str) -> None:
    letters, values = words.split()[::2], words.split()[1::2]
    line = json.dumps(dict(zip((LETTERS[letter] for letter in letters), values, strict=True)))
    assert rejects_of(decode_text(line, format=radius_format())) == [(1, code)]


def test_what_is_no_object_is_rejected() -> None:
    assert rejects_of(decode_text('{"a":\n[1]', format=radius_format())) == [
        (1, "json_invalid"),
        (2, "json_invalid"),
    ]


def test_silent_sessions_are_found_and_old_ones_forgotten() -> None:
    lines = [request(words) for words in ("update a 0 1 1", "update b 7200 1 1", "stop c 0 1 1")]
    sessions = decode_text("\n".join(lines), format=radius_format())[-1].sessions
    assert sessions is not None
    at = BEGIN + timedelta(hours=3)
    assert silent_sessions(sessions, at=at, hours=2)["session"].to_list() == ["a"]
    assert silent_sessions(sessions, at=at, hours=3)["session"].to_list() == []
    kept = forget_sessions(sessions, closed_before=BEGIN + timedelta(seconds=1))
    assert kept["session"].to_list() == ["a", "b"]
    assert kept.schema["last_at"] == INSTANT


growth = st.tuples(st.integers(1, 50), st.integers(0, 9), st.integers(0, 9))
histories = st.dictionaries(
    st.sampled_from(["s", "t", "u"]), st.lists(growth, min_size=1, max_size=6), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(history=histories, data=st.data())
def test_shuffled_repeated_and_cut_records_charge_the_highest_counters(
    history: dict[str, list[tuple[int, int, int]]], data: st.DataObject
) -> None:
    lines, highest = [], Decimal(0)
    for session, steps in history.items():
        at = up = down = 0
        for passed, more_up, more_down in steps:
            at, up, down = at + passed, up + more_up, down + more_down
            lines.append(request(f"update {session} {at} {up} {down}"))
        highest += up + down
    repeated = lines + data.draw(st.lists(st.sampled_from(lines), max_size=5))
    shuffled = data.draw(st.permutations(repeated))
    frame = frame_lines("\n".join(shuffled).encode())
    size = data.draw(st.integers(1, len(shuffled)))
    total = Manifest()
    for part in decode_radius(frame.slice(at, size) for at in range(0, frame.height, size)):
        total += count_decoded(part)
    assert_conserved(total)
    assert total.rejected == 0
    assert sum(total.quantities.values()) == highest


def test_a_chunk_without_requests_keeps_the_state() -> None:
    first = decode_text(request("update s 60 1 1"), format=radius_format())[-1]
    after = decode_text("\n\n", format=radius_format(sessions=first.sessions))[-1]
    assert isinstance(after.sessions, pl.DataFrame)
    assert after.sessions.equals(first.sessions)
