"""Money pulled through a processor: what may follow what, and when it is tried again."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from tallystick.base.processor import FactKind

LOST_FOR_GOOD: Final = frozenset(
    {
        "lost_card", "stolen_card", "pickup_card", "expired_card", "invalid_account",
        "incorrect_number", "invalid_number", "card_not_supported", "fraudulent",
        "restricted_card", "bank_account_restricted", "debit_not_authorized",
    }
)  # fmt: skip
"""Reasons after which the same card or account is not asked again."""


class PullState(StrEnum):
    ASKED = "asked"  # on its way to the processor
    PROCESSING = "processing"
    NEEDS_ACTION = "needs_action"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"  # it had succeeded, and the money is gone again
    REINSTATED = "reinstated"  # and there once more
    FAILED = "failed"  # nobody answered the last try: a person decides
    GIVEN_UP = "given_up"  # a person did: it is not asked for any more


RUNNING: Final = (PullState.ASKED, PullState.PROCESSING, PullState.NEEDS_ACTION)
"""The processor has not said yet what came of it."""

UNSURE: Final = (*RUNNING, PullState.FAILED)
"""The money may be taken: nothing else is asked for the same invoice."""

PAID: Final = (PullState.SUCCEEDED, PullState.TAKEN_BACK, PullState.REINSTATED)
"""The money has come, whatever became of it since: it can have been refunded."""

REFUNDS: Final = (FactKind.REFUNDED, FactKind.REFUNDED_ALL)
"""Facts that leave a payment in its state, and say what went back of it."""

FOLLOWING: Final[Mapping[tuple[PullState, FactKind], PullState]] = MappingProxyType(
    {
        **{(state, FactKind.SUCCEEDED): PullState.SUCCEEDED for state in UNSURE},
        **{(state, FactKind.DECLINED): PullState.DECLINED for state in UNSURE},
        (PullState.ASKED, FactKind.PROCESSING): PullState.PROCESSING,
        (PullState.FAILED, FactKind.PROCESSING): PullState.PROCESSING,
        (PullState.FAILED, FactKind.NEEDS_ACTION): PullState.NEEDS_ACTION,
        # It had reached the processor after all.
        (PullState.GIVEN_UP, FactKind.SUCCEEDED): PullState.SUCCEEDED,
        (PullState.GIVEN_UP, FactKind.PROCESSING): PullState.PROCESSING,
        (PullState.NEEDS_ACTION, FactKind.PROCESSING): PullState.PROCESSING,
        (PullState.ASKED, FactKind.NEEDS_ACTION): PullState.NEEDS_ACTION,
        # The customer may pay after all what was declined: the money is there.
        (PullState.DECLINED, FactKind.SUCCEEDED): PullState.SUCCEEDED,
        (PullState.SUCCEEDED, FactKind.TAKEN_BACK): PullState.TAKEN_BACK,
        (PullState.REINSTATED, FactKind.TAKEN_BACK): PullState.TAKEN_BACK,
        (PullState.TAKEN_BACK, FactKind.REINSTATED): PullState.REINSTATED,
    }
)
"""(state, fact) -> state. Facts come in any order: what is not here is old news, or comes early."""

EARLY: Final = frozenset(
    (state, fact)
    for state in (*UNSURE, PullState.DECLINED, PullState.GIVEN_UP)
    for fact in (FactKind.TAKEN_BACK, FactKind.REINSTATED)
) | {(PullState.SUCCEEDED, FactKind.REINSTATED)}
"""Facts that wait for the one that comes before them."""


def retry_on(reason: str, *, on: date, tries: int, days: Sequence[int]) -> date | None:
    """When what was declined on that day is asked for again; None: no more.

    `tries` counts the asking so far, this one too; `days` are those between one and the next.
    """
    if reason in LOST_FOR_GOOD or tries > len(days):
        return None
    return on + timedelta(days=days[tries - 1])
