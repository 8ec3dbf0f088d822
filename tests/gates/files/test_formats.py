"""Formats by name, and Asterisk's calls as the mapping that comes with the platform."""

import json
from pathlib import Path

import polars as pl
import pytest

from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.yaml_nodes import MappingInvalid, UnknownSetting
from tallystick.gates.files.formats import UnknownFormat, find_format, format_names
from tallystick.gates.files.usage import open_usage

CALL = {
    "accountcode": "acme", "src": "100", "dst": "442079460018", "dcontext": "out",
    "clid": '""Ada"" <100>', "channel": "SIP/100-1", "dstchannel": "SIP/trunk-2",
    "lastapp": "Dial", "lastdata": "SIP/trunk,30", "start": "2024-07-01 10:00:00",
    "answer": "2024-07-01 10:00:08", "end": "2024-07-01 10:01:08", "duration": "68",
    "billsec": "60", "disposition": "ANSWERED", "amaflags": "DOCUMENTATION",
    "uniqueid": "1719828000.1", "userfield": "",
}  # fmt: skip


def line(**changes: str) -> str:
    """A call as cdr_csv writes it: text quoted, numbers of seconds bare."""
    call = CALL | changes
    bare = ("duration", "billsec")
    return ",".join(value if name in bare else f'"{value}"' for name, value in call.items())


def load(tmp_path: Path, *lines: str, **settings: str) -> Decoded:
    path = tmp_path / "Master.csv"
    path.write_text("\n".join([*lines, ""]))
    (decoded,) = open_usage(path, format=find_format("asterisk", settings=settings))
    return decoded


def test_every_name_is_found_and_others_are_refused_with_the_names() -> None:
    assert [find_format(name).name for name in format_names()] == format_names()
    assert {"asterisk", "nem12", "nem13", "radius"} <= set(format_names())
    with pytest.raises(UnknownFormat, match="write one of asterisk, nem12, nem13, radius, or"):
        find_format("nem14")


def test_a_mapping_file_is_a_format_and_its_faults_are_told(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("format: delimited\nclumns: {}\n")
    with pytest.raises(MappingInvalid, match=r"my.yaml:2: clumns is not known here"):
        find_format(str(path))


def test_settings_are_known_by_name() -> None:
    with pytest.raises(UnknownSetting, match="it has zone, subject, subject_kind"):
        find_format("asterisk", settings={"timezone": "UTC"})
    with pytest.raises(UnknownSetting, match="it has none"):
        find_format("nem13", settings={"zone": "UTC"})
    with pytest.raises(UnknownSetting, match="it has null"):
        find_format("nem12", settings={"zone": "UTC"})
    with pytest.raises(MappingInvalid, match="header does not name callerid"):
        find_format("asterisk", settings={"subject": "callerid"})


def test_an_answered_call_is_usage_from_its_answer(tmp_path: Path) -> None:
    decoded = load(tmp_path, line(), zone="Europe/London")
    (row,) = decoded.usage.to_dicts()
    assert (row["subject_kind"], row["subject"]) == ("account", "acme")
    assert (row["kind"], str(row["quantity"].normalize()), row["unit"]) == ("voice", "6E+1", "s")
    assert f"{row['started_at']:%Y-%m-%d %H:%M:%S}" == "2024-07-01 09:00:08"
    assert row["called"] == "442079460018"
    assert json.loads(row["attributes"])["src"] == "100"


def test_calls_nobody_answered_are_absorbed(tmp_path: Path) -> None:
    busy = line(disposition="BUSY", answer="", billsec="0")
    unheard = line(disposition="ANSWERED", billsec="0")
    decoded = load(tmp_path, busy, unheard, line())
    assert (decoded.rows_in, decoded.absorbed, decoded.usage.height) == (3, 2, 1)


def test_legs_of_one_call_are_different_records(tmp_path: Path) -> None:
    again = line(answer="2024-07-01 10:00:40")
    decoded = load(tmp_path, line(), line(dstchannel="SIP/200-3"), again, line())
    assert decoded.usage["record_id"].n_unique() == 3


def test_the_subject_may_be_the_caller(tmp_path: Path) -> None:
    decoded = load(tmp_path, line(), line(src=""), subject="src", subject_kind="extension")
    assert decoded.usage["subject"].to_list() == ["100"]
    assert decoded.usage["subject_kind"].to_list() == ["extension"]
    assert decoded.rejects["code"].to_list() == ["subject_missing"]


def test_a_broken_line_is_rejected_and_the_others_taken(tmp_path: Path) -> None:
    broken = line().replace('"acme"', '"acme')
    decoded = load(tmp_path, line(), broken, line(billsec="-1"), "a,b")
    assert decoded.usage.height == 1
    assert decoded.rejects.select("line", "code").rows() == [
        (2, "quoting"), (3, "quantity_negative"), (4, "column_count"),
    ]  # fmt: skip


def test_sessions_come_back_from_a_file_of_accounting_records(tmp_path: Path) -> None:
    path = tmp_path / "radius.jsonl"
    path.write_text(
        '{"Acct-Status-Type":"Stop","Acct-Session-Id":"s","User-Name":"ada","NAS-Identifier":"n",'
        '"Event-Timestamp":1704067200,"Acct-Input-Octets":5,"Acct-Output-Octets":7}\n'
    )
    (decoded,) = open_usage(path, format=find_format("radius"))
    assert isinstance(decoded.sessions, pl.DataFrame)
    assert decoded.sessions["input"].to_list() == [5]
