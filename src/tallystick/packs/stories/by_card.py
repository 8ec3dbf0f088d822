"""Steps of a story about cards: a processor that answers as the story says of each card."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

from tallystick.base.courier import DeliveryFailed
from tallystick.base.money import plain
from tallystick.base.processor import Answer, AskedFor, Fact, FactKind, GivenBack, Outcome
from tallystick.domain.balances.models import Bucket
from tallystick.domain.outbox.operations import ATTEMPTS_MAX
from tallystick.domain.outbox.queries import failed_orders
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import InstrumentKind, Payment, ProcessorFact, Pull
from tallystick.domain.payments.pulls import (
    OnFile,
    active_instrument,
    add_instrument,
    remove_instrument,
)
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.free_money import RefundOf
from tallystick.flows.pull import ask_for_due
from tallystick.flows.pull_again import PORT, give_up, send_again
from tallystick.flows.pull_facts import take_fact
from tallystick.flows.refund_pulled import refund_pulled
from tallystick.packs.stories.by_payout import let_arrive, pay_out
from tallystick.packs.stories.card_steps import (
    Behaviour,
    CardStep,
    GiveCard,
    GiveUp,
    PayOut,
    PayoutArrives,
    RefundCard,
    RefundElsewhere,
    RunCards,
    SendAgain,
    TellOfCard,
)

_ANSWERS = {
    Behaviour.PAYS: (Outcome.SUCCEEDED, ""),
    Behaviour.POOR: (Outcome.DECLINED, "insufficient_funds"),
    Behaviour.STOLEN: (Outcome.DECLINED, "stolen_card"),
    Behaviour.ASKS: (Outcome.NEEDS_ACTION, "authentication_required"),
    Behaviour.SLOW: (Outcome.PROCESSING, ""),
    Behaviour.AWAY: (Outcome.SUCCEEDED, ""),
}


class StoryProcessor:
    """Answers by the card's method, which is its behaviour; each key is asked for once."""

    name = "story"

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}
        self._in_vain: Counter[str] = Counter()

    def take(self, asked: AskedFor) -> Answer:
        """What became of it, the same for the same key.

        :raises DeliveryFailed: when the card's processor is away
        """
        if asked.method == Behaviour.AWAY and self._in_vain[asked.key] < ATTEMPTS_MAX:
            self._in_vain[asked.key] += 1
            raise DeliveryFailed(reason="nobody answers")
        outcome, reason = _ANSWERS[Behaviour(asked.method)]
        made = Answer(outcome, f"pay_{asked.key.replace(':', '_')}", reason)
        return self._answers.setdefault(asked.key, made)

    def give_back(self, refund: GivenBack) -> str:
        """The name of the refund."""
        return f"back_{refund.key}"


def use_card(step: CardStep, *, tenant: Tenant, at: datetime) -> str:
    """What the step did, in a few words.

    :raises Refusal: when it cannot be done
    """
    match step:
        case GiveCard():
            return _give(step, tenant)
        case RunCards():
            asked = ask_for_due(tenant_id=tenant.id, on=step.day, at=at)
            rows = asked.select("account", "amount").iter_rows()
            return ", ".join(f"{account} {plain(amount)}" for account, amount in rows) or "nothing"
        case TellOfCard() | RefundElsewhere():
            return _tell(step, tenant=tenant, at=at)
        case RefundCard():
            of = step.of or RefundOf.CREDIT
            given, _ = refund_pulled(
                _last_paid(step.account, tenant, of=of), amount=step.amount,
                key=f"line-{step.line}", tenant_id=tenant.id, at=at, of=of,
            )  # fmt: skip
            return plain(given.amount)
        case SendAgain():
            send_again(_failed(step.account, tenant), tenant_id=tenant.id)
        case GiveUp():
            failed = _failed(step.account, tenant)
            give_up(failed, reason=step.reason, tenant_id=tenant.id, on=step.day)
        case PayOut():
            return pay_out(step, tenant=tenant, at=at)
        case PayoutArrives():
            return let_arrive(step, tenant=tenant, at=at)
        case _:
            raise AssertionError(f"nobody plays {type(step).__name__}")
    return "done"


def _last_paid(account: str, tenant: Tenant, *, of: RefundOf) -> str:
    """The key of the account's last card payment, or of its last top-up by card."""
    with acting_for(tenant.id):
        if of is RefundOf.PREPAID:
            held = Bucket.objects.filter(account=account_numbered(account))
            bucket = held.filter(source_key__startswith="top-up:story:").order_by("-id").first()
            return bucket.source_key.removeprefix("top-up:") if bucket else "none"
        own = Payment.objects.filter(account=account_numbered(account))
        payment = own.filter(key__startswith="story:").order_by("-id").first()
        return payment.key if payment else "none"


def _failed(account: str, tenant: Tenant) -> int:
    """The number of the account's payment order that failed; 0 where none did."""
    with acting_for(tenant.id):
        return next((one.id for one in failed_orders(PORT) if one.account.number == account), 0)


def _give(step: GiveCard, tenant: Tenant) -> str:
    """The card on file from now on, in the place of another."""
    kind = InstrumentKind.CARD
    if step.behaviour is Behaviour.SLOW:
        kind = InstrumentKind.SEPA_DEBIT
    with acting_for(tenant.id):
        account = account_numbered(step.account)
        if active_instrument(account.id) is not None:
            remove_instrument(account, reason="another one", on=step.day)
        given = OnFile(StoryProcessor.name, kind, "customer", step.behaviour.value, "a card")
        add_instrument(account, given, on=step.day)
    return "done"


def _tell(step: TellOfCard | RefundElsewhere, *, tenant: Tenant, at: datetime) -> str:
    """The processor tells of the account's last payment, twice as it may."""
    with acting_for(tenant.id):
        pull = Pull.objects.filter(account=account_numbered(step.account)).order_by("id").last()
        count = ProcessorFact.objects.count()
    assert pull is not None, "a story asks for something first"
    if isinstance(step, RefundElsewhere):
        kind, amount, costs = FactKind.REFUNDED, step.amount, None
    else:
        kind, amount, costs = step.fact, pull.amount, step.costs
    reason = "fraudulent" if kind is FactKind.TAKEN_BACK else ""
    fact = Fact(
        event_id=f"evt_{count}", kind=kind, reference=pull.reference, happened_at=at,
        amount=amount, currency=pull.currency, reason=reason,
        costs=costs or Decimal(0), told=kind.value,
    )  # fmt: skip
    states = [take_fact(fact, processor="story", tenant_id=tenant.id, at=at) for _ in range(2)]
    return states[-1].value
