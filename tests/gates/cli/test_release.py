"""Late usage on the command line: what releasing it would cost; saying so changes nothing."""

from tests.gates.cli.test_commands import CALLS, PRICES, Shell, business, shell

__all__ = ["business", "shell"]

HEAD = CALLS.splitlines()[0]
LATE = f"""{HEAD}
l1,491700000001,2026-01-07T10:00:00Z,120,49301111,home
l2,491700000001,2026-01-08T10:00:00Z,60,44201111,abroad
l3,491700000001,2026-01-09T10:00:00Z,60,33201111,abroad
"""
WAITS = f"{HEAD}\nw1,491700000001,2026-02-09T10:00:00Z,60,49301111,home\n"


def test_release_tells_its_cost_and_does_nothing_on_a_dry_run(business: Shell) -> None:
    held = PRICES.replace("0.12 per min", "0.12 per min, late: hold").replace(
        "deck: abroad,", "deck: abroad, late: hold,"
    )
    business.write("held.yaml", held)
    business("catalog publish @held.yaml --from 2026-01-01")
    assert "no late usage is held" in business("usage release --all --dry-run").stdout
    business("usage load @calls.csv --format @calls.yaml --source sw", code=3)
    business("rate")
    business("operator clock --to 2026-02-01")
    business("bill run --date 2026-02-01")
    business.write("late.csv", LATE)
    business("usage load @late.csv --format @calls.yaml --source sw")
    business("rate")
    business.write("waits.csv", WAITS)
    business("usage load @waits.csv --format @calls.yaml --source sw")
    events = [one["event"] for one in business.json("usage held")["held"]]
    assert len(events) == 3

    told = business.json("usage release --all --dry-run")
    assert (told["sums"], told["unpriced"]) == ({"EUR": "0.54"}, 1), "one call has no rate"
    assert told["accounts"] == [{"account": "A1", "currency": "EUR", "difference": "0.54"}]
    assert {row["component"]: row["difference"] for row in told["costs"]} == {
        "abroad": "0.3",
        "calls": "0.24",
    }
    one = business.json(f"usage release --event {events[0]} --dry-run --as next-bill")
    assert (one["sums"], one["as"]) == ({"EUR": "0.24"}, "next bill")
    shown = business("usage release --account A1 --dry-run --limit 1").stdout
    assert (
        "3 late events would be released and cost 0.54 EUR before tax, in 1 accounts; 1 events have"
        in shown
    )
    assert "calls" not in shown, "the dearest row alone"
    assert "is not held" in business("usage release --event 1 --dry-run", code=1).stderr

    assert [one["event"] for one in business.json("usage held")["held"]] == events
    assert business.json("rate")["lines"] == 1, (
        "what waited besides, and nothing that was rehearsed"
    )
    assert len(business.json("usage release --all")["released"]) == 3
    charged = business.json("rate", code=3)
    assert (charged["lines"], charged["suspended"]) == (2, 1)
    (waiting,) = business.json("usage suspense --account A1")["suspense"]
    assert (waiting["code"], waiting["quantity"], waiting["file"]) == ("no_rate", "60", "late.csv")
    assert waiting["why"].startswith("rate table abroad has no row for called=33201111; add one")
    assert business.json("usage suspense --code no_offer")["suspense"] == []
    business("reconcile")
