"""What online charging knows of an account while it decides: buckets, counters, sessions.

Quantities are integers in 1e-9, money and what buckets hold in 1e-12. Decisions change these
objects; what has changed is written afterwards.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tallystick.core.charge.balance import Bucket, Mode, Use, draw_order, usable
from tallystick.core.charge.buckets import MemberDays
from tallystick.core.charge.drawer import CounterKey
from tallystick.core.charge.lines import RatedLine
from tallystick.core.charge.match import Fields
from tallystick.core.charge.online.books import Charged
from tallystick.core.charge.owners import owner_of
from tallystick.core.tariff.nodes import Scope

Owner = tuple[int, int]
"""The account and contract of a counter, see `core.charge.owners`."""


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
    organisation_id: int | None = None  # the top account, where its offer shares beyond its own
    pool_id: int | None = None
    state: SessionState = SessionState.OPEN
    used: int = 0
    granted: int = 0  # since it began, used and held
    amount: int = 0
    refunded: int = 0
    lines: list[tuple[int, RatedLine]] = field(default_factory=list)
    taken: Taken = field(default_factory=Taken)
    held: Taken = field(default_factory=Taken)
    settled: bool = False
    digest: str | None = None  # of an event: what was asked under its key
    stored: bool = False
    changed: bool = False

    def owner_of(self, scope: Scope) -> Owner:
        """Whose counter a component of that scope has."""
        return owner_of(
            scope,
            account_id=self.account_id,
            contract_id=self.contract_id,
            organisation_id=self.organisation_id or self.account_id,
            pool_id=self.pool_id,
        )


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
    organisation_id: int | None = None  # the top account, where the offer shares beyond its own
    pool_id: int | None = None


def shared_owners(account_id: int, *, organisation_id: int, pool_id: int | None) -> set[Owner]:
    """Whose counters a contract that shares draws from, its own aside."""
    found = {(account_id, 0), (organisation_id, 0)}
    return found if pool_id is None else found | {(organisation_id, -pool_id)}


@dataclass(slots=True)
class SharedCounters:
    """Counters that several contracts draw from: one object for all accounts that share them."""

    name: str = ""  # who shares them, for people
    used: dict[CounterKey, int] = field(default_factory=dict)
    granted: dict[CounterKey, int] = field(default_factory=dict)
    held: dict[CounterKey, int] = field(default_factory=dict)
    more_held: dict[CounterKey, int] = field(default_factory=dict)
    """What is held more of them since they were read."""


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
    more_held: dict[CounterKey, int] = field(default_factory=dict)
    """What is held more of its own counters since they were read."""
    shared: dict[Owner, SharedCounters] = field(default_factory=dict)
    """What it shares with others; the counters above are those of nobody else."""
    members: dict[tuple[Scope, Owner, int, date], MemberDays] = field(default_factory=dict)
    """By scope, owner, offer and cycle, who share a bucket whose size depends on it."""
    tab: dict[date, list[int]] = field(default_factory=dict)
    """By the account's month: what the invoice will ask for, and what is held besides."""
    sessions: dict[str, Session] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    """What the request under way has put into each bucket, or below 0 taken from it."""
    charged: Charged = field(default_factory=dict)
    """What the request under way has charged more than before, and how much of it is owed."""
    charged_owed: int = 0

    def counters(self, key: CounterKey) -> "AccountState | SharedCounters":
        """Where that counter is kept."""
        return self.shared.get(key[:2], self) if self.shared else self

    def hold(self, key: CounterKey, amount: int) -> None:
        """Holds so much more of the counter, whoever else holds of it."""
        home = self.counters(key)
        home.held[key] = home.held.get(key, 0) + amount
        home.more_held[key] = home.more_held.get(key, 0) + amount

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
