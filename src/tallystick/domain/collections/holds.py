"""What is agreed about an account's debts, in one list: disputes, promises, protection, cards."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import connection

_HOLDS: Final = """
    SELECT 'dispute' AS what, d.state, d.amount, d.opened_on AS since, d.decided_on AS ended,
        i.number || ': ' || d.reason AS said, d.id
    FROM collections_dispute d JOIN invoices_invoice i ON i.tenant_id = d.tenant_id
        AND i.account_id = d.account_id AND i.id = d.invoice_id WHERE d.account_id = %s
    UNION ALL SELECT 'promise', p.state, p.amount, p.made_on, p.until, '', p.id
    FROM collections_promise p WHERE p.account_id = %s
    UNION ALL SELECT 'protection', p.kind, NULL, p.valid_from, p.valid_to, p.reason, p.id
    FROM collections_protection p WHERE p.account_id = %s
    UNION ALL SELECT 'written off', CASE WHEN w.tax > 0 THEN 'tax relieved' ELSE 'tax kept' END,
        w.loss + w.tax, w.written_off_on, NULL, i.number || ': ' || w.reason, w.id
    FROM collections_writeoff w JOIN invoices_invoice i ON i.tenant_id = w.tenant_id
        AND i.account_id = w.account_id AND i.id = w.invoice_id WHERE w.account_id = %s
    UNION ALL SELECT 'card', c.state, NULL, c.added_on, c.removed_on, c.label, c.id
    FROM payments_instrument c WHERE c.account_id = %s
    UNION ALL SELECT 'asked of card', u.state, u.amount, u.asked_on, u.retry_on, u.reason, u.id
    FROM payments_pull u WHERE u.account_id = %s
    ORDER BY since DESC, what, id DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing agreed: what, how it stands, its amount and days; `ended` may be still to come."""

    what: str
    state: str
    amount: Decimal | None
    since: date
    ended: date | None
    said: str


def holds_of(account_id: int, *, count: int) -> list[Hold]:
    """What is agreed about the account's debts, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, [*[account_id] * 6, count])
        return [Hold(*row[:-1]) for row in cursor.fetchall()]
