"""Events that no price could be put on yet, one by one."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection


@dataclass(frozen=True, slots=True)
class SuspendedEvent:
    """An event in suspense, with the reason's code and what it is about."""

    event: int
    account: str
    contract: str
    kind: str
    started_at: datetime
    quantity: Decimal
    unit: str
    code: str
    detail: str
    file: str


def list_suspense(
    *, account_id: int | None = None, code: str | None = None, count: int
) -> list[SuspendedEvent]:
    """What waits for a price, of an account or of that reason or all, by start."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.usage_id, a.number, c.number, u.kind, u.started_at, u.quantity, u.unit,
                s.code, s.detail, b.filename
            FROM usage_suspense s
            JOIN usage_usage u ON u.tenant_id = s.tenant_id AND u.account_id = s.account_id
                AND u.started_at = s.started_at AND u.id = s.usage_id
            JOIN usage_batch b ON b.tenant_id = u.tenant_id AND b.id = u.batch_id
            JOIN parties_account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
            JOIN contracts_contract c ON c.tenant_id = u.tenant_id AND c.id = u.contract_id
            WHERE s.state = 'open' AND s.account_id = coalesce(%s, s.account_id)
                AND s.code = coalesce(%s, s.code)
            ORDER BY u.started_at, s.usage_id LIMIT %s
            """,
            [account_id, code, count],
        )
        return [SuspendedEvent(*row) for row in cursor.fetchall()]
