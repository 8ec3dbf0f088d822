"""Closing a month with foreign items, as an accountant types it: refused, rehearsed, turned."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tallystick.gates.cli.app import app
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[2] / "scenarios"
CODE = "closing-commands"
LIFE = """
business businesses/kittiwake.yaml catalogue businesses/kittiwake-dollar-prices.yaml
2026-02-01 account A1 "Ada Example" business bill-day 1 in USD
2026-02-01 contract C1 of A1 offer port msisdn 15550100001
2026-03-01 bill run
2026-03-20 exchange rate EUR USD 1.1000 source ECB
2026-03-20 deposit A1 55.00
2026-03-31 turn books through 2026-02-28
"""


@pytest.fixture
def shell(own_database):
    story = read_story(LIFE, file=f"{CODE}.story", name=CODE)
    assert play_story(story, folder=SCENARIOS, code=CODE).failed == ()

    def run(line: str, *, code: int = 0) -> dict:
        result = CliRunner().invoke(app, [*line.split(), "--operator", CODE, "--json"])
        assert result.exit_code == code, (line, result.output, result.exception)
        return json.loads(result.stdout)

    return run


def test_a_month_with_foreign_items(shell) -> None:
    before = shell("ledger trial-balance")
    for line in ("--rehearse", "--close"):
        refused = shell(f"books turn --through 2026-03-31 {line}", code=1)
        assert refused["error"] == "rates_missing"
        assert "USD on 2026-03-01, USD on 2026-03-31;" in refused["sentence"]
        assert "exchange add USD EUR RATE --date 2026-03-01" in refused["sentence"]
    assert shell("ledger trial-balance") == before
    assert shell("books revaluation --through 2026-03-31")["items"] == []

    shell("exchange add EUR USD 1.05 --date 2026-03-01 --source ECB")
    shell("exchange add EUR USD 1.25 --date 2026-03-31 --source ECB")
    foreseen = shell("books turn --through 2026-03-31 --rehearse")
    assert shell("ledger trial-balance") == before
    assert foreseen["revalued"] == {
        "currency": "EUR",
        "gain": "6.00",
        "loss": "18.13",
        "items": [
            {"currency": "USD", "ledger_account": "1200", "balance": "119.00",
             "carried": "113.33", "worth": "95.20", "difference": "-18.13"},
            {"currency": "USD", "ledger_account": "2350", "balance": "-55.00",
             "carried": "-50.00", "worth": "-44.00", "difference": "6.00"},
        ],
    }  # fmt: skip
    turned = shell("books turn --through 2026-03-31")
    assert turned["revalued"] == foreseen["revalued"]
    assert turned["entries"] == 4  # what is accrued, what is valued, and both reversed
    again = shell("books turn --through 2026-03-31 --close")
    assert (again["entries"], again["closed"]) == (0, True)
    assert (again["revalued"]["gain"], again["revalued"]["loss"]) == ("0.00", "0.00")
    kept = shell("books revaluation --through 2026-03-31")
    assert [(one["account"], one["difference"], one["rate"]) for one in kept["items"]] == [
        ("A1", "-18.13", "0.8"),
        ("A1", "6.00", "0.8"),
    ]
    assert "1 EUR = 1.25 USD (ECB, 2026-03-31)" in kept["items"][0]["rates"]
    balances = shell("ledger trial-balance --to 2026-03-31")["lines"]
    told = {row["code"]: (row["name"], row["currency"], row["balance"]) for row in balances}
    assert told["1290"] == ("Valuation of receivables", "EUR", "-18.13")
    assert told["6850"] == ("Unrealised exchange losses", "EUR", "18.13")
    shell("reconcile")


def test_wrong_input(shell) -> None:
    for line in (
        "books revaluation",
        "books revaluation --through yesterday",
        "books turn --through 2099-01-31",
    ):
        result = CliRunner().invoke(app, [*line.split(), "--operator", CODE])
        assert result.exit_code == 2, line
        assert "--through" in result.output
