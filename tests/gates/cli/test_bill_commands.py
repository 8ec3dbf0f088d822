"""Commands around bills: who pays, what waits, what is taken back, what is billed at once."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tallystick.gates.cli.app import app
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[2] / "scenarios"
CODE = "bill-commands"
LIFE = """
business businesses/orchard.yaml catalogue businesses/orchard-prices.yaml
2026-01-01 account A1 "Alder Group" business bill-day 1
2026-01-01 account A2 "Alder Bakery" business bill-day 1 under A1
2026-01-01 account A3 "Cedar Cycles" business bill-day 1
2026-01-01 contract C1 of A1 offer office msisdn 4930000001
2026-01-01 contract C2 of A2 offer office msisdn 4930000002
2026-01-01 contract C3 of A3 offer office msisdn 4930000003
2026-01-01 bill run
2026-01-20 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
u1,4930000003,2026-01-10T09:00:00,60000
END
2026-01-20 rate
"""


@pytest.fixture(scope="module")
def shell(module_database):
    story = read_story(LIFE, file=f"{CODE}.story", name=CODE)
    assert play_story(story, folder=SCENARIOS, code=CODE).failed == ()

    def run(line: str, *, code: int = 0) -> dict:
        words = [word.replace("~", " ") for word in line.split()]
        result = CliRunner().invoke(app, [*words, "--operator", CODE, "--json"])
        assert result.exit_code == code, (line, result.output, result.exception)
        return json.loads(result.stdout)

    return run


def test_bills_from_who_pays_to_what_is_taken_back(shell) -> None:
    assert shell("account payer A2 A1")["payer"] == "A1"
    assert shell("account payer A1 A2", code=1)["error"] == "not_above"
    assert shell("account payer A2 A3", code=1)["error"] == "not_above"
    assert shell("contract label C2 --cost-centre Shop")["cost_centre"] == "Shop"
    assert shell("account split-bills A1 --by nothing")["split_by"] is None

    # Within the cycle: 900 charged minutes at 0.10, as soon as 60.00 are unbilled.
    assert shell("bill threshold --rehearse")["billed"] == []
    assert shell("account bill-over A3 60")["bill_over"] == "60"
    rehearsed = shell("bill threshold --rehearse")
    assert [one["total"] for one in rehearsed["billed"]] == ["107.10"]
    billed = shell("bill threshold")["billed"]
    assert billed[0]["invoices"] == ["INV-2026-000004"]
    assert shell("bill threshold")["billed"] == []
    once = "invoice once A3 --amount 10.00 --text Visit --key v1"
    assert shell(f"{once} --rehearse")["invoices"] == []
    assert shell(once)["invoices"] == shell(once)["invoices"] == ["INV-2026-000005"]
    assert shell("invoice once A3 --amount 0 --text x", code=1)["error"] == "charge_not_positive"

    # The next cycle is held, looked at, rejected, drawn up again and approved.
    assert shell("bill rules --hold-over 30 --hold-off none")["hold_over"] == "30"
    run = shell("bill run --date 2026-02-01")
    assert (run["invoices"], run["drafts"]) == (1, 1)
    (draft,) = shell("bill drafts")["drafts"]
    assert (draft["account"], draft["total"], draft["cause"]) == ("A1", "47.60", "over")
    lines = shell("bill draft A1")["drafts"][0]["lines"]
    assert [line["contract"] for line in lines] == ["C1", "C2"]
    assert shell("bill approve A3", code=1)["error"] == "no_draft"
    shell("bill reject A1 --reason ask~first")
    assert shell("bill approve A1", code=1)["error"] == "draft_rejected"
    assert shell("bill redo A1")["drafts"][0]["state"] == "pending"
    assert shell("bill approve --all --rehearse")["invoices"] == 0
    assert shell("bill approve --all")["totals"] == {"EUR": "47.60"}
    assert shell("bill drafts")["drafts"] == []

    # What is wrong is taken back and billed again.
    number = shell("invoice list --account A1")["invoices"][0]["number"]
    told = shell(f"invoice void {number} --reason wrong --rehearse")
    assert (told["total"], told["stored"]) == ("47.60", False)
    shell("bill rules --hold-over none")
    again = shell(f"invoice rebill {number} --reason wrong --date 2026-02-02")
    assert (again["taken_back"], again["billed"]) == ("void", {"EUR": "47.60"})
    assert shell(f"invoice void {number} --reason wrong", code=1)["error"] == "already_void"
    assert shell(f"invoice show {number}")["state"] == "void"
    assert shell(f"invoice credit {number}", code=1)["error"] == "void_not_credited"
    assert shell("reconcile")["reconciled"] is True

    statement = shell("statement A1 --from 2026-01-01 --to 2026-02-28")
    assert [statement[name] for name in ("opening", "charged", "credited", "closing")] == [
        "0.00", "119.00", "-47.60", "71.40",
    ]  # fmt: skip
    assert shell("statement A1 --from 2026-02-01 --to 2026-01-01", code=1)["error"] == "days_turned"

    # A draft that nothing is left of is shown as such, and goes when it is drawn up again.
    shell("account payer A2 A2")
    assert shell("bill run --date 2026-03-01 --hold")["drafts"] == 3
    shell("account payer A2 A1")
    why = {one["account"]: one["why"] for one in shell("bill drafts")["drafts"]}
    assert why["A1"] == "the run was held"
    assert why["A2"] == "nothing is left to bill; take it off: tallystick bill redo A2"
    assert shell("bill redo A2") == {"drafts": [], "dropped": ["A2"]}
    assert shell("bill redo A2", code=1)["error"] == "no_draft"
    assert [one["account"] for one in shell("bill redo A1")["drafts"]] == ["A1"]
    assert shell("bill draft A1")["drafts"][0]["total"] == "47.60"
