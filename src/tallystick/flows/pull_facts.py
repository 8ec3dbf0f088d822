"""Facts from a payment processor: each is booked once, in whatever order they come.

What speaks of a payment that is not known, comes before its time or says another amount waits in a
worklist, and is looked at again when more is known.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from tallystick.base.money import plain, round_minor
from tallystick.base.processor import Fact, FactKind
from tallystick.base.refusal import Refusal
from tallystick.core.receive.pull import (
    EARLY,
    FOLLOWING,
    LOST_FOR_GOOD,
    PAID,
    REFUNDS,
    PullState,
    retry_on,
)
from tallystick.domain.outbox.operations import answer_failed_order, place_order
from tallystick.domain.payments import payouts, pulls
from tallystick.domain.payments.models import (
    FactState,
    InstrumentKind,
    Payment,
    PaymentMethod,
    ProcessorFact,
    Pull,
    PullPurpose,
)
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.payments.pulls import payment_key
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.balances import top_up
from tallystick.flows.give_back import Comeback, return_payment
from tallystick.flows.kept_by_processor import settle_kept
from tallystick.flows.receive import receive_payment
from tallystick.flows.refund_outside import take_refunds

UNKNOWN = "no payment of ours has this name"
EARLY_NEWS = "it comes before what it follows"
OTHER_AMOUNT = "it is about another amount than was asked for"
KNOWN_REFUND = "a refund that is known"
ANY_AMOUNT = (FactKind.DECLINED, *REFUNDS)
"""Facts that may be about another amount than was asked for."""
TOP_UP_GONE = "a top-up was taken back: correct the balance by hand"


def take_fact(fact: Fact, *, processor: str, tenant_id: int, at: datetime) -> FactState:
    """What became of a fact; one that comes again changes nothing.

    All of it is one transaction, so that the processor tells it again if anything fails.
    """
    with acting_for(tenant_id):
        stored, is_new = ProcessorFact.objects.get_or_create(
            tenant_id=tenant_id,
            processor=processor,
            event_id=fact.event_id[:80],
            defaults={
                "kind": fact.kind,
                "told": fact.told[:60],
                "reference": fact.reference[:80],
                "amount": fact.amount,
                "currency": fact.currency,
                "reason": fact.reason[:100],
                "costs": fact.costs,
                "happened_at": fact.happened_at,
                "received_at": at,
                "state": FactState.WAITING,
            },
        )
        if is_new:
            _take(stored, key=fact.key, at=at)
            if stored.state == FactState.TAKEN:
                look_again(stored.reference, at=at)
        return FactState(stored.state)


def look_again(reference: str | None, *, at: datetime) -> int:
    """Takes what waits of that payment (None: of all) as far as it can be now; how many were.

    Part of the caller's transaction.
    """
    taken = 0
    moved = True
    while moved:
        moved = False
        for stored in pulls.waiting_facts(reference):
            if stored.kind == payouts.FACT_KIND:
                continue
            _take(stored, key="", at=at)
            if stored.state != FactState.WAITING:
                taken += 1
                moved = True
    return taken


def _take(stored: ProcessorFact, *, key: str, at: datetime) -> None:
    """Books a stored fact, or says why it waits."""
    state, note = FactState.TAKEN, ""
    kind = FactKind(stored.kind)
    pull = _pull_of(stored, key=key)
    if kind is FactKind.OTHER:
        state = FactState.IGNORED
    elif pull is None:
        state, note = FactState.WAITING, UNKNOWN
    elif (pull.state, kind) in EARLY or (kind in REFUNDS and pull.state not in PAID):
        state, note = FactState.WAITING, EARLY_NEWS
    elif kind not in REFUNDS and (PullState(pull.state), kind) not in FOLLOWING:
        state = FactState.OLD_NEWS
    elif kind not in ANY_AMOUNT and stored.amount != pull.amount:
        said = plain(stored.amount), plain(pull.amount)
        state, note = FactState.WAITING, f"{OTHER_AMOUNT}: {said[0]}, not {said[1]}"
    elif kind is FactKind.TAKEN_BACK and pull.purpose == PullPurpose.TOP_UP:
        state, note = FactState.WAITING, TOP_UP_GONE
    else:
        try:
            with transaction.atomic():
                if kind not in REFUNDS:
                    book_fact(pull, fact=_fact_of(stored), at=at)
                elif not take_refunds(pull, fact=stored, at=at):
                    note = KNOWN_REFUND
        except Refusal as refusal:
            state, note = FactState.WAITING, refusal.sentence()
    stored.state, stored.note = state, note[:300]
    stored.save(update_fields=["state", "note"])


def _pull_of(stored: ProcessorFact, *, key: str) -> Pull | None:
    """The payment that it is about, held: by the processor's name for it, else by ours."""
    found = Pull.objects.select_related("instrument", "account__party", "invoice")
    held = found.select_for_update(of=("self",))
    pull = held.filter(reference=stored.reference).first() if stored.reference else None
    if pull is None and key:
        pull = held.filter(key=key, reference="").first()
        if pull is not None:
            pull.reference = stored.reference
            pull.save(update_fields=["reference"])
    return pull


def _fact_of(stored: ProcessorFact) -> Fact:
    return Fact(
        stored.event_id, FactKind(stored.kind), stored.reference, stored.happened_at,
        stored.amount, stored.currency, stored.reason, stored.costs, stored.told,
    )  # fmt: skip


def book_fact(pull: Pull, *, fact: Fact, at: datetime, action_url: str = "") -> None:
    """Moves the payment on and books what follows; old news changes nothing.

    Part of the caller's transaction, which holds the payment.

    :raises Refusal: when it cannot be booked, such as into closed books
    """
    following = FOLLOWING.get((PullState(pull.state), fact.kind))
    if following is None:
        return
    if pull.state in (PullState.FAILED, PullState.GIVEN_UP):
        answer_failed_order(pull.key, answer=f"told of as {fact.kind.value}", at=at)
    pull.retry_on = None
    match fact.kind:
        case FactKind.SUCCEEDED | FactKind.REINSTATED:
            _receive(pull, at=at)
        case FactKind.TAKEN_BACK:
            _take_back(pull, fact, at=at)
            pull.times_back += 1
        case FactKind.DECLINED:
            _decline(pull, fact, at=at)
        case FactKind.NEEDS_ACTION:
            _tell(pull, "confirm_payment", more={"url": action_url}, at=at)
    pull.state, pull.reason = following, fact.reason[:100]
    pull.save(update_fields=["state", "reason", "retry_on", "times_back"])


def _receive(pull: Pull, *, at: datetime) -> None:
    card = pull.instrument.kind == InstrumentKind.CARD
    receipt = Receipt(
        key=payment_key(pull),
        method=PaymentMethod.CARD if card else PaymentMethod.DIRECT_DEBIT,
        amount=round_minor(pull.amount, currency=pull.currency),
        currency=pull.currency,
        received_on=at.astimezone(ZoneInfo(pull.account.zone)).date(),
        reference=pull.invoice.number if pull.invoice else "",
        payer=pull.instrument.label,
        processor=pull.instrument.processor,
    )
    number = pull.account.number
    if pull.purpose == PullPurpose.TOP_UP and not pull.times_back:
        top_up(receipt, tenant_id=pull.tenant_id, account=number, at=at)
    else:
        receive_payment(receipt, tenant_id=pull.tenant_id, account=number, at=at)


def _take_back(pull: Pull, fact: Fact, *, at: datetime) -> None:
    """The processor keeps what it took, and its fee: neither was on the bank's account yet."""
    on = at.astimezone(ZoneInfo(pull.account.zone)).date()
    payment = Payment.objects.get(key=payment_key(pull))
    settle_kept(payment, amount=payment.amount + fact.costs, key=f"kept:{fact.event_id}", at=at)
    comeback = Comeback(payment.key, fact.reason or "taken back", on, fact.costs)
    return_payment(comeback, tenant_id=pull.tenant_id, at=at)


def _decline(pull: Pull, fact: Fact, *, at: datetime) -> None:
    on = at.astimezone(ZoneInfo(pull.account.zone)).date()
    if pull.invoice_id is not None:
        tries = Pull.objects.filter(
            account_id=pull.account_id, invoice_id=pull.invoice_id,
            instrument_id=pull.instrument_id,
        ).count()  # fmt: skip
        days = pulls.retry_days()
        pull.retry_on = retry_on(fact.reason, on=on, tries=tries, days=days)
    if fact.reason in LOST_FOR_GOOD:
        pulls.drop_instrument(pull.instrument, reason=fact.reason, on=on)
    again = pull.retry_on.isoformat() if pull.retry_on else ""
    _tell(pull, "payment_declined", more={"reason": fact.reason, "again_on": again}, at=at)


def _tell(pull: Pull, action: str, *, more: dict[str, str], at: datetime) -> None:
    """A mail to the customer about the payment."""
    place_order(
        tenant_id=pull.tenant_id,
        account_id=pull.account_id,
        port="mail",
        action=action,
        key=f"{action}:{pull.key}"[:120],
        payload={
            "to": pull.account.party.email,
            "amount": format(round_minor(pull.amount, currency=pull.currency), "f"),
            "currency": pull.currency,
            "for": pull.invoice.number if pull.invoice else "top-up",
            **more,
        },
        at=at,
    )
