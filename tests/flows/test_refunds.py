"""Refunds of notes and prepaid money at the commands: files, cards, other currencies, once."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tallystick.base.processor import Answer, AskedFor, Fact, FactKind, GivenBack, Outcome
from tallystick.domain.balances.models import Terms
from tallystick.domain.ledger.queries import balance_of
from tallystick.domain.outbox.models import Order
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import InstrumentKind, Refund
from tallystick.domain.payments.pulls import OnFile, add_instrument
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.deliver import deliver_orders
from tallystick.flows.pull import PullCourier
from tallystick.flows.pull_facts import take_fact
from tallystick.flows.reconcile import reconcile
from tallystick.gates.cli.app import app
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
CODE = "refunds"
AT = datetime(2026, 1, 20, 4, tzinfo=UTC)
LIFE = """
business businesses/plover.yaml catalogue businesses/plover-prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 account A3 "Cy Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 contract C3 of A3 offer line
2026-01-01 debit terms fee 4.00 days 5 tries 2
2026-01-01 prepaid A2
2026-01-01 bill run
2026-01-15 pay A1 119.00 bank
2026-01-15 pay A3 119.00 bank
2026-01-20 credit A1 invoice 2026-01-01 line 1 part 20.00
2026-01-20 credit A3 invoice 2026-01-01 line 1 part 20.00
"""


class Processor:
    """Takes what is asked and gives back what is told, under names by the key."""

    name = "stripe"

    def take(self, asked: AskedFor) -> Answer:
        return Answer(Outcome.SUCCEEDED, f"pi_{asked.key}", "")

    def give_back(self, refund: GivenBack) -> str:
        return f"re_{refund.reference}_{refund.amount}"


@pytest.fixture(scope="module")
def shell(module_database):
    story = read_story(LIFE, file=f"{CODE}.story", name=CODE)
    assert play_story(story, folder=SCENARIOS, code=CODE).failed == ()

    def run(line: str, *, code: int = 0) -> dict:
        result = CliRunner().invoke(app, [*line.split(), "--operator", CODE, "--json"])
        assert result.exit_code == code, (line, result.output, result.exception)
        return json.loads(result.stdout)

    return run


def books_match() -> bool:
    return all(one.ok for one in reconcile(tenant_id=tenant_id_of(CODE)))


def test_a_note_goes_back_by_a_file_and_once(shell, tmp_path: Path) -> None:
    first, second = tmp_path / "first.xml", tmp_path / "second.xml"
    note = "refund A1 13.80 --key n1 --of notes --iban GB82WEST12345698765432"
    told = shell(f"{note} --to {first}")
    assert (told["amount"], told["of"], told["repeated"]) == ("13.80", "notes", False)
    assert shell(f"{note} --to {second}")["repeated"] is True
    assert first.read_bytes() == second.read_bytes()
    assert b'Ccy="EUR">13.80<' in first.read_bytes()
    refused = shell("refund A1 10.01 --key n2 --of notes --cash", code=1)
    assert (refused["error"], refused["parameters"]["left"]) == ("more_than_there", "10.00")
    assert shell("refund A1 10.00 --key n1 --of notes --cash", code=1)["error"] == (
        "refund_key_reused"
    )
    assert shell("refund A1 10.00 --key n2 --of notes --cash")["iban"] == ""
    assert shell("refund A1 1.00 --key n3 --of notes --cash", code=1)["error"] == "more_than_there"
    assert books_match()


def test_what_is_wrong_is_refused_and_changes_nothing(shell) -> None:
    give = "refund A3 5.00 --of notes --cash"
    assert shell(f"{give} --key w1 --currency USD", code=1)["error"] == "other_currency"
    for amount in ("0", "5.001"):
        wrong = f"refund A3 {amount} --key w1 --of notes --cash"
        assert shell(wrong, code=1)["error"] == "refund_not_payable"
    shell("refund A9 5.00 --key w1 --of notes --cash", code=1)
    both = CliRunner().invoke(app, [*give.split(), "--key", "w1", "--to", "x", "--operator", CODE])
    assert both.exit_code == 2
    assert shell("refund A3 5.00 --key w1 --of prepaid --cash", code=1)["error"] == "prepaid_kept"
    with acting_for(tenant_id_of(CODE)):
        Account.objects.filter(number="A3").update(state="closed")
    assert shell(f"{give} --key w1", code=1)["error"] == "account_closed"
    with acting_for(tenant_id_of(CODE)):
        Account.objects.filter(number="A3").update(state="active")
        assert not Refund.objects.filter(key="w1").exists()
        Account.objects.filter(number="A3").update(currency="JPY")
    assert shell("refund A3 5 --key w1 --of notes", code=1)["error"] == "refund_not_payable"
    with acting_for(tenant_id_of(CODE)):
        Account.objects.filter(number="A3").update(currency="EUR")
    assert books_match()


def test_what_is_left_of_a_top_up_goes_back_to_its_card(shell) -> None:
    tenant_id = tenant_id_of(CODE)
    with acting_for(tenant_id):
        account = account_numbered("A2")
        given = OnFile("stripe", InstrumentKind.CARD, "cus_1", "pm_1", "Visa 4242")
        add_instrument(account, given, on=date(2026, 1, 1))
        place_order(
            tenant_id=tenant_id, account_id=account.id, port="payment", action="top_up", key="t1",
            payload={"amount": "20.00", "currency": "EUR"}, at=AT,
        )  # fmt: skip
        assert Terms.objects.filter(account=account).exists()
    couriers = {"payment": PullCourier(Processor())}
    deliver_orders(tenant_id=tenant_id, couriers=couriers, at=AT)
    shell("balance top-up A2 30.00 --method cash --key c1")
    shell("balance grant A2 5.00 --key g1")

    back = "card refund stripe:pi_t1 12.00 --key p1 --of prepaid"
    assert shell(back, code=1)["error"] == "prepaid_kept"
    assert shell("balance refundable") == {"refundable": []}
    assert shell("balance refundable top_up") == {"refundable": ["top_up"]}
    with acting_for(tenant_id):
        before = balance_of("1100")
    assert [shell(back)["repeated"] for _ in range(2)] == [False, True]
    # The card gets no more than its own top-up; the cash that was filled stays.
    too_much = "card refund stripe:pi_t1 8.01 --key p2 --of prepaid"
    assert shell(too_much, code=1)["parameters"]["left"] == "8.00"
    wrong = "card refund stripe:pi_t9 1.00 --key p2 --of prepaid"
    assert shell(wrong, code=1)["error"] == "unknown_payment"
    assert shell("refund A2 38.00 --key p3 --of prepaid --cash")["amount"] == "38.00"
    assert shell("refund A2 0.01 --key p4 --of prepaid --cash", code=1)["error"] == (
        "more_than_there"
    )
    assert shell("balance show A2")["money"] == "5"
    deliver_orders(tenant_id=tenant_id, couriers=couriers, at=AT)
    with acting_for(tenant_id):
        assert Order.objects.get(action="refund").answer == "re_pi_t1_12.00"
        assert balance_of("1100") - before == Decimal("-50.00")
        assert balance_of("2300") == 0
    assert shell("balance refundable none") == {"refundable": []}
    assert books_match()

    # Another top-up; of that 3.00 are given back on the processor's own pages.
    with acting_for(tenant_id):
        place_order(
            tenant_id=tenant_id, account_id=account.id, port="payment", action="top_up", key="t2",
            payload={"amount": "20.00", "currency": "EUR"}, at=AT,
        )  # fmt: skip
    deliver_orders(tenant_id=tenant_id, couriers=couriers, at=AT)
    fact = Fact("evt_r1", FactKind.REFUNDED, "pi_t2", AT, Decimal("3.00"), "EUR", told="refund")
    took = {"processor": "stripe", "tenant_id": tenant_id, "at": AT}
    assert take_fact(fact, **took) == "waiting"
    (waits,) = shell("card worklist", code=3)["waiting"]
    assert waits["why"].startswith("the rules give no prepaid money back")
    shell("balance refundable top_up")
    assert shell("card again") == {"taken": 1, "waiting": 0}
    assert take_fact(fact, **took) == "taken"
    assert shell("balance show A2")["money"] == "22"
    assert take_fact(replace(fact, event_id="evt_r2", amount=Decimal("17.01")), **took) == "waiting"
    shell("balance refundable none")
    assert books_match()
