"""Money in a customer's favour that is no credit yet, set free to be given back.

What a credit note or a negative invoice leaves takes back a part of the payment that had paid what
it corrects; what is left of prepaid money becomes a payment of its own. Both are credit then, and
a refund takes it in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from django.db.models import Sum

from tallystick.base.money import EXACT, round_minor, total_of
from tallystick.base.refusal import Refusal
from tallystick.core.post.entry import post_allocation
from tallystick.domain.balances.buckets import lock_account, lock_buckets
from tallystick.domain.balances.models import MovementKind, Origin
from tallystick.domain.invoices.drafts import refundable_origins
from tallystick.domain.invoices.models import CreditedLine, OpenItem, OpenState
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import Allocation, Payment, PaymentMethod
from tallystick.domain.payments.operations import Receipt, record_payment, settle_item
from tallystick.flows.draw import draw_money
from tallystick.flows.prepaid import post_accounts

ZERO: Final = Decimal(0)


class RefundOf(StrEnum):
    """What is given back."""

    CREDIT = "credit"  # of payments that no invoice has
    NOTES = "notes"  # what credit notes and negative invoices leave
    PREPAID = "prepaid"  # money of the balance


Parts = list[tuple[Payment, Decimal]]
"""Payments, and what of each is free to be given back."""


@dataclass
class MoreThanThere(Refusal):
    code = "more_than_there"
    account: str = ""
    of: str = ""
    left: str = ""
    currency: str = ""

    def sentence(self) -> str:
        what = {
            RefundOf.NOTES: "credit notes and negative invoices, as far as they were paid for, "
            "leave",
            RefundOf.PREPAID: "prepaid money that may be given back is",
        }[RefundOf(self.of)]
        return (
            f"of account {self.account} the {what} {self.left} {self.currency}; "
            "no more than that can be refunded"
        )


@dataclass
class PrepaidKept(Refusal):
    code = "prepaid_kept"
    account: str = ""

    def sentence(self) -> str:
        return (
            f"the rules give no prepaid money back, and so none of account {self.account}; "
            "allow it by where it came from: tallystick balance refundable top_up"
        )


@dataclass
class AccountClosed(Refusal):
    code = "account_closed"
    account: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} is closed, so nothing of it is given back; "
            "check which account the money belongs to"
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of an account's money, for a refund of that key; `payment` says by which it came."""

    account: Account
    amount: Decimal
    key: str
    on: date
    payment: str = ""


def set_free(wanted: Wanted, *, of: RefundOf, at: datetime) -> Parts:
    """The amount as credit of payments; part of the caller's transaction, which holds the account.

    :raises MoreThanThere: when less is in the customer's favour
    :raises PrepaidKept: when the rules give no prepaid money back
    :raises NoBalance: when the account keeps no balance
    """
    found = _of_prepaid if of is RefundOf.PREPAID else _of_notes
    return found(wanted, at=at)


def _of_notes(wanted: Wanted, *, at: datetime) -> Parts:
    account, left = wanted.account, wanted.amount
    notes = OpenItem.objects.select_for_update().filter(
        account_id=account.id, total__lt=0, state__in=(OpenState.OPEN, OpenState.PART_PAID)
    )
    spent = _spent(account.id, payment=wanted.payment)
    freed: dict[int, Decimal] = {}
    for note in notes.order_by("due_on", "id"):
        rest = min(EXACT.subtract(note.settled, note.total), left)
        for payment_id in _by_nearness(note.invoice_id, spent=spent, account_id=account.id):
            amount = min(rest, spent[payment_id][1])
            if amount > 0:
                payment = spent[payment_id][0]
                _take_off(payment, note.invoice_id, amount=amount, wanted=wanted, at=at)
                spent[payment_id] = payment, spent[payment_id][1] - amount
                freed[payment_id] = freed.get(payment_id, ZERO) + amount
                rest, left = rest - amount, left - amount
    if left:
        raise _too_much(wanted, RefundOf.NOTES, EXACT.subtract(wanted.amount, left))
    return [(spent[payment_id][0], amount) for payment_id, amount in freed.items()]


def free_of_notes(payment: Payment) -> Decimal:
    """How much of what the payment paid the account's open notes can give back."""
    notes = OpenItem.objects.filter(
        account_id=payment.account_id,
        total__lt=0,
        state__in=(OpenState.OPEN, OpenState.PART_PAID),
    )
    left = total_of(EXACT.subtract(one.settled, one.total) for one in notes)
    spent = _spent(payment.account_id, payment=payment.key).get(payment.id)
    return min(left, spent[1]) if spent else ZERO


def _spent(account_id: int, *, payment: str) -> dict[int, tuple[Payment, Decimal]]:
    """Payments of the account, the newest first, and what invoices have of each."""
    held = Allocation.objects.filter(account_id=account_id)
    sums = dict(held.values_list("payment_id").annotate(sum=Sum("amount")))
    payments = Payment.objects.filter(account_id=account_id, id__in=sums).order_by("-id")
    if payment:
        payments = payments.filter(key=payment)
    return {one.id: (one, sums[one.id]) for one in payments if sums[one.id] > 0}


def _by_nearness(
    note_id: int, *, spent: dict[int, tuple[Payment, Decimal]], account_id: int
) -> Sequence[int]:
    """Those that paid what the note corrects first."""
    corrected = CreditedLine.objects.filter(account_id=account_id, credit_note_id=note_id)
    near = set(
        Allocation.objects.filter(
            account_id=account_id, invoice_id__in=corrected.values("invoice_id")
        ).values_list("payment_id", flat=True)
    )
    return sorted(spent, key=lambda payment_id: payment_id not in near)


def _take_off(
    payment: Payment, invoice_id: int, *, amount: Decimal, wanted: Wanted, at: datetime
) -> None:
    """Sets a part of the payment below zero against the note: the note is used, the part free."""
    settle_item(payment, invoice_id=invoice_id, amount=-amount, on=wanted.on)
    entry = post_allocation(
        -amount,
        source_key=f"freed:{wanted.key}:{payment.id}:{invoice_id}",
        on=wanted.on,
        currency=payment.currency,
    )
    store_entry(
        entry,
        tenant_id=payment.tenant_id,
        account_id=payment.account_id,
        description=f"free for refund {wanted.key}: payment {payment.key}",
        at=at,
    )


def _of_prepaid(wanted: Wanted, *, at: datetime) -> Parts:
    account = wanted.account
    allowed = refundable_origins()
    if not allowed:
        raise PrepaidKept(account=account.number)
    lock_account(account)
    # What waits to be posted goes first, so that what is given back is posted to the cent.
    post_accounts([account.id], tenant_id=account.tenant_id, on=wanted.on, at=at)
    origins = {Origin(one) for one in allowed}
    own = [one for one in lock_buckets(account.id) if one.origin in origins]
    if wanted.payment:
        own = [one for one in own if one.source_key == f"top-up:{wanted.payment}"]
    short = draw_money(
        account, amount=wanted.amount, buckets=own, kind=MovementKind.TRANSFER_OUT,
        key=f"refund:{wanted.key}", reason={"why": f"refund {wanted.key}"}, at=at,
    )  # fmt: skip
    if short:
        raise _too_much(wanted, RefundOf.PREPAID, EXACT.subtract(wanted.amount, short))
    receipt = Receipt(
        f"prepaid:{wanted.key}", PaymentMethod.PREPAID, wanted.amount, account.currency, wanted.on,
        reference=wanted.payment,
    )  # fmt: skip
    payment, _ = record_payment(receipt, account=account, at=at)
    post_accounts([account.id], tenant_id=account.tenant_id, on=wanted.on, at=at)
    return [(payment, wanted.amount)]


def _too_much(wanted: Wanted, of: RefundOf, left: Decimal) -> MoreThanThere:
    currency = wanted.account.currency
    said = format(max(round_minor(left, currency=currency), ZERO), "f")
    return MoreThanThere(wanted.account.number, of.value, said, currency)
