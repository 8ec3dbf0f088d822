"""Asking for credit while a service is used: what every protocol door asks, and what it is told.

Quantities are integers in 1e-9 of their canonical unit, amounts in 1e-12 of the currency.
"""

import json
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol


class Action(StrEnum):
    """What may be asked."""

    RESERVE = "reserve"  # hold credit for a session that begins
    EXTEND = "extend"  # report what a session has used and hold more
    COMMIT = "commit"  # report the last and end the session
    RELEASE = "release"  # end the session; what was reported stays charged
    EVENT = "event"  # charge something that happens at once
    AUTHORISE = "authorise"  # say whether it would be paid; nothing changes
    REFUND = "refund"  # give back what a session or an event was charged
    BALANCE = "balance"  # say what there is; nothing changes
    EXPIRE = "expire"  # end a session that nobody reports on; only the service itself asks this


class ChargeRequest(NamedTuple):
    """One question. `key` makes asking twice harmless; `digest` tells other content by."""

    action: Action
    key: str = ""
    digest: str = ""
    session: str = ""
    subject_kind: str = ""
    subject: str = ""
    kind: str = ""
    unit: str = ""  # canonical
    at: datetime | None = None  # when it happens; None = now
    quantity: int | None = None  # wanted, beyond what was used
    used: int | None = None  # since the session began
    added: int | None = None  # since the last report
    amount: int | None = None  # to give back
    valid_s: int | None = None  # how long a reservation may go without a word
    called: str | None = None
    zone: str | None = None
    attributes: str | None = None  # JSON object


class Answer(NamedTuple):
    """A code and its JSON document; the same question is answered with the same bytes."""

    code: str
    text: str

    @property
    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.text)
        return told


GRANTED = "granted"


Tell = Callable[[Answer | Exception], None]
"""What is called with the answer, or with the refusal or the fault that stands in its place."""


class OnlineCharging(Protocol):
    """Answers once what it decided can no longer be lost."""

    def put(self, request: ChargeRequest, *, tenant_id: int, at: datetime, tell: Tell) -> None:
        """Asks; `tell` is called once, at once or later in the same event loop."""
        ...

    async def ask(self, request: ChargeRequest, *, tenant_id: int, at: datetime) -> Answer: ...
