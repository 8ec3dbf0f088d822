"""NEM13: what a pair of register reads gives."""

import json
from decimal import Decimal

import pytest

from tallystick.core.capture.decoded import Format, Framing
from tallystick.core.capture.nem13 import decode_nem13
from tests.core.capture.reading import decode_text, rejects_of, table, usage_of

NEM13 = Format("nem13", Framing.LINES, decode_nem13)
LINE = ("250,N1,11,1,{suffix},11,SN1,{direction},{before},{start},A,,,{after},{end},A,,,"
        "{quantity},{unit},20240519,20240218104410,")  # fmt: skip
PERIODS = {"start": "20240101093000", "end": "20240401073000"}

READS = """
E | 38841  | 39013 | 172    | KWH   | import 172 kWh, advance 172 agrees
E | 38841  | 39013 | 31     | KWH   | import 31 kWh, advance 172 differs
E | 99890  | 02034 | 2144   | KWH   | import 2144 kWh, advance 2144 agrees
E | 999.5  | 001.5 | 2      | KWH   | import 2 kWh, advance 2 agrees
I | 43501  | 44991 | -1490  | KWH   | export 1490 kWh, advance 1490 agrees
I | 43501  | 44991 | 1490   | KWH   | export 1490 kWh, advance 1490 agrees
E | 10     | 20    | 10     | kvarh | reactive_import 10 kvarh, advance 10 agrees
E | 10     | 10    | 0      | MWH   | import 0 kWh, advance 0 agrees
E | 10     | 20    | -10    | KWH   | quantity_negative
E | 10     | 20    |        | KWH   | quantity_missing
E | x      | 20    | 10     | KWH   | counter_invalid
E | 10     | 20    | 10     | furlong | unit_unknown
X | 10     | 20    | 10     | KWH   | channel_invalid
"""


@pytest.mark.parametrize(
    ("direction", "before", "after", "quantity", "unit", "expected"), table(READS)
)
def test_a_pair_of_reads(
    direction: str, before: str, after: str, quantity: str, unit: str, expected: str
) -> None:
    line = LINE.format(suffix="11", direction=direction, before=before, after=after,
                       quantity=quantity, unit=unit, **PERIODS)  # fmt: skip
    decoded = decode_text(f"100,NEM13,2,A,B\n{line}\n550,N,,R,\n900\n", format=NEM13)
    if rejects := rejects_of(decoded):
        assert rejects == [(2, expected)]
        return
    row = usage_of(decoded).row(0, named=True)
    more = json.loads(row["attributes"])
    agrees = "agrees" if more["agrees"] else "differs"
    number = format(row["quantity"].normalize() + Decimal(0), "f")
    said = f"{row['kind']} {number} {row['unit']}, advance {more['advance']} {agrees}"
    assert said == expected
    assert f"{row['started_at']:%Y-%m-%dT%H:%M:%SZ}" == "2023-12-31T23:30:00Z"
    assert more["until"] == "2024-03-31T21:30:00Z"


def test_a_period_that_does_not_end_after_it_began_is_rejected() -> None:
    line = LINE.format(suffix="11", direction="E", before="1", after="2", quantity="1",
                       unit="KWH", start=PERIODS["end"], end=PERIODS["start"])  # fmt: skip
    text = f"100,NEM13,2,A,B\n{line}\n{line},\n300,1\n900\n"
    assert rejects_of(decode_text(text, format=NEM13)) == [
        (2, "period_invalid"),
        (3, "column_count"),
        (4, "record_misplaced"),
    ]
