"""Refunds that were not ordered here: somebody made them on the processor's own pages.

The money is gone, so it is booked as a refund of its payment: of what no invoice has of it first,
then of what credit notes leave of what it paid. What is left was paid and is not any more: that
invoice is open again, in dispute, so that nobody is asked for it before a person has decided
whether it is owed.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Sum

from tallystick.base.money import EXACT, plain, total_of
from tallystick.base.refusal import Refusal
from tallystick.core.post.entry import post_allocation
from tallystick.core.receive.refunds import missing_refunds
from tallystick.domain.collections.disputes import hold_back
from tallystick.domain.invoices.models import Invoice, OpenItem, OpenState
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import Allocation, Payment, ProcessorFact, Pull, PullPurpose
from tallystick.domain.payments.operations import unsettle_item
from tallystick.domain.payments.pulls import moved_by, payment_key
from tallystick.domain.payments.queries import unallocated_payments
from tallystick.domain.payments.told_refunds import told_refunds
from tallystick.flows.free_money import RefundOf, Wanted, free_of_notes, set_free
from tallystick.flows.kept_by_processor import keep_refund

ZERO = Decimal(0)


@dataclass
class MoreThanPaid(Refusal):
    code = "more_than_paid"
    amount: str = ""
    payment: str = ""
    short: str = ""

    def sentence(self) -> str:
        return (
            f"{self.amount} of {self.payment} went back, of which {self.short} cannot be booked: "
            "it came back before, or what it paid is given up; correct the books by hand, and set "
            "this aside: tallystick card ignore"
        )


def take_refunds(pull: Pull, *, fact: ProcessorFact, at: datetime) -> int:
    """Books the refunds of that payment that are told, with this fact, and not known; how many.

    Part of the caller's transaction, which holds the payment.

    :raises MoreThanPaid: when less than that is left of the payment
    :raises MoreThanThere: when less is left of a top-up
    :raises PrepaidKept: when the rules give no top-up back
    :raises BooksClosed: when the day lies in a closed period
    """
    Account.objects.select_for_update().get(id=pull.account_id)
    seen = told_refunds(pull, now=fact)
    found = missing_refunds(seen.told, in_all=seen.in_all, known=seen.known)
    for number, amount in enumerate(found):
        more = f":{number + 1}" if number else ""
        _book(pull, amount=amount, key=f"{pull.instrument.processor}:{fact.event_id}{more}", at=at)
    return len(found)


def _book(pull: Pull, *, amount: Decimal, key: str, at: datetime) -> None:
    account = pull.account
    on = at.astimezone(ZoneInfo(account.zone)).date()
    wanted = Wanted(account, amount, key, on, payment_key(pull))
    if pull.purpose == PullPurpose.TOP_UP and not pull.times_back:
        ((payment, _),) = set_free(wanted, of=RefundOf.PREPAID, at=at)
    else:
        found = Payment.objects.filter(key=wanted.payment).first()
        if found is None:
            raise MoreThanPaid(plain(amount), wanted.payment, plain(amount))
        payment = found
        _set_free(payment, pull=pull, wanted=wanted, at=at)
    keep_refund(
        payment, amount=amount, key=key, processor=pull.instrument.processor,
        moved=moved_by(payment, pull), at=at,
    )  # fmt: skip


def _set_free(payment: Payment, *, pull: Pull, wanted: Wanted, at: datetime) -> None:
    """Makes that much of the payment credit that a refund can take."""
    credit = {one.id: left for one, left in unallocated_payments([payment.account_id])}
    left = max(EXACT.subtract(wanted.amount, credit.get(payment.id, ZERO)), ZERO)
    of_notes = min(left, free_of_notes(payment))
    if of_notes:
        part = Wanted(wanted.account, of_notes, wanted.key, wanted.on, payment.key)
        set_free(part, of=RefundOf.NOTES, at=at)
    left = EXACT.subtract(left, of_notes)
    for invoice_id, paid in _paid_by(payment, first=pull.invoice_id):
        part_open = min(left, paid)
        if part_open:
            _open_again(payment, invoice_id, amount=part_open, wanted=wanted, at=at)
            left = EXACT.subtract(left, part_open)
    if left:
        raise MoreThanPaid(plain(wanted.amount), payment.key, plain(left))


def _paid_by(payment: Payment, *, first: int | None) -> list[tuple[int, Decimal]]:
    """(invoice id, amount) of what it pays and is not given up: `first`, then the newest."""
    own = Allocation.objects.filter(account_id=payment.account_id, payment=payment)
    sums = dict(own.values_list("invoice_id").annotate(sum=Sum("amount")))
    items = OpenItem.objects.select_for_update().filter(
        account_id=payment.account_id, invoice_id__in=sums, total__gt=0
    )
    kept = items.exclude(state=OpenState.WRITTEN_OFF).values_list("invoice_id", flat=True)
    # What was freed of notes stands below zero against them, and pays no invoice any more.
    left, paid = total_of(sums.values()), []
    for invoice_id in sorted(kept, key=lambda one: (one != first, -one)):
        part = min(sums[invoice_id], left)
        if part > 0:
            paid.append((invoice_id, part))
            left = EXACT.subtract(left, part)
    return paid


def _open_again(
    payment: Payment, invoice_id: int, *, amount: Decimal, wanted: Wanted, at: datetime
) -> None:
    unsettle_item(payment, invoice_id=invoice_id, amount=amount, on=wanted.on)
    hold_back(
        Invoice.objects.get(account_id=payment.account_id, id=invoice_id), amount=amount,
        reason=f"refund {wanted.key} was not ordered here: is it owed?", on=wanted.on,
    )  # fmt: skip
    entry = post_allocation(
        -amount,
        source_key=f"reopened:{wanted.key}:{invoice_id}"[:120],
        on=wanted.on,
        currency=payment.currency,
    )
    store_entry(
        entry, tenant_id=payment.tenant_id, account_id=payment.account_id,
        description=f"open again: refund {wanted.key} of payment {payment.key}"[:300], at=at,
    )  # fmt: skip
