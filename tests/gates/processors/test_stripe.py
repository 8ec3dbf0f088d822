"""Stripe's official client against its double in a process of its own; signed events both ways."""

import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

import pytest
from django.test import Client

from tallystick.base.courier import DeliveryFailed
from tallystick.base.processor import AskedFor, FactKind, GivenBack, Outcome
from tallystick.domain.ledger.queries import balance_of
from tallystick.domain.outbox.models import Order
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import InstrumentKind, ProcessorFact, Pull
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.payments.pulls import CardNumberGiven, OnFile, add_instrument
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.operations import move_clock
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.deliver import deliver_orders
from tallystick.flows.give_back import MoreThanCredit, RefundKeyReused, UnknownPayment
from tallystick.flows.invoice import run_bills
from tallystick.flows.pull import PullCourier, ask_for_due
from tallystick.flows.receive import receive_payment
from tallystick.flows.reconcile import reconcile
from tallystick.flows.refund_pulled import refund_pulled
from tallystick.gates.processors.stripe_api import (
    SignatureWrong,
    StripeProcessor,
    from_minor_units,
    minor_units,
    read_event,
)
from tests.flows.businesses import open_talk_business
from tests.gates.processors.local import KEY, SECRET, Local, local_stripe

DUE = date(2026, 1, 15)
AT = datetime(2026, 1, 15, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def local() -> Iterator[Local]:
    with local_stripe() as found:
        yield found


@pytest.fixture
def processor(local: Local) -> StripeProcessor:
    return StripeProcessor(key_of=lambda operator: KEY, address=local.address)


def asked(customer: str, method: str, *, key: str, kind: str = "card") -> AskedFor:
    return AskedFor(
        key, "talk", "A1", Decimal("11.90"), "EUR", customer, method, kind, "INV-2026-000001"
    )


def test_a_card_pays_once_whatever_is_lost_on_the_way(local, processor) -> None:
    one = asked(*local.customer("pm_card_visa"), key="pull:1:1")
    answer = processor.take(one)
    assert (answer.outcome, answer.reference[:3]) == (Outcome.SUCCEEDED, "pi_")
    # Our side stopped before it could note the answer, and asks again.
    again = processor.take(replace(one, before=datetime.now(UTC)))
    assert again == answer
    charges = local.client.v1.charges.list({"customer": one.customer})
    assert [charge.amount for charge in charges] == [1190]
    assert local.client.v1.payment_intents.retrieve(answer.reference).metadata["key"] == one.key


def test_a_decline_says_why(local, processor) -> None:
    customer, method = local.customer("pm_card_chargeCustomerFail")
    answer = processor.take(asked(customer, method, key="pull:2:1"))
    assert (answer.outcome, answer.reason) == (Outcome.DECLINED, "card_declined")
    assert answer.reference.startswith("pi_")
    nobody = processor.take(asked("cus_nobody", method, key="pull:2:2"))
    assert nobody.outcome is Outcome.DECLINED


def test_a_holder_who_must_confirm(local, processor) -> None:
    card = {"number": "4000002500003155", "exp_month": "12", "exp_year": "2030", "cvc": "123"}
    customer, method = local.customer(type="card", card=card)
    answer = processor.take(asked(customer, method, key="pull:3:1"))
    assert answer.outcome is Outcome.NEEDS_ACTION
    local.authenticate(answer.reference)
    body, signature = local.sent.wait_for("payment_intent.succeeded")
    fact = read_event(body, signature=signature, secret=SECRET, operator="talk")
    assert fact.kind is FactKind.SUCCEEDED


def test_a_debit_is_known_later(local, processor) -> None:
    holder = {"name": "Ada Example", "email": "ada@example.com"}
    customer, method = local.customer(
        type="sepa_debit", sepa_debit={"iban": "DE62370400440532013001"}, billing_details=holder
    )
    answer = processor.take(asked(customer, method, key="pull:4:1", kind="sepa_debit"))
    assert answer.outcome is Outcome.PROCESSING
    body, signature = local.sent.wait_for("payment_intent.payment_failed")
    fact = read_event(body, signature=signature, secret=SECRET, operator="talk")
    assert (fact.kind, fact.amount, fact.currency) == (FactKind.DECLINED, Decimal("11.90"), "EUR")


def test_a_refund_and_a_server_that_is_away(local, processor) -> None:
    answer = processor.take(asked(*local.customer("pm_card_visa"), key="pull:5:1"))
    back = GivenBack("refund:1", "talk", answer.reference, Decimal("5.00"), "EUR")
    name = processor.give_back(back)
    assert name.startswith("re_")
    # Its idempotency key is forgotten after a day: what was given back is found by our own key.
    assert processor.give_back(back) == name
    made = local.client.v1.refunds.list({"payment_intent": answer.reference})
    assert [one.amount for one in made.data] == [500]
    away = StripeProcessor(key_of=lambda operator: KEY, address="http://127.0.0.1:9")
    with pytest.raises(DeliveryFailed, match="Stripe: APIConnectionError"):
        away.take(asked("cus_1", "pm_1", key="pull:5:2"))
    with pytest.raises(DeliveryFailed):
        away.give_back(back)


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("11.90", "EUR", 1190), ("1190", "JPY", 1190), ("1.230", "KWD", 1230), ("25", "ISK", 2500)],
)
def test_amounts_are_counted_as_stripe_does(amount: str, currency: str, units: int) -> None:
    assert minor_units(Decimal(amount), currency) == units
    assert from_minor_units(units, currency) == Decimal(amount)


def signed(event: dict, *, secret: str = SECRET, at: float | None = None) -> tuple[bytes, str]:
    """A body and its signature by Stripe's scheme: HMAC-SHA256 of `time.body`."""
    body, moment = json.dumps(event).encode(), int(at or time.time())
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
    return body, f"t={moment},v1={mac}"


def event(event_id: str, told: str, thing: dict) -> dict:
    return {"id": event_id, "object": "event", "type": told, "created": int(time.time()),
            "data": {"object": thing}}  # fmt: skip


def intent(reference: str, **more: object) -> dict:
    return {"id": reference, "object": "payment_intent", "amount": 1190, "amount_received": 1190,
            "currency": "eur", "metadata": {}, **more}  # fmt: skip


def dispute(reference: str, *, fee: int = 0) -> dict:
    return {"id": "dp_1", "object": "dispute", "amount": 1190, "currency": "eur",
            "payment_intent": reference, "reason": "fraudulent",
            "balance_transactions": [{"amount": -1190, "fee": fee}]}  # fmt: skip


def test_only_what_is_signed_by_stripe_is_read() -> None:
    body, signature = signed(event("evt_1", "payment_intent.succeeded", intent("pi_1")))
    given = {"secret": SECRET, "operator": "talk"}
    assert read_event(body, signature=signature, **given).reference == "pi_1"
    for wrong in ("", "t=1,v1=00", signature.replace("v1=", "v1=0")):
        with pytest.raises(SignatureWrong):
            read_event(body, signature=wrong, **given)
    with pytest.raises(SignatureWrong):
        read_event(body + b" ", signature=signature, **given)
    body, signature = signed(event("evt_1", "x", {}), at=time.time() - 3600)
    with pytest.raises(SignatureWrong):
        read_event(body, signature=signature, **given)


# --- with the books --------------------------------------------------------------------------


@pytest.fixture
def business(own_database, local, monkeypatch) -> Tenant:
    """An operator with an invoice of 11.90 to A1, which has a card on file, on the due day."""
    monkeypatch.setenv("TALLYSTICK_STRIPE_WEBHOOK_SECRET", SECRET)
    tenant = open_talk_business(customers=1)
    run_bills(tenant_id=tenant.id, on=date(2026, 1, 1), at=AT)
    keep_card(tenant, *local.customer("pm_card_visa"))
    move_clock(tenant_id=tenant.id, to=AT)
    return tenant


def keep_card(tenant: Tenant, customer: str, method: str) -> None:
    with acting_for(tenant.id):
        given = OnFile("stripe", InstrumentKind.CARD, customer, method, "Visa 4242")
        add_instrument(account_numbered("A1"), given, on=DUE)


def ask(tenant: Tenant, processor: StripeProcessor) -> Pull:
    ask_for_due(tenant_id=tenant.id, on=DUE, at=AT)
    couriers = {"payment": PullCourier(processor)}
    deliver_orders(tenant_id=tenant.id, couriers=couriers, at=AT)
    with acting_for(tenant.id):
        return Pull.objects.get()


def post(event_and_signature: tuple[bytes, str], operator: str = "talk") -> tuple[int, dict]:
    body, signature = event_and_signature
    answer = Client().post(
        f"/hooks/stripe/{operator}", data=body, content_type="application/json",
        headers={"Stripe-Signature": signature},
    )  # fmt: skip
    return answer.status_code, json.loads(answer.content)


def state_of(pull: Pull) -> tuple[str, Decimal]:
    with acting_for(pull.tenant_id):
        found = Pull.objects.get(id=pull.id)
        return found.state, balance_of("1200", account_id=found.account_id)


def test_an_invoice_is_paid_by_card_and_the_news_of_it_is_old(business, local, processor) -> None:
    pull = ask(business, processor)
    assert state_of(pull) == ("succeeded", Decimal(0))
    ask(business, processor)
    body, signature = local.sent.wait_for("payment_intent.succeeded")
    while pull.reference.encode() not in body:
        local.sent.events.remove((body, signature))
        body, signature = local.sent.wait_for("payment_intent.succeeded")
    for _ in range(2):
        assert post((body, signature)) == (
            200, {"event": json.loads(body)["id"], "state": "old_news"}
        )  # fmt: skip
    assert [one for one in reconcile(tenant_id=business.id) if not one.ok] == []


def test_events_in_the_wrong_order_and_of_nobody(business, processor) -> None:
    pull = ask(business, processor)
    gone = event("evt_2", "charge.dispute.funds_withdrawn", dispute(pull.reference, fee=1500))
    back = event("evt_3", "charge.dispute.funds_reinstated", dispute(pull.reference))
    assert post(signed(back))[1]["state"] == "waiting"
    assert post(signed(gone))[1]["state"] == "taken"  # and with it the one that waited
    assert post(signed(gone))[1]["state"] == "taken"
    assert state_of(pull) == ("reinstated", Decimal(0))
    stranger = event("evt_4", "payment_intent.succeeded", intent("pi_nobody"))
    assert post(signed(stranger))[1]["state"] == "waiting"
    other = event("evt_5", "customer.created", {"id": "cus_1"})
    assert post(signed(other))[1]["state"] == "ignored"
    with acting_for(business.id):
        assert balance_of("6300") == Decimal("15.00")
        waiting = ProcessorFact.objects.filter(state="waiting")
        assert [one.note for one in waiting] == ["no payment of ours has this name"]
    assert [one for one in reconcile(tenant_id=business.id) if not one.ok] == []


def test_an_event_may_be_quicker_than_the_answer(business, processor) -> None:
    ask_for_due(tenant_id=business.id, on=DUE, at=AT)
    with acting_for(business.id):
        pull = Pull.objects.get()
    told = intent("pi_quick", metadata={"key": pull.key, "operator": "talk"})
    assert post(signed(event("evt_6", "payment_intent.succeeded", told)))[1]["state"] == "taken"
    assert state_of(pull) == ("succeeded", Decimal(0))
    done = deliver_orders(
        tenant_id=business.id, couriers={"payment": PullCourier(processor)}, at=AT
    )
    assert done.delivered == 1
    with acting_for(business.id):
        assert Order.objects.get(port="payment").answer == "succeeded before"


def test_a_door_that_is_not_stripes(business, monkeypatch) -> None:
    good = signed(event("evt_7", "payment_intent.succeeded", intent("pi_1")))
    assert post(good, operator="nobody")[0] == 404
    assert post((good[0], "t=1,v1=0"))[0] == 400
    assert Client().get("/hooks/stripe/talk").status_code == 405
    assert post(signed({"no": "event"}))[0] == 400
    monkeypatch.delenv("TALLYSTICK_STRIPE_WEBHOOK_SECRET")
    assert post(good)[0] == 404


def test_credit_goes_back_to_its_card_once(business, processor) -> None:
    ask_for_due(tenant_id=business.id, on=DUE, at=AT)
    receipt = Receipt("bank-1", "bank", Decimal("11.90"), "EUR", DUE)
    receive_payment(receipt, tenant_id=business.id, account="A1", at=AT)
    pull = ask(business, processor)  # it was on its way: the invoice is paid twice
    key, give = f"stripe:{pull.reference}", {"key": "r1", "tenant_id": business.id, "at": AT}
    with pytest.raises(MoreThanCredit):
        refund_pulled(key, amount=Decimal("11.91"), **give)
    with pytest.raises(UnknownPayment):
        refund_pulled("bank-1", amount=Decimal("11.90"), **give)
    news = [refund_pulled(key, amount=Decimal("11.90"), **give)[1] for _ in range(2)]
    assert news == [True, False]
    with pytest.raises(RefundKeyReused):
        refund_pulled(key, amount=Decimal("1.00"), **give)
    deliver_orders(tenant_id=business.id, couriers={"payment": PullCourier(processor)}, at=AT)
    with acting_for(business.id):
        assert Order.objects.get(action="refund").answer.startswith("re_")
        assert (balance_of("1100"), balance_of("2100")) == (Decimal("11.90"), Decimal(0))
    assert [one for one in reconcile(tenant_id=business.id) if not one.ok] == []


def test_no_number_of_a_card_is_kept(business) -> None:
    given = OnFile("stripe", InstrumentKind.CARD, "cus_1", "4242 4242 4242 4242", "")
    with acting_for(business.id), pytest.raises(CardNumberGiven):
        add_instrument(account_numbered("A1"), given, on=DUE)
