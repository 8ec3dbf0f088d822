"""What a mapping may not say, and where it is told so."""

import pytest

from tallystick.core.capture.mapping import Measure, Party
from tallystick.core.capture.read_mapping import read_mapping
from tallystick.core.capture.yaml_nodes import MappingInvalid, UnknownSetting
from tests.core.capture.reading import table

GOOD = """format: delimited
settings: {zone: Europe/Berlin}
delimiter: "\\t"
columns:
  record_id: id
  subject: {from: a, kind: msisdn}
  kind: type
  started_at: {from: at, format: "%Y-%m-%d %H:%M:%S", zone: $zone}
  quantity: {from: n, unit: s}
"""

FAULTS = """
format: delimited | format: csv | 1 | allowed: delimited, jsonl, parquet
format: delimited | format: jsonl | 3 | delimiter is only for format: delimited
format: delimited | frmat: delimited | 1 | frmat is not known here; allowed: format,
"\\\\t" | "ab" | 3 | delimiter is one character
  record_id: id |   record: id | 5 | record is not known here; allowed: record_id,
  record_id: id |   record_id: [] | 5 | the list is empty
  kind: type |   zone: z | 5 | kind is missing here
  kind: type |   kind: {constant: a, from: b} | 7 | kind says constant, or from
kind: msisdn | sort: msisdn | 6 | sort is not known here; allowed: from, kind
kind: msisdn | kind: msisdn, normalise: e146 | 6 | allowed: none, e164, lower
kind: msisdn | kind: msisdn, country: GB | 6 | country needs normalise: e164
kind: msisdn | kind: m, normalise: e164, country: XX | 6 | no country with a numbering plan
"%Y-%m-%d %H:%M:%S" | "%Q" | 8 | is no time format
, zone: $zone |  | 8 | started_at needs zone
$zone | Europe/Berlim | 8 | is no time zone
$zone | $time | 8 | $time is no setting; settings declared
unit: s | unit: secs | 9 | unit 'secs' is not known
from: n, unit: s | from: n | 9 | is either from or constant, and a unit
from: n, unit: s | constant: x, unit: s | 9 | constant is a plain number
from: n, unit: s | from: n, unit: s, from: m | 9 | from is said twice
from: n, unit: s} | from: n, unit: s | 10 | expected
format: delimited | corrections: maybe // format: delimited | 1 | one of refuse, accept
format: delimited | cancel: {type: [x]} // format: delimited | 1 | cancel needs corrections: accept
  kind: type |   kind: type //   revision: v | 8 | revision needs corrections: accept
"""


@pytest.mark.parametrize(("old", "new", "line", "said"), table(FAULTS))
def test_a_fault_is_refused_with_its_line(old: str, new: str, line: str, said: str) -> None:
    old = old.replace("\\\\", "\\")
    assert old in GOOD
    new = new.replace(" // ", "\n")
    with pytest.raises(MappingInvalid) as caught:
        read_mapping(GOOD.replace(old, new, 1), name="calls.yaml")
    assert caught.value.sentence().startswith(f"calls.yaml:{line}: ")
    assert said in caught.value.sentence()


def test_a_header_must_name_what_is_mapped() -> None:
    with pytest.raises(MappingInvalid, match="header does not name n"):
        read_mapping("header: [id, a, type, at]\n" + GOOD, name="calls.yaml")


def test_settings_have_defaults_and_may_be_given() -> None:
    assert read_mapping(GOOD, name="calls").started_at.zone == "Europe/Berlin"
    assert read_mapping(GOOD, name="calls", settings={"zone": "UTC"}).started_at.zone == "UTC"
    with pytest.raises(UnknownSetting, match="no setting 'zoen'; it has zone"):
        read_mapping(GOOD, name="calls", settings={"zoen": "UTC"})


def test_a_mapping_is_read_as_it_is_written() -> None:
    mapping = read_mapping(GOOD, name="calls")
    assert mapping.delimiter == "\t"
    assert mapping.subject == Party("a", "msisdn")
    assert mapping.quantity.other == Measure("s", "n")
    assert mapping.wanted == ("id", "a", "at", "type", "n")
