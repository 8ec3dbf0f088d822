"""Reads of payments."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import connection

from tallystick.domain.payments.models import Payment


def unallocated_payments(accounts: Sequence[int]) -> list[tuple[Payment, Decimal]]:
    """Payments of these accounts with a part that no invoice has, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id, p.amount - coalesce(sum(a.amount), 0) FROM payments_payment p
            LEFT JOIN payments_allocation a ON a.tenant_id = p.tenant_id
                AND a.account_id = p.account_id AND a.payment_id = p.id
            WHERE p.account_id = ANY(%s)
            GROUP BY p.id, p.amount HAVING p.amount > coalesce(sum(a.amount), 0)
            """,
            [list(accounts)],
        )
        left = dict(cursor.fetchall())
    payments = Payment.objects.filter(id__in=left).order_by("account_id", "received_on", "id")
    return [(payment, left[payment.id]) for payment in payments]
