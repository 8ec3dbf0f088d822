"""Reading back what became of the included allowances of an account, cycle by cycle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from tallystick.base.period import Period
from tallystick.base.quantity import QUANTITY_DECIMALS
from tallystick.core.charge.bucket_cycles import HELD, BucketCycle, bucket_cycles
from tallystick.core.charge.frames import COUNTERS, GRANTS, MEMBERS
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.invoice.cycle import cycle_of
from tallystick.core.tariff.calendars import EPOCH, microseconds
from tallystick.core.tariff.nodes import Scope
from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.contracts.models import Contract
from tallystick.domain.contracts.queries import pool_names
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.organisations import whole_organisations
from tallystick.domain.usage.charge_tables import read_counters, read_terms
from tallystick.domain.usage.period_tables import read_grants
from tallystick.flows.cycles import CYCLE_DAYS, rule_of
from tallystick.flows.own_prices import load_own_prices


@dataclass(frozen=True, slots=True)
class Included:
    """An allowance in a cycle: granted, used, held by open sessions, left, rolled over, expired.

    `whose` is a contract by its number, the account, a pool or the organisation; `unit` is a
    canonical unit or a currency. Of a cycle that no bill has closed, nothing has rolled over or
    expired yet (None). One that is valid from its first use has no cycle: `since` and `until` are
    instants, None while it is not used.
    """

    allowance: str
    whose: str
    since: date | datetime | None
    until: date | datetime | None
    unit: str
    included: Decimal
    rolled_in: Decimal
    used: Decimal
    held: Decimal
    left: Decimal
    rolled_over: Decimal | None
    expired: Decimal | None


def included_of(
    account: Account, *, contract: str | None, on: date, at: datetime, limit: int
) -> list[Included]:
    """The latest so many allowances in cycles that began by that day, the latest cycle first.

    What the account shares with others is told as a whole; `contract` leaves only what one may
    draw from. All within the caller's transaction.
    """
    accounts = whole_organisations([account.id])
    own = load_own_prices()
    plans = dated_plans(own.variants)
    terms = own.vary(read_terms(accounts))
    if terms.is_empty() or not plans:
        return []
    wanted = Contract.objects.filter(account=account)
    if contract is not None:
        wanted = wanted.filter(number=contract)
    ours = terms.filter(pl.col("contract_id").is_in(list(wanted.values_list("id", flat=True))))
    stands = pl.Schema({**COUNTERS, "held": COUNTERS["used"]})
    told: dict[str, Any] = {
        "plans": plans,
        "stands": read_counters(accounts=accounts, schema=stands),
        "grants": read_grants(accounts, schema=GRANTS),
        "now_us": microseconds(at),
    }
    mine = {_key(one) for one in bucket_cycles(_periods(ours, plans=plans, on=on), **told)}
    found = bucket_cycles(_periods(terms, plans=plans, on=on), **told)
    kept = [one for one in reversed(found) if _key(one) in mine][:limit]
    return _named(kept, account=account)


def _key(one: BucketCycle) -> tuple[tuple[int, int], int, date | None]:
    cycle = one.cycle[0] if one.allowance.valid_us is None else None
    return one.owner, one.allowance.id, cycle


def _periods(terms: pl.DataFrame, *, plans: Sequence[DatedPlan], on: date) -> pl.DataFrame:
    """HELD with MEMBERS: each cycle that has begun of each offer that a contract held in it."""
    rows = [row for one in terms.to_dicts() for row in _cycles(one, plans, on)]
    return pl.DataFrame(rows, schema={**HELD, **MEMBERS}, orient="row")


def _cycles(
    held: dict[str, Any], plans: Sequence[DatedPlan], on: date
) -> Iterator[tuple[Any, ...]]:
    rule = rule_of(held[name] for name in CYCLE_DAYS)
    first, last = held["valid_from"], held["valid_to"] or date.max
    cycle = cycle_of(first, rule=rule)
    while cycle.start <= on and cycle.start < last:
        served = cycle.overlap(Period(first, last))
        if served is not None:
            dated = _version_on(served.start, held["offer_id"], plans)
            ends = min(cycle.end, held["ends_on"] or date.max)
            closed = held["billed_to"] is not None and held["billed_to"] >= ends
            if dated is not None:
                yield (
                    held["account_id"], held["contract_id"], held["offer_id"], cycle.start,
                    cycle.end, served.start, served.end, dated.version_id, closed,
                    held["organisation_id"], held["pool_id"],
                )  # fmt: skip
        cycle = cycle_of(cycle.end, rule=rule)


def _version_on(day: date, offer_id: int, plans: Sequence[DatedPlan]) -> DatedPlan | None:
    """The version of that day that has the offer, else the first one that has it."""
    having = [dated for dated in plans if offer_id in dated.plan.offers]
    begun = [dated for dated in having if dated.valid_from <= day]
    return begun[-1] if begun else next(iter(having), None)


def _named(found: Sequence[BucketCycle], *, account: Account) -> list[Included]:
    numbers = dict(
        Contract.objects.filter(id__in={one.owner[1] for one in found}).values_list("id", "number")
    )
    pools = pool_names({-one.owner[1] for one in found if one.owner[1] < 0})
    return [_one(found_one, numbers=numbers, pools=pools, account=account) for found_one in found]


def _one(
    one: BucketCycle, *, numbers: dict[int, str], pools: dict[int, str], account: Account
) -> Included:
    part, owner = one.allowance, one.owner[1]
    since: date | datetime | None
    until: date | datetime | None
    since, until = one.cycle
    if part.valid_us is not None:
        since = _instant(one.began_us) if one.began_us else None
        until = _instant(one.began_us + part.valid_us) if one.began_us else None
    whose = numbers[owner] if owner > 0 else f"pool {pools[-owner]}" if owner else "account"
    if part.scope is Scope.ORGANISATION:
        whose = "organisation"
    return Included(
        part.code,
        whose,
        since,
        until,
        account.currency if part.money else part.unit,
        _quantity(one.included),
        _quantity(one.rolled_in),
        _quantity(one.used),
        _quantity(one.held),
        _quantity(one.left),
        None if one.rolled_over is None else _quantity(one.rolled_over),
        None if one.expired is None else _quantity(one.expired),
    )


def _instant(since_us: int) -> datetime:
    return (EPOCH + timedelta(microseconds=since_us)).astimezone(UTC)


def _quantity(scaled: int) -> Decimal:
    return Decimal(scaled).scaleb(-QUANTITY_DECIMALS)
