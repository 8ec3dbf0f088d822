"""Stripe: money asked for by payment intents, given back by refunds, told by signed events.

A payment intent is made and confirmed in one call under an idempotency key. Stripe forgets keys
after a day; what was sent before is therefore looked for among the customer's charges first.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import stripe

from tallystick.base.courier import DeliveryFailed
from tallystick.base.money import minor_decimals
from tallystick.base.processor import (
    Answer,
    AskedFor,
    Fact,
    FactKind,
    GivenBack,
    Outcome,
    PayoutFact,
)
from tallystick.base.refusal import Refusal

NAME: Final = "stripe"
OWN_DECIMALS: Final = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Currencies that Stripe counts in other units than ISO 4217 says."""

TOLERANCE_S: Final = 300
LOOK_BACK: Final = timedelta(hours=1)
"""Clocks differ; a charge may look older than our asking for it."""

_OUTCOMES: Final = {
    "succeeded": Outcome.SUCCEEDED,
    "processing": Outcome.PROCESSING,
    "requires_action": Outcome.NEEDS_ACTION,
    "requires_confirmation": Outcome.NEEDS_ACTION,
}
_KINDS: Final = {
    "payment_intent.succeeded": FactKind.SUCCEEDED,
    "payment_intent.processing": FactKind.PROCESSING,
    "payment_intent.requires_action": FactKind.NEEDS_ACTION,
    "payment_intent.payment_failed": FactKind.DECLINED,
    "payment_intent.canceled": FactKind.DECLINED,
    "charge.dispute.funds_withdrawn": FactKind.TAKEN_BACK,
    "charge.dispute.funds_reinstated": FactKind.REINSTATED,
    # Both tell of a refund; Stripe sends the first for those of charges since version 2024-10-28.
    "refund.created": FactKind.REFUNDED,
    "charge.refunded": FactKind.REFUNDED_ALL,
}


@dataclass
class SignatureWrong(Refusal):
    code = "signature_wrong"

    def sentence(self) -> str:
        return "the event is not signed with our secret, or too long ago; nothing was taken of it"


@dataclass
class EventUnreadable(Refusal):
    code = "event_unreadable"

    def sentence(self) -> str:
        return "the event is not one that Stripe sends; nothing was taken of it"


class StripeProcessor:
    """Takes money through Stripe's official client; `key_of` gives an operator's secret key."""

    name = NAME

    def __init__(self, *, key_of: Callable[[str], str], address: str | None = None) -> None:
        self._key_of, self._address = key_of, address

    def take(self, asked: AskedFor) -> Answer:
        """What became of it.

        :raises DeliveryFailed: when it may go through later
        """
        client = self._client(asked.operator)
        try:
            if asked.before is not None:
                found = _find(client, asked)
                if found is not None:
                    return found
            return _answer(client.v1.payment_intents.create(_params(asked), _once(asked)))
        except stripe.CardError as refused:
            return _declined(client, refused)
        except (stripe.InvalidRequestError, _NotPayable) as wrong:
            return Answer(Outcome.DECLINED, "", str(getattr(wrong, "code", "") or "not_payable"))
        except stripe.StripeError as fault:
            raise DeliveryFailed(reason=_said(fault)) from None

    def give_back(self, refund: GivenBack) -> str:
        """The name of the refund.

        :raises DeliveryFailed: when it may go through later
        """
        client = self._client(refund.operator)
        try:
            known = _find_refund(client, refund)
            if known is not None:
                return known
            made = client.v1.refunds.create(
                {
                    "payment_intent": refund.reference,
                    "amount": minor_units(refund.amount, refund.currency),
                    "metadata": {"key": refund.key, "operator": refund.operator},
                },
                {"idempotency_key": f"{refund.operator}:{refund.key}"},
            )
            return str(made.id)
        except stripe.StripeError as fault:
            raise DeliveryFailed(reason=_said(fault)) from None

    def _client(self, operator: str) -> Any:
        addresses: Any = {"api": self._address} if self._address else {}
        return stripe.StripeClient(
            self._key_of(operator), base_addresses=addresses, max_network_retries=0
        )


class _NotPayable(Exception):
    code = "amount_not_payable"


def minor_units(amount: Decimal, currency: str) -> int:
    """The amount as Stripe counts it: 11.90 EUR is 1190, 1190 JPY is 1190."""
    decimals = OWN_DECIMALS.get(currency, minor_decimals(currency))
    units = amount.scaleb(decimals)
    # Of three decimals the last is always 0.
    if units != units.to_integral_value() or (decimals == 3 and units % 10):
        raise _NotPayable
    return int(units)


def from_minor_units(units: int, currency: str) -> Decimal:
    """The amount that Stripe counts so."""
    return Decimal(units).scaleb(-OWN_DECIMALS.get(currency, minor_decimals(currency)))


def read_event(payload: bytes, *, signature: str, secret: str, operator: str) -> Fact | PayoutFact:
    """The fact that a webhook's body tells of.

    :raises SignatureWrong: when it is not signed with the secret, or too long ago
    :raises EventUnreadable: when it is no event
    """
    try:
        stripe.WebhookSignature.verify_header(
            payload.decode(), signature, secret, tolerance=TOLERANCE_S
        )
        event = json.loads(payload)
        if str(event["type"]).startswith("payout."):
            return _payout(event)
        return _fact(event, operator)
    except stripe.SignatureVerificationError:
        raise SignatureWrong from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EventUnreadable from None


def _fact(event: dict[str, Any], operator: str) -> Fact:
    told, thing = str(event["type"]), event["data"]["object"]
    kind = _KINDS.get(told, FactKind.OTHER)
    metadata = thing.get("metadata") or {}
    if metadata.get("operator", operator) != operator:
        kind = FactKind.OTHER  # of another operator with the same account at Stripe
    of_intent = told.startswith("payment_intent.")
    currency = str(thing.get("currency") or "").upper()
    failure = thing.get("last_payment_error") or {}
    reason = failure.get("decline_code") or failure.get("code") or thing.get("reason") or ""
    fees = sum(int(one.get("fee") or 0) for one in thing.get("balance_transactions") or ())
    units = int(thing.get("amount_received") or thing.get("amount") or 0)
    if kind is FactKind.REFUNDED_ALL:
        units = int(thing["amount_refunded"])
    known = kind is not FactKind.OTHER
    return Fact(
        event_id=str(event["id"]),
        kind=kind,
        reference=str((thing["id"] if of_intent else thing.get("payment_intent")) or ""),
        happened_at=datetime.fromtimestamp(int(event["created"]), UTC),
        amount=from_minor_units(units, currency) if known else Decimal(0),
        currency=currency if known else "",
        reason=str(reason or thing.get("cancellation_reason") or ""),
        costs=from_minor_units(max(fees, 0), currency) if known else Decimal(0),
        told=told,
        key=str(metadata.get("key") or ""),
    )


def _payout(event: dict[str, Any]) -> PayoutFact:
    thing, currency = event["data"]["object"], str(event["data"]["object"]["currency"]).upper()
    arrival = thing.get("arrival_date")
    return PayoutFact(
        event_id=str(event["id"]),
        name=str(thing["id"]),
        happened_at=datetime.fromtimestamp(int(event["created"]), UTC),
        amount=from_minor_units(int(thing["amount"]), currency),
        currency=currency,
        expected_on=datetime.fromtimestamp(int(arrival), UTC).date() if arrival else None,
        failed=str(thing.get("status")) in ("failed", "canceled"),
        reason=str(thing.get("failure_message") or thing.get("failure_code") or ""),
        told=str(event["type"]),
    )


def _params(asked: AskedFor) -> Any:
    return {
        "amount": minor_units(asked.amount, asked.currency),
        "currency": asked.currency.lower(),
        "customer": asked.customer,
        "payment_method": asked.method,
        "payment_method_types": [asked.kind],
        "confirm": True,
        "off_session": True,
        "metadata": {
            "key": asked.key,
            "operator": asked.operator,
            "account": asked.account,
            "for": asked.text,
        },
    }


def _once(asked: AskedFor) -> Any:
    return {"idempotency_key": f"{asked.operator}:{asked.key}"}


def _find(client: Any, asked: AskedFor) -> Answer | None:
    """What became of the same asking before, by the key that it left with the intent."""
    assert asked.before is not None
    since = int((asked.before - LOOK_BACK).timestamp())
    charges = client.v1.charges.list(
        {"customer": asked.customer, "created": {"gt": since}, "limit": 100}
    )
    seen: set[str] = set()
    for charge in charges.auto_paging_iter():
        reference = getattr(charge, "payment_intent", None)
        if not reference or str(reference) in seen:
            continue
        seen.add(str(reference))
        intent = client.v1.payment_intents.retrieve(str(reference))
        told = intent.metadata.to_dict() if intent.metadata else {}
        if (told.get("key"), told.get("operator")) == (asked.key, asked.operator):
            return _answer(intent)
    return None


def _find_refund(client: Any, refund: GivenBack) -> str | None:
    """The name of the same refund where it was made before, however long ago."""
    made = client.v1.refunds.list({"payment_intent": refund.reference, "limit": 100})
    for one in made.auto_paging_iter():
        told = one.metadata.to_dict() if one.metadata else {}
        if (told.get("key"), told.get("operator")) == (refund.key, refund.operator):
            return str(one.id)
    return None


def _answer(intent: Any) -> Answer:
    outcome = _OUTCOMES.get(str(intent.status), Outcome.DECLINED)
    failure = getattr(intent, "last_payment_error", None)
    reason = ""
    if outcome is Outcome.DECLINED and failure:
        reason = str(getattr(failure, "decline_code", None) or getattr(failure, "code", "") or "")
    action = getattr(intent, "next_action", None)
    redirect = getattr(action, "redirect_to_url", None) if action else None
    return Answer(outcome, str(intent.id), reason, str(getattr(redirect, "url", "") or ""))


def _declined(client: Any, refused: stripe.CardError) -> Answer:
    """A card was declined, or its holder must confirm the payment in person."""
    told: Any = refused.error
    code = str(refused.code or "")
    reason = str(getattr(told, "decline_code", None) or code or "declined")
    intent = getattr(told, "payment_intent", None)
    reference = str(intent.id) if intent else _intent_of(client, getattr(told, "charge", None))
    if code == "authentication_required":
        return Answer(Outcome.NEEDS_ACTION, reference, reason)
    return Answer(Outcome.DECLINED, reference, reason)


def _intent_of(client: Any, charge: Any) -> str:
    if not charge:
        return ""
    try:
        found = client.v1.charges.retrieve(str(charge))
    except stripe.StripeError:
        return ""
    return str(getattr(found, "payment_intent", None) or "")


def _said(fault: stripe.StripeError) -> str:
    """Why, without what the client says of keys and addresses."""
    words = " ".join(str(fault.user_message or fault).split())
    return f"Stripe: {type(fault).__name__}: {words}"[:280]
