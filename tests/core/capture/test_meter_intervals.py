"""NEM12: what a day gives, and what its faults are called."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tallystick.base.refusal import Refusal
from tallystick.core.capture.decoded import Decoded, Format, Framing
from tallystick.core.capture.meter_files import NoReads, NotMeterFile
from tallystick.core.capture.nem12 import decode_nem12
from tallystick.gates.files.formats import find_format
from tests.core.capture.reading import decode_text, rejects_of, table, usage_of

NEM12 = Format("nem12", Framing.LINES, decode_nem12)
E1 = "200,NMI0000001,E1B1,,E1,N1,SN1,kWh,30,"
HALF = ",".join(["0.5"] * 48)


def decode(*records: str, end: str = "900", chunk_lines: int = 1000) -> list[Decoded]:
    text = "\n".join(["100,NEM12,200404011135,MDA1,Ret1", *records, end, ""])
    return decode_text(text, format=NEM12, chunk_lines=chunk_lines)


def day(values: str = HALF, *, quality: str = "A", date: str = "20240101") -> str:
    return f"300,{date},{values},{quality},,,20240102000000,"


def test_an_interval_is_a_usage_row_in_market_time() -> None:
    values = ",".join(str(at) for at in range(48))
    usage = usage_of(decode(E1, day(values, quality="S14")))
    assert usage["quantity"].to_list() == [Decimal(at) for at in range(48)]
    second = usage.row(1, named=True)
    assert second["started_at"] == datetime(2023, 12, 31, 14, 30, tzinfo=UTC)
    assert second["record_id"] == "NMI0000001:E1:2024-01-01T00:30"
    assert (second["subject_kind"], second["subject"]) == ("meter", "NMI0000001")
    assert (second["line"], second["kind"], second["unit"]) == (3, "import", "kWh")
    assert json.loads(second["attributes"]) == {
        "suffix": "E1", "serial": "SN1", "quality": "S", "method": "14", "reason": None,
        "interval_min": 30, "updated": "20240102000000",
    }  # fmt: skip


CHANNELS = """
E1 | KWH   | 0.5   | import kWh
B1 | Wh    | 0.0005 | export kWh
Q1 | kVArh | 0.5   | reactive_import kvarh
K1 | MVARH | 500   | reactive_export kvarh
11 | mwh   | 500   | channel kWh
"""


@pytest.mark.parametrize(("suffix", "unit", "quantity", "said"), table(CHANNELS))
def test_the_suffix_says_the_kind_and_units_are_scaled(
    suffix: str, unit: str, quantity: str, said: str
) -> None:
    usage = usage_of(decode(f"200,N1,E1,,{suffix},N1,S,{unit},30,", day()))
    row = usage.row(0, named=True)
    assert f"{row['kind']} {row['unit']}" == said
    assert row["quantity"] == Decimal(quantity)


def test_ranges_say_the_quality_of_a_varied_day_and_null_intervals_are_no_usage() -> None:
    ranges = ["400,1,10,A,,", "400,11,12,N,,", "400,13,48,F52,71,Fault"]
    (decoded,) = [part for part in decode(E1, day(quality="V"), *ranges) if part.usage.height]
    said = [json.loads(text) for text in decoded.usage["attributes"]]
    assert [row["quality"] for row in said] == ["A"] * 10 + ["F"] * 36
    assert (said[-1]["method"], said[-1]["reason"]) == ("52", "71")
    assert decoded.usage["record_id"][10] == "NMI0000001:E1:2024-01-01T06:00"
    assert (decoded.rows_in, decoded.absorbed) == (51, 5)


def test_null_intervals_say_which_records_have_no_value() -> None:
    ranges = ["400,1,10,A,,", "400,11,12,N,,", "400,13,48,F52,71,Fault"]
    (decoded,) = [part for part in decode(E1, day(quality="V"), *ranges) if part.usage.height]
    assert decoded.nulls is not None
    assert decoded.nulls["record_id"].to_list() == [
        "NMI0000001:E1:2024-01-01T05:00",
        "NMI0000001:E1:2024-01-01T05:30",
    ]
    assert decoded.nulls["cancels"].all()
    assert decoded.nulls["revision"].to_list() == [20240102000000] * 2
    keeping = find_format("nem12", settings={"null": "keep"})
    text = "\n".join(["100,NEM12,200404011135,MDA1,Ret1", E1, day(quality="N"), "900", ""])
    assert all(part.nulls is None for part in decode_text(text, format=keeping, chunk_lines=9))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"null": "zero"}, "setting 'null' is 'zero'; write one of take-back, keep"),
        ({"nulls": "keep"}, "format nem12 has no setting 'nulls'; it has null"),
    ],
)
def test_other_settings_are_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(Refusal) as refused:
        find_format("nem12", settings=settings)
    assert refused.value.sentence() == said


def test_a_day_sent_again_has_the_same_ids() -> None:
    usage = usage_of(decode(E1, day(), E1, day()))
    assert usage["record_id"].n_unique() == 48


FAULTS = {
    "channel_invalid, channel_rejected": ["200,N1,E1,,E1,N1,S,kWh,7,", day()],
    "unit_unknown, channel_rejected": ["200,N1,E1,,E1,N1,S,furlong,30,", day()],
    "channel_invalid, channel_rejected ": ["200,N1,E1,,E1", day()],
    "record_misplaced": [day()],
    "interval_count": [E1, day(HALF + ",1")],
    "day_invalid": [E1, day(date="20240230")],
    "quality_invalid": [E1, day(quality="Z")],
    "quantity_missing": [E1, day(HALF[:-3])],
    "quantity_invalid": [E1, day("x" + HALF[3:])],
    "quantity_negative": [E1, day("-1" + HALF[3:])],
    "quality_ranges": [E1, day(quality="V")],
    "quality_ranges, day_rejected": [E1, day(quality="V"), "400,1,47,A,,"],
    "quality_ranges, day_rejected, day_rejected": [
        E1, day(quality="V"), "400,1,24,A,,", "400,24,48,A,,"],
    "quality_ranges, range_invalid": [E1, day(quality="V"), "400,1,48,V,,"],
    "quality_ranges, range_invalid ": [E1, day(quality="V"), "400,1,49,A,,"],
    "range_unexpected": [E1, day(), "400,1,48,A,,"],
    "record_misplaced ": [E1, "400,1,48,A,,"],
    "record_misplaced  ": [E1, day(), "250,N1"],
    "record_unknown": [E1, day(), "bad line"],
}  # fmt: skip


@pytest.mark.parametrize("expected", FAULTS)
def test_a_fault_rejects_the_day_and_what_belongs_to_it(expected: str) -> None:
    good = day(date="20240105")
    decoded = decode(*FAULTS[expected], E1, good)
    codes = ", ".join(code for _, code in rejects_of(decoded))
    assert codes == expected.strip()
    assert usage_of(decoded).filter(line=1 + len(FAULTS[expected]) + 2).height == 48


def test_quantities_of_a_rejected_day_are_conserved() -> None:
    (decoded,) = [part for part in decode(E1, day("x" + HALF[3:])) if part.rejects.height]
    assert decoded.quantity_in == decoded.quantity_rejected == Decimal("23.5")


def test_a_file_cut_short_and_lines_after_its_end_are_rejected() -> None:
    assert rejects_of(decode(E1, day(), end="")) == [(0, "end_missing")]
    assert rejects_of(decode(E1, day(), "900", E1)) == [(5, "after_end"), (6, "after_end")]


@pytest.mark.parametrize("chunk_lines", range(1, 9))
def test_chunks_do_not_change_the_result(chunk_lines: int) -> None:
    records = [E1, day(quality="V"), "400,1,24,A,,", "400,25,48,S14,,", "500,N,,,",
               E1.replace("kWh", "mile"), day(), "500,N,,,", day(date="20240102")]  # fmt: skip
    whole = decode(*records)
    cut = decode(*records, chunk_lines=chunk_lines)
    assert usage_of(cut).equals(usage_of(whole))
    assert sorted(rejects_of(cut)) == rejects_of(whole)


def test_the_market_may_be_elsewhere() -> None:
    form = Format(
        "x", Framing.LINES, lambda chunks: decode_nem12(chunks, offset=timedelta(hours=8))
    )
    usage = usage_of(decode_text(f"100,NEM12,2,A,B\n{E1}\n{day()}\n900\n", format=form))
    assert usage["started_at"][0] == datetime(2023, 12, 31, 16, tzinfo=UTC)


def test_other_files_are_refused() -> None:
    with pytest.raises(NotMeterFile, match="does not begin with the header 100,NEM12"):
        decode_text("100,NEM13,2,A,B\n900\n", format=NEM12)
    with pytest.raises(NotMeterFile):
        decode_text("\n\n", format=NEM12)
    with pytest.raises(NoReads):
        decode_text("100,NEM12,2,A,B\n900\n", format=NEM12)
