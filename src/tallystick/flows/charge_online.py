"""Online charging: requests gathered for a moment -> one transaction -> their answers.

Requests that come within a millisecond or two share a transaction: read, decide in the order in
which they came, write, commit, and only then answer. Two batches may be under way at a time; the
accounts' locks keep them apart. A key that was answered before is answered alike.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import django.db
import psycopg
from asgiref.sync import sync_to_async
from django.db import connection
from psycopg import AsyncConnection
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation

from tallystick.base.charging import GRANTED, Action, Answer, ChargeRequest, Tell
from tallystick.base.refusal import Refusal
from tallystick.core.charge.online.books import OWED, Revenue, payments_in_order, split_paid
from tallystick.core.charge.online.decide import Desk, answer_of_event
from tallystick.core.charge.online.refusals import (
    KeyUsed,
    SessionExists,
    UnknownSession,
    UnknownSubject,
)
from tallystick.core.charge.online.state import AccountState, Served, Session
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import PlanUsage
from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.reservations.link import Link
from tallystick.domain.reservations.reading import (
    Loaded,
    forget_answers,
    load_batch,
    overdue_sessions,
)
from tallystick.domain.reservations.remembered import Remembered
from tallystick.domain.reservations.sharing import Offered
from tallystick.domain.reservations.writing import Before, Changes, before_of, store_batch
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.own_prices import load_own_prices
from tallystick.flows.sharing import offered_by

LOG: Final = logging.getLogger(__name__)

GATHER_S: Final = 0.0015
BATCH_MIN: Final = 20
BATCH_MAX: Final = 100
WAITING_MAX: Final = 5_000
"""More would wait longer than a network element does; they are asked to come again."""

UNDER_WAY: Final = 2
TRIES: Final = 5
PLANS_S: Final = 1.0
"""How old the prices may be that a request meets; a new version is known a second later."""

EXPIRED_MAX: Final = 500
REMEMBERED_DAYS: Final = 7
FORGET_S: Final = 60.0
FORGET_MAX: Final = 100_000
"""Answers that are forgotten at a time, once a minute; more than a minute brings."""

OPENING: Final = (Action.RESERVE, Action.EVENT)
READ_ONLY: Final = (Action.BALANCE, Action.AUTHORISE)
AGAIN: Final = (DeadlockDetected, SerializationFailure, UniqueViolation)

Connect = Callable[[], Awaitable[AsyncConnection[Any]]]


@dataclass
class Overloaded(Refusal):
    code = "overloaded"

    def sentence(self) -> str:
        return "more requests wait than can be answered in time; ask again in a moment"


@dataclass
class DatabaseAway(Refusal):
    code = "database_away"

    def sentence(self) -> str:
        return "the database does not answer; ask again with the same key, nothing counts twice"


@dataclass(slots=True)
class _Prices:
    """The published versions of an operator as they were a moment ago."""

    plans: tuple[DatedPlan, ...]
    offered: Offered
    read_at: float


class _Waiting(NamedTuple):
    request: ChargeRequest
    at: datetime
    tell: Tell


@dataclass(slots=True)
class Figures:
    """What the service has done since it began."""

    answered: int = 0
    refused: int = 0
    batches: int = 0
    again: int = 0


@dataclass
class OnlineCharger:
    """The port `OnlineCharging`, answered from this process; one for each event loop."""

    connect: Connect
    figures: Figures = field(default_factory=Figures)
    _queues: dict[int, deque[_Waiting]] = field(default_factory=dict)
    _under_way: dict[int, int] = field(default_factory=dict)  # batches
    _asked: dict[int, int] = field(default_factory=dict)  # requests of those
    _gathering: dict[int, "asyncio.Future[None]"] = field(default_factory=dict)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _idle: list[Link] = field(default_factory=list)
    _forgot: dict[int, float] = field(default_factory=dict)
    _prices: dict[int, _Prices] = field(default_factory=dict)
    _remembered: dict[int, Remembered] = field(default_factory=dict)

    def put(self, request: ChargeRequest, *, tenant_id: int, at: datetime, tell: Tell) -> None:
        """Has `tell` called with the answer once it can no longer be lost, or with why there is
        none: Overloaded when too many wait already, DatabaseAway when the database does not answer.
        """
        queue = self._queues.get(tenant_id)
        if queue is None:
            queue = self._queues[tenant_id] = deque()
        if len(queue) >= WAITING_MAX:
            tell(Overloaded())
            return
        queue.append(_Waiting(request, at, tell))
        busy = self._under_way.get(tenant_id, 0)
        gathering = self._gathering.get(tenant_id)
        if gathering is not None:
            if not gathering.done() and len(queue) >= self._share(tenant_id):
                gathering.set_result(None)
        elif not busy or (busy < UNDER_WAY and len(queue) == 1):
            self._start(tenant_id)

    async def ask(self, request: ChargeRequest, *, tenant_id: int, at: datetime) -> Answer:
        """The answer, once it can no longer be lost.

        :raises Overloaded: when too many wait already
        :raises DatabaseAway: when the database does not answer
        """
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def tell(answer: Answer | Exception) -> None:
            if told.done():
                return
            if isinstance(answer, Exception):
                told.set_exception(answer)
            else:
                told.set_result(answer)

        self.put(request, tenant_id=tenant_id, at=at, tell=tell)
        return await told

    async def expire_sessions(self, *, tenant_id: int, at: datetime) -> int:
        """Ends the sessions that nobody has reported on in time; gives how many."""
        try:
            names = await self._overdue(tenant_id, at)
        except (psycopg.Error, OSError):
            raise DatabaseAway from None
        ending = [ChargeRequest(action=Action.EXPIRE, session=name) for name in names]
        await asyncio.gather(*(self.ask(one, tenant_id=tenant_id, at=at) for one in ending))
        return len(names)

    async def _overdue(self, tenant_id: int, at: datetime) -> list[str]:
        """The sessions whose time is up; now and then forgets answers that nobody asks for."""
        now = asyncio.get_running_loop().time()
        async with self._linked() as link:
            names = await overdue_sessions(link, tenant_id=tenant_id, at=at, most=EXPIRED_MAX)
            if now - self._forgot.get(tenant_id, 0.0) > FORGET_S:
                self._forgot[tenant_id] = now
                await forget_answers(
                    link, tenant_id=tenant_id, at=at, days=REMEMBERED_DAYS, most=FORGET_MAX
                )
        return names

    @asynccontextmanager
    async def _linked(self) -> AsyncIterator[Link]:
        """A connection of its own for the block; one that failed is not used again."""
        link = await self._take()
        try:
            yield link
        except BaseException:
            await link.close()
            raise
        self._idle.append(link)

    async def close(self) -> None:
        """Ends its connections once nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        for link in self._idle:
            await link.close()
        self._idle.clear()

    def _start(self, tenant_id: int) -> None:
        self._under_way[tenant_id] = self._under_way.get(tenant_id, 0) + 1
        self._keep(self._work(tenant_id))

    async def _work(self, tenant_id: int) -> None:
        """Gathers and answers until nothing waits."""
        queue = self._queues[tenant_id]
        try:
            while queue:
                if len(queue) < self._share(tenant_id):
                    if tenant_id in self._gathering:
                        return  # what has come is gathered already
                    await self._gather(tenant_id)
                most = min(self._share(tenant_id), len(queue))
                batch = [queue.popleft() for _ in range(most)]
                if queue and self._under_way[tenant_id] < UNDER_WAY:
                    self._start(tenant_id)
                if batch:
                    self._asked[tenant_id] = self._asked.get(tenant_id, 0) + most
                    await self._answer(batch, tenant_id)
                    self._asked[tenant_id] -= most
        finally:
            self._under_way[tenant_id] -= 1

    async def _gather(self, tenant_id: int) -> None:
        """Waits until a batch has come, or for as long as a request may wait for others."""
        loop = asyncio.get_running_loop()
        full = self._gathering[tenant_id] = loop.create_future()
        late = loop.call_later(GATHER_S, _wake, full)
        try:
            await full
        finally:
            late.cancel()
            del self._gathering[tenant_id]

    def _share(self, tenant_id: int) -> int:
        """Half of what is asked: it is decided while the database works on the other half."""
        asked = len(self._queues[tenant_id]) + self._asked.get(tenant_id, 0)
        return min(max(asked // UNDER_WAY, BATCH_MIN), BATCH_MAX)

    async def _answer(self, batch: Sequence[_Waiting], tenant_id: int) -> None:
        answers: Sequence[Answer | Exception]
        try:
            answers = await self._transact(batch, tenant_id)
        except (psycopg.Error, django.db.Error, OSError):
            answers = [DatabaseAway()] * len(batch)
        except Exception as fault:
            answers = [fault] * len(batch)
            LOG.exception("online charging met a fault")
        else:
            self.figures.batches += 1
            self.figures.answered += len(batch)
            self.figures.refused += sum(answer.code != GRANTED for answer in answers)
        for waiting, answer in zip(batch, answers, strict=True):
            try:
                waiting.tell(answer)
            except Exception:
                # One that cannot be told must not keep the others waiting.
                LOG.exception("online charging could not tell an answer")

    async def _transact(self, batch: Sequence[_Waiting], tenant_id: int) -> list[Answer]:
        """The answers of a batch that is committed; tried again where another stood in its way."""
        remembered = self._remembered.setdefault(tenant_id, Remembered())
        for left in reversed(range(TRIES)):
            prices = await self._prices_of(tenant_id)
            requests = [waiting.request for waiting in batch]
            try:
                async with self._linked() as link:
                    loaded = await load_batch(
                        link,
                        requests,
                        tenant_id=tenant_id,
                        at=batch[-1].at,
                        offered=prices.offered,
                        remembered=remembered,
                    )
                    answers, changes = decide_batch(requests, loaded=loaded, plans=prices.plans)
                    await store_batch(link, changes, tenant_id=tenant_id, at=loaded.now)
                remembered.note(
                    requests, served=loaded.served, homes=loaded.homes, accounts=loaded.accounts
                )
                return answers
            except AGAIN:
                self.figures.again += 1
                if not left:
                    raise
        raise AssertionError("the last try answers or raises")

    async def _take(self) -> Link:
        while self._idle:
            link = self._idle.pop()
            if not link.closed:
                return link
        return Link(await self.connect())

    async def _prices_of(self, tenant_id: int) -> _Prices:
        """The prices of a moment ago; newer ones are read beside the work, not before it."""
        now = asyncio.get_running_loop().time()
        held = self._prices.get(tenant_id)
        if held is None:
            await self._read_prices(tenant_id)
        elif now - held.read_at > PLANS_S:
            held.read_at = now
            self._keep(self._read_prices(tenant_id))
        return self._prices[tenant_id]

    async def _read_prices(self, tenant_id: int) -> None:
        plans, offered = await sync_to_async(_read_prices)(tenant_id)
        now = asyncio.get_running_loop().time()
        self._prices[tenant_id] = _Prices(plans, offered, now)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            LOG.error("online charging met a fault", exc_info=fault)


def _wake(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)


def _read_prices(tenant_id: int) -> tuple[tuple[DatedPlan, ...], Offered]:
    try:
        return _load_prices(tenant_id)
    except (django.db.OperationalError, django.db.InterfaceError):
        connection.close()  # the server that it led to may have gone, and another have come
        return _load_prices(tenant_id)


def _load_prices(tenant_id: int) -> tuple[tuple[DatedPlan, ...], Offered]:
    with acting_for(tenant_id):
        own = load_own_prices()
        plans = dated_plans(own.variants)
    return plans, offered_by(plans, own=own)


def decide_batch(
    requests: Sequence[ChargeRequest], *, loaded: Loaded, plans: tuple[DatedPlan, ...]
) -> tuple[list[Answer], Changes]:
    """The answer to each request in order, and what is to be written; no I/O."""
    changes = Changes()
    before: dict[int, Before] = {}
    desks: dict[int, Desk] = {}
    shared = {owner: dict(counters.used) for owner, counters in loaded.shared.items()}
    answers = []
    for number, request in enumerate(requests):
        known = _known(request.key, loaded) if request.key else None
        if known is not None:
            same = known[0] == request.digest
            answers.append(known[1] if same else refusal_answer(KeyUsed(key=request.key)))
            continue
        try:
            state = _account_of(request, number, loaded)
            desk = desks.get(state.account_id)
            if desk is None:
                desk = desks[state.account_id] = Desk(state, plans, loaded.now)
                before[state.account_id] = before_of(state)
            answer = _decide(desk, request, served=loaded.served.get(number), changes=changes)
            loaded.homes[request.session or request.key] = state.account_id
        except Refusal as refusal:
            # Nothing has changed, so the same key may be asked again when something has.
            answers.append(refusal_answer(refusal))
            continue
        answers.append(answer)
        if request.key and request.action not in READ_ONLY:
            loaded.answers[request.key] = (request.digest, answer)
            if request.action is not Action.EVENT:
                changes.note_answer(request, answer)
    for account_id, stood in before.items():
        changes.note_account(loaded.accounts[account_id], before=stood)
    for owner, used in shared.items():
        changes.note_shared(loaded.shared[owner], before=used)
    return answers, changes


def _known(key: str, loaded: Loaded) -> tuple[str, Answer] | None:
    """The digest of what was asked under the key before, and its answer."""
    known = loaded.answers.get(key)
    if known is None and (home := loaded.homes.get(key)) is not None:
        account = loaded.accounts[home]
        event = account.sessions[key]
        if event.digest is not None:
            return event.digest, answer_of_event(event, currency=account.currency)
    return known


def _account_of(request: ChargeRequest, number: int, loaded: Loaded) -> AccountState:
    """The account that the request is about.

    :raises UnknownSubject: when nobody was known by its subject
    :raises UnknownSession: when there is no such session
    """
    served = loaded.served.get(number)
    home = loaded.homes.get(request.session or request.key)
    if request.subject:
        if served is None:
            raise UnknownSubject(subject=f"{request.subject_kind} {request.subject}")
        if home not in (None, served.account_id) and request.action in OPENING:
            raise SessionExists(session=request.session or request.key)
        return loaded.accounts[served.account_id]
    if home is None:
        raise UnknownSession(session=request.session)
    return loaded.accounts[home]


def _decide(
    desk: Desk, request: ChargeRequest, *, served: Served | None, changes: Changes
) -> Answer:
    state = desk.state
    answer = desk.decide(request, served=served)
    session = state.sessions.get(request.session or request.key)
    key = request.key or f"{request.action}:{request.session}"
    if state.moved or len(state.charged) > 1:
        assert session is not None, "only what a session is charged moves a bucket"
        changes.note_movements(state.account_id, key=key, moved=_moved(session, desk))
        state.moved.clear()
    state.charged = {}
    if desk.facts:
        changes.note_facts(desk.facts, key=key)
        desk.facts.clear()
    if desk.spent:
        changes.spent.add(state.account_id)
    return answer


def _moved(session: Session, desk: Desk) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Each bucket that moved, by how much and why, with the books' words of what it was for."""
    state = desk.state
    why = {"session": session.key, "kind": session.kind, "cycle": f"{session.cycle_start}"}
    money = []
    for number, amount in state.moved.items():
        if state.buckets[number].unit == state.currency:
            money.append((number, amount))
        else:
            yield number, amount, why
    charged: dict[Revenue, int] = {}
    for (version_id, component_id), amount in state.charged.items():
        revenue = _revenue_of(version_id, component_id, desk.plans)
        charged[revenue] = charged.get(revenue, 0) + amount
    if len(charged) == 1:
        ((account, tax),) = charged
        told = {**why, "revenue": account, "tax": tax}
        yield from ((number, amount, told) for number, amount in money)
        return
    paid = payments_in_order(money, owed=state.charged_owed) or dict.fromkeys(
        # What only went from one component to another stands where the last money came from.
        [n for n in session.taken.buckets if state.buckets[n].unit == state.currency][-1:],
        0,
    )
    for number, revenue, amount in split_paid(paid, charged=charged):
        if number != OWED:
            yield number, -amount, {**why, "revenue": revenue.account, "tax": revenue.tax}


def _revenue_of(version_id: int, component_id: int, plans: Sequence[DatedPlan]) -> Revenue:
    # A version that was corrected since is no longer there; a later one knows the component too.
    found = Revenue("", "")
    for dated in plans:
        usage = dated.plan.components.get(component_id)
        if isinstance(usage, PlanUsage):
            found = Revenue(usage.revenue_account, usage.tax_category)
            if dated.version_id == version_id:
                break
    return found


def refusal_answer(refusal: Refusal) -> Answer:
    """The refusal as an answer."""
    return Answer(refusal.code, json.dumps({"code": refusal.code, "sentence": refusal.sentence()}))
