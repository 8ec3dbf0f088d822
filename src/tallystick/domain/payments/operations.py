"""Writes around payments: recording money once and setting it against open items."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F

from tallystick.base.refusal import Refusal
from tallystick.domain.invoices.models import OpenItem, OpenState
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import Allocation, Payment


@dataclass
class PaymentKeyReused(Refusal):
    code = "payment_key_reused"
    key: str = ""

    def sentence(self) -> str:
        return (
            f"the key {self.key!r} stands for another payment; "
            "give each payment a key of its own, and a repeated one the same values"
        )


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
    items.filter(settled__lt=F("total")).update(state=OpenState.PART_PAID)
    items.filter(settled=F("total")).update(state=OpenState.PAID)
