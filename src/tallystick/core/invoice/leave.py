"""What leaving costs: instalments that fall due at once, and the charge for leaving a term early.

Both are what would have been charged on the days that are not served any more, by the same cycles
and rates as the bills before: what was billed and what falls due add up to the whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from tallystick.base.money import EXACT
from tallystick.base.period import Period
from tallystick.core.invoice.cycle import cycle_of, walk_cycles, whole_cycle
from tallystick.core.invoice.due import ContractTerms, HeldOffer, PricedPeriod, rates_of
from tallystick.core.invoice.prorate import Change, effective_day, prorate_amount, served_part
from tallystick.core.invoice.recur import (
    RateChange,
    RecurringPrice,
    last_of_each_day,
    owed_in_cycle,
)
from tallystick.core.tariff.plan import PlanOffer
from tallystick.core.tariff.term import MinimumTerm


@dataclass(frozen=True, slots=True)
class LeavingCharge:
    """A single charge for leaving: of a component's `instalments`, or for the term (no code)."""

    code: str
    instalments: int
    amount: Decimal
    tax_category: str
    revenue_account: str


@dataclass(frozen=True, slots=True)
class RunningTerm:
    """The minimum term that a contract is in, or was in last, and the day it began."""

    term: MinimumTerm
    since: date


def leaving_charges(
    terms: ContractTerms, *, plans: Sequence[PricedPeriod], on: date, kept: int | None = None
) -> tuple[LeavingCharge, ...]:
    """What is due at once when the contract ends as that day begins, or changes to `kept`.

    `terms` are those of a contract that goes on: its last offer has no end. A change of offers
    only ends instalments that the offer `kept` does not go on with; the term runs on.
    """
    charges = list(_instalments(terms, plans=plans, on=on, kept=kept))
    running = running_term(terms.held, plans=plans)
    if kept is None and running is not None:
        amount = _early(terms, running, plans=plans, on=on)
        if amount:
            term = running.term
            charges.append(LeavingCharge("", 0, amount, term.tax, term.revenue))
    return tuple(charges)


def running_term(held: Sequence[HeldOffer], *, plans: Sequence[PricedPeriod]) -> RunningTerm | None:
    """The term of the offer held last, since the contract holds offers with one without a break."""
    since: date | None = None
    for one in reversed(held):
        offer = offer_on(one.offer_id, plans=plans, on=one.valid_from)
        if offer is None or offer.term is None:
            break
        since = one.valid_from
    last = offer_on(held[-1].offer_id, plans=plans, on=held[-1].valid_from) if held else None
    if since is None or last is None or last.term is None:
        return None
    return RunningTerm(last.term, since)


def offer_on(offer_id: int, *, plans: Sequence[PricedPeriod], on: date) -> PlanOffer | None:
    """The offer by the version in force on that day, else by the first that has it."""
    found: PlanOffer | None = None
    for priced in plans:
        offer = priced.plan.offers.get(offer_id)
        if offer is not None and (found is None or priced.valid_from <= on):
            found = offer
    return found


def amount_from(
    price: RecurringPrice, *, changes: Sequence[RateChange], left: date, until: date
) -> Decimal:
    """What is charged on the days from `left` on, and before `until`, at 12 decimals.

    The policy for an end says whether the cycle of leaving counts as served.
    """
    if left >= until:
        return Decimal(0)
    cycle = cycle_of(left, rule=price.rule)
    policy = price.policies.of(Change.END)
    first = effective_day(change=Change.END, day=left, policy=policy, cycle=cycle)
    return charged_between(price, changes=changes, first=first, until=until)


def charged_between(
    price: RecurringPrice, *, changes: Sequence[RateChange], first: date, until: date
) -> Decimal:
    """What is charged on the days [first, until), by days, at 12 decimals."""
    timeline = last_of_each_day(changes)
    total = Decimal(0)
    for cycle in walk_cycles(rule=price.rule, start=first):
        if cycle.start >= until or _over(timeline, cycle):
            break
        for days, rate in owed_in_cycle(price, cycle=cycle, timeline=timeline, pauses=()):
            rest = days.overlap(Period(first, max(first, until)))
            if rest is not None:
                whole = whole_cycle(cycle, rule=price.rule)
                part = served_part(served=rest, full=whole, basis=price.basis, zone=price.zone)
                total = EXACT.add(total, prorate_amount(rate.amount, part=part))
    return total


def _over(timeline: Sequence[RateChange], cycle: Period) -> bool:
    return bool(timeline) and timeline[-1].rate is None and timeline[-1].day <= cycle.start


def _instalments(
    terms: ContractTerms, *, plans: Sequence[PricedPeriod], on: date, kept: int | None
) -> Iterator[LeavingCharge]:
    going_on = offer_on(kept, plans=plans, on=on) if kept is not None else None
    goes_on = {part.code for part in going_on.recurring} if going_on else set()
    last = terms.held[-1]
    offer = offer_on(last.offer_id, plans=plans, on=last.valid_from)
    for part in offer.recurring if offer else ():
        if part.price.instalments is None or part.code in goes_on:
            continue
        price, changes = rates_of(part.id, terms=terms, plans=plans)
        amount = amount_from(price, changes=changes, left=on, until=date.max)
        rate = next((one.rate for one in reversed(changes) if one.rate is not None), None)
        if amount and rate is not None:
            count = int(amount / rate.amount)
            yield LeavingCharge(part.code, count, amount, part.tax_category, part.revenue_account)


def _early(
    terms: ContractTerms, running: RunningTerm, *, plans: Sequence[PricedPeriod], on: date
) -> Decimal:
    """What leaving the term on that day costs; nothing on its last day or after it."""
    term = running.term
    end = term.end_at(running.since, on=on - timedelta(days=1))
    if end is None or on >= end:
        return Decimal(0)
    leaving = term.leaving
    for step in leaving.steps:
        if on < step.before.after(running.since):
            return step.amount
    if not leaving.percent:
        return leaving.amount
    offer = offer_on(terms.held[-1].offer_id, plans=plans, on=terms.held[-1].valid_from)
    rest = Decimal(0)
    for part in offer.recurring if offer else ():
        if part.price.instalments is None:
            price, changes = rates_of(part.id, terms=terms, plans=plans)
            rest = EXACT.add(rest, amount_from(price, changes=changes, left=on, until=end))
    return EXACT.multiply(rest, EXACT.scaleb(leaving.percent, -2))


def as_if_going_on(terms: ContractTerms) -> ContractTerms:
    """The terms of a contract that does not end."""
    held = (*terms.held[:-1], replace(terms.held[-1], valid_to=None)) if terms.held else ()
    return replace(terms, ends_on=None, held=held)
