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

from tallystick.base.money import plain
from tallystick.base.refusal import Refusal
from tallystick.core.price.bill import read_coupons
from tallystick.core.price.contracts import read_contracts
from tallystick.core.price.lists import PriceText, read_price_lists
from tallystick.core.price.price import Executor, Span, price_usage
from tallystick.core.price.proof import prove_section, read_page
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


@pytest.mark.parametrize(
    ("page", "right", "wrong"),
    [
        ("tiers.md", "| 0.085 |", "| 0.086 |"),
        ("versions.md", "| 240 | 240 | 0 | 240 |", "| 241 | 240 | 0 | 240 |"),
        ("discounts.md", "loyal line -2,", "loyal line -3,"),
        ("commitments.md", "| 81.571428571429 |", "| 81.571428571428 |"),
        ("allowances.md", "| 9 min | 0 | 9 min |", "| 9 min | 0 | 8 min |"),
        ("allowances.md", "3 min x 1, 5 min x 2", "3 min x 2, 5 min x 2"),
        ("allowances.md", "| fixed | 231 MB |", "| fixed | 233 MB |"),
    ],
)
def test_a_wrong_figure_is_found(page: str, right: str, wrong: str) -> None:
    text = (DOCS / "algorithms" / page).read_text()
    assert right in text
    sections = read_page(text.replace(right, wrong), name=page)
    assert any(prove_section(section)[1] for section in sections)


@pytest.mark.parametrize(
    "row",
    ["| | 2026-04 | 1 | 0 |", "| A | | 1 | 0 |", "| A | 2026 | 1 | 0 |", "| A | 2026-04 | x | 0 |"],
)
def test_a_bill_that_is_none_is_told(row: str) -> None:
    head = "| contract | cycle | bill | total |\n|---|---|---|---|\n"
    with pytest.raises(UsageUnreadable, match="line 3"):
        read_page(head + row, name="page")


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


def test_contracts_share_by_pool_and_organisation() -> None:
    prices = """
currency: EUR
zone: Europe/Berlin
offers:
  fleet:
    components:
      pooled: {include: 3 min, of: voice, share: pool}
      talk: {of: voice, price: 0.10 per min}
"""
    table = b"contract,account,organisation,pool\nA,1,9,vans\nB,2,9,vans\nC,3,9,\nD,4,8,vans\n"
    held = read_contracts(read_table(table, name="c.csv"))
    rows = [
        {"at": f"2026-03-02 1{n}:00", "usage": "2 min", "contract": name}
        for n, name in enumerate("ABCD")
    ]
    priced = price_usage(rows, prices=prices, contracts=held, executor=Executor.BOTH)
    costs = dict(priced.lines.select("usage_id", "amount").iter_rows())
    assert {line: plain(amount) for line, amount in costs.items()} == {
        1: "0", 2: "0.1", 3: "0", 4: "0",
    }  # fmt: skip
    told = {one["contract"]: int(one["left"]) for one in priced.allowances()}
    assert told == {"pool vans of account 9": 0, "C": 60, "pool vans of account 8": 60}


def test_an_account_stands_under_one_organisation() -> None:
    table = b"contract,account,organisation\nA,1,9\nB,1,8\n"
    with pytest.raises(Refusal, match="account 1 stands under two organisations"):
        read_contracts(read_table(table, name="c.csv"))


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("A,,,2026-05-01,\nA,,,,", "A stands twice"),
        ("A,,,2026-05-01,\nA,,,2026-04-01,", "is held on 2026-04-01 by a row above"),
        ("A,,,2026-05-01,2026-06-30\nA,,,2026-06-30,", "is held on 2026-06-30 by a row above"),
        ("A,,,,\nA,8,,2026-04-01,", "is of another account"),
        ("A,,0,,", "quantity '0' is no number"),
        ("A,,-1,,", "quantity '-1' is no number"),
    ],
)
def test_a_contract_that_cannot_go_on_so_is_told(rows: str, problem: str) -> None:
    table = f"contract,account,quantity,from,until\n{rows}\n".encode()
    with pytest.raises(Refusal, match=problem):
        read_contracts(read_table(table, name="c.csv"))


BILLS = read_price_lists(
    [
        PriceText("""
currency: EUR
zone: Europe/Berlin
offers:
  whole:
    components:
      line: {every: month, price: 20.00}
      rent: {every: month, price: 3.00, in: arrears}
      calls: {of: voice, price: 0.10 per min}
      vm: {of: instance, price: 0.10 per h}
      peak: {of: import, measure: highest 1 h, price: 2 per kW}
    discounts:
      loyal: {less: 10 %, covers: [line], for: 1 month}
    commitments:
      promised: {pay: 9.00 per month, covers: [calls]}
      reserved: {pay: 0.05 per h, for: 1 h, covers: [vm]}
    charge at least: 75.00
""")
    ]
)


def _bills(rows: list[dict[str, str]], contracts: str = "", coupons: tuple[str, ...] = ()):
    held = read_contracts(read_table(contracts.encode(), name="c.csv")) if contracts else ()
    priced = price_usage(rows, prices=BILLS, contracts=held, executor=Executor.BOTH)
    bills = priced.bills(coupons=read_coupons(coupons, lists=BILLS))
    return [
        (one.contract, f"{one.start:%m}", one.component, one.purpose, plain(one.amount))
        for one in bills
    ]


def test_a_bill_has_what_recurs_and_what_its_terms_add() -> None:
    rows = [
        {"at": "2026-04-07 10:00", "of": "voice", "usage": "600 s"},
        {"at": "2026-04-07 10:00", "of": "instance", "usage": "7200 s"},
        {"at": "2026-04-07 10:00", "of": "import", "usage": "4 kWh"},
        {"at": "2026-05-07 10:00", "of": "voice", "usage": "9000 s"},
    ]
    april, may = "04", "05"
    told = [row[1:] for row in _bills(rows)]
    assert told == [
        (april, "calls", "usage", "1"),
        (april, "vm", "usage", "0.2"),
        (april, "peak", "usage", "8"),
        (april, "line", "recurring", "20"),
        (april, "rent", "recurring", "3"),
        (april, "line", "discount:loyal", "-2"),
        (april, "", "true_up:promised", "8"),
        (april, "vm", "covered:reserved", "-0.2"),
        (april, "", "commitment:reserved", "36"),
        (april, "", "minimum", "1"),
        (may, "calls", "usage", "15"),
        (may, "line", "recurring", "20"),
        (may, "rent", "recurring", "3"),
        (may, "", "commitment:reserved", "37.2"),
    ]


def test_a_bill_of_part_of_a_month_and_coupons_off_the_first_bill() -> None:
    rows = [
        {"at": "2026-04-21 10:00", "of": "voice", "usage": "60 s", "contract": "A"},
        {"at": "2026-05-01 10:00", "of": "voice", "usage": "60 s", "contract": "A"},
    ]
    until = "contract,from,until\nA,2026-04-21,2026-05-31\n"
    told = _bills(rows, until, ("{less: 50 %, covers: [line]}",))
    april = {row[2:4]: row[4] for row in told if row[1] == "04"}
    assert april["line", "recurring"] == "6.666666666667"
    assert april["rent", "recurring"] == "1"
    assert april["line", "discount:loyal"] == "-0.666666666667"
    assert april["line", "coupon:coupon-1"] == "-3"
    assert april["", "commitment:reserved"] == "12"
    assert not any(row[3].startswith("coupon") for row in told if row[1] == "05")


def test_late_usage_of_a_cycle_before_the_contract_is_on_a_bill_without_terms() -> None:
    rows = [{"at": "2026-04-21 10:00", "of": "voice", "usage": "60 s", "contract": "A",
             "cycle": "2026-02"}]  # fmt: skip
    told = _bills(rows, "contract,from\nA,2026-04-21\n")
    assert told[0] == ("A", "02", "calls", "usage", "0.1")


def test_a_coupon_of_no_price_is_refused() -> None:
    with pytest.raises(Refusal, match="covers 'x', which is no price"):
        read_coupons(["{less: 10 %, covers: [x]}"], lists=BILLS)
