"""What a session costs as a whole, and how much of it what is left can pay for.

A session is one event whose quantity grows. Each report rates the whole of it again, from where the
counters stood without it, so that steps, bands, tiers, fees and limits come out as if its record
had been rated in one piece.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.balance import Bucket
from tallystick.core.charge.buckets import MemberDays, sized_offer
from tallystick.core.charge.drawer import CounterKey
from tallystick.core.charge.lines import RatedLine
from tallystick.core.charge.match import BadAttributes, Fields, read_attributes
from tallystick.core.charge.online.state import (
    AccountState,
    Session,
)
from tallystick.core.charge.own_buckets import BUCKET_PER_QUANTITY, with_own
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.charge.versions_exact import rate_event_versions
from tallystick.core.tariff.plan import PlanOffer

GRAINS: Final = {"s": 1, "B": 1, "msg": 1, "event": 1, "unit": 1}
"""What is granted in whole units; other units are granted in thousandths."""

FINE: Final = QUANTITY_SCALE // 1_000


class Priced(NamedTuple):
    """The lines of so much usage, each with its version, and what it draws."""

    lines: list[tuple[int, RatedLine]]
    counters: dict[CounterKey, int]
    buckets: dict[int, int]  # of quantities, in 1e-12
    amount: int


NOTHING_USED: Final = Priced([], {}, {}, 0)


def fields_of_session(session: Session, *, buckets: Mapping[int, Bucket]) -> Fields:
    """What the filters of buckets may ask of the session."""
    fields = {"called": session.called, "zone": session.zone, "kind": session.kind}
    asking = [bucket.where.terms for bucket in buckets.values() if bucket.where.terms]
    others = tuple({term.field for terms in asking for term in terms if term.field not in fields})
    if not others:
        return fields
    try:
        return {**fields, **read_attributes(session.attributes, names=others)}
    except BadAttributes:
        return fields


@dataclass(slots=True)
class Pricer:
    """Prices one session of an account at one time; holds of its own are released before."""

    fields: Fields
    row: dict[str, Any]
    before: dict[CounterKey, int]  # the counters without the session, with what others hold
    plans: Sequence[DatedPlan]
    granted: Mapping[CounterKey, int]

    def price(self, quantity: int) -> Priced:
        """So much of it as a whole.

        :raises Suspended: when no price fits
        """
        before, used = self.before, dict(self.before)
        lines = rate_event_versions(
            self.row, plans=self.plans, used=used, granted=self.granted, quantity=quantity
        )
        counters: dict[CounterKey, int] = {}
        buckets: dict[int, int] = {}
        for key, amount in used.items():
            drawn = amount - before.get(key, 0)
            if drawn and key[2] > 0:
                counters[key] = drawn
            elif drawn:
                buckets[-key[2]] = drawn * BUCKET_PER_QUANTITY
        return Priced(lines, counters, buckets, sum([line.amount for _, line in lines]))


def pricer_of(
    session: Session, *, state: AccountState, plans: Sequence[DatedPlan], at: datetime
) -> Pricer:
    """How the session is priced at that time."""
    fields = fields_of_session(session, buckets=state.buckets)
    before, granted = dict(state.used), state.granted
    for key, amount in state.held.items():
        before[key] = before.get(key, 0) + amount
    for shared in state.shared.values():
        before |= shared.used
        granted = {**granted, **shared.granted}
        for key, amount in shared.held.items():
            before[key] = before.get(key, 0) + amount
    for key, amount in session.taken.counters.items():
        before[key] = before.get(key, 0) - amount
    # What a bucket of seconds or bytes holds is an allowance of the account's own.
    own = [
        (bucket, (bucket.free + session.taken.buckets.get(bucket.id, 0)) // BUCKET_PER_QUANTITY)
        for bucket in state.quantities(session, fields=fields, at=at)
    ]
    row = {
        "usage_id": 0,
        "account_id": session.account_id,
        "organisation_id": session.organisation_id,
        "pool_id": session.pool_id,
        "contract_id": session.contract_id,
        "offer_id": session.offer_id,
        "cycle_start": session.cycle_start,
        "kind": session.kind,
        "started_at": session.started_at,
        "quantity": 0,  # each price is of another
        "unit": session.unit,
        "called": session.called,
        "zone": session.zone,
        "attributes": session.attributes,
    }
    if state.members:
        plans = [_sized(one, session, state) for one in plans]
    if own:
        offer_id, cycle = session.offer_id, session.cycle_start
        plans = [
            replace(one, plan=with_own(one.plan, offer_id=offer_id, cycle_start=cycle, own=own))
            for one in plans
        ]
    return Pricer(fields, row, before, plans, granted)


def _sized(dated: DatedPlan, session: Session, state: AccountState) -> DatedPlan:
    """The plan in which the session's offer includes as much as its members make it."""
    offer = dated.plan.offers.get(session.offer_id)
    if offer is None:
        return dated
    sized = offer_as_sized(offer, session=session, state=state)
    if sized is offer:
        return dated
    offers = {**dated.plan.offers, offer.id: sized}
    return replace(dated, plan=replace(dated.plan, offers=offers))


def offer_as_sized(offer: PlanOffer, *, session: Session, state: AccountState) -> PlanOffer:
    """The session's offer with its allowances as large as their members make them."""
    members: dict[int, MemberDays] = {}
    for part in offer.allowances:
        owner = session.owner_of(part.scope)
        key = (part.scope, owner, session.offer_id, session.cycle_start)
        if part.sized and key in state.members:
            members[part.id] = state.members[key]
    return sized_offer(offer, members=members) if members else offer


def largest(
    fits: Callable[[int], Priced | None], *, low: Priced, at_least: int, most: int, unit: str
) -> tuple[int, Priced]:
    """The largest quantity from `at_least` to `most` that fits, in whole grains above the least.

    What `at_least` costs is `low`. Where prices never fall below zero a larger quantity never costs
    less, and halving finds the largest; elsewhere it finds one that fits.
    """
    whole = fits(most)
    if whole is not None:
        return most, whole
    grain = QUANTITY_SCALE if unit in GRAINS else FINE
    best, found = at_least, low
    steps_low, steps_high = 0, -(-(most - at_least) // grain)
    while steps_high - steps_low > 1:
        middle = (steps_low + steps_high) // 2
        priced = fits(at_least + middle * grain)
        if priced is None:
            steps_high = middle
        else:
            steps_low, best, found = middle, at_least + middle * grain, priced
    return best, found
