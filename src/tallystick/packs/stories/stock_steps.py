"""What a story can say of what is handed out: numbers and their quarantine, equipment."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tallystick.domain.inventory.models import LoanState
from tallystick.domain.inventory.queries import Standing
from tallystick.packs.stories.step import Expectation, Step


class StockStep(Step):
    """Something that is done with what is handed out."""

    __slots__ = ()


class StockExpectation(Expectation):
    """Something that is to be seen of what is handed out."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ReleaseIdentifier(StockStep):
    form = "release identifier VALUE REASON"
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class LendDevice(StockStep):
    form = "lend CONTRACT KIND SERIAL worth WORTH [days DAYS] [tax TAX]"
    contract: str
    kind: str
    serial: str
    worth: Decimal
    days: int | None
    tax: str | None


@dataclass(frozen=True, slots=True)
class TakeDeviceBack(StockStep):
    form = "returned SERIAL"
    serial: str


@dataclass(frozen=True, slots=True)
class ExpectDevice(StockExpectation):
    form = "expect device SERIAL STATE"
    serial: str
    state: LoanState


@dataclass(frozen=True, slots=True)
class ExpectIdentifier(StockExpectation):
    form = "expect identifier VALUE STATE"
    value: str
    state: Standing


STOCK_STEPS: Final[tuple[type[Step], ...]] = (
    ReleaseIdentifier,
    LendDevice,
    TakeDeviceBack,
    ExpectDevice,
    ExpectIdentifier,
)
