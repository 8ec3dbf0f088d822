"""Delimited files and JSON Lines by a mapping: one line in, its usage or its reject out."""

import json
from decimal import Decimal

import pytest

from tallystick.base.frames import USAGE_IN
from tallystick.core.capture.conserve import assert_conserved, count_decoded
from tallystick.core.capture.decoded import Format
from tallystick.core.capture.delimited import ColumnCount, ColumnsMissing
from tallystick.core.capture.lines import UnreadableText, frame_lines
from tallystick.core.capture.mapped import mapped_format
from tallystick.core.capture.read_mapping import read_mapping
from tests.core.capture.reading import decode_text, rejects_of, table, usage_of

MAPPING = """
format: delimited
columns:
  record_id: cdr_id
  subject: {from: a_number, kind: msisdn, normalise: e164, country: GB}
  kind: {from: type, values: {MOC: voice, SMS: sms, GPRS: data}}
  started_at: {from: start, format: "%Y-%m-%d %H:%M:%S", zone: Europe/Berlin}
  quantity:
    {from: duration, unit: min, by kind: {data: {from: bytes, unit: kB},
                                          sms: {constant: 1, unit: msg}}}
  called: {from: b_number, normalise: e164, country: GB}
  zone: dest
  attributes: [cell]
"""
HEADER = "cdr_id,a_number,type,start,duration,bytes,b_number,dest,cell"

LINES = """
1,07700900123,MOC,2024-01-01 10:00:00,1.5,,+44 20 7946 0018,uk,c1 | voice 90 s 09:00:00 442079460018
2,447700900123,GPRS,2024-07-01 10:00:00,,0.5,,, | data 500 B 08:00:00 -
3,447700900123,SMS,2024-01-01 10:00:00,,,60999,, | sms 1 msg 09:00:00 60999
4,"447700900123","MOC","2024-01-01 10:00:00","2","","","a,b", | voice 120 s 09:00:00 -
5,447700900123,MOC,2024-01-01 10:00:00,0,,,, | voice 0 s 09:00:00 -
6,447700900123,MOC,2024-01-01 10:00:00,.000000001,,,, | voice 0.00000006 s 09:00:00 -
7,447700900123,MOC,2024-01-01 10:00:00,1.10000000000,,,, | voice 66 s 09:00:00 -
,447700900123,MOC,2024-01-01 10:00:00,5,,,, | record_id_missing
9,,MOC,2024-01-01 10:00:00,5,,,, | subject_missing
10,alice,MOC,2024-01-01 10:00:00,5,,,, | subject_invalid
11,447700900123,,2024-01-01 10:00:00,5,,,, | kind_missing
12,447700900123,FAX,2024-01-01 10:00:00,5,,,, | kind_unknown
13,447700900123,MOC,,5,,,, | instant_missing
14,447700900123,MOC,2024-02-30 10:00:00,5,,,, | instant_invalid
15,447700900123,MOC,2024-03-31 02:30:00,5,,,, | instant_nonexistent
16,447700900123,MOC,2024-10-27 02:30:00,5,,,, | instant_ambiguous
17,447700900123,MOC,1969-10-27 02:30:00,5,,,, | instant_out_of_range
18,447700900123,MOC,2024-01-01 10:00:00,,5,,, | quantity_missing
19,447700900123,MOC,2024-01-01 10:00:00,1e3,,,, | quantity_invalid
20,447700900123,MOC,2024-01-01 10:00:00,-1,,,, | quantity_negative
21,447700900123,MOC,2024-01-01 10:00:00,0.1234567891,,,, | quantity_too_fine
22,447700900123,MOC,2024-01-01 10:00:00,16666666666666667,,,, | quantity_too_large
23,447700900123,MOC,2024-01-01 10:00:00,1,,alice@example.net,, | called_invalid
24,447700900123,MOC,2024-01-01 10:00:00,1,,, | column_count
25,447700900123,MOC,2024-01-01 10:00:00,1,,,,, | column_count
26,4477"00900123,MOC,2024-01-01 10:00:00,1,,,, | quoting
27,"447700900123,MOC,2024-01-01 10:00:00,1,,,, | quoting
"""


def delimited(changes: dict[str, str] | None = None) -> Format:
    text = MAPPING
    for old, new in (changes or {}).items():
        assert old in text
        text = text.replace(old, new)
    return mapped_format(read_mapping(text, name="calls.yaml"))


@pytest.mark.parametrize(("line", "expected"), table(LINES))
def test_a_line_is_usage_or_a_named_reject(line: str, expected: str) -> None:
    text = f"{HEADER}\n1,447700900123,SMS,2024-01-01 10:00:00,,,,,\n{line}\n"
    decoded = decode_text(text, format=delimited())
    assert [part.rows_in for part in decoded] == [3]
    if rejects := rejects_of(decoded):
        assert rejects == [(3, expected)]
        assert decoded[0].rejects["raw"].to_list() == [line]
        return
    row = usage_of(decoded).filter(line=3).row(0, named=True)
    quantity = format(row["quantity"].normalize(), "f")
    clock = row["started_at"].strftime("%H:%M:%S")
    said = f"{row['kind']} {quantity} {row['unit']} {clock} {row['called'] or '-'}"
    assert said == expected
    assert (row["subject_kind"], row["subject"]) == ("msisdn", "447700900123")


def test_attributes_and_zone_are_carried() -> None:
    line = '1,07700900123,MOC,2024-01-01 10:00:00,1,,,"a, ""b""","c\'1"'
    row = usage_of(decode_text(f"{HEADER}\n{line}\n", format=delimited())).row(0, named=True)
    assert row["zone"] == 'a, "b"'
    assert json.loads(row["attributes"]) == {"cell": "c'1"}


def test_a_reject_says_what_was_wrong_and_keeps_the_line() -> None:
    line = "9,447700900123,MOC,2024-01-01 10:00:00,x,,,,"
    (decoded,) = decode_text(f"{HEADER}\n{line}\n", format=delimited())
    (reject,) = decoded.rejects.to_dicts()
    assert reject["raw"] == line
    assert json.loads(reject["parameters"]) == {"column": "bytes duration", "value": "x"}


@pytest.mark.parametrize(("setting", "clock"), [("earliest", "00:30"), ("latest", "01:30")])
def test_an_ambiguous_time_may_be_settled(setting: str, clock: str) -> None:
    form = delimited({"zone: Europe/Berlin}": f"zone: Europe/Berlin, ambiguous: {setting}}}"})
    line = "1,447700900123,MOC,2024-10-27 02:30:00,5,,,,"
    row = usage_of(decode_text(f"{HEADER}\n{line}\n", format=form)).row(0, named=True)
    assert row["started_at"].strftime("%H:%M") == clock


def test_quantities_are_conserved_with_their_rejects() -> None:
    lines = [
        "1,447700900123,MOC,2024-01-01 10:00:00,1.5,,,,",
        "2,,MOC,2024-01-01 10:00:00,2,,,,",
        "3,447700900123,MOC,2024-01-01 10:00:00,x,,,,",
    ]
    (decoded,) = decode_text("\n".join([HEADER, *lines]), format=delimited())
    assert decoded.quantity_in == Decimal(210)
    assert decoded.quantity_rejected == Decimal(120)
    assert decoded.usage["quantity"].sum() == Decimal(90)


def test_lines_are_counted_blank_ones_and_header_absorbed() -> None:
    text = f"\n{HEADER}\r\n\r\n1,447700900123,SMS,2024-01-01 10:00:00,,,,,\r\n \n"
    (decoded,) = decode_text(text, format=delimited())
    assert (decoded.rows_in, decoded.absorbed, decoded.usage.height) == (5, 4, 1)
    assert decoded.usage["line"].to_list() == [4]


@pytest.mark.parametrize("chunk_lines", [1, 2, 5, 100])
def test_chunks_do_not_change_the_result(chunk_lines: int) -> None:
    body = "\n".join(line for line, _ in table(LINES))
    whole = decode_text(f"{HEADER}\n{body}\n", format=delimited())
    cut = decode_text(f"{HEADER}\n{body}\n", format=delimited(), chunk_lines=chunk_lines)
    assert usage_of(cut).equals(usage_of(whole))
    assert rejects_of(cut) == rejects_of(whole)


def test_a_file_without_header_has_its_columns_named() -> None:
    form = delimited({"format: delimited": f"format: delimited\nheader: [{HEADER}]"})
    line = "1,447700900123,SMS,2024-01-01 10:00:00,,,,,"
    assert usage_of(decode_text(f"{line}\n", format=form))["line"].to_list() == [1]
    with pytest.raises(ColumnCount, match="has 2 columns where 9 are expected"):
        decode_text("a,b\n", format=form)


def test_rows_are_kept_and_absorbed_by_value() -> None:
    form = delimited(
        {"format: delimited": "format: delimited\nkeep: {dest: [uk, fr]}\nabsorb: {cell: test}"}
    )
    lines = [f"{at},447700900123,SMS,2024-01-01 10:00:00,,,,{tail}" for at, tail in
             enumerate(["uk,c", "uk,test", "de,c", ",c", "fr,"])]  # fmt: skip
    (decoded,) = decode_text("\n".join([HEADER, *lines]), format=form)
    assert decoded.usage["record_id"].to_list() == ["0", "4"]
    assert (decoded.absorbed, decoded.rejects.height) == (4, 0)


def test_a_row_that_cancels_needs_its_record_alone() -> None:
    changes = {
        "format: delimited": "format: delimited\ncorrections: accept\ncancel: {cell: [void]}",
        "columns:": "columns:\n  revision: dest",
    }
    rows = {
        "1,447700900123,MOC,2024-01-01 10:00:00,1,,,2,c": (2, False),
        "2,,FAX,not a time,-1,,,3,void": (3, True),
        "3,447700900123,MOC,2024-01-01 10:00:00,1,,,,c": (None, False),
    }
    text = "\n".join([HEADER, *rows, "4,,,,,,,x,void", ",,,,,,,,void"])
    (decoded,) = decode_text(text, format=delimited(changes))
    usage = decoded.usage
    assert usage.select("revision", "cancels").rows() == list(rows.values())
    assert usage["subject"].to_list()[1] is None
    assert decoded.rejects["code"].to_list() == ["revision_invalid", "record_id_missing"]
    assert decoded.quantity_in == 120
    assert_conserved(count_decoded(decoded))
    assert count_decoded(decoded).cancelled == 1


def test_a_file_of_other_columns_is_refused() -> None:
    with pytest.raises(ColumnsMissing) as caught:
        decode_text("id,a_number\n1,2\n", format=delimited())
    assert "no column cdr_id, start" in caught.value.sentence()
    assert "it has id, a_number" in caught.value.sentence()


JSONL = """
format: jsonl
columns:
  record_id: id
  subject: {from: user, kind: username, normalise: lower}
  kind: {constant: data}
  started_at: {from: at, format: FORM}
  quantity: {from: n, unit: B}
"""
OBJECTS = """
epoch s | {"id":1,"user":"Ada","at":1704067200,"n":9007199254740993.1} | 00:00:00 9007199254740993.1
epoch ms | {"id":1,"user":"Ada","at":1704067200000,"n":"1.10"} | 00:00:00 1.1
epoch s | {"id":1,"user":"Ada","at":"x","n":1} | instant_invalid
epoch s | {"id":1,"user":"Ada","at":1704067200,"n":1e2} | quantity_invalid
epoch s | {"id":1,"user":"Ada","at":1704067200,"n":NaN} | json_invalid
epoch s | {"id":1,"user":"Ada","at":1704067200 | json_invalid
epoch s | [1] | json_invalid
epoch s | {"id":"\\ud800","user":"Ada","at":1704067200,"n":1} | json_invalid
epoch s | {"id":1,"user":null,"at":1704067200,"n":1} | subject_missing
iso | {"id":1,"user":"Ada","at":"2024-01-01T00:00:00Z","n":1} | 00:00:00 1
iso | {"id":1,"user":"Ada","at":"2024-01-01 02:30:00.25+02:30","n":1} | 00:00:00 1
iso | {"id":1,"user":"Ada","at":"2024-01-01T00:00:00-0130","n":1} | 01:30:00 1
iso | {"id":1,"user":"Ada","at":"2024-01-01T00:00:00","n":1} | instant_invalid
iso | {"id":1,"user":"Ada","at":"2024-01-01T00:00:00ZZ","n":1} | instant_invalid
"""


@pytest.mark.parametrize(("form", "line", "expected"), table(OBJECTS))
def test_an_object_is_usage_or_a_named_reject(form: str, line: str, expected: str) -> None:
    mapping = read_mapping(JSONL.replace("FORM", form), name="events.yaml")
    decoded = decode_text(line, format=mapped_format(mapping))
    if rejects := rejects_of(decoded):
        assert rejects == [(1, expected)]
        return
    row = usage_of(decoded).row(0, named=True)
    said = f"{row['started_at']:%H:%M:%S} {format(row['quantity'].normalize(), 'f')}"
    assert said == expected
    assert row["subject"] == "ada"


@pytest.mark.parametrize("data", [b"a\nb\xff\nc", b"a\nb\0\nc"])
def test_bytes_that_are_no_text_are_refused_with_their_line(data: bytes) -> None:
    with pytest.raises(UnreadableText) as caught:
        frame_lines(data, first_line=11)
    assert caught.value.line == 12


def test_empty_chunks_keep_the_schema() -> None:
    for part in decode_text("", format=delimited()):
        assert part.usage.schema == USAGE_IN
