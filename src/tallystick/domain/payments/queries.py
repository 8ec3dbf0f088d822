"""Reads of payments."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import connection

from tallystick.core.receive.pull import UNSURE
from tallystick.domain.payments.models import DebitState, DirectDebit, Payment, Pull

_LEFT = """
    SELECT p.id, p.amount
        - coalesce((SELECT sum(a.amount) FROM payments_allocation a WHERE a.tenant_id = p.tenant_id
            AND a.account_id = p.account_id AND a.payment_id = p.id), 0)
        - coalesce((SELECT sum(r.amount) FROM payments_paymentreturn r
            WHERE r.tenant_id = p.tenant_id
            AND r.account_id = p.account_id AND r.payment_id = p.id), 0)
        - coalesce((SELECT sum(f.amount) FROM payments_refundpart f WHERE f.tenant_id = p.tenant_id
            AND f.account_id = p.account_id AND f.payment_id = p.id), 0) AS credit
    FROM payments_payment p WHERE p.account_id = ANY(%s)
"""
"""What of each payment is neither set against an invoice nor given back."""


def unallocated_payments(accounts: Sequence[int]) -> list[tuple[Payment, Decimal]]:
    """Payments of these accounts with a part that no invoice has, oldest first.

    An account whose payment came back after it was refunded has less credit than its payments.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({_LEFT}) one WHERE credit > 0", [list(accounts)])
        left = dict(cursor.fetchall())
    payments = Payment.objects.filter(id__in=left).order_by("account_id", "received_on", "id")
    return [(payment, left[payment.id]) for payment in payments]


def credit_of(account_id: int) -> Decimal:
    """What stands to the account's credit; below zero where more was given back than it paid."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(sum(credit), 0) FROM ({_LEFT}) one", [[account_id]])
        return Decimal(cursor.fetchone()[0])


def money_on_its_way(account_id: int, *, invoice_id: int) -> bool:
    """Whether a direct debit or a card is, or may be, asked for what the invoice owes."""
    own = {"account_id": account_id, "invoice_id": invoice_id}
    debits = DirectDebit.objects.filter(**own, state=DebitState.RUNNING)
    return debits.exists() or Pull.objects.filter(**own, state__in=UNSURE).exists()
