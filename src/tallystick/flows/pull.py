"""Money by card and by a processor's direct debit: asked for when due, booked as it is answered.

An order waits in the outbox with its cause. Before it is sent, that it is sent is noted; what the
processor then answers, or tells by itself before, after or instead, is a fact that is booked once.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl

from tallystick.base.courier import DeliveryFailed, PlacedOrder
from tallystick.base.money import round_minor
from tallystick.base.processor import (
    Answer,
    AskedFor,
    Fact,
    FactKind,
    GivenBack,
    Outcome,
    Processor,
)
from tallystick.base.refusal import Refusal
from tallystick.core.receive.pull import PullState
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments import pulls
from tallystick.domain.payments.models import Pull, PullPurpose
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.pull_facts import book_fact, look_again

TO_FACT = {
    Outcome.SUCCEEDED: FactKind.SUCCEEDED,
    Outcome.PROCESSING: FactKind.PROCESSING,
    Outcome.NEEDS_ACTION: FactKind.NEEDS_ACTION,
    Outcome.DECLINED: FactKind.DECLINED,
}


def ask_for_due(*, tenant_id: int, on: date, at: datetime, rehearse: bool = False) -> pl.DataFrame:
    """Orders what is due by that day from the cards and accounts on file; TO_PULL.

    The same day again asks for nothing twice. A rehearsal says it and stores nothing.

    :raises AlreadyRunning: while another such run of the operator goes on
    """
    with only_one("asking for what is due", tenant_id=tenant_id), acting_for(tenant_id):
        found = pulls.read_to_pull(on=on)
        if not rehearse and not found.is_empty():
            pulls.store_pulls(found, tenant_id=tenant_id, on=on, at=at)
        return found


@dataclass(frozen=True, slots=True)
class PullCourier:
    """Delivers orders for money to a processor, and books what it answers."""

    processor: Processor

    def deliver(self, order: PlacedOrder) -> str:
        """What became of it.

        :raises DeliveryFailed: when it may go through later
        """
        tenant_id = tenant_id_of(order.operator)
        if order.action == "refund":
            return self._give_back(order)
        asked = self._ask(order, tenant_id=tenant_id)
        if isinstance(asked, str):
            return asked
        answer = self.processor.take(asked)
        try:
            return self._book(answer, asked, tenant_id=tenant_id, at=order.told_at)
        except Refusal as refusal:
            # The money is taken; it is asked for again by its key and found, not taken twice.
            raise DeliveryFailed(reason=refusal.sentence()) from None

    def _ask(self, order: PlacedOrder, *, tenant_id: int) -> AskedFor | str:
        """What is to be asked, noted as sent; or why nothing is."""
        with acting_for(tenant_id):
            pull = pulls.pull_keyed(order.key)
            if pull is None:
                pull = _top_up_pull(order)
            if pull is None:
                return "no card or bank account is on file, so nothing was asked for"
            if pull.instrument.processor != self.processor.name:
                raise DeliveryFailed(reason=f"{pull.instrument.processor} is not set up here")
            if pull.state != PullState.ASKED:
                return f"{pull.state} before"
            before = pull.sent_at
            if before is None:
                pull.sent_at = order.told_at
                pull.save(update_fields=["sent_at"])
            said = pull.invoice.number if pull.invoice else "top-up"
            return AskedFor(
                key=pull.key, operator=order.operator, account=order.account,
                amount=round_minor(pull.amount, currency=pull.currency), currency=pull.currency,
                customer=pull.instrument.customer, method=pull.instrument.method,
                kind=pull.instrument.kind, text=said, before=before,
            )  # fmt: skip

    def _book(self, answer: Answer, asked: AskedFor, *, tenant_id: int, at: datetime) -> str:
        with acting_for(tenant_id):
            pull = pulls.pull_keyed(asked.key)
            assert pull is not None, "it was stored before it was sent"
            fact = Fact(
                event_id=f"answer:{asked.key}", kind=TO_FACT[answer.outcome],
                reference=answer.reference, happened_at=at, amount=asked.amount,
                currency=asked.currency, reason=answer.reason,
            )  # fmt: skip
            pull.reference = answer.reference
            pull.save(update_fields=["reference"])
            book_fact(pull, fact=fact, at=at, action_url=answer.action_url)
            look_again(answer.reference, at=at)
        return f"{answer.outcome.value} {answer.reference} {answer.reason}".strip()

    def _give_back(self, order: PlacedOrder) -> str:
        amount = Decimal(order.payload["amount"])
        refund = GivenBack(
            order.key, order.operator, order.payload["reference"], amount,
            order.payload["currency"],
        )  # fmt: skip
        return self.processor.give_back(refund)


def _top_up_pull(order: PlacedOrder) -> Pull | None:
    """A pull for an automatic top-up; None where nothing is on file."""
    account = account_numbered(order.account)
    instrument = pulls.active_instrument(account.id)
    if instrument is None:
        return None
    return Pull.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        instrument=instrument,
        key=order.key,
        purpose=PullPurpose.TOP_UP,
        amount=Decimal(order.payload["amount"]),
        currency=order.payload["currency"],
        state=PullState.ASKED,
        asked_on=local_day(account, at=order.told_at),
    )


def local_day(account: Account, *, at: datetime) -> date:
    """The account's day at that moment."""
    return at.astimezone(ZoneInfo(account.zone)).date()
