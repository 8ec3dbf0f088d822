"""Writes around payments: recording money once and setting it against open items."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Sum

from tallystick.base.refusal import Refusal
from tallystick.core.post.detail import MethodDetail
from tallystick.domain.invoices.models import OpenItem, OpenState
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import Allocation, Payment, PaymentReturn, Refund, RefundPart


@dataclass
class PaymentKeyReused(Refusal):
    code = "payment_key_reused"
    key: str = ""

    def sentence(self) -> str:
        return (
            f"the key {self.key!r} stands for another payment; "
            "give each payment a key of its own, and a repeated one the same values"
        )


@dataclass
class PaymentReturned(Refusal):
    code = "payment_returned"
    key: str = ""
    on: str = ""

    def sentence(self) -> str:
        return f"the payment {self.key} came back on {self.on} already; it cannot come back twice"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money as it came in; `key` is the giver's own name for it and makes it count once."""

    key: str
    method: str
    amount: Decimal
    currency: str
    received_on: date
    reference: str = ""
    payer: str = ""
    processor: str = ""  # through whom it came, if through anybody

    @property
    def moved(self) -> str:
        """How the money moved, as the text of a posting's detail."""
        return str(MethodDetail(self.method, self.processor))


def record_payment(receipt: Receipt, *, account: Account, at: datetime) -> tuple[Payment, bool]:
    """The payment of that key, and whether it is new.

    :raises PaymentKeyReused: when the key stands for a payment with other values
    """
    known = Payment.objects.filter(key=receipt.key).first()
    if known is not None:
        same = (known.account_id, known.amount, known.currency) == (
            account.id,
            receipt.amount,
            receipt.currency,
        )
        if not same:
            raise PaymentKeyReused(key=receipt.key)
        return known, False
    payment = Payment.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        key=receipt.key,
        method=receipt.method,
        currency=receipt.currency,
        amount=receipt.amount,
        received_on=receipt.received_on,
        recorded_at=at,
        reference=receipt.reference,
        payer=receipt.payer,
        processor=receipt.processor,
    )
    return payment, True


def settle_item(payment: Payment, *, invoice_id: int, amount: Decimal, on: date) -> None:
    """Sets a part of a payment against an invoice's open item."""
    Allocation.objects.create(
        tenant_id=payment.tenant_id,
        account_id=payment.account_id,
        payment=payment,
        invoice_id=invoice_id,
        amount=amount,
        allocated_on=on,
    )
    items = OpenItem.objects.filter(account_id=payment.account_id, invoice_id=invoice_id)
    items.update(settled=F("settled") + amount)
    part_paid = items.exclude(settled=F("total")).exclude(state=OpenState.WRITTEN_OFF)
    part_paid.update(state=OpenState.PART_PAID)
    items.filter(settled=F("total")).update(state=OpenState.PAID)


def unsettle_item(payment: Payment, *, invoice_id: int, amount: Decimal, on: date) -> None:
    """Takes a part of a payment from an invoice's open item, which is open again by it.

    What is written off stays so.
    """
    settle_item(payment, invoice_id=invoice_id, amount=-amount, on=on)
    items = OpenItem.objects.filter(account_id=payment.account_id, invoice_id=invoice_id)
    unpaid = items.filter(settled=0).exclude(state=OpenState.WRITTEN_OFF)
    unpaid.update(state=OpenState.OPEN)


def take_back(
    payment: Payment, *, reason: str, costs: Decimal, on: date, at: datetime
) -> tuple[PaymentReturn, Decimal]:
    """Takes a payment back, whole: what it paid is open again; (its return, the part open again).

    What is written off stays so: the caller gives it up again.

    :raises PaymentReturned: when it came back before
    """
    before = PaymentReturn.objects.filter(account_id=payment.account_id, payment=payment).first()
    if before is not None:
        raise PaymentReturned(key=payment.key, on=before.returned_on.isoformat())
    set_against = (
        Allocation.objects.filter(account_id=payment.account_id, payment=payment)
        .order_by("invoice_id")
        .values_list("invoice_id")
        .annotate(sum=Sum("amount"))
    )
    owed_again = Decimal(0)
    for invoice_id, amount in list(set_against):
        unsettle_item(payment, invoice_id=invoice_id, amount=amount, on=on)
        owed_again += amount
    returned = PaymentReturn.objects.create(
        tenant_id=payment.tenant_id,
        account_id=payment.account_id,
        payment=payment,
        amount=payment.amount,
        costs=costs,
        reason=reason,
        returned_on=on,
        recorded_at=at,
    )
    return returned, owed_again


def record_refund(refund: Refund, *, parts: list[tuple[Payment, Decimal]]) -> Refund:
    """Stores a refund and what it takes of each payment's credit."""
    refund.save(force_insert=True)
    for payment, amount in parts:
        RefundPart.objects.create(
            tenant_id=refund.tenant_id,
            account_id=refund.account_id,
            refund=refund,
            payment=payment,
            amount=amount,
        )
    return refund
