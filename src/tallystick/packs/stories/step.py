"""What every line of a story is."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a story: what is done, or what is then to be seen."""

    form: ClassVar[str]
    line: int
    day: date
    text: str


class Expectation(Step):
    """A step that changes nothing and may fail."""

    __slots__ = ()
