"""Payment orders that nobody answered: news that comes after all, refunds, and the commands."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from tallystick.base.courier import DeliveryFailed
from tallystick.base.processor import Answer, AskedFor, Fact, FactKind, GivenBack, Outcome
from tallystick.domain.outbox.operations import ATTEMPTS_MAX
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import InstrumentKind, Payment, Pull
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.payments.pulls import OnFile, add_instrument
from tallystick.domain.tenants.operations import move_clock
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.deliver import deliver_orders
from tallystick.flows.invoice import run_bills
from tallystick.flows.pull import PullCourier, ask_for_due
from tallystick.flows.pull_facts import take_fact
from tallystick.flows.receive import receive_payment
from tallystick.flows.reconcile import reconcile
from tallystick.gates.cli.app import app
from tests.flows.businesses import open_talk_business

DUE = date(2026, 1, 15)
AT = datetime(2026, 1, 15, 9, tzinfo=UTC)


class Away:
    """A processor that nobody reaches until it is `back`; what it took before stays taken."""

    name = "stripe"

    def __init__(self) -> None:
        self.back = False
        self.taken: dict[str, str] = {}

    def take(self, asked: AskedFor) -> Answer:
        if not self.back:
            raise DeliveryFailed(reason="nobody answers")
        name = self.taken.setdefault(asked.key, f"pi_{len(self.taken)}")
        return Answer(Outcome.SUCCEEDED, name, "")

    def give_back(self, refund: GivenBack) -> str:
        if not self.back:
            raise DeliveryFailed(reason="nobody answers")
        return f"re_{refund.key}"


@pytest.fixture
def shell(own_database):
    tenant = open_talk_business(customers=1)
    run_bills(tenant_id=tenant.id, on=date(2026, 1, 1), at=AT)
    with acting_for(tenant.id):
        given = OnFile("stripe", InstrumentKind.CARD, "cus_1", "pm_1", "Visa 4242")
        add_instrument(account_numbered("A1"), given, on=DUE)
    move_clock(tenant_id=tenant.id, to=AT)

    def run(line: str, *, code: int = 0) -> dict:
        result = CliRunner().invoke(app, [*line.split(), "--operator", tenant.code, "--json"])
        assert result.exit_code == code, (line, result.output, result.exception)
        return json.loads(result.stdout)

    run.tenant_id = tenant.id
    return run


def deliver(tenant_id: int, processor: Away, times: int = 1) -> None:
    for _ in range(times):
        deliver_orders(tenant_id=tenant_id, couriers={"payment": PullCourier(processor)}, at=AT)


def failed_pull(shell, processor: Away) -> Pull:
    ask_for_due(tenant_id=shell.tenant_id, on=DUE, at=AT)
    deliver(shell.tenant_id, processor, ATTEMPTS_MAX - 1)
    assert shell("card worklist") == {"waiting": [], "failed": []}
    deliver(shell.tenant_id, processor)
    with acting_for(shell.tenant_id):
        return Pull.objects.get()


def charged(tenant_id: int, pull: Pull) -> str:
    """The processor tells that it had taken the money, by our key; what became of the news."""
    fact = Fact(
        event_id="evt_1", kind=FactKind.SUCCEEDED, reference="pi_9", happened_at=AT,
        amount=pull.amount, currency=pull.currency, told="succeeded", key=pull.key,
    )  # fmt: skip
    return take_fact(fact, processor="stripe", tenant_id=tenant_id, at=AT).value


def books_match(tenant_id: int) -> bool:
    return all(one.ok for one in reconcile(tenant_id=tenant_id))


def payments(tenant_id: int) -> list[Decimal]:
    with acting_for(tenant_id):
        return list(Payment.objects.order_by("id").values_list("amount", flat=True))


def test_what_a_person_decides(shell) -> None:
    processor = Away()
    assert failed_pull(shell, processor).state == "failed"
    (waiting,) = shell("card worklist", code=3)["failed"]
    assert (waiting["account"], waiting["action"]) == ("A1", "pull")
    assert waiting["answer"] == "nobody answers"
    assert shell("card send-again 999", code=1)["error"] == "unknown_order"
    assert shell("card pulls --state failed")["pulls"][0]["reason"] == "nobody answers"

    shell(f"card send-again {waiting['order']}")
    assert shell(f"card give-up {waiting['order']} --reason x", code=1)["error"] == "unknown_order"
    processor.back = True
    deliver(shell.tenant_id, processor, 2)
    assert payments(shell.tenant_id) == [Decimal("11.90")]
    assert len(processor.taken) == 1
    assert shell("card worklist") == {"waiting": [], "failed": []}
    assert books_match(shell.tenant_id)


@pytest.mark.parametrize("given_up", [False, True])
def test_news_of_what_had_been_taken_is_booked_once(shell, given_up: bool) -> None:
    pull = failed_pull(shell, Away())
    (waiting,) = shell("card worklist", code=3)["failed"]
    if given_up:
        shell(f"card give-up {waiting['order']} --reason unseen")
        assert shell("orders --state given_up")["orders"][0]["answer"] == "unseen; nobody answers"
    assert [charged(shell.tenant_id, pull) for _ in range(2)] == ["taken", "taken"]
    assert payments(shell.tenant_id) == [Decimal("11.90")]
    assert shell("card worklist") == {"waiting": [], "failed": []}
    assert shell(f"card send-again {waiting['order']}", code=1)["error"] == "unknown_order"
    assert books_match(shell.tenant_id)


def test_a_refund_that_nobody_took_is_sent_again(shell) -> None:
    processor = Away()
    processor.back = True
    ask_for_due(tenant_id=shell.tenant_id, on=DUE, at=AT)
    receipt = Receipt("bank-1", "bank", Decimal("11.90"), "EUR", DUE)
    receive_payment(receipt, tenant_id=shell.tenant_id, account="A1", at=AT)
    deliver(shell.tenant_id, processor)
    with acting_for(shell.tenant_id):
        payment = Payment.objects.get(method="card")
    processor.back = False
    shell(f"card refund {payment.key} 11.90 --key r1")
    deliver(shell.tenant_id, processor, ATTEMPTS_MAX)
    (waiting,) = shell("card worklist", code=3)["failed"]
    assert waiting["action"] == "refund"
    refused = shell(f"card give-up {waiting['order']} --reason x", code=1)
    assert refused["error"] == "refund_is_booked"
    shell(f"card send-again {waiting['order']}")
    processor.back = True
    deliver(shell.tenant_id, processor)
    assert shell("orders --state delivered")["orders"][0]["answer"] == "re_refund:r1"
    assert books_match(shell.tenant_id)
