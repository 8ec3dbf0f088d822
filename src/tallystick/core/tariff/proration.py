"""What a price list says of a recurring price whose period is cut."""

from dataclasses import dataclass
from enum import StrEnum


class ProrationPolicy(StrEnum):
    PRORATE = "prorate"
    FULL = "full"
    NONE = "none"
    NEXT_PERIOD = "next period"


class ProrationBasis(StrEnum):
    ACTUAL_DAYS = "actual days"
    FIXED_30 = "30 days"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Proration:
    """What happens to a recurring price when its period is cut, by direction."""

    basis: ProrationBasis = ProrationBasis.ACTUAL_DAYS
    start: ProrationPolicy = ProrationPolicy.PRORATE
    upgrade: ProrationPolicy = ProrationPolicy.PRORATE
    downgrade: ProrationPolicy = ProrationPolicy.PRORATE
    quantity_change: ProrationPolicy = ProrationPolicy.PRORATE
    pause: ProrationPolicy = ProrationPolicy.PRORATE
    end: ProrationPolicy = ProrationPolicy.PRORATE
    credits: tuple[str, ...] = ()  # allowances paid up front: what was used of them stays paid
