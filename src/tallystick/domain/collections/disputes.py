"""What holds collection back: disputes, promises to pay, and customers who are protected."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Q, Sum

from tallystick.base.money import EXACT, plain, round_minor
from tallystick.base.refusal import Refusal
from tallystick.domain.collections.models import (
    Dispute,
    DisputeState,
    Promise,
    PromiseState,
    Protection,
    ProtectionKind,
)
from tallystick.domain.invoices.models import Invoice, OpenItem, OpenState
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import Payment, PaymentReturn


@dataclass
class NotDisputable(Refusal):
    code = "not_disputable"
    invoice: str = ""
    open: str = ""
    asked: str = ""

    def sentence(self) -> str:
        return (
            f"of {self.invoice} {self.open} is open, so {self.asked} cannot be disputed; "
            "dispute an amount above zero and no more than is open, in whole cents"
        )


@dataclass
class DisputedAlready(Refusal):
    code = "disputed_already"
    invoice: str = ""
    dispute: int = 0

    def sentence(self) -> str:
        return f"{self.invoice} is in dispute {self.dispute} already; decide that one first"


@dataclass
class UnknownDispute(Refusal):
    code = "unknown_dispute"
    dispute: int = 0

    def sentence(self) -> str:
        return f"no dispute has the number {self.dispute}; see: tallystick dispute list"


@dataclass
class DisputeDecided(Refusal):
    code = "dispute_decided"
    dispute: int = 0
    state: str = ""

    def sentence(self) -> str:
        return f"dispute {self.dispute} is {self.state} already; only an open one can be decided"


@dataclass
class PromiseRuns(Refusal):
    code = "promise_runs"
    account: str = ""
    until: str = ""

    def sentence(self) -> str:
        return (
            f"a promise of account {self.account} runs until {self.until}; "
            "withdraw it first, or wait for its day"
        )


@dataclass
class NotPromisable(Refusal):
    code = "not_promisable"
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.problem}; promise an amount above zero by a day from today on"


@dataclass
class NoPromise(Refusal):
    code = "no_promise"
    account: str = ""

    def sentence(self) -> str:
        return f"no promise of account {self.account} runs; see: tallystick promise list"


@dataclass
class ProtectedAlready(Refusal):
    code = "protected_already"
    account: str = ""
    kind: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} is {self.kind} already; "
            f"end that first: tallystick protect end {self.account}"
        )


@dataclass
class NotProtected(Refusal):
    code = "not_protected"
    account: str = ""

    def sentence(self) -> str:
        return f"account {self.account} is not protected; see: tallystick protect list"


def hold_back(invoice: Invoice, *, amount: Decimal, reason: str, on: date) -> Dispute:
    """Holds an amount that has come open out of collection: by a dispute, or by the one that runs.

    :raises NotDisputable: when so much is not open
    """
    running = _running(invoice)
    if running is None:
        return open_dispute(invoice, amount=amount, reason=reason, on=on)
    running.amount = EXACT.add(running.amount, amount)
    running.reason = f"{running.reason}; {reason}"[:300]
    running.save(update_fields=["amount", "reason"])
    return running


def _running(invoice: Invoice) -> Dispute | None:
    return Dispute.objects.filter(
        account_id=invoice.account_id, invoice=invoice, state=DisputeState.OPEN
    ).first()


def open_dispute(invoice: Invoice, *, amount: Decimal | None, reason: str, on: date) -> Dispute:
    """Holds an amount of an invoice, or all that is open of it, out of collection.

    :raises NotDisputable: when so much is not open
    :raises DisputedAlready: when a dispute about it runs
    """
    items = OpenItem.objects.select_for_update().filter(
        account_id=invoice.account_id,
        invoice_id=invoice.id,
        state__in=(OpenState.OPEN, OpenState.PART_PAID),
    )
    item = items.first()
    left = Decimal(0) if item is None else item.total - item.settled
    wanted = left if amount is None else amount
    cents = round_minor(wanted, currency=invoice.currency)
    if not 0 < wanted <= left or wanted != cents:
        raise NotDisputable(invoice=invoice.number, open=plain(left), asked=plain(wanted))
    running = _running(invoice)
    if running is not None:
        raise DisputedAlready(invoice=invoice.number, dispute=running.id)
    return Dispute.objects.create(
        tenant_id=invoice.tenant_id,
        account_id=invoice.account_id,
        invoice=invoice,
        amount=cents,
        reason=reason[:300],
        state=DisputeState.OPEN,
        opened_on=on,
    )


def open_dispute_numbered(number: int) -> Dispute:
    """The dispute of that number, held, with its invoice and account; it is open.

    :raises UnknownDispute: when there is none
    :raises DisputeDecided: when it was decided before
    """
    found = Dispute.objects.select_related("invoice", "account").select_for_update(of=("self",))
    dispute = found.filter(id=number).first()
    if dispute is None:
        raise UnknownDispute(dispute=number)
    if dispute.state != DisputeState.OPEN:
        raise DisputeDecided(dispute=number, state=dispute.state)
    return dispute


def decide_dispute(
    dispute: Dispute, *, state: DisputeState, decision: str, on: date, credit_note: str = ""
) -> None:
    """Notes how a dispute ended and why."""
    dispute.state, dispute.decided_on = state, on
    dispute.decision, dispute.credit_note = decision[:300], credit_note
    dispute.save(update_fields=["state", "decided_on", "decision", "credit_note"])


def accept_disputes_of(invoice: Invoice, *, decision: str, on: date, credit_note: str) -> None:
    """The invoice asks for nothing any more: a dispute about it ends in the customer's favour."""
    running = Dispute.objects.select_for_update().filter(
        account_id=invoice.account_id, invoice=invoice, state=DisputeState.OPEN
    )
    for dispute in running:
        decide_dispute(
            dispute, state=DisputeState.ACCEPTED, decision=decision, on=on, credit_note=credit_note
        )


def make_promise(account: Account, *, amount: Decimal, until: date, on: date) -> Promise:
    """Notes that the account will have paid so much by that day.

    :raises NotPromisable: when the day has passed or the amount is none
    :raises PromiseRuns: when another promise runs
    """
    if until < on:
        raise NotPromisable(problem=f"{until} is past")
    if amount <= 0 or amount != round_minor(amount, currency=account.currency):
        raise NotPromisable(problem=f"{plain(amount)} is no amount of {account.currency}")
    running = running_promise(account.id)
    if running is not None:
        raise PromiseRuns(account=account.number, until=running.until.isoformat())
    return Promise.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        amount=amount,
        made_on=on,
        until=until,
        state=PromiseState.OPEN,
    )


def running_promise(account_id: int) -> Promise | None:
    """The account's promise that is neither kept nor broken."""
    return Promise.objects.filter(account_id=account_id, state=PromiseState.OPEN).first()


def withdraw_promise(account: Account, *, on: date) -> Promise:
    """Ends the account's promise before its day: the ladder goes on.

    :raises NoPromise: when none runs
    """
    running = running_promise(account.id)
    if running is None:
        raise NoPromise(account=account.number)
    return _end_promise(running, PromiseState.WITHDRAWN, on)


def keep_promise(account_id: int, *, on: date) -> Promise | None:
    """The account's promise, kept with what has come in by now; None where it is not."""
    running = running_promise(account_id)
    if running is None or on > running.until:
        return None
    paid = _came_in(running, on=on)
    return _end_promise(running, PromiseState.KEPT, on) if paid >= running.amount else None


def ease_promise(account_id: int, *, on: date) -> Promise | None:
    """Makes the account's promise no more than what it has paid since and still owes.

    Where nothing came and nothing is owed any more it is released. None where none runs.
    """
    running = running_promise(account_id)
    if running is None or on > running.until:
        return None
    own = OpenItem.objects.filter(
        account_id=account_id, state__in=(OpenState.OPEN, OpenState.PART_PAID)
    )
    owed = own.aggregate(sum=Sum(F("total") - F("settled")))["sum"] or Decimal(0)
    most = _came_in(running, on=on) + max(owed, Decimal(0))
    if not most:
        return _end_promise(running, PromiseState.RELEASED, on)
    if most < running.amount:
        running.amount = most
        running.save(update_fields=["amount"])
    return running


def _came_in(promise: Promise, *, on: date) -> Decimal:
    """What the account has paid since its promise, less what came back."""
    came = Payment.objects.filter(
        account_id=promise.account_id, received_on__gte=promise.made_on, received_on__lte=on
    )
    back = PaymentReturn.objects.filter(account_id=promise.account_id).values("payment_id")
    return came.exclude(id__in=back).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def _end_promise(promise: Promise, state: PromiseState, on: date) -> Promise:
    promise.state, promise.ended_on = state, on
    promise.save(update_fields=["state", "ended_on"])
    return promise


def protect_account(
    account: Account,
    *,
    kind: ProtectionKind,
    actions: tuple[str, ...],
    reason: str,
    on: date,
    until: date | None,
) -> Protection:
    """From that day on no step is taken, or none of these actions.

    :raises ProtectedAlready: when another protection runs
    """
    running = running_protection(account.id, on=on)
    if running is not None:
        raise ProtectedAlready(account=account.number, kind=running.kind)
    return Protection.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        kind=kind,
        actions=list(actions),
        reason=reason[:300],
        valid_from=on,
        valid_to=until,
    )


def running_protection(account_id: int, *, on: date) -> Protection | None:
    """What protects the account on that day or later, the last that began."""
    own = Protection.objects.filter(account_id=account_id)
    open_ended = own.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
    return open_ended.order_by("-valid_from", "-id").first()


def end_protection(account: Account, *, on: date) -> Protection:
    """From that day on the account is treated like any other.

    :raises NotProtected: when nothing protects it
    """
    running = running_protection(account.id, on=on)
    if running is None:
        raise NotProtected(account=account.number)
    running.valid_to = max(on, running.valid_from)
    running.save(update_fields=["valid_to"])
    return running
