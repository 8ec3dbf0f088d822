"""The words of rating one event at a time: the event, its segments, its lines, what suspends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from tallystick.core.charge.frames import SuspenseCode
from tallystick.core.tariff.plan import PlanUsage

PAID_AT_ONCE: Final = "paid at once"
"""The `band` of a line that takes away what is not owed."""


INCLUDED: Final = "included"
"""The `band` of a line that takes away what an allowance of money pays; its key names that."""

SURPLUS: Final = "surplus"
"""The `band` of a period's line that settles what was fed in beyond what was used."""

NO_BANDS: Final = (INCLUDED, PAID_AT_ONCE, SURPLUS)
"""What stands in the place of a band; bills have such lines after those that they belong to."""


class Event(NamedTuple):
    """One row of CHARGE_IN in whole numbers; `fields` are what filters and decks may ask."""

    usage_id: int
    account_id: int
    contract_id: int
    organisation_id: int
    pool_id: int | None
    cycle_start: date
    started_us: int
    quantity: int
    unit: str
    fields: Mapping[str, str | None]
    carried: int = 0  # the price that it carries, where the component asks for it


class Segment(NamedTuple):
    """The part of an event within one band, and its rate."""

    start_us: int
    position: int  # of its start within the event
    measured: int
    band: int
    rate: int = 0
    carried: int = 0  # the price that a margin is put on


class Part(NamedTuple):
    """What one component rates of an event: the event as it counts it, and where that lies."""

    usage: PlanUsage
    event: Event
    segments: list[Segment]


class RatedLine(NamedTuple):
    """One row of RATED in whole numbers, in its order of columns."""

    usage_id: int
    account_id: int
    contract_id: int
    component_id: int
    seq: int
    cycle_start: date
    started_us: int
    band: str | None
    tier: int | None
    rate_key: str | None
    measured: int
    billed: int
    allowed: int
    unit_price: int
    per: int
    fee: int
    amount: int

    def row(self) -> tuple[Any, ...]:
        return tuple(self)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an event cannot be rated; component 0 = as a whole."""

    component_id: int
    code: SuspenseCode
    detail: str = ""


class Suspended(Exception):
    """The event cannot be rated; nothing of it is charged or drawn."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults
