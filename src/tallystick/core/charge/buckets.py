"""How much a bucket holds of its own, where that depends on who shares it and for how long.

An allowance `per member` holds its quantity for each contract that has the offer at any time in
the cycle, once. One that is pro-rated holds the part of it that is served, by days: of a bucket
per member the sum of its members' parts, of any other from the first day that one of them is
served to the last. Sizes are rounded down to 1e-9, or to whole blocks.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from tallystick.core.charge.frames import GRANTS, OWN, PERIODS, frame_of, with_members
from tallystick.core.charge.owners import owner_in
from tallystick.core.tariff.plan import Plan, PlanAllowance, PlanOffer

Days = tuple[date, date]


class MemberDays(NamedTuple):
    """How many days of a cycle those who share a bucket are served.

    Both by whether the start, and the end, of what a member is served counts.
    """

    cycle: int  # days of the cycle
    added: Mapping[tuple[bool, bool], int]  # over all members
    spread: Mapping[tuple[bool, bool], int]  # from the first one's first to the last one's last


def size_buckets(periods: pl.DataFrame, *, plan: Plan) -> pl.DataFrame:
    """GRANTS of buckets whose own quantity differs from what their allowance says.

    PERIODS, with MEMBERS, name every contract that shares a bucket.
    """
    sized = sized_offers(plan)
    held = with_members(periods, schema=PERIODS).filter(pl.col("offer_id").is_in(list(sized)))
    served: dict[tuple[int, int, int, date], dict[int, list[Days]]] = {}
    cycles: dict[tuple[int, int, int, date], tuple[PlanAllowance, Days]] = {}
    for row in held.iter_rows(named=True):
        for part in sized[row["offer_id"]]:
            key = (*owner_in(row, scope=part.scope), part.id, row["cycle_start"])
            members = served.setdefault(key, defaultdict(list))
            members[row["contract_id"]].append(_included_days(row, part))
            cycles[key] = (part, (row["cycle_start"], row["cycle_end"]))
    made = []
    for key, (part, cycle) in cycles.items():
        if more := _size(part, cycle, served[key]) - part.quantity:
            made.append((*key, OWN, more))
    return frame_of(sorted(made), schema=GRANTS)


def sized_offers(plan: Plan) -> dict[int, list[PlanAllowance]]:
    """By offer, the allowances whose size depends on members or days."""
    sized = {
        number: [part for part in offer.allowances if part.sized]
        for number, offer in plan.offers.items()
    }
    return {number: parts for number, parts in sized.items() if parts}


def _included_days(row: Mapping[str, Any], part: PlanAllowance) -> Days:
    from_start, to_end = part.prorated
    first = row["served_from"] if from_start else row["cycle_start"]
    return first, row["served_to"] if to_end else row["cycle_end"]


def _size(part: PlanAllowance, cycle: Days, served: Mapping[int, list[Days]]) -> int:
    full = (cycle[1] - cycle[0]).days
    spans = [(min(s for s, _ in days), max(e for _, e in days)) for days in served.values()]
    if not part.per_member:
        spans = [(min(s for s, _ in spans), max(e for _, e in spans))]
    return _in_blocks(part, sum((last - first).days for first, last in spans), full)


def _in_blocks(part: PlanAllowance, days: int, full: int) -> int:
    size = part.quantity * days // full
    return size - size % part.block if part.block else size


def sized_offer(offer: PlanOffer, *, members: Mapping[int, MemberDays]) -> PlanOffer:
    """The offer with its allowances as large as they are, given their members by allowance."""
    return replace(
        offer,
        allowances=tuple(
            replace(
                part,
                quantity=_size_of(part, members[part.id]),
                per_member=False,
                prorated=(False, False),
            )
            if part.id in members
            else part
            for part in offer.allowances
        ),
    )


def _size_of(part: PlanAllowance, members: MemberDays) -> int:
    days = members.added if part.per_member else members.spread
    return _in_blocks(part, days[part.prorated], members.cycle)


def add_sizes(
    grants: pl.DataFrame | None, *, periods: pl.DataFrame | None, plan: Plan
) -> pl.DataFrame | None:
    """GRANTS and those that make the plan's buckets the size they are."""
    if periods is None:
        return grants
    sizes = size_buckets(periods, plan=plan)
    return sizes if grants is None else pl.concat([grants.select(GRANTS.names()), sizes])
