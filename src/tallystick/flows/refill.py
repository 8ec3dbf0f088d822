"""The day's work for balances that fill themselves: what is still low is asked for again."""

from datetime import datetime

from tallystick.domain.balances.levels import ask_top_ups
from tallystick.domain.balances.refilling import still_low
from tallystick.domain.tenants.scope import acting_for


def refill_balances(*, tenant_id: int, at: datetime) -> int:
    """Orders the agreed top-up of balances that stayed low; of how many accounts.

    Falling below asks at once. What was declined, or was more than a day's most, is asked for
    again on another day.
    """
    with acting_for(tenant_id):
        low = still_low(at=at)
        ask_top_ups(low, tenant_id=tenant_id, at=at)
        return len(low)
