"""Buckets of quantities that accounts own, drawn together with the allowances of their offers.

A bucket of seconds, bytes or messages is one more allowance: all are drawn by priority, then by
what ends first (an allowance ends with its cycle), then by id. Its counter is that of a component
whose number is the bucket's, below zero. How much it gives is its own rest, whatever the cycle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from tallystick.base.period import day_in_month, day_start, month_after
from tallystick.core.charge.balance import Bucket, Use, draw_order, usable
from tallystick.core.charge.drawer import CounterKey
from tallystick.core.charge.frames import LAST_INSTANT_US
from tallystick.core.charge.match import BadAttributes, Fields, fields_of
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.nodes import ALWAYS, Scope
from tallystick.core.tariff.plan import Plan, PlanAllowance, PlanOffer

BUCKET_PER_QUANTITY = 1_000
"""Buckets hold 1e-12, quantities are in 1e-9."""

OwnBuckets = Mapping[int, Sequence[Bucket]]
"""By account, its buckets of quantities."""

NO_BUCKETS: OwnBuckets = MappingProxyType({})


@lru_cache(maxsize=4_096)
def _cycle_end(start: date, zone: ZoneInfo) -> datetime:
    """When a monthly cycle ends, and what it includes with it."""
    following = day_in_month(*month_after(start.year, start.month, 1), start.day)
    return day_start(following, zone)


def asked_of(buckets: Iterable[Bucket]) -> tuple[str, ...]:
    """The attributes that the conditions of the buckets ask for."""
    fields = {term.field for bucket in buckets for term in bucket.where.terms}
    return tuple(sorted(fields - {"called", "zone", "kind"}))


def fields_for(row: Mapping[str, Any], *, asked: tuple[str, ...]) -> Fields:
    """What conditions may ask of a row of CHARGE_IN; attributes that cannot be read are missing."""
    try:
        return fields_of(row, attributes=asked)
    except BadAttributes:
        return fields_of(row, attributes=())


def owned_for(row: Mapping[str, Any], *, own: OwnBuckets) -> list[Bucket]:
    """The account's buckets that a row of CHARGE_IN may draw from, in the order of drawing."""
    held = own.get(row["account_id"], ())
    if not held or row["started_at"] is None:
        return []
    fields = fields_for(row, asked=asked_of(held))
    at = row["started_at"]
    use = Use(at, at, row["kind"], row["contract_id"], fields)
    return sorted(usable(held, use=use, currency="", money=False), key=draw_order)


def counter_of(bucket: Bucket, *, account_id: int, cycle_start: date) -> CounterKey:
    """Where what a cycle draws from the bucket is counted."""
    return account_id, bucket.contract_id, -bucket.id, cycle_start


def with_own(
    plan: Plan, *, offer_id: int, cycle_start: date, own: Sequence[tuple[Bucket, int]]
) -> Plan:
    """The plan in which the offer has these buckets too, each with what it holds in that cycle.

    Their conditions are known to hold.
    """
    offer = plan.offers.get(offer_id)
    if offer is None:
        return plan
    ends = _cycle_end(cycle_start, plan.zone)
    order: list[tuple[tuple[int, datetime, int], PlanAllowance]] = [
        ((part.priority, ends, part.id), part) for part in offer.allowances
    ]
    order += [(draw_order(bucket), _allowance(bucket, offer, held)) for bucket, held in own]
    allowances = tuple(part for _, part in sorted(order, key=lambda pair: pair[0]))
    return replace(plan, offers={**plan.offers, offer.id: replace(offer, allowances=allowances)})


def _allowance(bucket: Bucket, offer: PlanOffer, held: int) -> PlanAllowance:
    """The bucket as an allowance; its component is the bucket's id below zero."""
    return PlanAllowance(
        id=-bucket.id,
        code=f"bucket {bucket.id}",
        offer_id=offer.id,
        offer=offer.code,
        currency="",
        tax_category="",
        revenue_account="",
        unit=bucket.unit,
        quantity=held,
        per_member=False,
        prorated=(False, False),
        where=ALWAYS,
        scope=Scope.CONTRACT if bucket.contract_id else Scope.ACCOUNT,
        priority=bucket.priority,
        covers={
            usage.id: (1, 1)
            for usage in offer.usages
            if usage.unit == bucket.unit and (bucket.kinds is None or usage.kind in bucket.kinds)
        },
        block=0,
        blocks=False,
        roll_over=None,
        roll_over_cap=None,
        beyond=None,
        ends_us=microseconds(bucket.valid_to) if bucket.valid_to else LAST_INSTANT_US,
    )
