"""What a gathered batch of requests reads, in a few statements over sets, as text."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from tallystick.base.charging import Answer, ChargeRequest
from tallystick.core.charge.balance import CREDIT_PRIORITY, Mode, limit_of
from tallystick.core.charge.frames import FIRST_USES, NEVER_RESETS
from tallystick.core.charge.online.state import (
    AccountState,
    Owner,
    Served,
    Session,
    SharedCounters,
)
from tallystick.core.invoice.cycle import cycle_of, monthly, turned_of
from tallystick.core.tariff.nodes import Scope
from tallystick.domain.reservations.link import Link, Row, Step
from tallystick.domain.reservations.remembered import (
    Guess,
    Place,
    Remembered,
    guess_of,
    place_of,
)
from tallystick.domain.reservations.rows import (
    fill_buckets,
    money_of,
    quantity_of,
    session_of,
)
from tallystick.domain.reservations.sharing import COUNTERS as SHARED_COUNTERS
from tallystick.domain.reservations.sharing import GRANTS as SHARED_GRANTS
from tallystick.domain.reservations.sharing import (
    POOLS,
    Offered,
    ask_sizes,
    name_pools,
    place_shared,
    read_sizes,
    sizes_asked,
)

_SERVED: Final = """
    SELECT w.n, a.account_id, s.contract_id, s.id, s.state, c.cycle_day, c.cycle_since,
        c.cycle_day_before, p.bill_day, o.offer_id, (w.at AT TIME ZONE p.zone)::date,
        c.pool_id, coalesce(p.organisation_id, p.id),
        p.organisation_id IS NOT NULL OR ($4::boolean AND EXISTS (
            SELECT FROM parties_account u
            WHERE u.tenant_id = p.tenant_id AND u.organisation_id = p.id)), p.currency
    FROM (
        SELECT n, kind, value, coalesce(at,
            (SELECT rehearsal_at FROM tenants_tenant WHERE id = $1 AND clock = 'rehearsal'),
            $2::timestamptz) AS at
        FROM json_to_recordset($3) AS g (n integer, kind text, value text, at timestamptz)
        OFFSET 0  -- so that the instant is found once
    ) w
    JOIN inventory_identifier i
        ON i.tenant_id = $1 AND i.kind = w.kind AND i.value = w.value
    JOIN inventory_assignment a ON a.tenant_id = i.tenant_id AND a.identifier_id = i.id
        AND a.valid_from <= w.at AND (a.valid_to IS NULL OR w.at < a.valid_to)
    JOIN contracts_service s ON s.tenant_id = a.tenant_id AND s.id = a.service_id
    JOIN contracts_contract c ON c.tenant_id = s.tenant_id AND c.id = s.contract_id
    JOIN parties_account p ON p.tenant_id = a.tenant_id AND p.id = a.account_id
    LEFT JOIN contracts_contractoffer o ON o.tenant_id = c.tenant_id AND o.contract_id = c.id
        AND o.valid_from <= (w.at AT TIME ZONE p.zone)::date
        AND (o.valid_to IS NULL OR (w.at AT TIME ZONE p.zone)::date < o.valid_to)
"""
_SESSION_ACCOUNTS: Final = """
    SELECT account_id, cycle_start, contract_id, organisation_id, pool_id
    FROM reservations_reservation WHERE tenant_id = $1 AND session = ANY($2)
"""
_BIND: Final = "SELECT set_config('tallystick.tenant', $1, false)"

_LOCK: Final = """
    SELECT count(pg_advisory_xact_lock(($1::bigint << 40) | k)),
        (SELECT rehearsal_at FROM tenants_tenant WHERE id = $3 AND clock = 'rehearsal')
    FROM unnest($2::bigint[]) AS k
"""
"""Gives the operator's present too, where it lives by a rehearsal clock."""

_TERMS: Final = """
    SELECT account_id, mode, credit_limit::text, low_balance::text, cut_at_zero FROM balances_terms
    WHERE tenant_id = $1 AND account_id = ANY($2::bigint[]) ORDER BY account_id FOR NO KEY UPDATE
"""
_BUCKETS: Final = """
    SELECT account_id, id, contract_id, unit, priority, quantity::text, remaining::text,
        reserved::text, kinds, condition, valid_from, valid_to, origin = 'credit'
    FROM balances_bucket WHERE tenant_id = $1 AND account_id = ANY($2::bigint[])
        AND (remaining <> 0 OR reserved <> 0 OR origin = 'credit' OR id = ANY($4::bigint[])
            OR valid_to > coalesce(
                (SELECT rehearsal_at FROM tenants_tenant WHERE id = $1 AND clock = 'rehearsal'),
                $3::timestamptz))
    ORDER BY account_id, id
"""
_CREDIT: Final = f"""
    INSERT INTO balances_bucket (tenant_id, account_id, contract_id, unit, origin, source_key,
        priority, condition, valid_from, quantity, remaining, reserved)
    SELECT $1, a, 0, u, 'credit', 'credit', {CREDIT_PRIORITY}, '', $2, 0, 0, 0
    FROM json_to_recordset($3) AS n (a bigint, u text)
    RETURNING account_id, id, contract_id, unit, priority, quantity::text, remaining::text,
        reserved::text, kinds, condition, valid_from, valid_to, true
"""
_COUNTERS: Final = """
    SELECT account_id, contract_id, component_id, cycle_start, used::text,
        CASE WHEN held <> 0 THEN held::text END FROM balances_counter
    WHERE tenant_id = $1 AND account_id = ANY($2::bigint[]) AND cycle_start = ANY($3)
    ORDER BY account_id, contract_id, component_id, cycle_start FOR NO KEY UPDATE
"""
_GRANTS: Final = """
    SELECT account_id, contract_id, component_id, cycle_start, sum(quantity)::text
    FROM balances_rolledover
    WHERE tenant_id = $1 AND account_id = ANY($2::bigint[]) AND cycle_start = ANY($3)
    GROUP BY 1, 2, 3, 4
"""
_TABS: Final = """
    SELECT account_id, month, charged::text, held::text FROM reservations_tab
    WHERE tenant_id = $1 AND account_id = ANY($2::bigint[])
"""
_SESSIONS: Final = """
    SELECT r.session, r.account_id, r.contract_id, r.service_id, r.offer_id, r.cycle_start,
        r.tab_start, r.kind, r.unit, r.started_at, r.called, r.zone, r.attributes, r.opened_at,
        r.expires_at, r.valid_s, r.organisation_id, r.pool_id, r.state, r.used::text,
        r.granted::text, r.amount::text, r.refunded::text, r.charge_run_id IS NOT NULL, r.digest,
        r.detail, r.held, p.currency
    FROM reservations_reservation r
    JOIN parties_account p ON p.tenant_id = r.tenant_id AND p.id = r.account_id
    WHERE r.tenant_id = $1 AND r.session = ANY($2)
"""
_ANSWERS: Final = """
    SELECT key, digest, code, answer FROM reservations_request
    WHERE tenant_id = $1 AND key = ANY($2)
"""
_EXPIRED: Final = """
    SELECT session FROM reservations_reservation
    WHERE tenant_id = $1 AND state = 'open' AND expires_at <= coalesce(
        (SELECT rehearsal_at FROM tenants_tenant WHERE id = $1 AND clock = 'rehearsal'),
        $2::timestamptz)
    ORDER BY expires_at LIMIT $3::integer
"""
_FORGET: Final = """
    DELETE FROM reservations_request WHERE tenant_id = $1 AND key IN (
        SELECT key FROM reservations_request WHERE tenant_id = $1 AND answered_at < coalesce(
            (SELECT rehearsal_at FROM tenants_tenant WHERE id = $1 AND clock = 'rehearsal'),
            $2::timestamptz) - $3::interval
        LIMIT $4::integer)
"""
BEGIN: Final[Step] = ("BEGIN", ())
COMMIT: Final[Step] = ("COMMIT", ())
ROLLBACK: Final[Step] = ("ROLLBACK", ())


@dataclass(slots=True)
class Loaded:
    """All that the requests of a batch are decided on."""

    now: datetime
    served: dict[int, Served]  # by position in the batch
    accounts: dict[int, AccountState] = field(default_factory=dict)
    homes: dict[str, int] = field(default_factory=dict)  # the account of each session
    answers: dict[str, tuple[str, Answer]] = field(default_factory=dict)
    shared: dict[Owner, SharedCounters] = field(default_factory=dict)
    """What accounts of the batch share with others; the same objects as in the accounts."""


async def overdue_sessions(link: Link, *, tenant_id: int, at: datetime, most: int) -> list[str]:
    """The open sessions whose time is up by the operator's clock, those waiting longest first."""
    values = [b"%d" % tenant_id, _instant(at), b"%d" % most]
    *_, found, _ = await link.ask([*_begin(link, tenant_id), (_EXPIRED, values), COMMIT])
    return [name for (name,) in found]


async def forget_answers(link: Link, *, tenant_id: int, at: datetime, days: int, most: int) -> None:
    """Forgets so many of the answers that are older than so many days."""
    values = [b"%d" % tenant_id, _instant(at), b"%d days" % days, b"%d" % most]
    await link.ask([*_begin(link, tenant_id), (_FORGET, values), COMMIT])


def _begin(link: Link, tenant_id: int) -> list[Step]:
    """A transaction in which the operator's rows are to be seen."""
    if link.tenant_id == tenant_id:
        return [BEGIN]
    link.tenant_id = tenant_id
    return [BEGIN, (_BIND, [b"%d" % tenant_id])]


async def load_batch(
    link: Link,
    requests: Sequence[ChargeRequest],
    *,
    tenant_id: int,
    at: datetime,
    offered: Offered,
    remembered: Remembered,
) -> Loaded:
    """Begins a transaction, locks the accounts that the requests are about, and reads them.

    What is remembered of the subjects and sessions says which accounts these are, so that all is
    read in one go; where that was wrong, they are let go and looked for first. `at` is the present
    unless the operator lives by a rehearsal clock.
    """
    batch = _Batch(link, b"%d" % tenant_id, _instant(at), requests, shares=bool(offered.shared))
    begin = _begin(link, tenant_id)
    guess = remembered.guess(requests)
    if guess is not None:
        told = await link.ask([*begin, batch.who(), *batch.rows_of(guess)])
        read = _Read(*told[len(begin) :])
        served = _all_served(read.who, offered)
        places = [place_of(one) for one in served.values()]
        places += [_place_of(row) for row in read.sessions]
        if not guess.covers(places):
            link.tenant_id = 0  # what a transaction sets is undone with it
            guess, begin = None, [ROLLBACK, *_begin(link, tenant_id)]
    if guess is None:
        *_, who, homes = await link.ask([*begin, batch.who(), batch.homes()])
        served = _all_served(who, offered)
        guess = guess_of([*map(place_of, served.values()), *[Place(*row) for row in homes]])
        told = await link.ask(batch.rows_of(guess))
        read = _Read(who, *told)
    ((_, present),) = read.locked
    loaded = Loaded(present or at, served)
    await _fill_in(loaded, batch, read, guess, offered)
    return loaded


class _Read(NamedTuple):
    """The rows of each statement."""

    who: list[Row]
    locked: list[Row]
    terms: list[Row]
    sessions: list[Row]
    buckets: list[Row]
    counters: list[Row]
    grants: list[Row]
    tabs: list[Row]
    answers: list[Row]
    pools: Sequence[Row] = ()


class _Batch:
    """The statements that read what a batch is about."""

    def __init__(
        self,
        link: Link,
        tenant: bytes,
        at: bytes,
        requests: Sequence[ChargeRequest],
        *,
        shares: bool,
    ) -> None:
        self.link, self.tenant, self.at = link, tenant, at
        self.shares = b"t" if shares else b"f"  # whether any offer shares beyond its account
        subjects = [
            {
                "n": n,
                "kind": r.subject_kind,
                "value": r.subject,
                "at": r.at.isoformat() if r.at else None,
            }
            for n, r in enumerate(requests)
            if r.subject
        ]
        self.subjects = json.dumps(subjects).encode()
        # An event stands under its key, which must not mean anything else.
        names = {*[r.session for r in requests], *[r.key for r in requests]} - {""}
        self.named = _texts(sorted(names))
        self.keys = _texts([request.key for request in requests if request.key])

    def who(self) -> Step:
        """Whom the subjects name."""
        return (_SERVED, [self.tenant, self.at, self.subjects, self.shares])

    def homes(self) -> Step:
        """The accounts of the sessions that are named."""
        return (_SESSION_ACCOUNTS, [self.tenant, self.named])

    def rows_of(self, guess: Guess) -> list[Step]:
        """Locks the accounts; their terms, the sessions that are named, and the other rows."""
        of = [self.tenant, _numbers(sorted(guess.accounts))]
        locked = _numbers(sorted(guess.locked)) if guess.owners else of[1]
        lock = (_LOCK, [self.tenant, locked, self.tenant])
        sessions = (_SESSIONS, [self.tenant, self.named])
        tabs, answers = (_TABS, of), (_ANSWERS, [self.tenant, self.keys])
        drawn = self.drawn_from(guess, ())
        shared: list[Step] = []
        if guess.owners:
            pools = [-contract for _, contract in guess.owners if contract < 0]
            shared = [(POOLS, [self.tenant, _numbers(pools)])]
        return [lock, (_TERMS, of), sessions, *drawn, tabs, answers, *shared]

    def drawn_from(self, guess: Guess, touched: Iterable[int]) -> list[Step]:
        """Buckets, those touched also where they are empty; counters and grants of the cycles."""
        of = [self.tenant, _numbers(sorted(guess.accounts))]
        cycles = {NEVER_RESETS, FIRST_USES, *guess.cycles}
        days = ("{" + ",".join(day.isoformat() for day in cycles) + "}").encode()
        buckets = (_BUCKETS, [*of, self.at, _numbers(touched)])
        if not guess.owners:
            return [buckets, (_COUNTERS, [*of, days]), (_GRANTS, [*of, days])]
        owners = [{"a": account, "c": contract} for account, contract in guess.counters]
        pairs = [self.tenant, json.dumps(owners).encode(), days]
        return [buckets, (SHARED_COUNTERS, pairs), (SHARED_GRANTS, pairs)]


def _place_of(row: Row) -> Place:
    return Place(row[1], row[5], row[2], row[16], row[17])


def _all_served(who: Iterable[Row], offered: Offered) -> dict[int, Served]:
    return {row[0]: _served(row, offered) for row in who}


def _served(row: Row, offered: Offered) -> Served:
    _, account, contract, service, state, _, _, _, bill_day, offer, day, pool, top, grouped, _ = row
    offer = offered.offer_of(contract, offer, day) if offer else 0
    scopes = offered.shared.get(offer)
    shares = scopes is not None and not scopes.isdisjoint(_SHARES[pool is not None, grouped])
    return Served(
        account,
        contract,
        service,
        state,
        offer,
        _cycle_of(row),
        _start(day, bill_day),
        top if shares else None,
        pool if shares else None,
    )


_SHARES: Final = {
    (False, False): frozenset[Scope](),
    (True, False): frozenset({Scope.POOL}),
    (False, True): frozenset({Scope.ORGANISATION}),
    (True, True): frozenset({Scope.POOL, Scope.ORGANISATION}),
}
"""By whether the contract is in a pool, and whether the account belongs to an organisation."""


@lru_cache(maxsize=4_096)
def _start(day: date, bill_day: int) -> date:
    return cycle_of(day, rule=monthly(bill_day)).start


def _cycle_of(row: Row) -> date:
    """The first day of the contract's cycle that the request falls in."""
    cycle_day, since, before, day = row[5], row[6], row[7], row[10]
    if since is None or before is None:
        return _start(day, cycle_day)
    return cycle_of(
        day, rule=monthly(cycle_day, turned=turned_of(since=since, bill_day=before))
    ).start


async def _fill_in(
    loaded: Loaded, batch: _Batch, read: _Read, guess: Guess, offered: Offered
) -> None:
    """Puts what was read where it belongs, with what sessions have drawn besides."""
    currencies = {row[1]: row[-1] for row in read.who}
    sessions = []
    for row in read.sessions:
        # One that another account opened since the accounts were locked is met when it is written.
        if guess.covers([_place_of(row)]):
            sessions.append(session_of(row))
            currencies[row[1]] = row[-1]
    cycles = {one.cycle_start for one in loaded.served.values()}
    cycles.update([session.cycle_start for session in sessions])
    touched = {number for one in sessions for number in one.taken.buckets}
    if not (cycles <= guess.cycles and touched <= {row[1] for row in read.buckets}):
        guess = guess._replace(cycles=frozenset(cycles))
        buckets, counters, grants = await batch.link.ask(batch.drawn_from(guess, touched))
        read = read._replace(buckets=buckets, counters=counters, grants=grants)
    of_account = {row[0]: row for row in read.terms}
    for account_id, currency in currencies.items():
        loaded.accounts[account_id] = _account(account_id, currency, of_account.get(account_id))
    ones: list[Served | Session] = [*loaded.served.values(), *sessions]
    loaded.shared = place_shared(guess.owners, ones, loaded.accounts)
    _fill(loaded, read)
    if offered.sized and (sizes := sizes_asked(ones, offered=offered)):
        (days,) = await batch.link.ask([ask_sizes(sizes, tenant=batch.tenant)])
        read_sizes(sizes, days, loaded.accounts)
    await _open_credit(batch, loaded)
    loaded.answers = {
        key: (digest, Answer(code, answer)) for key, digest, code, answer in read.answers
    }
    for session in sessions:
        loaded.homes[session.key] = session.account_id
        loaded.accounts[session.account_id].sessions[session.key] = session


async def _open_credit(batch: _Batch, loaded: Loaded) -> None:
    """Gives each prepaid account the bucket for what is on credit, where it has none yet."""
    without = [
        {"a": state.account_id, "u": state.currency}
        for state in loaded.accounts.values()
        if state.mode is Mode.PREPAID and state.credit is None
    ]
    if without:
        values = [batch.tenant, _instant(loaded.now), json.dumps(without).encode()]
        (opened,) = await batch.link.ask([(_CREDIT, values)])
        fill_buckets(loaded.accounts, opened)


def _account(account_id: int, currency: str, terms: Row | None) -> AccountState:
    if terms is None:
        return AccountState(account_id, currency, Mode.POSTPAID, None, None)
    _, word, limit, low, cut = terms
    mode, agreed = Mode(word), None if limit is None else money_of(limit)
    credit, low_balance = limit_of(mode, agreed=agreed), None if low is None else money_of(low)
    return AccountState(account_id, currency, mode, credit, low_balance, cut)


def _fill(loaded: Loaded, read: _Read) -> None:
    """Puts the rows where they belong; of an account that was guessed in vain nothing is kept."""
    accounts, shared = loaded.accounts, loaded.shared
    fill_buckets(accounts, read.buckets)
    for account, contract, component, cycle, used, held in read.counters:
        home = shared.get((account, contract)) or accounts.get(account)
        if home is not None:
            key = (account, contract, component, cycle)
            home.used[key] = quantity_of(used)
            if held is not None:
                home.held[key] = quantity_of(held)
    for account, contract, component, cycle, quantity in read.grants:
        home = shared.get((account, contract)) or accounts.get(account)
        if home is not None:
            home.granted[account, contract, component, cycle] = quantity_of(quantity)
    for account, month, charged, reserved in read.tabs:
        if account in accounts:
            accounts[account].tab[month] = [money_of(charged), money_of(reserved)]
    name_pools(shared, read.pools)


def _numbers(ids: Iterable[int]) -> bytes:
    return b"{%s}" % ",".join(map(str, ids)).encode()


def _texts(values: Iterable[str]) -> bytes:
    """An array of texts; within quotes only the quote and the backslash mean something."""
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return ('{"' + '","'.join(quoted) + '"}').encode() if quoted else b"{}"


def _instant(at: datetime) -> bytes:
    return at.isoformat().encode()
