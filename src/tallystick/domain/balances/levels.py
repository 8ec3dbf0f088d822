"""What follows from a balance that runs out, as statements: told, topped up, cut off.

Online charging sends them on its own connection, charging from files on Django's; both hold the
accounts' terms. Each takes the operator ($1), a JSON array of rows or accounts ($2) and the present
($3).
"""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import connection

from tallystick.core.charge.facts import Fact

TELL: Final = """
    INSERT INTO outbox_order
        (tenant_id, account_id, port, action, key, payload, state, attempts, ordered_at, answer)
    SELECT $1, a, 'network', f, k, p, 'pending', 0, $3, ''
    FROM json_to_recordset($2) AS o (a bigint, f text, k text, p jsonb)
    ON CONFLICT (tenant_id, key) DO NOTHING
"""
"""Facts, as `told` makes their rows."""

ASK_TOP_UP: Final = """
    INSERT INTO outbox_order
        (tenant_id, account_id, port, action, key, payload, state, attempts, ordered_at, answer)
    SELECT t.tenant_id, t.account_id, 'payment', 'top_up', day.prefix || (asked.times + 1),
        jsonb_build_object('amount', trim_scale(t.top_up_amount)::text, 'currency', a.currency),
        'pending', 0, $3::timestamptz, ''
    FROM json_array_elements_text($2) AS low (account)
    JOIN balances_terms t ON t.tenant_id = $1 AND t.account_id = low.account::bigint
        AND t.top_up_amount IS NOT NULL
    JOIN parties_account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id,
    LATERAL (
        SELECT 'top-up:' || a.id || ':' || ($3::timestamptz AT TIME ZONE a.zone)::date || ':'
            AS prefix
    ) day,
    LATERAL (
        SELECT count(*) AS times FROM outbox_order o
        WHERE o.tenant_id = a.tenant_id AND o.account_id = a.id
            AND starts_with(o.key, day.prefix)
    ) asked
    WHERE t.top_up_daily_max IS NULL
        OR (asked.times + 1) * t.top_up_amount <= t.top_up_daily_max
    ON CONFLICT (tenant_id, key) DO NOTHING
"""
"""Orders to collect what is agreed, while those of the day stay within their most."""

CUT_OFF: Final = """
    WITH cut AS (
        UPDATE contracts_service SET state = 'suspended'
        WHERE tenant_id = $1 AND state IN ('active', 'restricted')
            AND account_id IN (SELECT json_array_elements_text($2)::bigint)
        RETURNING account_id, id, name
    )
    INSERT INTO outbox_order
        (tenant_id, account_id, port, action, key, payload, state, attempts, ordered_at, answer)
    SELECT $1, account_id, 'network', 'suspend', 'suspend:' || id || ':balance:' || $3::timestamptz,
        jsonb_build_object('service', id, 'name', name, 'state', 'suspended'),
        'pending', 0, $3::timestamptz, ''
    FROM cut ORDER BY account_id, id
    ON CONFLICT (tenant_id, key) DO NOTHING
"""
"""Suspends what the accounts still have."""


def told(facts: Iterable[Fact], *, cause: str) -> list[dict[str, Any]]:
    """The rows that `TELL` takes."""
    return [
        {"a": fact.account_id, "f": fact.action, "k": fact.key(cause=cause), "p": fact.payload()}
        for fact in facts
    ]


def tell_facts(facts: Iterable[Fact], *, tenant_id: int, cause: str, at: datetime) -> None:
    """Tells others, each fact once."""
    _run(TELL, told(facts, cause=cause), tenant_id=tenant_id, at=at)


def ask_top_ups(account_ids: Iterable[int], *, tenant_id: int, at: datetime) -> None:
    """Orders the agreed top-up of those accounts that have agreed to one."""
    _run(ASK_TOP_UP, sorted(account_ids), tenant_id=tenant_id, at=at)


def cut_off(account_ids: Iterable[int], *, tenant_id: int, at: datetime) -> int:
    """Suspends what the accounts still have, and says how many services that were."""
    return _run(CUT_OFF, sorted(account_ids), tenant_id=tenant_id, at=at)


def _run(statement: str, rows: list[Any], *, tenant_id: int, at: datetime) -> int:
    if not rows:
        return 0
    values: dict[str, Any] = {"p1": tenant_id, "p2": json.dumps(rows), "p3": at}
    with connection.cursor() as cursor:
        cursor.execute(re.sub(r"\$(\d)", r"%(p\1)s", statement), values)
        changed: int = cursor.rowcount
    return changed
