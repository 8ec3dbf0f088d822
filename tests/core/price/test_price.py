"""Pricing from files: its page holds, every worked page holds, and no input is too strange."""

import doctest
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.base.refusal import Refusal
from tallystick.core.price.contracts import read_contracts
from tallystick.core.price.lists import PriceText, read_price_lists
from tallystick.core.price.price import Executor, Span, price_usage
from tallystick.core.price.proof import check_section, price_section, read_page
from tallystick.core.price.tables import UsageUnreadable, read_table
from tallystick.core.price.usage import SENTENCES, sentence_of

DOCS = Path(__file__).parents[3] / "docs"
PRICES = """
currency: EUR
zone: Europe/Berlin
offers:
  lane:
    components:
      minutes: {include: 2 min, of: voice, roll over: 1 cycle}
      calls: {of: voice, bill by: 60 s, connect: 0.05, price: 0.06 per min}
      pool: {include: 3 GB, of: data, share: account}
      data: {of: data, price: 1 per GB}
  peak:
    components:
      demand: {of: import, measure: highest 1 h, ratchet: 50 % of 2 months, price: 7 per kW}
"""
LISTS = read_price_lists([PriceText(PRICES)])


def test_the_page_holds() -> None:
    found = doctest.testfile(
        str(DOCS / "concepts" / "pricing.md"), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert found.attempted
    assert not found.failed


def test_a_wrong_figure_is_found() -> None:
    page = (DOCS / "algorithms" / "tiers.md").read_text()
    sections = read_page(page.replace("| 0.085 |", "| 0.086 |"), name="tiers.md")
    differences = check_section(sections[0], priced=price_section(sections[0]))
    assert [one.expected[0]["amount"] for one in differences] == ["0.086"]
    assert [one.found[0]["amount"] for one in differences] == ["0.085"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2026-03-02 10:00,voice,5 furlongs,A", "unit_unknown"),
        ("2026-03-02 10:00,voice,-5 s,A", "quantity_negative"),
        ("2026-03-02 10:00,voice,1e3 s,A", "quantity_invalid"),
        ("2026-03-02 10:00,voice,NaN,A", "quantity_invalid"),
        ("2026-03-02 10:00,voice,99999999999999999999 s,A", "quantity_too_large"),
        ("2026-03-02 10:00,voice,0.0000000001 s,A", "quantity_too_fine"),
        ("2026-03-02 10:00,voice,,A", "quantity_missing"),
        ("2026-03-29 02:30,voice,5 s,A", "instant_nonexistent"),
        ("2026-10-25 02:30,voice,5 s,A", "instant_ambiguous"),
        ("yesterday,voice,5 s,A", "instant_invalid"),
        ("1960-01-01 00:00,voice,5 s,A", "instant_out_of_range"),
        (",voice,5 s,A", "instant_missing"),
        ("2026-03-02 10:00,,5 s,A", "kind_missing"),
        ("2026-03-02 10:00,voice,5 s,Z", "contract_unknown"),
        ("2026-01-31 10:00,voice,5 s,A", "before_start"),
        ("2026-05-01 00:00,voice,5 s,A", "after_end"),
        ("2026-03-02 10:00,voice", "column_count"),
    ],
)
def test_a_bad_row_is_told(row: str, code: str) -> None:
    contracts = read_contracts(
        read_table(b"contract,from,until\nA,2026-02-01,2026-04-30\nB,,\n", name="contracts.csv")
    )
    table = read_table(f"at,of,usage,contract\n{row}\n".encode(), name="usage.csv")
    priced = price_usage(table, prices=LISTS, contracts=contracts)
    assert priced.lines.is_empty()
    assert priced.rejects["code"].to_list() == [code]
    assert priced.rejects["line"].to_list() == [2]
    assert len(sentence_of(priced.rejects.row(0, named=True))) > 20


def test_cycles_hand_on_what_they_leave() -> None:
    rows = [
        {"at": "2026-01-05 10:00", "of": "voice", "usage": "60 s", "contract": "A"},
        {"at": "2026-02-05 10:00", "of": "voice", "usage": "300 s", "contract": "A"},
        {"at": "2026-02-06 10:00", "of": "data", "usage": "2 GB", "contract": "A"},
        {"at": "2026-02-07 10:00", "of": "data", "usage": "2 GB", "contract": "B"},
    ]
    priced = price_usage(rows, prices=LISTS, executor=Executor.BOTH)
    amounts = dict(priced.lines.group_by("usage_id").agg(pl.col("amount").sum()).iter_rows())
    # a minute of January is left for February, which has three of five included; B finds 1 GB
    assert amounts == {1: Decimal("0.05"), 2: Decimal("0.17"), 3: 0, 4: 1}


def test_a_ratchet_looks_back() -> None:
    rows = [{"at": "2026-01-05 10:00", "of": "import", "usage": "10 kWh"}]
    span = Span(date(2026, 1, 1), date(2026, 5, 1))
    priced = price_usage(rows, prices=LISTS, offer="peak", span=span, executor=Executor.BOTH)
    amounts = [int(amount) for amount in priced.periods["amount"]]
    assert amounts[:3] == [70, 35, 35]
    assert sum(amounts[3:]) == 0


def test_formats_say_the_same() -> None:
    rows = [{"at": "2026-03-02T09:00:00Z", "of": "voice", "usage": "127 s"}]
    lines = "\n".join(map(json.dumps, rows)).encode()
    parquet = io.BytesIO()
    pl.DataFrame(rows).with_columns(pl.col("at").str.to_datetime(time_zone="UTC")).write_parquet(
        parquet
    )
    csv = b"at;of;usage\n2026-03-02T10:00:00+01:00;voice;127 s\n"
    totals = {
        price_usage(read_table(content, name="usage"), prices=LISTS).total()
        for content in (lines, parquet.getvalue(), csv)
    }
    assert totals == {Decimal("0.11")}


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"\xff\xfe", b"PAR1", b"at\n1\n", b"a\0b\n", b"*\n1\n"]
)
def test_what_is_no_usage_is_refused(content: bytes) -> None:
    with pytest.raises(UsageUnreadable):
        price_usage(read_table(content, name="usage"), prices=LISTS)


def test_an_attribute_may_have_any_name() -> None:
    row = {"at": "2026-03-02 10:00", "of": "voice", "usage": "127 s", "account_id": "7"}
    strange = {"starts": "x", "clock": "y", "unit_text": "z"}
    assert price_usage([row | strange], prices=LISTS).total() == Decimal("0.11")


def test_binary_floats_are_refused() -> None:
    with pytest.raises(UsageUnreadable, match="exact"):
        price_usage(pl.DataFrame({"at": ["2026-03-01"], "usage": [1.5]}), prices=LISTS)


WORDS = st.sampled_from(
    ["at", "usage", "of", "contract", "2026-03-02 10:00", "2026-03-29 02:30", "127 s", "1e3 s",
     "NaN", "5", "-1 GB", ",", ";", "|", "\n", '"', "{", "}", ":", "voice", "A", "9" * 40, " ",
     "\t", "ü", "\x00", "\r", "cycle", "2026-13-01", "account", "to", "+44"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(WORDS, max_size=40).map("".join)))
def test_no_bytes_are_too_strange(noise: bytes | str) -> None:
    content = noise if isinstance(noise, bytes) else noise.encode()
    for head in (b"", b"at,of,usage,contract,cycle\n", b"PAR1", b"{"):
        try:
            priced = price_usage(read_table(head + content, name="usage"), prices=LISTS)
        except Refusal:
            continue
        for reject in priced.rejects.iter_rows(named=True):
            assert sentence_of(reject)


CELL = st.one_of(WORDS, st.text(max_size=12))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL), min_size=1, max_size=8))
def test_each_row_is_priced_or_told(cells: list[tuple[str, ...]]) -> None:
    names = ("at", "of", "usage", "contract", "cycle")
    rows = [dict(zip(names, row, strict=True)) for row in cells]
    priced = price_usage(rows, prices=LISTS)
    told = {*priced.lines["usage_id"], *priced.suspense["usage_id"], *priced.rejects["line"]}
    assert told == set(range(1, len(rows) + 1))
    assert all(priced.rejects["code"].is_in([reason.value for reason in SENTENCES]))
