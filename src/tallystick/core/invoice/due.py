"""What a contract owes by its price list on a billing date: offers and versions become rates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from tallystick.base.money import EXACT
from tallystick.base.period import Period
from tallystick.core.invoice.cycle import CycleRule, Every, Turned, cycle_of, cycles_between
from tallystick.core.invoice.prorate import Basis, Change, Policies, Policy
from tallystick.core.invoice.recur import (
    BilledLine,
    DueLine,
    Rate,
    RateChange,
    RecurringPrice,
    Timing,
    due_lines,
)
from tallystick.core.tariff.nodes import Alignment
from tallystick.core.tariff.plan import Plan, PlanRecurring
from tallystick.core.tariff.proration import Proration, ProrationBasis

_BASES: Final = {
    ProrationBasis.ACTUAL_DAYS: Basis.ACTUAL_DAYS,
    ProrationBasis.FIXED_30: Basis.FIXED_30,
    ProrationBasis.SECONDS: Basis.SECONDS,
}
_SHORT: Final = (Every.DAY, Every.WEEK)
_WHOLE: Final = Policies(dict.fromkeys(Change, Policy.FULL) | {Change.START: Policy.NEXT_PERIOD})
"""An instalment is never cut, and the first is due with the first whole cycle."""


@dataclass(frozen=True, slots=True)
class PricedPeriod:
    """A published plan and the days whose cycles it prices; a hashable handle of it."""

    version_id: int
    valid_from: date
    valid_to: date | None
    plan: Plan

    def __hash__(self) -> int:
        return hash(self.version_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PricedPeriod) and self.plan is other.plan


@dataclass(frozen=True, slots=True)
class HeldOffer:
    """An offer that a contract holds on the days [valid_from, valid_to)."""

    offer_id: int
    quantity: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class OwnRate:
    """A contract's own price of a recurring component, in cycles that begin in [from, to)."""

    component_id: int
    price: Decimal
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """All that decides what a contract owes; contracts that share it share the answer."""

    starts_on: date
    ends_on: date | None
    cycle_day: int
    zone: str
    billed_to: date | None
    held: tuple[HeldOffer, ...]
    own: tuple[OwnRate, ...] = ()
    pauses: tuple[Period, ...] = ()
    turned: Turned | None = None


@lru_cache(maxsize=16_384)
def due_recurring(
    terms: ContractTerms,
    *,
    plans: tuple[PricedPeriod, ...],
    billed: tuple[tuple[int, BilledLine], ...],
    on: date,
    joined: bool = True,
) -> tuple[tuple[int, DueLine], ...]:
    """(component id, line) of all that recurs and is due, in the order of the price list.

    `billed` are the (component id, line) pairs that reach past the last bill. Lines have no
    contract yet. Days or weeks that follow one another at one rate are one line, if `joined`.
    """
    lines: list[tuple[int, DueLine]] = []
    for component_id in _components(terms, plans, billed):
        before = tuple(line for held_id, line in billed if held_id == component_id)
        price, changes = rates_of(component_id, terms=terms, plans=plans)
        due = due_lines(
            price,
            changes=changes,
            on=on,
            since=terms.billed_to or terms.starts_on,
            billed=tuple(one for line in before for one in _by_cycle(line, price.rule)),
            pauses=terms.pauses,
        )
        if joined and price.rule.every in _SHORT:
            due = tuple(_join(due))
        lines += [(component_id, line) for line in due]
    return tuple(lines)


def _components(
    terms: ContractTerms,
    plans: Sequence[PricedPeriod],
    billed: Sequence[tuple[int, BilledLine]],
) -> tuple[int, ...]:
    """Recurring components that the contract ever held, in written order.

    And those that were billed before a second thought took their offer from it altogether.
    """
    found: dict[int, None] = {}
    for held in terms.held:
        for priced in plans:
            offer = priced.plan.offers.get(held.offer_id)
            for part in offer.recurring if offer else ():
                found[part.id] = None
    return tuple({**found, **dict.fromkeys(component_id for component_id, _ in billed)})


def rates_of(
    component_id: int, *, terms: ContractTerms, plans: Sequence[PricedPeriod]
) -> tuple[RecurringPrice, tuple[RateChange, ...]]:
    """The component as the contract has it, and its rates by day.

    A version's price counts from the first cycle that begins under it. Where the contract changes
    to an offer with a component of the same name, one takes the other's place: an upgrade or a
    downgrade for both, by the policy of the new one.
    """
    rates: list[tuple[date, Rate | None]] = []
    moves: dict[date, Change] = {}
    latest, policies = _part_of(component_id, plans), None
    for at, held in enumerate(terms.held):
        began = len(rates)
        for priced in plans:
            part = priced.plan.components.get(component_id)
            if not isinstance(part, PlanRecurring) or part.offer_id != held.offer_id:
                continue
            latest = part
            rule = _rule(part, terms)
            since = max(held.valid_from, priced.valid_from)
            if since > held.valid_from and rates:
                cycle = cycle_of(since, rule=rule)
                since = since if cycle.start == since else cycle.end
            until = _earlier(held.valid_to, terms.ends_on)
            if (until is None or since <= until) and (
                priced.valid_to is None or since < priced.valid_to or not rates
            ):
                rates.append((since, Rate(Decimal(held.quantity), part.price.price)))
        if len(rates) == began:
            continue
        before, after = _neighbours(terms, at)
        if before and (twin := _twin(latest, before, plans)):
            moves[held.valid_from] = _direction(_amount(twin, before), to=_amount(latest, held))
        until = _earlier(held.valid_to, terms.ends_on)
        if until is not None and not (after and after.offer_id == held.offer_id):
            rates.append((until, None))
            if after and (twin := _twin(latest, after, plans)):
                moves[until] = _direction(_amount(latest, held), to=_amount(twin, after))
                policies = _policies(twin.price.proration)
    if not rates:
        rates = [(terms.starts_on, None)]
    own = [one for one in terms.own if one.component_id == component_id]
    if own:
        rates = list(_at_own_prices(rates, own, _rule(latest, terms)))
    price = _price(latest, terms)
    agreed = part_on(component_id, plans=plans, on=terms.starts_on).price
    if agreed.instalments is not None:
        rates = list(_by_instalments(rates, agreed.instalments, price.rule))
    regular = None
    if agreed.trial is not None:
        regular = agreed.trial.span.after(terms.starts_on)
        rates = list(_on_trial(rates, agreed.trial.price, until=regular))
    if policies is not None:
        price = replace(price, policies=_moving(price.policies, policies))
    return price, tuple(_changes(rates, moves, regular))


def _part_of(component_id: int, plans: Sequence[PricedPeriod]) -> PlanRecurring:
    for priced in reversed(plans):
        part = priced.plan.components.get(component_id)
        if isinstance(part, PlanRecurring):
            return part
    raise AssertionError(f"no version prices component {component_id}")


def part_on(component_id: int, *, plans: Sequence[PricedPeriod], on: date) -> PlanRecurring:
    """The recurring component by the version in force on that day, or the first that has it."""
    dated = [priced for priced in plans if priced.valid_from <= on]
    return _part_of(component_id, [*reversed(plans), *dated])


def _neighbours(terms: ContractTerms, at: int) -> tuple[HeldOffer | None, HeldOffer | None]:
    """What the contract held until the day this offer began, and from the day that it ends."""
    held = terms.held[at]
    before = terms.held[at - 1] if at and terms.held[at - 1].valid_to == held.valid_from else None
    after = terms.held[at + 1] if at + 1 < len(terms.held) else None
    if after is not None and after.valid_from != held.valid_to:
        after = None
    return before, after


def _twin(
    part: PlanRecurring, held: HeldOffer, plans: Sequence[PricedPeriod]
) -> PlanRecurring | None:
    """The recurring component of that name in another offer."""
    if held.offer_id == part.offer_id:
        return None
    for priced in reversed(plans):
        offer = priced.plan.offers.get(held.offer_id)
        for other in offer.recurring if offer else ():
            if other.code == part.code:
                return other
    return None


def _amount(part: PlanRecurring, held: HeldOffer) -> Decimal:
    return EXACT.multiply(Decimal(held.quantity), part.price.price)


def _direction(amount: Decimal, *, to: Decimal) -> Change:
    return Change.UPGRADE if to >= amount else Change.DOWNGRADE


def _moving(own: Policies, other: Policies) -> Policies:
    """A component's policies, with those of what takes its place for the move itself."""
    kinds = (Change.UPGRADE, Change.DOWNGRADE)
    return Policies({**own.named, **{kind: other.of(kind) for kind in kinds}})


def _at_own_prices(
    rates: Sequence[tuple[date, Rate | None]], own: Sequence[OwnRate], rule: CycleRule
) -> Iterator[tuple[date, Rate | None]]:
    """The rates with the contract's own prices in the cycles that begin while those are valid.

    The first cycle is the contract's first day's, so that a price from its start counts at once.
    """
    first = rates[0][0]

    def counts_from(day: date) -> date:
        cycle = cycle_of(day, rule=rule) if day > first else None
        return first if cycle is None else day if cycle.start == day else cycle.end

    spans = [
        (counts_from(one.valid_from), counts_from(one.valid_to) if one.valid_to else date.max, one)
        for one in own
    ]
    days = {day for day, _ in rates} | {day for span in spans for day in span[:2]}
    for day in sorted(days - {date.max}):
        rate = next((rate for since, rate in reversed(rates) if since <= day), None)
        price = next((one.price for start, end, one in spans if start <= day < end), None)
        if rate is not None and price is not None:
            rate = Rate(rate.quantity, price)
        if day >= first:
            yield day, rate


def _by_instalments(
    rates: Sequence[tuple[date, Rate | None]], count: int, rule: CycleRule
) -> Iterator[tuple[date, Rate | None]]:
    """The rates until so many cycles are paid; the first is the first whole cycle."""
    began = rates[0][0]
    first = rule.number_of(began)
    paid = rule.start(first + count + (rule.start(first) < began))
    yield from ((day, rate) for day, rate in rates if day < paid)
    if not any(rate is None and day <= paid for day, rate in rates):
        yield paid, None


def _on_trial(
    rates: Sequence[tuple[date, Rate | None]], price: Decimal, *, until: date
) -> Iterator[tuple[date, Rate | None]]:
    """The rates with the price of the trial before that day."""
    last: Rate | None = None
    for day, rate in rates:
        if day >= until:
            break
        last = rate
        yield day, rate and Rate(rate.quantity, price)
    if last is not None and all(day != until for day, _ in rates):
        yield until, last
    yield from ((day, rate) for day, rate in rates if day >= until)


def _changes(
    rates: Sequence[tuple[date, Rate | None]],
    moves: Mapping[date, Change],
    regular: date | None,
) -> Iterator[RateChange]:
    """The changes of the rates; `moves` are those in which one component takes another's place.

    On the day `regular` a trial is over, whatever else happens.
    """
    before: Rate | None = None
    for day, rate in rates:
        if rate is None:
            change = moves.get(day, Change.END)
        elif before is None:
            change = moves.get(day, Change.START)
        elif day == regular:
            change = Change.TRIAL
        elif rate.quantity != before.quantity:
            change = Change.QUANTITY
        else:
            change = Change.UPGRADE if rate.unit_price > before.unit_price else Change.DOWNGRADE
        if rate != before:
            yield RateChange(day, change, rate)
        before = rate


def _price(part: PlanRecurring, terms: ContractTerms) -> RecurringPrice:
    proration = part.price.proration
    return RecurringPrice(
        contract_id="",
        component_id="",
        description=part.code,
        unit=part.price.every.unit.value
        if part.price.every.count == 1
        else f"{part.price.every.count} {part.price.every.unit.value}s",
        tax_category=part.tax_category,
        revenue_account=part.revenue_account,
        rule=_rule(part, terms),
        timing=Timing(part.price.timing.value),
        zone=ZoneInfo(terms.zone),
        basis=_BASES[proration.basis],
        policies=_policies(proration) if part.price.instalments is None else _WHOLE,
    )


@lru_cache(maxsize=256)
def _policies(proration: Proration) -> Policies:
    named = {
        Change.START: proration.start,
        Change.UPGRADE: proration.upgrade,
        Change.DOWNGRADE: proration.downgrade,
        Change.QUANTITY: proration.quantity_change,
        Change.PAUSE: proration.pause,
        Change.END: proration.end,
    }
    return Policies({change: Policy[policy.name] for change, policy in named.items()})


def _rule(part: PlanRecurring, terms: ContractTerms) -> CycleRule:
    every = part.price.every
    anniversary = part.price.align is Alignment.ANNIVERSARY
    if part.price.instalments is not None and terms.turned is not None:
        # An instalment is never cut, so its cycles stay where they began.
        terms = replace(terms, cycle_day=terms.turned.bill_day, turned=None)
    return CycleRule(
        every=Every(every.unit.value),
        count=every.count,
        bill_day=terms.cycle_day,
        anchor=terms.starts_on if anniversary else None,
        turned=None if anniversary else terms.turned,
    )


def _earlier(one: date | None, other: date | None) -> date | None:
    days = [day for day in (one, other) if day is not None]
    return min(days, default=None)


def _by_cycle(line: BilledLine, rule: CycleRule) -> Iterator[BilledLine]:
    """A billed line cycle by cycle, as it was before `_join`."""
    cycles = cycles_between(rule=rule, start=line.period.start, end=line.period.end)
    if len(cycles) == 1:
        yield line
        return
    count = Decimal(len(cycles))
    quantity = EXACT.divide(line.rate.quantity, count)
    for cycle in cycles:
        yield replace(
            line,
            period=cycle,
            rate=replace(line.rate, quantity=quantity),
            amount=EXACT.divide(line.amount, count),
            consumed=EXACT.divide(line.consumed, count),
        )


def _join(lines: Sequence[DueLine]) -> Iterator[DueLine]:
    """Lines of one component in which neighbours of one purpose and rate are one."""
    last: DueLine | None = None
    for line in lines:
        if (
            last is not None
            and last.period.end == line.period.start
            and (last.purpose, last.unit_price) == (line.purpose, line.unit_price)
        ):
            last = replace(
                last,
                period=Period(last.period.start, line.period.end),
                quantity=EXACT.add(last.quantity, line.quantity),
                amount=EXACT.add(last.amount, line.amount),
            )
            continue
        if last is not None:
            yield last
        last = line
    if last is not None:
        yield last
