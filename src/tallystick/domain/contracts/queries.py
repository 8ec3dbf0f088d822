"""Reads of contracts and services."""

from collections.abc import Sequence

from tallystick.domain.contracts.models import Service


def services_in(account_id: int, states: Sequence[str]) -> list[Service]:
    """The account's services in any of those states, oldest first."""
    if not states:
        return []
    return list(Service.objects.filter(account_id=account_id, state__in=states).order_by("id"))
