"""Random price lists that follow one another, with identities that last."""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest
from random import Random

import polars as pl

from tallystick.base.frames import INSTANT, QUANTITY
from tallystick.core.charge.frames import Rated
from tallystick.core.charge.versions import DatedPlan, first_instant, rate_versions
from tallystick.core.charge.versions_exact import rate_versions_exact
from tallystick.core.tariff.calendars import EPOCH
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.source import CatalogueRefused
from tests.core.charge.random_cases import (
    Case,
    assert_same,
    make_case,
    make_usage,
    pick,
)
from tests.core.charge.random_members import periods_of

CHANGES = tuple(
    date.fromisoformat(day)
    for day in (
        "2026-03-08", "2026-03-09", "2026-03-29", "2026-03-30", "2026-04-05", "2026-10-03",
        "2026-10-25", "2026-10-26", "2026-12-25", "2026-12-26", "2026-07-01",
    )
)  # fmt: skip
CALLS = ("voice", "voice", "voice", "data")
OFFER_IDS = {f"offer-{n}": n + 1 for n in range(3)}
COMPONENT_IDS = {
    (offer, f"{letter}{n}"): number * 100 + place * 10 + n
    for offer, number in OFFER_IDS.items()
    for place, letter in enumerate("cam")
    for n in range(5)
}


def make_versions(rng: Random) -> tuple[DatedPlan, ...]:
    """One to four versions, some of them a day apart, each mostly a change of the one before."""
    days = [date(2026, 1, 1), *sorted(rng.sample(CHANGES, rng.randint(0, 3)))]
    case = make_case(rng, kinds=CALLS, sized=True)
    plans = [_compile(case)]
    while len(plans) < len(days):
        case = _change(rng, case) if rng.randrange(4) else make_case(rng, kinds=CALLS, sized=True)
        plans.append(_compile(case))
    ends = zip_longest(days, days[1:])
    return tuple(
        DatedPlan(number, first, after, plan)
        for number, ((first, after), plan) in enumerate(zip(ends, plans, strict=True), 7)
    )


def _compile(case: Case) -> Plan:
    catalogue = read_catalogue(case.text, name="case.yaml", files=case.files)
    return compile_plan(catalogue, offer_ids=OFFER_IDS, component_ids=COMPONENT_IDS)


def _change(rng: Random, case: Case) -> Case:
    """The price list with other prices, components dropped, cut or no longer cut."""
    lines = []
    for line in case.text.splitlines():
        if re.match(r" +c\d", line):
            if rng.randrange(6) == 0:
                continue
            if rng.randrange(5) == 0:
                line = line.replace(", split: true", "")
            elif "bands: " in line and rng.randrange(4) == 0 and "split" not in line:
                line = line.replace("bands: ", "split: true, bands: ")
            line = re.sub(r"(\d)\.(\d)", lambda m: f"{m[1]}.{rng.randrange(10)}{m[2]}", line)
            if rng.randrange(5) == 0:
                line = re.sub(r"bill by: [^,}]*", "bill by: 30 s then 7 s", line)
        lines.append(line)
    try:
        changed = Case("\n".join(lines), case.files, case.plan)
        _compile(changed)
    except CatalogueRefused:
        return case
    return changed


def make_calls(rng: Random, *, plans: tuple[DatedPlan, ...], events: int) -> pl.DataFrame:
    """Usage of which much begins a little before prices change and lasts beyond."""
    plan = plans[rng.randrange(len(plans))].plan
    usage = make_usage(rng, plan=plan, events=events, accounts=4)
    opens = [first_instant(dated) for dated in plans]
    starts, lengths = [], []
    for start, length in usage.select("started_at", "quantity").iter_rows():
        near = start is not None and length is not None and rng.randrange(3)
        before = rng.choice((0, 1, 1_000_000, rng.randint(0, 7_200_000_000)))
        first = EPOCH + timedelta(microseconds=pick(rng, opens) - before)
        starts.append(first if near else start)
        longer = Decimal(rng.randint(1, 200_000)) if rng.randrange(2) else Decimal(90)
        lengths.append(longer if near and rng.randrange(2) else length)
    return usage.with_columns(
        started_at=pl.Series(starts, dtype=INSTANT), quantity=pl.Series(lengths, dtype=QUANTITY)
    )


def rate_versions_both(
    usage: pl.DataFrame,
    *,
    plans: tuple[DatedPlan, ...],
    counters: pl.DataFrame,
    grants: pl.DataFrame | None = None,
) -> Rated:
    """What both executors say, having checked that they say the same to the last digit."""
    told = {"plans": plans, "counters": counters, "grants": grants, "periods": periods_of(usage)}
    exact = rate_versions_exact(usage.iter_rows(named=True), **told)
    batch = rate_versions(usage, **told)
    assert_same(exact, batch)
    return batch
