"""Balances that stayed low although a top-up is agreed: whose card is asked once more."""

from datetime import datetime
from typing import Final

from django.db import connection

_STILL_LOW: Final = """
    SELECT t.account_id FROM balances_terms t
    JOIN parties_account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
    WHERE t.top_up_amount IS NOT NULL AND t.low_balance > (
        SELECT coalesce(sum(b.remaining), 0) FROM balances_bucket b
        WHERE b.tenant_id = t.tenant_id AND b.account_id = t.account_id AND b.unit = a.currency
    )
    AND NOT EXISTS (
        SELECT 1 FROM payments_pull p WHERE p.tenant_id = t.tenant_id
            AND p.account_id = t.account_id AND p.purpose = 'top_up'
            AND p.state IN ('asked', 'processing', 'needs_action', 'failed')
    )
    AND NOT EXISTS (
        SELECT 1 FROM outbox_order o WHERE o.tenant_id = t.tenant_id
            AND o.account_id = t.account_id AND o.port = 'payment' AND o.action = 'top_up'
            AND (o.state = 'pending'
                OR (o.ordered_at AT TIME ZONE a.zone)::date = (%s AT TIME ZONE a.zone)::date)
    )
    ORDER BY 1
"""


def still_low(*, at: datetime) -> list[int]:
    """Accounts below their low balance whose agreed top-up nobody was asked for that day.

    One that is under way, or waits for a person's decision, is not asked for again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STILL_LOW, [at])
        return [account_id for (account_id,) in cursor.fetchall()]
