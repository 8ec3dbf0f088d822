"""What a gathered batch of requests has changed, written in a few statements over sets."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from json.encoder import encode_basestring_ascii as quoted
from typing import Final

from tallystick.base.charging import Answer, ChargeRequest
from tallystick.core.charge.drawer import CounterKey
from tallystick.core.charge.facts import Fact
from tallystick.core.charge.lines import RatedLine
from tallystick.core.charge.online.decide import VALID_S
from tallystick.core.charge.online.state import (
    AccountState,
    Session,
    SessionState,
    SharedCounters,
    Taken,
)
from tallystick.domain.balances.levels import ASK_TOP_UP, CUT_OFF, TELL, told
from tallystick.domain.reservations.link import Link, Step
from tallystick.domain.reservations.reading import COMMIT

SOURCE_MAX: Final = 120
_SESSION_COLUMNS: Final = {
    "account_id": "bigint", "session": "text", "contract_id": "bigint", "service_id": "bigint",
    "offer_id": "bigint", "cycle_start": "date", "tab_start": "date", "state": "text",
    "kind": "text", "unit": "text", "started_at": "timestamptz", "called": "text", "zone": "text",
    "attributes": "text", "used": "numeric", "granted": "numeric", "amount": "numeric",
    "refunded": "numeric", "detail": "text", "held": "text", "opened_at": "timestamptz",
    "expires_at": "timestamptz", "valid_s": "integer", "organisation_id": "bigint",
    "pool_id": "bigint", "digest": "text",
}  # fmt: skip
_CHANGING: Final = (
    "state", "used", "granted", "amount", "refunded", "detail", "held", "expires_at",
)  # fmt: skip
_KEPT: Final = {
    name: kind for name, kind in _SESSION_COLUMNS.items() if name in ("session", *_CHANGING)
}
_EVENT_COLUMNS: Final = {
    name: kind
    for name, kind in _SESSION_COLUMNS.items()
    if name in (
        "account_id", "session", "contract_id", "service_id", "offer_id", "cycle_start",
        "tab_start", "kind", "unit", "called", "zone", "attributes", "used", "amount", "detail",
        "organisation_id", "pool_id", "digest",
    )
}  # fmt: skip
_names = ", ".join(_SESSION_COLUMNS)
_told = ", ".join(_EVENT_COLUMNS)
_changes = ", ".join(f"{name} = r.{name}" for name in _CHANGING)


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


OPENED: Final = f"""
    INSERT INTO reservations_reservation (tenant_id, {_names})
    SELECT $1, {_names} FROM json_to_recordset($2) AS r ({_typed(_SESSION_COLUMNS)})
"""
EVENTS: Final = f"""
    INSERT INTO reservations_reservation (tenant_id, {_told}, started_at, state, granted,
        opened_at, expires_at, valid_s)
    SELECT $1, {_told}, coalesce(at, $3::timestamptz), 'committed', used, $3::timestamptz,
        $3::timestamptz + interval '{VALID_S} s', {VALID_S}
    FROM json_to_recordset($2) AS r ({_typed(_EVENT_COLUMNS)}, at timestamptz)
"""
"""What is charged at once is used up when it is opened: it needs fewer columns said."""

SESSIONS: Final = f"""
    UPDATE reservations_reservation s SET {_changes}
    FROM json_to_recordset($2) AS r ({_typed(_KEPT)})
    WHERE s.tenant_id = $1 AND s.session = r.session
"""
REQUESTS: Final = """
    INSERT INTO reservations_request (tenant_id, key, digest, code, answer, answered_at)
    SELECT $1, key, digest, code, answer, $3
    FROM json_to_recordset($2) AS r (key text, digest text, code text, answer text)
"""
BUCKETS: Final = """
    UPDATE balances_bucket b SET remaining = r.remaining, reserved = r.reserved
    FROM json_to_recordset($2) AS r (a bigint, i bigint, remaining numeric, reserved numeric)
    WHERE b.tenant_id = $1 AND b.account_id = r.a AND b.id = r.i
"""
MOVEMENTS: Final = """
    INSERT INTO balances_bucketmovement
        (tenant_id, account_id, bucket_id, kind, quantity, source_key, occurred_at, reason)
    SELECT $1, a, b, CASE WHEN q < 0 THEN 'debit' ELSE 'refund' END, q, k, $3, r
    FROM json_to_recordset($2) AS m (a bigint, b bigint, q numeric, k text, r jsonb)
"""
_MOVED: Final = """
    WITH moved AS (
        SELECT a, c, p, d, q FROM json_to_recordset($2)
            AS m (a bigint, c bigint, p bigint, d date, q numeric)
        ORDER BY a, c, p, d
    ), noted AS (
        INSERT INTO balances_movement
            (tenant_id, account_id, contract_id, component_id, cycle_start, charge_run_id, quantity)
        SELECT $1, a, c, p, d, 0, q FROM moved
    )
"""
COUNTERS: Final = f"""{_MOVED}
    UPDATE balances_counter b SET used = b.used + m.q FROM moved m
    WHERE b.tenant_id = $1 AND b.account_id = m.a AND b.contract_id = m.c
        AND b.component_id = m.p AND b.cycle_start = m.d
"""
OPENED_COUNTERS: Final = f"""{_MOVED}
    INSERT INTO balances_counter
        (tenant_id, account_id, contract_id, component_id, cycle_start, used)
    SELECT $1, a, c, p, d, q FROM moved
"""
"""Counters that were not there when they were read: where one is by now, the batch is tried again,
for it was decided without what somebody else has drawn of it."""

_HELD: Final = "json_to_recordset($2) AS m (a bigint, c bigint, p bigint, d date, q numeric)"
HOLDS: Final = f"""
    UPDATE balances_counter b SET held = b.held + m.q FROM {_HELD}
    WHERE b.tenant_id = $1 AND b.account_id = m.a AND b.contract_id = m.c
        AND b.component_id = m.p AND b.cycle_start = m.d
"""
OPENED_HOLDS: Final = f"""
    INSERT INTO balances_counter
        (tenant_id, account_id, contract_id, component_id, cycle_start, used, held)
    SELECT $1, a, c, p, d, 0, q FROM {_HELD} ORDER BY a, c, p, d
"""
"""What is held of a counter stands in it, so that it is there for others to lock."""

TABS: Final = """
    INSERT INTO reservations_tab (tenant_id, account_id, month, charged, held)
    SELECT $1, a, m, c, h FROM json_to_recordset($2) AS t (a bigint, m date, c numeric, h numeric)
    ON CONFLICT (tenant_id, account_id, month)
    DO UPDATE SET charged = EXCLUDED.charged, held = EXCLUDED.held
"""


@dataclass(slots=True)
class Before:
    """Where an account stood before its requests were decided."""

    buckets: dict[int, tuple[int, int]]  # what remained, and was reserved of it
    used: dict[CounterKey, int]
    tab: dict[date, tuple[int, ...]]


def before_of(state: AccountState) -> Before:
    return Before(
        {number: (one.remaining, one.reserved) for number, one in state.buckets.items()},
        dict(state.used),
        {month: tuple(sums) for month, sums in state.tab.items()},
    )


@dataclass(slots=True)
class Changes:
    """What the requests of a batch have changed: rows of each table, as JSON objects in text."""

    opened: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    buckets: list[str] = field(default_factory=list)
    movements: list[str] = field(default_factory=list)
    counters: list[str] = field(default_factory=list)
    new_counters: list[str] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    new_holds: list[str] = field(default_factory=list)
    tabs: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    low: set[int] = field(default_factory=set)  # accounts whose money fell below what was agreed
    spent: set[int] = field(default_factory=set)  # accounts to cut off

    def note_answer(self, request: ChargeRequest, answer: Answer) -> None:
        self.requests.append(
            f'{{"key":{quoted(request.key)},"digest":"{request.digest}","code":"{answer.code}",'
            f'"answer":{quoted(answer.text)}}}'
        )

    def note_movements(
        self, account_id: int, *, key: str, moved: Iterable[tuple[int, int, Mapping[str, str]]]
    ) -> None:
        """What one request moved: of which bucket, how much and why."""
        for nth, (number, amount, reason) in enumerate(moved):
            if amount:
                why = ",".join([f'"{name}":{quoted(value)}' for name, value in reason.items()])
                self.movements.append(
                    f'{{"a":{account_id},"b":{number},"q":"{_money(amount)}",'
                    f'"k":{quoted(_source(key, nth))},"r":{{{why}}}}}'
                )

    def note_facts(self, facts: Sequence[Fact], *, key: str) -> None:
        self.orders += map(json.dumps, told(facts, cause=key))
        self.low.update(fact.account_id for fact in facts if fact.action == "low_balance")

    def note_account(self, state: AccountState, *, before: Before) -> None:
        """How an account stands after all its requests."""
        account = state.account_id
        for number, bucket in state.buckets.items():
            if (bucket.remaining, bucket.reserved) != before.buckets[number]:
                self.buckets.append(
                    f'{{"a":{account},"i":{number},"remaining":"{_money(bucket.remaining)}",'
                    f'"reserved":"{_money(bucket.reserved)}"}}'
                )
        self._note_counters(state, before.used)
        for month, sums in state.tab.items():
            if tuple(sums) != before.tab.get(month, (0, 0)):
                charged, held = sums
                self.tabs.append(
                    f'{{"a":{account},"m":"{month}","c":"{_money(charged)}","h":"{_money(held)}"}}'
                )
        for session in state.sessions.values():
            if session.stored:
                if session.changed:
                    self.sessions.append(_row(session))
            elif session.digest is not None and not session.refunded:
                self.events.append(_event(session))
            elif session.changed:
                self.opened.append(_row(session))

    def note_shared(self, shared: SharedCounters, *, before: Mapping[CounterKey, int]) -> None:
        """How shared counters stand after all requests, given how they stood."""
        self._note_counters(shared, before)

    def _note_counters(
        self, home: AccountState | SharedCounters, before: Mapping[CounterKey, int]
    ) -> None:
        for key, amount in home.used.items():
            moved = amount - before.get(key, 0)
            if moved:
                rows = self.counters if key in before else self.new_counters
                rows.append(_counted(key, moved))
        for key, held in home.more_held.items():
            if held:
                known = key in before or home.used.get(key)
                (self.holds if known else self.new_holds).append(_counted(key, held))


def _source(key: str, nth: int) -> str:
    """What tells a movement of a bucket from all others, within what fits."""
    source = f"charge{nth}:{key}" if nth else f"charge:{key}"
    if len(source) <= SOURCE_MAX:
        return source
    told = blake2b(source.encode(), digest_size=12).hexdigest()
    return f"{source[: SOURCE_MAX - 1 - len(told)]}:{told}"


def _counted(key: CounterKey, quantity: int) -> str:
    account, contract, component, cycle = key
    return (
        f'{{"a":{account},"c":{contract},"p":{component},"d":"{cycle}",'
        f'"q":"{_quantity(quantity)}"}}'
    )


async def store_batch(link: Link, changes: Changes, *, tenant_id: int, at: datetime) -> None:
    """Writes the changes and commits; when it returns they cannot be lost."""
    tenant, now = b"%d" % tenant_id, at.isoformat().encode()
    wanted: list[tuple[str, list[str], Sequence[bytes]]] = [
        (OPENED, changes.opened, ()),
        (EVENTS, changes.events, (now,)),
        (SESSIONS, changes.sessions, ()),
        (BUCKETS, changes.buckets, ()),
        (MOVEMENTS, changes.movements, (now,)),
        (COUNTERS, changes.counters, ()),
        (OPENED_COUNTERS, changes.new_counters, ()),
        (HOLDS, changes.holds, ()),
        (OPENED_HOLDS, changes.new_holds, ()),
        (TABS, changes.tabs, ()),
        (TELL, changes.orders, (now,)),
        (ASK_TOP_UP, [str(account) for account in sorted(changes.low)], (now,)),
        (CUT_OFF, [str(account) for account in sorted(changes.spent)], (now,)),
        (REQUESTS, changes.requests, (now,)),
    ]
    steps: list[Step] = [
        (statement, (tenant, f"[{','.join(rows)}]".encode(), *more))
        for statement, rows, more in wanted
        if rows
    ]
    await link.ask([*steps, COMMIT])


def _row(session: Session) -> str:
    """The session in all columns; `detail` and `held` are kept as the text that stands here."""
    held = "null"
    if session.state is SessionState.OPEN:
        held = f"{{{_taken(session.held)}}}"
    return (
        f'{{"account_id":{session.account_id},"session":{quoted(session.key)},'
        f'"contract_id":{session.contract_id},"service_id":{session.service_id},'
        f'"offer_id":{session.offer_id},"cycle_start":"{_day(session.cycle_start)}",'
        f'"tab_start":"{_day(session.tab_start)}","state":"{session.state}",'
        f'"kind":{quoted(session.kind)},"unit":{quoted(session.unit)},'
        f'"started_at":"{_at(session.started_at)}","called":{_text(session.called)},'
        f'"zone":{_text(session.zone)},"attributes":{_text(session.attributes)},'
        f'"used":"{_quantity(session.used)}","granted":"{_quantity(session.granted)}",'
        f'"amount":"{_money(session.amount)}","refunded":"{_money(session.refunded)}",'
        f'"detail":{_detail(session)},"held":{held},"opened_at":"{_at(session.opened_at)}",'
        f'"expires_at":"{_at(session.expires_at)}","valid_s":{session.valid_s},'
        f'"digest":{_text(session.digest)}{_sharing(session)}}}'
    )


def _event(session: Session) -> str:
    """What EVENTS is told of an event; what is left out is null, or as the statement says."""
    rest = _sharing(session)
    if session.started_at != session.opened_at:
        rest += f',"at":"{_at(session.started_at)}"'
    if session.called is not None:
        rest += f',"called":{quoted(session.called)}'
    if session.zone is not None:
        rest += f',"zone":{quoted(session.zone)}'
    if session.attributes is not None:
        rest += f',"attributes":{quoted(session.attributes)}'
    return (
        f'{{"account_id":{session.account_id},"session":{quoted(session.key)},'
        f'"contract_id":{session.contract_id},"service_id":{session.service_id},'
        f'"offer_id":{session.offer_id},"cycle_start":"{_day(session.cycle_start)}",'
        f'"tab_start":"{_day(session.tab_start)}","kind":{quoted(session.kind)},'
        f'"unit":{quoted(session.unit)},"used":"{_quantity(session.used)}",'
        f'"amount":"{_money(session.amount)}","detail":{_detail(session)},'
        f'"digest":{_text(session.digest)}{rest}}}'
    )


def _sharing(session: Session) -> str:
    if session.organisation_id is None:
        return ""
    pool = session.pool_id or "null"
    return f',"organisation_id":{session.organisation_id},"pool_id":{pool}'


def _detail(session: Session) -> str:
    lines = ", ".join([_line(version, line) for version, line in session.lines])
    return f'{{"lines": [{lines}], {_taken(session.taken)}}}'


def _line(version: int, line: RatedLine) -> str:
    return (
        f"[{version}, {line.usage_id}, {line.account_id}, {line.contract_id}, "
        f'{line.component_id}, {line.seq}, "{_day(line.cycle_start)}", {line.started_us}, '
        f"{_text(line.band)}, {'null' if line.tier is None else line.tier}, "
        f"{_text(line.rate_key)}, {line.measured}, {line.billed}, {line.allowed}, "
        f"{line.unit_price}, {line.per}, {line.fee}, {line.amount}]"
    )


def _taken(taken: Taken) -> str:
    """Fields of an object that begins with them."""
    counters = ", ".join(
        f'[{account}, {contract}, {component}, "{cycle}", {amount}]'
        for (account, contract, component, cycle), amount in taken.counters.items()
    )
    buckets = ", ".join(f'"{number}": {amount}' for number, amount in taken.buckets.items())
    return f'"counters": [{counters}], "buckets": {{{buckets}}}, "owed": {taken.owed}'


# What a batch writes at one time has the same few days and instants.
_day: Final = lru_cache(maxsize=1_024)(date.isoformat)
_at: Final = lru_cache(maxsize=1_024)(datetime.isoformat)


def _text(value: str | None) -> str:
    return "null" if value is None else quoted(value)


def _money(amount: int) -> str:
    return f"{amount}e-12"


def _quantity(quantity: int) -> str:
    return f"{quantity}e-9"
