"""Whatever bytes come, a reader refuses them or accounts for every row of them."""

import contextlib
import gzip
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick.base.frames import REJECTS, USAGE_IN
from tallystick.base.refusal import Refusal
from tallystick.core.capture.conserve import Manifest, assert_conserved, count_decoded
from tallystick.core.capture.decoded import Format
from tallystick.core.capture.mapped import mapped_format
from tallystick.core.capture.read_mapping import read_mapping
from tallystick.core.capture.revise import SAID
from tallystick.core.capture.yaml_nodes import MappingInvalid
from tallystick.gates.files.formats import find_format
from tallystick.gates.files.usage import open_usage

COLUMNS = """
columns:
  record_id: [id, b]
  subject: {from: a, kind: msisdn, normalise: e164, country: GB}
  kind: {from: type, values: {V: voice, D: data}}
  started_at: {from: at, format: TIME, zone: Europe/Berlin}
  quantity: {from: n, unit: min, by kind: {data: {from: m, unit: GB}}}
  called: {from: b, normalise: e164, country: DE}
  zone: z
  attributes: [type, z]
"""
NAMES = "id,a,b,type,at,n,m,z"
SEEDS = {
    "nem12": ["100,NEM12,200505181432,A,B", "200,N1,E1,,E1,,,KWH,30,", "200,N1,E1,,B1,,,wh,15,",
              "300,20240101," + "1.5," * 48 + "A,,,,", "300,20240101," + "2," * 48 + "V,,,,",
              "300,20240101," + "2," * 95 + "-1,A,,,,", "400,1,24,A,,", "400,25,48,N,,",
              "400,1,48,S14,1,x", "500,N,,,", "900"],
    "nem13": ["100,NEM13,200505181432,A,B", "550,N,,,", "900",
              "250,N1,11,1,11,11,M,E,99890,20240101000000,A,,,02034,20240201000000,A,,,2144,KWH,,,",
              "250,N1,11,1,11,11,M,I,1,20240101000000,A,,,9,20240201000000,A,,,-8,KWH,,,"],
    "radius": [
        '{"Acct-Status-Type":"Start","Acct-Session-Id":"s","User-Name":"u",'
        '"NAS-Identifier":"n","Event-Timestamp":1700000000}',
        '{"Acct-Status-Type":3,"Acct-Session-Id":"s","User-Name":"u","NAS-Identifier":"n",'
        '"Event-Timestamp":1700000060,"Acct-Input-Octets":5,"Acct-Output-Octets":7}',
        '{"Acct-Status-Type":"Stop","Acct-Session-Id":"s","User-Name":"u","NAS-Identifier":"n",'
        '"Event-Timestamp":"2023-11-15T00:00:00Z","Acct-Input-Octets":4,"Acct-Output-Octets":9,'
        '"Acct-Input-Gigawords":1}',
        '{"Acct-Status-Type":"Accounting-On","NAS-Identifier":"n","Event-Timestamp":1700000090}'],
    "asterisk": ['"100","100","200","ctx","""Ada"" <100>","SIP/1","SIP/2","Dial","x",'
                 '"2024-01-01 10:00:00","2024-01-01 10:00:02","2024-01-01 10:01:02","62","60",'
                 '"ANSWERED","DOCUMENTATION","1.1",""', "a,b,c"],
    "delimited": [NAMES, "1,07700900123,004930123,V,2024-03-31 02:30:00,1.5,,z",
                  '2,"44 7700","x",D,2024-10-27 02:30:00,,0.1,"a ""b"""', '3,"'],
    "jsonl": ['{"id":1,"a":"07700900123","type":"V","at":1700000000,"n":1.25,"z":null}',
              '{"id":{"x":[1]},"a":true,"type":"D","at":"x","m":1e400}', "[" * 50,
              '{"id":"\\ud800"}'],
}  # fmt: skip


def _format(name: str) -> Format:
    if name == "delimited":
        text = "format: delimited" + COLUMNS.replace("TIME", '"%Y-%m-%d %H:%M:%S"')
    elif name == "jsonl":
        text = "format: jsonl" + COLUMNS.replace("TIME", "epoch s")
    else:
        return find_format(name)
    return mapped_format(read_mapping(text, name=name))


def _account(path: Path, *, format: Format, chunk_rows: int) -> None:
    total = Manifest()
    try:
        for decoded in open_usage(path, format=format, chunk_rows=chunk_rows):
            assert decoded.usage.schema in (USAGE_IN, SAID)
            assert decoded.rejects.schema == REJECTS
            assert decoded.usage["quantity"].min() is None or decoded.usage["quantity"].min() >= 0
            total += count_decoded(decoded)
    except Refusal:
        return
    assert_conserved(total)


def _near(seeds: list[str]) -> st.SearchStrategy[bytes]:
    """Files that almost are of the format: its lines in any order, with bytes changed."""
    lines = st.lists(st.sampled_from(seeds), max_size=12).map(
        lambda chosen: "\n".join([seeds[0], *chosen]).encode()
    )
    change = st.tuples(st.integers(0, 2000), st.sampled_from(b',"\n\r 0A-.9\x00\xff{}:eN'))

    def apply(made: tuple[bytes, list[tuple[int, int]]]) -> bytes:
        data = bytearray(made[0])
        for at, byte in made[1]:
            data[at % len(data)] = byte
        return bytes(data)

    return st.tuples(lines, st.lists(change, max_size=4)).map(apply)


@pytest.mark.parametrize("name", SEEDS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_hostile_bytes_are_refused_or_accounted_for(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    seeds = SEEDS[name]
    content = data.draw(st.one_of(_near(seeds), _near(seeds), st.binary(max_size=300)))
    path = tmp_path / "usage.txt"
    path.write_bytes(content)
    _account(path, format=_format(name), chunk_rows=data.draw(st.sampled_from([1, 100, 10_000])))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(["gz", "zip"]),
    cut=st.integers(0, 200),
    change=st.tuples(st.integers(0, 200), st.integers(0, 255)),
)
def test_hostile_archives_are_refused_or_accounted_for(
    kind: str, cut: int, change: tuple[int, int], tmp_path: Path
) -> None:
    content = "\n".join(SEEDS["nem13"]).encode()
    packed = io.BytesIO()
    if kind == "gz":
        packed.write(gzip.compress(content))
    else:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("reads.csv", content)
    damaged = bytearray(packed.getvalue())
    damaged[change[0] % len(damaged)] = change[1]
    path = tmp_path / f"usage.{kind}"
    path.write_bytes(bytes(damaged[: len(damaged) - cut]))
    _account(path, format=find_format("nem13"), chunk_rows=100)


MAPPING_LINES = st.sampled_from(("format: delimited\n" + COLUMNS).splitlines())


@settings(max_examples=60, deadline=None)
@given(text=st.one_of(st.text(max_size=200), st.lists(MAPPING_LINES, max_size=14).map("\n".join)))
def test_hostile_mappings_are_read_or_refused_with_their_line(text: str) -> None:
    with contextlib.suppress(MappingInvalid):
        read_mapping(text, name="hostile")
