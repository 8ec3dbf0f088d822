"""What is answered to one request, given the account; changes the account as it decides."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Final

from tallystick.base.charging import GRANTED, Action, Answer, ChargeRequest
from tallystick.base.money import AMOUNT_DECIMALS, plain_scaled
from tallystick.base.quantity import QUANTITY_DECIMALS, QUANTITY_SCALE
from tallystick.core.charge.balance import Bucket
from tallystick.core.charge.facts import Fact, nothing_left
from tallystick.core.charge.lines import Suspended
from tallystick.core.charge.online import money
from tallystick.core.charge.online.facts import crossed, limited_by
from tallystick.core.charge.online.price import (
    NOTHING_USED,
    Priced,
    Pricer,
    fields_of_session,
    largest,
    offer_as_sized,
    pricer_of,
)
from tallystick.core.charge.online.refusals import (
    AbsurdTime,
    CannotRate,
    InsufficientBalance,
    NothingToRefund,
    ServiceBarred,
    SessionEnded,
    SessionExists,
    StillOpen,
    UnknownSession,
    UsedLess,
)
from tallystick.core.charge.online.state import (
    AccountState,
    Served,
    Session,
    SessionState,
)
from tallystick.core.charge.versions import DatedPlan, first_instant
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.plan import PlanOffer

AHEAD_MAX: Final = timedelta(minutes=10)
BEHIND_MAX: Final = timedelta(days=35)
"""How far from the present an event may lie; what is older comes by file."""

VALID_S: Final = 3_600
QUOTAS: Final = {"s": 600, "B": 50_000_000}
"""What is reserved when no quantity is asked for; of other units, one."""

BARRED: Final = ("suspended", "pending", "ended")


@dataclass(slots=True)
class Desk:
    """Where the requests of one account are decided, one after the other."""

    state: AccountState
    plans: tuple[DatedPlan, ...]
    now: datetime
    facts: list[Fact] = field(default_factory=list)
    spent: bool = False  # its money and credit, so that its services are to be cut off

    def decide(self, request: ChargeRequest, *, served: Served | None) -> Answer:
        """The answer to the request; `served` is who its subject names, where it names one.

        :raises Refusal: when it cannot be granted; then nothing has changed
        """
        if request.action is Action.EVENT:
            return answer_of_event(self._event(request, served), currency=self.state.currency)
        told = self._decided(request, served)
        return Answer(told["code"], json.dumps(told))

    def _decided(self, request: ChargeRequest, served: Served | None) -> dict[str, Any]:
        match request.action:
            case Action.RESERVE:
                return self._reserve(request, served)
            case Action.AUTHORISE:
                return self._authorise(request, served)
            case Action.EXTEND:
                return self._extend(request)
            case Action.REFUND:
                return self._refund(request)
            case Action.BALANCE:
                return self._balance(served)
            case _:
                return self._end(request)

    def _reserve(self, request: ChargeRequest, served: Served | None) -> dict[str, Any]:
        if request.session in self.state.sessions:
            raise SessionExists(session=request.session)
        session = self._opened(request, served)
        wanted = _wanted(request, session)
        told = self._grant(session, wanted, at=self._at(request))
        if wanted and session.granted == 0:
            raise self._insufficient(session, self._at(request))
        self.state.sessions[session.key] = session
        session.changed = True
        return told

    def _extend(self, request: ChargeRequest) -> dict[str, Any]:
        session, at = self._running(request), self._at(request)
        used = _used(request, session)
        self._report(session, used, at=at)
        session.expires_at = self.now + timedelta(seconds=request.valid_s or session.valid_s)
        return self._grant(session, _wanted(request, session), at=at, reported=True)

    def _end(self, request: ChargeRequest) -> dict[str, Any]:
        session, at = self._running(request), self._at(request)
        ends = {Action.COMMIT: SessionState.COMMITTED, Action.RELEASE: SessionState.RELEASED}
        if request.action is Action.EXPIRE and session.expires_at > self.now:
            return {"code": "not_due", "session": session.key}
        used = _used(request, session) if request.action is Action.COMMIT else session.used
        self._report(session, used, at=at)
        session.granted = session.used
        session.state = ends.get(request.action, SessionState.EXPIRED)
        return self._told(session)

    def _event(self, request: ChargeRequest, served: Served | None) -> Session:
        if request.key in self.state.sessions:
            raise SessionExists(session=request.key)
        session, at = self._opened(request, served, key=request.key), self._at(request)
        quantity = QUANTITY_SCALE if request.quantity is None else request.quantity
        pricer = self._pricer(session, at)
        priced = self._priced(pricer, quantity)
        funds = self.state.money(session, fields=pricer.fields, at=at, now=self.now)
        free = money.spendable(self.state, buckets=funds, month=session.tab_start)
        if free is not None and priced.amount > max(free, 0):
            raise InsufficientBalance(available=money_text(free), needed=money_text(priced.amount))
        self._take(session, priced, funds)
        session.used = session.granted = quantity
        session.state, session.changed = SessionState.COMMITTED, True
        session.digest = request.digest
        self.state.sessions[session.key] = session
        return session

    def _authorise(self, request: ChargeRequest, served: Served | None) -> dict[str, Any]:
        session, at = self._opened(request, served), self._at(request)
        wanted = _wanted(request, session)
        granted, priced = self._fit(session, wanted, at)
        if wanted and not granted:
            raise self._insufficient(session, at)
        return {
            "code": "granted",
            "granted": quantity_text(granted),
            "unit": session.unit,
            "final": granted < wanted,
            "amount": money_text(priced.amount),
            "currency": self.state.currency,
        }

    def _refund(self, request: ChargeRequest) -> dict[str, Any]:
        session = self.state.sessions.get(request.session)
        if session is None:
            raise UnknownSession(session=request.session)
        if session.state is SessionState.OPEN:
            raise StillOpen(session=session.key)
        left = session.amount - session.refunded
        if session.settled:
            left = min(left, self._from_buckets(session))
        amount = left if request.amount is None else request.amount
        if amount <= 0 or amount > left:
            raise NothingToRefund(session=session.key, left=money_text(left))
        money.refund(session, amount=amount, state=self.state, month=session.tab_start)
        session.changed = True
        told = self._told(session)
        told["refunded"] = money_text(amount)
        return told

    def _from_buckets(self, session: Session) -> int:
        currency, held = self.state.currency, self.state.buckets
        return sum(n for b, n in session.taken.buckets.items() if held[b].unit == currency)

    def _balance(self, served: Served | None) -> dict[str, Any]:
        state = self.state
        month = served.tab_start if served else self.now.date()
        own = [
            bucket
            for bucket in state.buckets.values()
            if (bucket.valid_to is None or bucket.valid_to > self.now)
            and (not bucket.on_credit or bucket.remaining or bucket.reserved)
        ]
        funds = [bucket for bucket in own if bucket.unit == state.currency]
        free = money.spendable(state, buckets=funds, month=month)
        return {
            "code": "granted",
            "mode": state.mode.value,
            "currency": state.currency,
            "balance": money_text(sum(bucket.remaining for bucket in funds)),
            "reserved": money_text(sum(bucket.reserved for bucket in funds)),
            "available": None if free is None else money_text(free),
            "owed": money_text(state.tab_of(month)[0]),
            "buckets": [
                {
                    "id": bucket.id,
                    "unit": bucket.unit,
                    "remaining": money_text(bucket.remaining),
                    "reserved": money_text(bucket.reserved),
                    "valid_to": bucket.valid_to.isoformat() if bucket.valid_to else None,
                }
                for bucket in own
            ],
        }

    def _at(self, request: ChargeRequest) -> datetime:
        at = request.at or self.now
        if not self.now - BEHIND_MAX <= at <= self.now + AHEAD_MAX:
            raise AbsurdTime(at=at.isoformat(), now=self.now.isoformat())
        return at

    def _opened(self, request: ChargeRequest, served: Served | None, key: str = "") -> Session:
        assert served is not None, "a request that opens names a subject"
        if served.service_state in BARRED:
            raise ServiceBarred(state=served.service_state)
        valid_s = request.valid_s or VALID_S
        return Session(
            key=key or request.session,
            account_id=served.account_id,
            contract_id=served.contract_id,
            service_id=served.service_id,
            offer_id=served.offer_id,
            cycle_start=served.cycle_start,
            tab_start=served.tab_start,
            kind=request.kind,
            unit=request.unit,
            started_at=self._at(request),
            called=request.called,
            zone=request.zone,
            attributes=request.attributes,
            opened_at=self.now,
            expires_at=self.now + timedelta(seconds=valid_s),
            valid_s=valid_s,
            organisation_id=served.organisation_id,
            pool_id=served.pool_id,
        )

    def _running(self, request: ChargeRequest) -> Session:
        session = self.state.sessions.get(request.session)
        if session is None:
            raise UnknownSession(session=request.session)
        if session.state is not SessionState.OPEN:
            raise SessionEnded(session=session.key, state=session.state.value)
        return session

    def _funds(self, session: Session, at: datetime) -> Sequence[Bucket]:
        fields = fields_of_session(session, buckets=self.state.buckets)
        return self.state.money(session, fields=fields, at=at, now=self.now)

    def _available(self, session: Session, at: datetime) -> int | None:
        funds = self._funds(session, at)
        return money.spendable(self.state, buckets=funds, month=session.tab_start)

    def _pricer(self, session: Session, at: datetime) -> Pricer:
        return pricer_of(session, state=self.state, plans=self.plans, at=at)

    def _priced(self, pricer: Pricer, quantity: int) -> Priced:
        try:
            return pricer.price(quantity)
        except Suspended as stop:
            fault = stop.faults[0]
            raise CannotRate(reason=fault.code.value, detail=fault.detail) from None

    def _fit(
        self, session: Session, most: int, at: datetime, reported: bool = False
    ) -> tuple[int, Priced]:
        """The largest quantity of the session up to `most` that can be paid; at least its usage.

        After a report that was charged nothing may be refused: what has no price is not granted.
        """
        pricer, free = self._pricer(session, at), self._available(session, at)
        low = NOTHING_USED
        if session.used:
            taken = session.taken
            low = Priced(session.lines, taken.counters, {}, session.amount)

        def fits(quantity: int) -> Priced | None:
            try:
                priced = self._priced(pricer, quantity)
            except CannotRate:
                if not reported:
                    raise
                return None
            needed = priced.amount - session.amount
            return priced if free is None or needed <= max(free, 0) else None

        if most <= session.used:
            return session.used, low
        return largest(fits, low=low, at_least=session.used, most=most, unit=session.unit)

    def _grant(
        self, session: Session, wanted: int, *, at: datetime, reported: bool = False
    ) -> dict[str, Any]:
        """Holds as much of what is wanted as can be paid; nothing is held for it before."""
        most = session.used + wanted
        granted, priced = self._fit(session, most, at, reported)
        session.granted, session.changed = granted, True
        if granted > session.used:
            funds = self._funds(session, at)
            month = session.tab_start
            money.hold(session, priced=priced, state=self.state, buckets=funds, month=month)
        told = self._told(session)
        told["granted"] = quantity_text(granted - session.used)
        told["final"] = granted < most
        told["valid_until"] = session.expires_at.isoformat()
        return told

    def _report(self, session: Session, used: int, *, at: datetime) -> None:
        """Charges the session with all that it has used; nothing is held for it afterwards."""
        month = session.tab_start
        held = session.held
        money.release(session, state=self.state, month=month)
        if used:
            try:
                priced = self._priced(self._pricer(session, at), used)
            except CannotRate:
                money.hold_again(session, held=held, state=self.state, month=month)
                raise
            self._take(session, priced, self._funds(session, at))
        session.used, session.changed = used, True

    def _take(self, session: Session, priced: Priced, funds: Sequence[Bucket]) -> None:
        month = session.tab_start
        offer = self._offer(session)
        before = limited_by(self.state, session=session, offer=offer, month=month)
        taken = money.take(session, priced=priced, state=self.state, buckets=funds, month=month)
        after = limited_by(self.state, session=session, offer=offer, month=month)
        self.facts += crossed(self.state, before=before, after=after, taken=taken)
        if self.state.cut_at_zero:
            self.spent = self._spent(month)

    def _spent(self, month: date) -> bool:
        state = self.state
        owed = state.tab_of(month)[0]
        return nothing_left(
            state.money_left(), mode=state.mode, limit=state.credit_limit, owed=owed
        )

    def _offer(self, session: Session) -> PlanOffer | None:
        """The offer as it is when the session begins, as large as its members make it."""
        started_us = microseconds(session.started_at)
        for dated in reversed(self.plans):
            offer = dated.plan.offers.get(session.offer_id)
            if offer is not None and first_instant(dated) <= started_us:
                if self.state.members:
                    return offer_as_sized(offer, session=session, state=self.state)
                return offer
        return None

    def _insufficient(self, session: Session, at: datetime) -> InsufficientBalance:
        return InsufficientBalance(available=money_text(self._available(session, at) or 0))

    def _told(self, session: Session) -> dict[str, Any]:
        return {
            "code": "granted",
            "session": session.key,
            "state": session.state,
            "used": quantity_text(session.used),
            "unit": session.unit,
            "amount": money_text(session.amount - session.refunded),
            "currency": self.state.currency,
        }


def answer_of_event(session: Session, *, currency: str) -> Answer:
    """What is answered to an event, always in the same bytes; what was given back is apart."""
    return Answer(
        GRANTED,
        f'{{"code": "granted", "session": {quoted(session.key)}, "state": "committed", '
        f'"used": "{quantity_text(session.used)}", "unit": {quoted(session.unit)}, '
        f'"amount": "{money_text(session.amount)}", "currency": {quoted(currency)}}}',
    )


def _wanted(request: ChargeRequest, session: Session) -> int:
    if request.quantity is not None:
        return request.quantity
    return QUOTAS.get(session.unit, 1) * QUANTITY_SCALE


def _used(request: ChargeRequest, session: Session) -> int:
    if request.added is not None:
        return session.used + request.added
    used = session.used if request.used is None else request.used
    if used < session.used:
        raise UsedLess(used=quantity_text(session.used))
    return used


def money_text(amount: int) -> str:
    """An amount as people write it, exactly."""
    return plain_scaled(amount, decimals=AMOUNT_DECIMALS)


def quantity_text(quantity: int) -> str:
    """A quantity as people write it, exactly."""
    return plain_scaled(quantity, decimals=QUANTITY_DECIMALS)
