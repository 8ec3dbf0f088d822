"""`tallystick price` as a person and a script use it: every option, every door, exact decimals."""

import gzip
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tallystick.wiring.start import commands_of_files

PRICES = """
currency: EUR
zone: Europe/Berlin
offers:
  lane:
    components:
      line: {every: month, price: 10.005}
      minutes: {include: 2 min, of: voice}
      calls: {of: voice, bill by: 60 s, connect: 0.05, price: 0.06 per min}
  other:
    components:
      calls: {of: voice, price: 1.00 per min}
"""
USAGE = "at,usage,contract\n2026-03-02 10:00,127 s,A\n2026-04-02 10:00,60 s,A\n"
PAGE = """# Proof
| at | usage | amount |
|---|---|---|
| 2026-03-02 10:00 | 127 s | {amount} |
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text(PRICES)
    Path("new.yaml").write_text(PRICES.replace("0.06", "0.60"))
    Path("u.csv").write_text(USAGE)
    app = commands_of_files("price")
    return lambda *words: CliRunner().invoke(app, ["price", *words])


def _told(ran):
    return json.loads(ran.stdout)


def test_amounts_are_exact_decimals_as_text(run) -> None:
    ran = run("p.yaml", "u.csv", "--json")
    told = _told(ran)
    assert ran.exit_code == 0
    assert isinstance(told["total"], str)
    assert Decimal(told["total"]) == Decimal("20.17")
    assert told["invoiced"] == "20.18"
    assert [Decimal(one["amount"]) for one in told["lines"]] == [Decimal("0.11"), Decimal("0.05")]


def test_the_invoiced_sum_is_rounded_as_asked(run) -> None:
    for mode, sum_of_lines in (
        ("half_up", "20.18"), ("half_even", "20.16"), ("down", "20.16"), ("up", "20.18"),
    ):  # fmt: skip
        assert _told(run("p.yaml", "u.csv", "--rounding", mode, "--json"))["invoiced"] == (
            sum_of_lines
        )


def test_a_version_is_in_force_from_its_day(run) -> None:
    Path("u.csv").write_text(USAGE.replace("60 s", "181 s"))
    told = _told(run("p.yaml", "new.yaml@2026-04-01", "u.csv", "--json"))
    assert [Decimal(one["amount"]) for one in told["lines"]] == [Decimal("0.11"), Decimal("1.25")]
    assert [one["version"] for one in told["lines"]] == [1, 2]


def test_contracts_offers_and_days(run) -> None:
    Path("c.csv").write_text("contract,from,until\nA,2026-03-01,2026-04-30\n")
    words = ("--contracts", "c.csv", "--from", "2026-02-01", "--to", "2026-05-31")
    told = _told(run("p.yaml", "u.csv", *words, "--json"))
    lines = [one for one in told["bills"] if one["component"] == "line"]
    assert [one["cycle"] for one in lines] == ["2026-03-01", "2026-04-01"]
    assert [one["until"] for one in lines] == ["2026-03-31", "2026-04-30"]
    other = _told(run("p.yaml", "u.csv", "--offer", "other", "--executor", "both", "--json"))
    assert {one["component"] for one in other["bills"]} == {"calls"}


def test_a_coupon_is_off_the_first_bill(run) -> None:
    told = _told(run("p.yaml", "u.csv", "--coupon", "{less: 100 %}", "--json"))
    by_cycle = {}
    for one in told["bills"]:
        by_cycle[one["cycle"]] = by_cycle.get(one["cycle"], 0) + Decimal(one["exact"])
    assert by_cycle == {"2026-03-01": 0, "2026-04-01": Decimal("10.055")}


def test_limits_cut_what_is_told_and_not_what_it_comes_to(run) -> None:
    told = _told(run("p.yaml", "u.csv", "--limit", "1", "--json"))
    assert (len(told["lines"]), told["lines_in_all"]) == (1, 2)
    assert (len(told["bills"]), told["bills_in_all"]) == (1, 4)
    assert told["invoiced"] == "20.18"
    assert "the first 1 of 2 lines are shown" in run("p.yaml", "u.csv", "--limit", "1").stdout


def test_explained_in_words(run) -> None:
    told = run("p.yaml", "u.csv", "--explain").stdout
    assert "line 2: 127 s: billed 180 s" in told
    assert "20.17 EUR exact, 20.18 invoiced" in told


def test_packed_usage_is_unpacked(run) -> None:
    Path("u.csv.gz").write_bytes(gzip.compress(USAGE.encode()))
    with zipfile.ZipFile("u.zip", "w") as pack:
        pack.writestr("u.csv", USAGE)
    for name in ("u.csv.gz", "u.zip"):
        assert _told(run("p.yaml", name, "--json"))["invoiced"] == "20.18"


def test_a_page_holds_or_not_against_a_price_list_outside(run) -> None:
    Path("page.md").write_text(PAGE.format(amount="0.11"))
    ran = run("p.yaml", "page.md", "--check", "--json")
    assert (ran.exit_code, _told(ran)["sections"][0]["holds"]) == (0, True)
    Path("page.md").write_text(PAGE.format(amount="0.12"))
    ran = run("p.yaml", "page.md", "--check")
    assert ran.exit_code == 3
    assert "Proof: differs" in ran.stdout
    assert "expected amount 0.12" in ran.stdout


def test_rows_without_a_price_leave_by_exit_code_3(run) -> None:
    Path("u.csv").write_text(USAGE + "2026-04-02 10:00,1e3 s,A\n")
    ran = run("p.yaml", "u.csv", "--json")
    assert ran.exit_code == 3
    assert [(one["line"], one["code"]) for one in _told(ran)["not_priced"]] == [
        (4, "quantity_invalid")
    ]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("p.yaml",), 2, "one file of usage"),
        (("u.csv",), 2, "name a price list"),
        (("p.yaml", "u.csv", "u.csv"), 2, "one file of usage"),
        (("p.yaml", "u.csv", "--check"), 2, "is for a page"),
        (("p.yaml", "u.csv", "--from", "2026-01-01"), 2, "both --from and --to"),
        (("p.yaml", "u.csv", "--from", "2026-02-01", "--to", "2026-01-01"), 2, "both --from"),
        (("p.yaml", "u.csv", "--from", "soon", "--to", "2026-01-01"), 2, "soon"),
        (("p.yaml", "u.csv", "--rounding", "sideways"), 2, "half_up"),
        (("p.yaml", "u.csv", "--executor", "none"), 2, "batch"),
        (("p.yaml", "u.csv", "--limit", "0"), 2, "limit"),
        (("p.yaml", "none.csv"), 1, "none.csv"),
        (("none.yaml", "u.csv"), 1, "none.yaml"),
        (("p.yaml", "u.csv", "--contracts", "none.csv"), 1, "none.csv"),
        (("p.yaml", "u.csv", "--contracts", "u.csv"), 1, "the columns are"),
        (("p.yaml", "u.csv", "--offer", "none"), 1, "no offer 'none'"),
        (("p.yaml", "u.csv", "--coupon", "{less: much}"), 1, "coupon-1"),
        (("p.yaml", "u.csv", "--coupon", "{less: 1 %, covers: [x]}"), 1, "which is no price"),
        (("p.yaml", "new.yaml", "u.csv"), 1, "two are from the start"),
    ],
)
def test_wrong_input_is_told_at_its_door(run, words, code, says) -> None:
    ran = run(*words)
    assert ran.exit_code == code
    assert says in " ".join((ran.stdout + ran.stderr).split())
