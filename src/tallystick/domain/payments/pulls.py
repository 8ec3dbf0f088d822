"""Cards and bank accounts on file with a processor, and what was asked of them."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from tallystick.base.refusal import Refusal
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post.detail import MethodDetail
from tallystick.core.receive.pull import PullState
from tallystick.domain.outbox.tables import store_orders
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import (
    FactState,
    Instrument,
    InstrumentKind,
    InstrumentState,
    Payment,
    PaymentMethod,
    ProcessorFact,
    Pull,
    PullTerms,
)
from tallystick.domain.tenants.bulk import insert_rows, read_frame

RETRY_DAYS: Final = (3, 5, 7)
"""What is asked again after so many days each, where the operator says nothing else."""

_NUMBER: Final = re.compile(r"(?:[0-9][ -]?){12,19}")

TO_PULL: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "account": pl.String(),
        "invoice_id": pl.Int64(),
        "invoice": pl.String(),
        "instrument_id": pl.Int64(),
        "label": pl.String(),
        "amount": MONEY,
        "currency": pl.String(),
        "tries": pl.Int64(),  # how often it was asked for before
    }
)
"""Open items that are asked of a card or bank account now."""


@dataclass
class CardNumberGiven(Refusal):
    code = "card_number_given"

    def sentence(self) -> str:
        return (
            "that looks like the number of a card or of a bank account, which never comes here; "
            "give the processor's own name for it, such as pm_1Nx"
        )


@dataclass
class InstrumentExists(Refusal):
    code = "instrument_exists"
    account: str = ""
    label: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} pays by {self.label} already; "
            f"take that away first: tallystick card remove {self.account}"
        )


@dataclass
class NoInstrument(Refusal):
    code = "no_instrument"
    account: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} has no card or bank account on file; "
            "add one with: tallystick card add"
        )


@dataclass
class RetryDaysWrong(Refusal):
    code = "retry_days_wrong"

    def sentence(self) -> str:
        return "days between tries are whole numbers from 1 to 60, at most eight of them"


@dataclass
class UnknownFact(Refusal):
    code = "unknown_fact"
    fact: int = 0

    def sentence(self) -> str:
        return f"nothing of the number {self.fact} waits; see: tallystick card worklist"


@dataclass(frozen=True, slots=True)
class OnFile:
    """What a processor keeps for a customer, by its own names; the label is for people."""

    processor: str
    kind: InstrumentKind
    customer: str
    method: str
    label: str


def add_instrument(account: Account, given: OnFile, *, on: date) -> Instrument:
    """From now on the account's invoices are asked of this card or bank account when due.

    :raises CardNumberGiven: when a name looks like a card's number
    :raises InstrumentExists: when it has another one
    """
    if any(_NUMBER.search(one) for one in (given.customer, given.method, given.label)):
        raise CardNumberGiven
    active = active_instrument(account.id)
    if active is not None:
        raise InstrumentExists(account=account.number, label=active.label or active.method)
    return Instrument.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        processor=given.processor,
        kind=given.kind,
        customer=given.customer,
        method=given.method,
        label=given.label,
        state=InstrumentState.ACTIVE,
        added_on=on,
    )


def active_instrument(account_id: int) -> Instrument | None:
    """What the account pays by, if it has something on file."""
    return Instrument.objects.filter(account_id=account_id, state=InstrumentState.ACTIVE).first()


def remove_instrument(account: Account, *, reason: str, on: date) -> Instrument:
    """The account no longer pays by what is on file.

    :raises NoInstrument: when nothing is
    """
    active = active_instrument(account.id)
    if active is None:
        raise NoInstrument(account=account.number)
    active.state, active.removed_on, active.reason = InstrumentState.REMOVED, on, reason[:100]
    active.save(update_fields=["state", "removed_on", "reason"])
    return active


def drop_instrument(instrument: Instrument, *, reason: str, on: date) -> None:
    """It is not asked again: the processor said that it is lost for good."""
    Instrument.objects.filter(
        account_id=instrument.account_id, id=instrument.id, state=InstrumentState.ACTIVE
    ).update(state=InstrumentState.REMOVED, removed_on=on, reason=reason[:100])


def retry_days() -> tuple[int, ...]:
    """The days between tries of the operator acted for."""
    terms = PullTerms.objects.first()
    return RETRY_DAYS if terms is None else tuple(terms.retry_days)


def set_retry_days(days: tuple[int, ...], *, tenant_id: int) -> None:
    """After how many days a decline is asked again, one number a try; none: never.

    :raises RetryDaysWrong: when a number cannot be
    """
    if len(days) > 8 or any(not 1 <= day <= 60 for day in days):
        raise RetryDaysWrong
    PullTerms.objects.update_or_create(tenant_id=tenant_id, defaults={"retry_days": list(days)})


def read_to_pull(*, on: date) -> pl.DataFrame:
    """TO_PULL: what is due by that day of accounts with something on file and no mandate.

    What is in dispute is left out, and what is or may be asked for. What was declined is asked
    again from its day on, or of another card.
    """
    return read_frame(
        """
        SELECT o.account_id, a.number, o.invoice_id, v.number, i.id, i.label,
            o.total - o.settled - coalesce(d.amount, 0), o.currency,
            (SELECT count(*) FROM payments_pull p WHERE p.tenant_id = o.tenant_id
                AND p.account_id = o.account_id AND p.invoice_id = o.invoice_id)
        FROM invoices_openitem o JOIN payments_instrument i ON i.tenant_id = o.tenant_id
            AND i.account_id = o.account_id AND i.state = 'active'
        JOIN parties_account a ON a.tenant_id = o.tenant_id AND a.id = o.account_id
        JOIN invoices_invoice v ON v.tenant_id = o.tenant_id AND v.account_id = o.account_id
            AND v.id = o.invoice_id
        LEFT JOIN collections_dispute d ON d.tenant_id = o.tenant_id
            AND d.account_id = o.account_id AND d.invoice_id = o.invoice_id AND d.state = 'open'
        LEFT JOIN LATERAL (
            SELECT p.id, p.state, p.retry_on, p.instrument_id FROM payments_pull p
            WHERE p.tenant_id = o.tenant_id AND p.account_id = o.account_id
                AND p.invoice_id = o.invoice_id ORDER BY p.id DESC LIMIT 1
        ) last ON true
        WHERE o.state IN ('open', 'part_paid') AND o.total > 0 AND o.due_on <= %s
            AND o.total - o.settled > coalesce(d.amount, 0)
            AND (last.id IS NULL OR last.state = 'succeeded'
                OR (last.state NOT IN ('asked', 'processing', 'needs_action', 'failed')
                    AND (last.retry_on <= %s OR last.instrument_id <> i.id)))
            AND NOT EXISTS (SELECT 1 FROM payments_mandate m WHERE m.tenant_id = o.tenant_id
                AND m.account_id = o.account_id AND m.state = 'active')
        ORDER BY o.account_id, o.due_on, o.invoice_id
        """,
        [on, on],
        schema=TO_PULL,
    )


def store_pulls(to_pull: pl.DataFrame, *, tenant_id: int, on: date, at: datetime) -> None:
    """Stores TO_PULL as asked for, and places an order for each."""
    tenant = pl.lit(tenant_id).alias("tenant_id")
    keyed = to_pull.with_columns(key=pl.format("pull:{}:{}", "invoice_id", pl.col("tries") + 1))
    insert_rows(
        keyed.select(
            tenant, "account_id", "invoice_id", "instrument_id", "key", "amount", "currency",
            purpose=pl.lit("invoice"), state=pl.lit("asked"), reference=pl.lit(""),
            reason=pl.lit(""), asked_on=pl.lit(on), times_back=pl.lit(0),
        ),
        table="payments_pull",
    )  # fmt: skip
    store_orders(
        keyed.select(
            "account_id", "key", port=pl.lit("payment"), action=pl.lit("pull"),
            payload=pl.struct("invoice", "currency", pl.col("amount").cast(pl.String))
            .struct.json_encode(),
        ),
        tenant_id=tenant_id,
        at=at,
    )  # fmt: skip


def pull_of(reference: str, *, processor: str) -> Pull | None:
    """The pull that the processor names so, with its instrument."""
    if not reference:
        return None
    found = Pull.objects.select_related("instrument")
    return found.filter(instrument__processor=processor, reference=reference).first()


def pull_keyed(key: str) -> Pull | None:
    """The pull of that key, held, with its instrument and account."""
    found = Pull.objects.select_related("instrument", "account__party", "invoice")
    return found.select_for_update(of=("self",)).filter(key=key).first()


def payment_key(pull: Pull) -> str:
    """The key of the payment that the pull has brought last."""
    again = f":again{pull.times_back}" if pull.times_back else ""
    return f"{pull.instrument.processor}:{pull.reference}{again}"


def moved_by(payment: Payment, pull: Pull) -> str:
    """How the money came, as the text of a posting's detail: what is left of a top-up came as
    the top-up did.
    """
    if payment.method != PaymentMethod.PREPAID:
        return payment.moved
    card = pull.instrument.kind == InstrumentKind.CARD
    method = PaymentMethod.CARD if card else PaymentMethod.DIRECT_DEBIT
    return str(MethodDetail(method, pull.instrument.processor))


def fail_pull(key: str, *, reason: str) -> None:
    """Whether the money of that key was taken is not known: a person decides what becomes of it."""
    asked = Pull.objects.filter(key=key, state=PullState.ASKED)
    asked.update(state=PullState.FAILED, reason=reason[:100])


def waiting_facts(reference: str | None = None) -> list[ProcessorFact]:
    """What was told and waits, of one payment or of all, the oldest first."""
    waiting = ProcessorFact.objects.filter(state=FactState.WAITING)
    if reference is not None:
        waiting = waiting.filter(reference=reference)
    return list(waiting.order_by("happened_at", "id"))


def ignore_fact(number: int, *, reason: str) -> ProcessorFact:
    """Sets aside what waits, with the reason.

    :raises UnknownFact: when nothing of that number waits
    """
    fact = ProcessorFact.objects.filter(id=number, state=FactState.WAITING).first()
    if fact is None:
        raise UnknownFact(fact=number)
    fact.state, fact.note = FactState.IGNORED, reason[:300]
    fact.save(update_fields=["state", "note"])
    return fact
