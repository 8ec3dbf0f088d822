"""Where time comes from: a port. Nothing below the gates reads a clock; `at` is passed in."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the present instant of an operator, in UTC."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's clock, for operators that live in the present."""

    def now(self) -> datetime:
        return datetime.now(UTC)
