"""What releasing late usage would cost: it is released and charged, and all of it undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from tallystick.core.tariff.nodes import Late
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage import charging, late_tables, rerate_tables
from tallystick.domain.usage.late_tables import HeldEvent
from tallystick.domain.usage.rejects import ChargeRunStopped
from tallystick.flows.charge import TRIES, Stale, charge_here
from tallystick.flows.late import release_held
from tallystick.flows.tasks import CHARGING


@dataclass(frozen=True, slots=True)
class ReleaseCost:
    """What a component's usage of an account would cost otherwise: before, now, in its currency."""

    account: str
    offer: str
    component: str
    events: int
    before: Decimal
    now: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ReleaseRehearsed:
    """Late events that would be charged, what they would cost, and how many have no price."""

    events: tuple[HeldEvent, ...]
    costs: tuple[ReleaseCost, ...]
    unpriced: int


def rehearse_release(
    *,
    tenant_id: int,
    account_id: int | None = None,
    events: Sequence[int] = (),
    late: Late = Late.DIFFERENCE,
    at: datetime,
) -> ReleaseRehearsed:
    """What `release_usage` and the next charge run would cost the accounts; nothing is stored.

    Of usage that waits besides nothing is in it, nor of prices by the period, which the next bill
    has: a rehearsal of it shows them.

    :raises NotHeld: when an event that is named is neither held nor refused
    :raises ChargeRunStopped: when a charge run has to be finished first
    :raises AlreadyRunning: while usage is charged
    """
    held: set[int] = set()
    with only_one(CHARGING, tenant_id=tenant_id):
        for left in reversed(range(TRIES)):
            try:
                with acting_for(tenant_id):
                    found = _rehearse(
                        tenant_id, account_id, events=events, late=late, held=held, at=at
                    )
                    transaction.set_rollback(True)
                    return found
            except Stale as stale:
                if not left:
                    raise
                held |= stale.accounts
    raise AssertionError("the last try gives its result or raises")


def _rehearse(
    tenant_id: int,
    account_id: int | None,
    *,
    events: Sequence[int],
    late: Late,
    held: set[int],
    at: datetime,
) -> ReleaseRehearsed:
    if charging.open_run_of_tenant() is not None:
        raise ChargeRunStopped
    released = release_held(tenant_id=tenant_id, account_id=account_id, events=events, late=late)
    if not released.events:
        return ReleaseRehearsed((), (), 0)
    late_tables.set_others_aside([one.event for one in released.events])
    run = charging.begin_settled_run(tenant_id=tenant_id, first=at, last=at, at=at)
    unpriced = charge_here(run, held=held, at=at)
    costs = rerate_tables.read_costs(run_id=run.id)
    accounts, components = rerate_tables.names_of(costs)
    return ReleaseRehearsed(
        released.events,
        tuple(
            ReleaseCost(accounts[account], *components[component], *figures)
            for account, component, *figures in costs.iter_rows()
        ),
        unpriced,
    )
