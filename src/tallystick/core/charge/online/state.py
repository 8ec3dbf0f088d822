"""What online charging knows of an account while it decides: buckets, counters, sessions.

Quantities are integers in 1e-9, money and what buckets hold in 1e-12. Decisions change these
objects; what has changed is written afterwards.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tallystick.core.charge.balance import Bucket, Mode, Use, draw_order, usable
from tallystick.core.charge.drawer import CounterKey
from tallystick.core.charge.lines import RatedLine
from tallystick.core.charge.match import Fields
from tallystick.core.tariff.nodes import Scope


class SessionState(StrEnum):
    OPEN = "open"
    COMMITTED = "committed"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(slots=True)
class Taken:
    """What a session draws: counters, buckets, and money that the invoice will ask for."""

    counters: dict[CounterKey, int] = field(default_factory=dict)
    buckets: dict[int, int] = field(default_factory=dict)
    owed: int = 0


@dataclass(slots=True)
class Session:
    """A session or an event: what it is, what it was charged so far and what is held for it."""

    key: str
    account_id: int
    contract_id: int
    service_id: int
    offer_id: int
    cycle_start: date
    tab_start: date  # the account's month that the invoice asks for it in
    kind: str
    unit: str
    started_at: datetime
    called: str | None
    zone: str | None
    attributes: str | None
    opened_at: datetime
    expires_at: datetime
    valid_s: int
    state: SessionState = SessionState.OPEN
    used: int = 0
    granted: int = 0  # since it began, used and held
    amount: int = 0
    refunded: int = 0
    lines: list[tuple[int, RatedLine]] = field(default_factory=list)
    taken: Taken = field(default_factory=Taken)
    held: Taken = field(default_factory=Taken)
    settled: bool = False
    stored: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """The service that a subject named at a time, and the terms it is used by."""

    account_id: int
    contract_id: int
    service_id: int
    service_state: str
    offer_id: int  # 0 = none that day
    cycle_start: date
    tab_start: date  # the account's own month
    shares: frozenset[Scope] = frozenset()  # with whom it may share what an offer includes


@dataclass(slots=True)
class AccountState:
    """All of an account that decisions look at."""

    account_id: int
    currency: str
    mode: Mode
    credit_limit: int | None
    low_balance: int | None
    cut_at_zero: bool = False
    buckets: dict[int, Bucket] = field(default_factory=dict)
    used: dict[CounterKey, int] = field(default_factory=dict)
    granted: dict[CounterKey, int] = field(default_factory=dict)
    held: dict[CounterKey, int] = field(default_factory=dict)
    tab: dict[date, list[int]] = field(default_factory=dict)
    """By the account's month: what the invoice will ask for, and what is held besides."""
    sessions: dict[str, Session] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    """What the request under way has put into each bucket, or below 0 taken from it."""

    def tab_of(self, month: date) -> list[int]:
        return self.tab.setdefault(month, [0, 0])

    @property
    def credit(self) -> Bucket | None:
        """The bucket for what is on credit; every prepaid account has one."""
        for bucket in self.buckets.values():
            if bucket.on_credit:
                return bucket
        return None

    def money_left(self) -> int:
        """All money of the account, what is on credit taken off."""
        return sum([b.remaining for b in self.buckets.values() if b.unit == self.currency])

    def money(
        self, session: Session, *, fields: Fields, at: datetime, now: datetime
    ) -> list[Bucket]:
        """The money that the session may draw from, in the order it is drawn."""
        use = Use(at, now, session.kind, session.contract_id, fields)
        found = usable(self.buckets.values(), use=use, currency=self.currency, money=True)
        return sorted(found, key=draw_order)

    def quantities(self, session: Session, *, fields: Fields, at: datetime) -> list[Bucket]:
        """The buckets of other units, in the order they are drawn."""
        if all(bucket.unit == self.currency for bucket in self.buckets.values()):
            return []
        use = Use(at, at, session.kind, session.contract_id, fields)
        found = usable(
            self.buckets.values(), use=use, currency=self.currency, money=False,
            also=session.taken.buckets,
        )  # fmt: skip
        return sorted(found, key=draw_order)
