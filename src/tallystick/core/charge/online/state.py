"""What online charging knows of an account while it decides: buckets, counters, sessions.

Quantities are integers in 1e-9, money and what buckets hold in 1e-12. Decisions change these
objects; what has changed is written afterwards.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from tallystick.core.charge.drawer import CounterKey
from tallystick.core.charge.lines import RatedLine
from tallystick.core.charge.match import Fields, holds
from tallystick.core.tariff.nodes import ALWAYS, Filter, Scope

BUCKET_PER_QUANTITY = 1_000
"""Buckets hold 1e-12, quantities are in 1e-9."""

NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Mode(StrEnum):
    PREPAID = "prepaid"
    POSTPAID = "postpaid"
    HYBRID = "hybrid"  # the buckets first, the rest on the invoice


class SessionState(StrEnum):
    OPEN = "open"
    COMMITTED = "committed"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(slots=True)
class Bucket:
    """Money (its unit is the currency), seconds, bytes, messages or units."""

    id: int
    contract_id: int  # 0 = the whole account
    unit: str
    priority: int
    quantity: int
    remaining: int
    reserved: int
    kinds: frozenset[str] | None = None  # None = any
    where: Filter = ALWAYS
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def serves(self, *, contract_id: int, kind: str, at: datetime) -> bool:
        """Whether usage of that kind may draw from it at that time, its filter apart."""
        return (
            self.contract_id in (0, contract_id)
            and (self.kinds is None or kind in self.kinds)
            and (self.valid_from is None or self.valid_from <= at)
            and (self.valid_to is None or at < self.valid_to)
        )

    @property
    def free(self) -> int:
        return self.remaining - self.reserved


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
    buckets: dict[int, Bucket] = field(default_factory=dict)
    used: dict[CounterKey, int] = field(default_factory=dict)
    granted: dict[CounterKey, int] = field(default_factory=dict)
    held: dict[CounterKey, int] = field(default_factory=dict)
    tab: dict[date, list[int]] = field(default_factory=dict)
    """By the account's month: what the invoice will ask for, and what is held besides."""
    sessions: dict[str, Session] = field(default_factory=dict)

    def tab_of(self, month: date) -> list[int]:
        return self.tab.setdefault(month, [0, 0])

    def money(self, session: Session, *, fields: Fields, at: datetime) -> list[Bucket]:
        """The money that the session may draw from, in the order it is drawn."""
        return self._usable(session, fields=fields, at=at, money=True)

    def quantities(self, session: Session, *, fields: Fields, at: datetime) -> list[Bucket]:
        """The buckets of other units, in the order they are drawn."""
        return self._usable(session, fields=fields, at=at, money=False)

    def _usable(
        self, session: Session, *, fields: Fields, at: datetime, money: bool
    ) -> list[Bucket]:
        found = [
            bucket
            for bucket in self.buckets.values()
            if (bucket.unit == self.currency) is money
            and (
                bucket.serves(contract_id=session.contract_id, kind=session.kind, at=at)
                or (not money and bucket.id in session.taken.buckets)
            )
            and (not bucket.where.terms or holds(bucket.where, fields=fields))
        ]
        return sorted(found, key=draw_order) if len(found) > 1 else found


def draw_order(bucket: Bucket) -> tuple[int, datetime, int]:
    """Priority, then what expires first, then id."""
    return bucket.priority, bucket.valid_to or NEVER, bucket.id
