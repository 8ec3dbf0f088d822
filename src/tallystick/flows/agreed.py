"""The day's work for contracts: what was agreed for a day comes on it.

Contracts end, rests begin and end, and the services with them; equipment that was due back and
did not come is charged. It is done once a day, and by every
bill run before it bills; told again on the same day it does nothing more.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from tallystick.domain.contracts.changes import pauses_due
from tallystick.domain.contracts.models import PauseState
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.alter import restore_services, suspend_services
from tallystick.flows.end import end_what_ran_out
from tallystick.flows.equipment import charge_late_equipment

PAUSES_PER_TRANSACTION: Final = 500


@dataclass(frozen=True, slots=True)
class AgreedReport:
    """How many contracts ended, began to rest, and go on again; how much equipment was charged."""

    ended: int
    rested: int
    resumed: int
    charged: int


def do_agreed(*, tenant_id: int, on: date, at: datetime) -> AgreedReport:
    """Does what was agreed for that day or a day before it."""
    ended = end_what_ran_out(tenant_id=tenant_id, on=on, at=at)
    charged = charge_late_equipment(tenant_id=tenant_id, on=on)
    rested = resumed = 0
    while True:
        with acting_for(tenant_id):
            due = pauses_due(on, limit=PAUSES_PER_TRANSACTION)
            for pause in due:
                if pause.state == PauseState.PLANNED:
                    suspend_services(pause.contract, on=pause.paused_from, at=at)
                    rested += 1
                    pause.state = PauseState.RESTING
                else:
                    assert pause.paused_to is not None
                    restore_services(pause.contract, on=pause.paused_to, at=at)
                    resumed += 1
                    pause.state = PauseState.OVER
                pause.save(update_fields=["state"])
        if not due:
            return AgreedReport(ended, rested, resumed, charged)
