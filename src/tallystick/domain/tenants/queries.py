"""Reads of operators."""

from datetime import UTC, datetime

from tallystick.base.clock import Clock
from tallystick.domain.tenants.models import ClockKind, Tenant


def present_of(tenant: Tenant, *, clock: Clock) -> datetime:
    """The operator's present: its rehearsal clock where it has one, else the clock given."""
    if tenant.clock == ClockKind.REHEARSAL and tenant.rehearsal_at is not None:
        return tenant.rehearsal_at.astimezone(UTC)
    return clock.now()
