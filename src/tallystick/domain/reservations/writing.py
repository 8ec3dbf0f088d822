"""What a gathered batch of requests has changed, written in a few statements over sets."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from psycopg import AsyncConnection

from tallystick.base.charging import Answer, ChargeRequest
from tallystick.base.money import AMOUNT_DECIMALS, plain_scaled
from tallystick.base.quantity import QUANTITY_DECIMALS
from tallystick.core.charge.drawer import CounterKey
from tallystick.core.charge.lines import RatedLine
from tallystick.core.charge.online.facts import Fact
from tallystick.core.charge.online.state import AccountState, Session, SessionState, Taken

_SESSION_COLUMNS: Final = {
    "account_id": "bigint", "session": "text", "contract_id": "bigint", "service_id": "bigint",
    "offer_id": "bigint", "cycle_start": "date", "tab_start": "date", "state": "text",
    "kind": "text", "unit": "text", "started_at": "timestamptz", "called": "text", "zone": "text",
    "attributes": "text", "used": "numeric", "granted": "numeric", "amount": "numeric",
    "refunded": "numeric", "detail": "text", "held": "text", "opened_at": "timestamptz",
    "expires_at": "timestamptz", "valid_s": "integer",
}  # fmt: skip
_CHANGING: Final = (
    "state", "used", "granted", "amount", "refunded", "detail", "held", "expires_at",
)  # fmt: skip
_KEPT: Final = {
    name: kind for name, kind in _SESSION_COLUMNS.items() if name in ("session", *_CHANGING)
}
_CYCLE_START: Final = 1 + RatedLine.__slots__.index("cycle_start")
_names = ", ".join(_SESSION_COLUMNS)
_changes = ", ".join(f"{name} = r.{name}" for name in _CHANGING)


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


OPENED: Final = f"""
    INSERT INTO reservations_reservation (tenant_id, {_names})
    SELECT %s, {_names} FROM json_to_recordset(%s) AS r ({_typed(_SESSION_COLUMNS)})
"""
SESSIONS: Final = f"""
    UPDATE reservations_reservation s SET {_changes}
    FROM json_to_recordset(%s) AS r ({_typed(_KEPT)})
    WHERE s.tenant_id = %s AND s.session = r.session
"""
REQUESTS: Final = """
    INSERT INTO reservations_request (tenant_id, key, digest, code, answer, answered_at)
    SELECT %s, key, digest, code, answer, %s
    FROM json_to_recordset(%s) AS r (key text, digest text, code text, answer text)
"""
BUCKETS: Final = """
    UPDATE balances_bucket b SET remaining = r.remaining, reserved = r.reserved
    FROM json_to_recordset(%s) AS r (a bigint, i bigint, remaining numeric, reserved numeric)
    WHERE b.tenant_id = %s AND b.account_id = r.a AND b.id = r.i
"""
MOVEMENTS: Final = """
    INSERT INTO balances_bucketmovement
        (tenant_id, account_id, bucket_id, kind, quantity, source_key, occurred_at, reason)
    SELECT %s, a, b, CASE WHEN q < 0 THEN 'debit' ELSE 'refund' END, q, k, %s, r
    FROM json_to_recordset(%s) AS m (a bigint, b bigint, q numeric, k text, r jsonb)
"""
COUNTERS: Final = """
    WITH moved AS (
        SELECT a, c, p, d, q FROM json_to_recordset(%s)
            AS m (a bigint, c bigint, p bigint, d date, q numeric)
        ORDER BY a, c, p, d
    ), noted AS (
        INSERT INTO balances_movement
            (tenant_id, account_id, contract_id, component_id, cycle_start, charge_run_id, quantity)
        SELECT %s, a, c, p, d, 0, q FROM moved
    )
    INSERT INTO balances_counter
        (tenant_id, account_id, contract_id, component_id, cycle_start, used)
    SELECT %s, a, c, p, d, q FROM moved
    ON CONFLICT (tenant_id, account_id, contract_id, component_id, cycle_start)
    DO UPDATE SET used = balances_counter.used + EXCLUDED.used
"""
TABS: Final = """
    INSERT INTO reservations_tab (tenant_id, account_id, month, charged, held)
    SELECT %s, a, m, c, h FROM json_to_recordset(%s) AS t (a bigint, m date, c numeric, h numeric)
    ON CONFLICT (tenant_id, account_id, month)
    DO UPDATE SET charged = EXCLUDED.charged, held = EXCLUDED.held
"""
ORDERS: Final = """
    INSERT INTO outbox_order
        (tenant_id, account_id, port, action, key, payload, state, attempts, ordered_at, answer)
    SELECT %s, a, 'network', f, k, p, 'pending', 0, %s, ''
    FROM json_to_recordset(%s) AS o (a bigint, f text, k text, p jsonb)
    ON CONFLICT (tenant_id, key) DO NOTHING
"""
FORGET: Final = """
    DELETE FROM reservations_request WHERE tenant_id = %s AND key IN (
        SELECT key FROM reservations_request WHERE tenant_id = %s AND answered_at < %s LIMIT %s)
"""


@dataclass(slots=True)
class Before:
    """Where an account stood before its requests were decided."""

    remaining: dict[int, int]
    reserved: dict[int, int]
    used: dict[CounterKey, int]
    tab: dict[date, tuple[int, ...]]


def before_of(state: AccountState) -> Before:
    return Before(
        {number: bucket.remaining for number, bucket in state.buckets.items()},
        {number: bucket.reserved for number, bucket in state.buckets.items()},
        dict(state.used),
        {month: tuple(sums) for month, sums in state.tab.items()},
    )


@dataclass(slots=True)
class Changes:
    """What the requests of a batch have changed, as rows."""

    opened: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    buckets: list[dict[str, Any]] = field(default_factory=list)
    movements: list[dict[str, Any]] = field(default_factory=list)
    counters: list[dict[str, Any]] = field(default_factory=list)
    tabs: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)

    def note_answer(self, request: ChargeRequest, answer: Answer) -> None:
        self.requests.append(
            {"key": request.key, "digest": request.digest, "code": answer.code,
             "answer": answer.text}
        )  # fmt: skip

    def note_movements(
        self,
        state: AccountState,
        *,
        remaining: Mapping[int, int],
        key: str,
        reason: Mapping[str, str],
    ) -> None:
        """What one request moved, given what remained before it."""
        for number, bucket in state.buckets.items():
            moved = bucket.remaining - remaining[number]
            if moved:
                self.movements.append(
                    {
                        "a": state.account_id,
                        "b": number,
                        "q": _money(moved),
                        "k": f"charge:{key}"[:120],
                        "r": reason,
                    }
                )

    def note_facts(self, facts: Iterable[Fact], *, key: str) -> None:
        for fact in facts:
            self.orders.append(
                {
                    "a": fact.account_id,
                    "f": fact.action,
                    "k": f"{fact.action}:{fact.account_id}:{fact.of}:{fact.percent or ''}:{key}"[
                        :120
                    ],
                    "p": {"of": fact.of, "percent": fact.percent},
                }
            )

    def note_account(self, state: AccountState, *, before: Before) -> None:
        """How an account stands after all its requests."""
        account = state.account_id
        for number, bucket in state.buckets.items():
            stood = (before.remaining[number], before.reserved[number])
            if (bucket.remaining, bucket.reserved) != stood:
                self.buckets.append(
                    {
                        "a": account,
                        "i": number,
                        "remaining": _money(bucket.remaining),
                        "reserved": _money(bucket.reserved),
                    }
                )
        for key, used in state.used.items():
            moved = used - before.used.get(key, 0)
            if moved:
                _, contract, component, cycle = key
                self.counters.append(
                    {"a": account, "c": contract, "p": component, "d": cycle.isoformat(),
                     "q": _quantity(moved)}
                )  # fmt: skip
        for month, sums in state.tab.items():
            if tuple(sums) != before.tab.get(month, (0, 0)):
                charged, held = sums
                self.tabs.append(
                    {"a": account, "m": month.isoformat(), "c": _money(charged),
                     "h": _money(held)}
                )  # fmt: skip
        for session in state.sessions.values():
            if session.changed:
                (self.sessions if session.stored else self.opened).append(_row(session))


async def store_batch(
    connection: AsyncConnection[Any], changes: Changes, *, tenant_id: int, at: datetime
) -> None:
    """Writes the changes and commits; when it returns they cannot be lost."""
    steps: list[tuple[str, Sequence[Any], Sequence[Any]]] = [
        (OPENED, [tenant_id, json.dumps(changes.opened)], changes.opened),
        (SESSIONS, [json.dumps(changes.sessions), tenant_id], changes.sessions),
        (BUCKETS, [json.dumps(changes.buckets), tenant_id], changes.buckets),
        (MOVEMENTS, [tenant_id, at, json.dumps(changes.movements)], changes.movements),
        (COUNTERS, [json.dumps(changes.counters), tenant_id, tenant_id], changes.counters),
        (TABS, [tenant_id, json.dumps(changes.tabs)], changes.tabs),
        (ORDERS, [tenant_id, at, json.dumps(changes.orders)], changes.orders),
        (REQUESTS, [tenant_id, at, json.dumps(changes.requests)], changes.requests),
    ]  # fmt: skip
    async with connection.pipeline() as pipeline:
        for statement, values, rows in steps:
            if rows:
                await connection.execute(statement, values, prepare=True)
        await connection.execute("COMMIT")
        await pipeline.sync()


def _row(session: Session) -> dict[str, Any]:
    lines = [[version, *line.row()] for version, line in session.lines]
    for line in lines:
        line[_CYCLE_START] = str(line[_CYCLE_START])
    opened = session.state is SessionState.OPEN
    return {
        "account_id": session.account_id,
        "session": session.key,
        "contract_id": session.contract_id,
        "service_id": session.service_id,
        "offer_id": session.offer_id,
        "cycle_start": session.cycle_start.isoformat(),
        "tab_start": session.tab_start.isoformat(),
        "state": session.state.value,
        "kind": session.kind,
        "unit": session.unit,
        "started_at": session.started_at.isoformat(),
        "called": session.called,
        "zone": session.zone,
        "attributes": session.attributes,
        "used": _quantity(session.used),
        "granted": _quantity(session.granted),
        "amount": _money(session.amount),
        "refunded": _money(session.refunded),
        "detail": json.dumps({"lines": lines, **_taken(session.taken)}),
        "held": json.dumps(_taken(session.held)) if opened else None,
        "opened_at": session.opened_at.isoformat(),
        "expires_at": session.expires_at.isoformat(),
        "valid_s": session.valid_s,
    }


def _taken(taken: Taken) -> dict[str, Any]:
    return {
        "counters": [
            [account, contract, component, cycle.isoformat(), amount]
            for (account, contract, component, cycle), amount in taken.counters.items()
        ],
        "buckets": taken.buckets,
        "owed": taken.owed,
    }


def _money(amount: int) -> str:
    return plain_scaled(amount, decimals=AMOUNT_DECIMALS)


def _quantity(quantity: int) -> str:
    return plain_scaled(quantity, decimals=QUANTITY_DECIMALS)
