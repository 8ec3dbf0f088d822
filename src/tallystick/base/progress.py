"""How long work tells how far it is: a port that a gate draws as a bar, a log line or nothing."""

from typing import Protocol


class Progress(Protocol):
    """Told after each step; `total` is 0 while it is not known."""

    def __call__(self, what: str, *, done: int, total: int) -> None: ...


def silent(what: str, *, done: int, total: int) -> None:
    """Progress that nobody watches."""
