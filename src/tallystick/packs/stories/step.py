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


@dataclass(frozen=True, slots=True)
class Refused(Step):
    """A step that is to be refused, with that refusal's code."""

    form = "refused CODE STEP"
    code: str
    refused: Step


class Expectation(Step):
    """A step that changes nothing and may fail."""

    __slots__ = ()
