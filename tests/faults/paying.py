"""Stretches of work with money, as they are told a worker: each may be told again, and counts once.

What a process of its own would be, such as a card processor, keeps what it has done in files.
"""

import hmac
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from unittest import mock

OPERATOR = "paying"
LIFE = """
business businesses/plover.yaml catalogue businesses/plover-prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 account A3 "Cy Example" consumer bill-day 1
2026-01-01 account A4 "Dot Example" consumer bill-day 1
2026-01-01 account A5 "Eve Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 contract C3 of A3 offer line msisdn 491700000003
2026-01-01 contract C4 of A4 offer line msisdn 491700000004
2026-01-01 contract C5 of A5 offer line msisdn 491700000005
2026-01-01 debit terms fee 4.00 days 5 tries 2
2026-01-01 bill run
2026-01-02 pay A4 200.00 bank
2026-01-02 pay A4 30.00 bank
2026-01-16 card A5 that slow
2026-01-16 card run
2026-01-17 mandate A2 M-2 DE89370400440532013000
2026-01-17 card A3 that pays
2026-01-25 collect
2026-02-01 bill run
2026-02-02 pay A4 100.00 bank
"""
ON = date(2026, 2, 20)
AT = datetime(2026, 2, 20, 8, tzinfo=UTC)
SECRET = "whsec_faults"
IBAN = "GB82WEST12345698765432"


def receive(order: dict) -> None:
    """Money in: more than is owed, what cut the customer off is made good."""
    from tallystick.domain.payments.operations import Receipt
    from tallystick.flows.receive import receive_payment

    for key, account, amount in (("k1", "A1", "238.00"), ("k2", "A2", "250.00")):
        receipt = Receipt(key, "bank", Decimal(amount), "EUR", ON, reference="")
        receive_payment(receipt, tenant_id=order["tenant"], account=account, at=AT)


def allocate(order: dict) -> None:
    """Credit that stands pays the bills of the next month."""
    from tallystick.flows.invoice import run_bills

    run_bills(tenant_id=order["tenant"], on=date(2026, 3, 1), at=AT, workers=1)


def statement(order: dict) -> None:
    """A statement of the bank, a line a transaction: two payments, and one that nobody knows."""
    from tallystick.flows import bank
    from tallystick.gates.bank.camt053 import read_camt053

    (read,) = read_camt053(Path(order["files"][0]))
    with mock.patch.object(bank, "LINES_PER_PART", 1):
        bank.import_statement(read, tenant_id=order["tenant"], filename="s.xml", at=AT, workers=1)


def debits(order: dict) -> None:
    """A debit run is prepared and confirmed, and one of its debits comes back."""
    from tallystick.domain.payments.models import DirectDebit
    from tallystick.domain.payments.operations import PaymentReturned
    from tallystick.domain.tenants.scope import acting_for
    from tallystick.flows.debit import RunConfirmed, confirm_debits, prepare_debits
    from tallystick.flows.give_back import Comeback, return_payment

    now = {"tenant_id": order["tenant"], "at": AT}
    prepare_debits(collect_on=ON, today=ON, **now)
    with acting_for(order["tenant"]):
        debit = DirectDebit.objects.earliest("id")
    with suppress(RunConfirmed):
        confirm_debits(debit.run_id, on=ON, **now)
    with suppress(PaymentReturned):
        return_payment(Comeback(debit.end_to_end, "AM04", ON, Decimal("3.00")), **now)


def refund(order: dict) -> None:
    """Credit goes back to a bank account, in two refunds over three payments."""
    from tallystick.flows.give_back import RefundWish, refund_credit

    for key, amount in (("r1", "50.00"), ("r2", "42.00")):
        wish = RefundWish("A4", Decimal(amount), key, ON, IBAN, "Dot Example")
        refund_credit(wish, tenant_id=order["tenant"], at=AT)


def card(order: dict) -> None:
    """What is due is asked of a card, and a part of what comes twice goes back to it."""
    from tallystick.flows.deliver import deliver_orders
    from tallystick.flows.pull import PullCourier, ask_for_due
    from tallystick.flows.refund_pulled import refund_pulled

    couriers = {"payment": PullCourier(Bank(Path(order["files"][0]).parent))}
    ask_for_due(tenant_id=order["tenant"], on=ON, at=AT)
    deliver_orders(tenant_id=order["tenant"], couriers=couriers, at=AT)
    key = _pay_beside(order["tenant"])
    refund_pulled(key, amount=Decimal("19.00"), key="c1", tenant_id=order["tenant"], at=AT)
    deliver_orders(tenant_id=order["tenant"], couriers=couriers, at=AT)


def _pay_beside(tenant_id: int) -> str:
    """The oldest card payment comes back and is reinstated: credit, by the key that is given."""
    from tallystick.base.processor import Fact, FactKind
    from tallystick.domain.payments.models import Payment, Pull
    from tallystick.domain.payments.operations import Receipt
    from tallystick.domain.tenants.scope import acting_for
    from tallystick.flows.pull_facts import payment_key, take_fact
    from tallystick.flows.receive import receive_payment

    with acting_for(tenant_id):
        pull = Pull.objects.select_related("instrument").filter(account__number="A3").earliest("id")
    for kind in (FactKind.TAKEN_BACK, FactKind.REINSTATED):
        if kind is FactKind.REINSTATED:
            receipt = Receipt("k9", "bank", pull.amount, "EUR", ON)
            receive_payment(receipt, tenant_id=tenant_id, account="A3", at=AT)
        fact = Fact(f"{kind}:{pull.key}", kind, pull.reference, AT, pull.amount, "EUR")
        take_fact(fact, processor="story", tenant_id=tenant_id, at=AT)
    with acting_for(tenant_id):
        pull = Pull.objects.select_related("instrument").get(id=pull.id)
        return Payment.objects.get(key=payment_key(pull)).key


class Bank:
    """A processor that knows each key: asked again it gives its first answer."""

    name = "story"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, asked) -> object:
        """Success, under a name by the key."""
        from tallystick.base.processor import Answer, Outcome

        self._note(f"take {asked.key} {asked.amount}")
        return Answer(Outcome.SUCCEEDED, f"ref_{asked.key}".replace(":", "_"))

    def give_back(self, refund) -> str:
        """A name by the key."""
        self._note(f"give {refund.key} {refund.amount}")
        return f"back_{refund.key}"

    def _note(self, said: str) -> None:
        with (self._folder / "asked").open("a") as file:
            file.write(said + "\n")
            file.flush()
            os.fsync(file.fileno())


def webhook(order: dict) -> None:
    """A processor posts its news to the door."""
    from django.test import Client

    from tallystick.domain.payments.models import Pull
    from tallystick.domain.tenants.scope import acting_for

    os.environ["TALLYSTICK_STRIPE_WEBHOOK_SECRET"] = SECRET
    with acting_for(order["tenant"]):
        pull = Pull.objects.filter(account__number="A5").earliest("id")
    money = {"amount": 11900, "currency": "eur"}
    intent = {"id": pull.reference, "object": "payment_intent", "metadata": {},
              "amount_received": 11900, **money}  # fmt: skip
    moved = [{"amount": -11900, "fee": 1500}]
    dispute = {"id": "dp_1", "object": "dispute", "payment_intent": pull.reference,
               "reason": "fraudulent", "balance_transactions": moved, **money}  # fmt: skip
    news = [
        ("evt_1", "payment_intent.succeeded", intent),
        ("evt_2", "charge.dispute.funds_withdrawn", dispute),
        ("evt_3", "charge.dispute.funds_reinstated", dispute),
    ]
    for event_id, told, thing in news:
        body, signature = _signed(
            {"id": event_id, "object": "event", "type": told, "created": int(time.time()),
             "data": {"object": thing}}
        )  # fmt: skip
        answer = Client(SERVER_NAME="localhost").post(
            f"/hooks/stripe/{OPERATOR}", data=body, content_type="application/json",
            headers={"Stripe-Signature": signature},
        )  # fmt: skip
        assert answer.status_code == 200, answer.content


def _signed(event: dict) -> tuple[bytes, str]:
    body, moment = json.dumps(event).encode(), int(time.time())
    mac = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
    return body, f"t={moment},v1={mac}"


PAYING: dict[str, Callable[[dict], None]] = {
    work.__name__: work for work in (receive, allocate, statement, debits, refund, card, webhook)
}
