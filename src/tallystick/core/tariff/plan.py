"""A catalogue compiled for charging: names become numbers, decimals become scaled integers.

Quantities are integers in 1e-9 of the canonical unit, prices and amounts in 1e-12 of the currency.
Rates of all decks and price lists stand in one tuple; components refer to them by position.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, localcontext
from typing import Any, Final
from zoneinfo import ZoneInfo

from tallystick.base.collection import collecting_later
from tallystick.base.money import AMOUNT_SCALE, EXACT
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.tariff import nodes
from tallystick.core.tariff.calendars import BandClock
from tallystick.core.tariff.nodes import (
    Catalogue,
    Filter,
    MeasureKind,
    PeriodTerms,
    Recurring,
    Reset,
    RollOver,
    Scope,
)
from tallystick.core.tariff.periods import measure_gain
from tallystick.core.tariff.plan_bill import PlanBill, compile_bill
from tallystick.core.tariff.plan_carried import (
    compile_carried,
    compile_counts,
    compile_series,
    series_steps,
)
from tallystick.core.tariff.plan_deck import PlanDeck, PlanRates
from tallystick.core.tariff.plan_terms import (
    PlanCarried,
    PlanCounts,
    PlanLadder,
    PlanPeriod,
    PlanSeries,
    Rate,
    scaled,
)
from tallystick.core.tariff.ratio import price_ratio
from tallystick.core.tariff.rewrite import STANDARD_TAX
from tallystick.core.tariff.term import MinimumTerm

ClockKey = tuple[tuple[nodes.Band, ...], tuple[int, int] | None]
"""Bands, and the steps of a series that cut them."""

EVENT_FIELDS: Final = ("called", "zone", "kind", "band")
"""What a filter or key may name; any other name is an attribute of the usage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanComponent:
    """What every component of an offer has."""

    id: int
    code: str
    offer_id: int
    offer: str
    currency: str
    tax_category: str
    revenue_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecurring(PlanComponent):
    """A price that the invoice bills by the calendar."""

    price: Recurring


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAllowance(PlanComponent):
    """An included quantity and the components it covers."""

    unit: str
    quantity: int
    per_member: bool
    prorated: tuple[bool, bool]
    where: Filter
    scope: Scope
    priority: int
    covers: Mapping[int, tuple[int, int]]  # component -> what one of its quantity draws, a ratio
    block: int
    blocks: bool
    roll_over: RollOver | None
    roll_over_cap: int | None
    beyond: str | None
    money: bool = False  # of what usage costs; quantities are in 1e-9 all the same
    valid_us: int | None = None  # microseconds from its first use; None = as long as its cycle
    ends_us: int | None = None  # where it is known

    @property
    def sized(self) -> bool:
        """Whether how much it holds depends on who has it, and for how long."""
        return self.per_member or any(self.prorated)


@dataclass(frozen=True, slots=True)
class StepSet:
    """Scaled increments `(increment, span)`, the last without a span; none = as measured."""

    steps: tuple[tuple[int, int | None], ...] = ()
    minimum: int = 0
    free_first: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanUsage(PlanComponent):
    """A price of usage; `base_rates` holds, for each band, the first tier's rate or None if the
    band is not charged; with a deck, 0 marks a charged band.
    """

    position: int
    kind: str
    where: Filter
    unit: str | None  # of what is counted
    usage_unit: str | None  # of the usage; None = any
    counts: PlanCounts | None
    carried: PlanCarried | None
    steps: int
    connect: int
    connect_due: nodes.FeeDue
    charge_at_least: int | None
    charge_at_most: int | None
    clock: BandClock | None
    split: bool
    base_rates: tuple[int | None, ...]
    tiered: tuple[bool, ...]
    limits: tuple[int, ...]
    reset: Reset
    scope: Scope
    deck: int | None
    fallback: int | None  # the deck that is asked when the first has no row
    no_rate: int | None
    period: PlanPeriod | None  # then its rated lines only count, at no price
    late: nodes.Late = nodes.Late.DIFFERENCE


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """An offer's components in written order; allowances in the order they are drawn."""

    id: int
    code: str
    valid_from: date | None
    recurring: tuple[PlanRecurring, ...]
    allowances: tuple[PlanAllowance, ...]
    usages: tuple[PlanUsage, ...]
    bill: PlanBill = PlanBill()  # noqa: RUF009  (immutable)
    money: bool = False  # whether some allowance is of money
    term: MinimumTerm | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that charging needs to know of a catalogue."""

    currency: str
    zone: ZoneInfo
    offers: Mapping[int, PlanOffer]
    components: Mapping[int, PlanComponent]
    rates: PlanRates
    steps: tuple[StepSet, ...]
    decks: tuple[PlanDeck, ...]
    series: tuple[PlanSeries, ...]
    attributes: tuple[str, ...]  # the usage attributes that some filter or deck asks for
    cache: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """Lookup tables that executors derive from the plan and keep with it."""

    @property
    def usages(self) -> dict[int, PlanUsage]:
        """The prices of usage by their identity."""
        return {n: part for n, part in self.components.items() if isinstance(part, PlanUsage)}


def compile_plan(
    catalogue: Catalogue,
    *,
    offer_ids: Mapping[str, int] | None = None,
    component_ids: Mapping[tuple[str, str], int] | None = None,
) -> Plan:
    """The plan of a checked catalogue.

    `component_ids` maps (offer, component) to identities that last across catalogue versions, so
    that counters do; without ids both are numbered from 1 in written order.
    """
    pairs = [(offer.code, part.code) for offer in catalogue.offers for part in offer.components]
    offers = offer_ids or {offer.code: n for n, offer in enumerate(catalogue.offers, 1)}
    components = component_ids or {pair: n for n, pair in enumerate(pairs, 1)}
    with localcontext(EXACT), collecting_later():
        return _Compiler(catalogue, offers, components).plan()


def _money(number: Decimal | None) -> int | None:
    return None if number is None else scaled(number, scale=AMOUNT_SCALE)


class _Compiler:
    """Gathers the shared tables while components are compiled one by one."""

    def __init__(
        self,
        catalogue: Catalogue,
        offer_ids: Mapping[str, int],
        component_ids: Mapping[tuple[str, str], int],
    ) -> None:
        self.catalogue, self.offer_ids, self.component_ids = catalogue, offer_ids, component_ids
        self.zone = ZoneInfo(catalogue.zone)
        self.rates: list[Rate] = []
        self.first_rate = 0  # the number of the first of them; those of decks come before
        self.steps: dict[StepSet, int] = {StepSet(): 0}
        self.clocks: dict[ClockKey, BandClock] = {}
        self.fields: set[str] = set()
        self.decks: dict[str, int] = {}
        self.ratios: dict[nodes.Price, tuple[int, int, int, int]] = {}

    def plan(self) -> Plan:
        decks = tuple(self._deck(deck) for deck in self.catalogue.decks.values())
        firsts = tuple(deck.first_rate for deck in decks)
        offers = {self.offer_ids[offer.code]: self._offer(offer) for offer in self.catalogue.offers}
        components: dict[int, PlanComponent] = {}
        for offer in offers.values():
            for part in (*offer.recurring, *offer.allowances, *offer.usages):
                components.setdefault(part.id, part)  # variants of an offer come after it
        return Plan(
            currency=self.catalogue.currency,
            zone=self.zone,
            offers=offers,
            components=components,
            rates=PlanRates(decks, tuple(self.rates), (*firsts, self.first_rate)),
            steps=tuple(self.steps),
            decks=decks,
            series=tuple(compile_series(series) for series in self.catalogue.series.values()),
            attributes=tuple(sorted(self.fields - set(EVENT_FIELDS))),
        )

    def _rate(self, price: nodes.Price) -> int:
        self.rates.append(Rate(*self._ratio(price)))
        return self.first_rate + len(self.rates) - 1

    def _ratio(self, price: nodes.Price) -> tuple[int, int, int, int]:
        """Unit price, per, numerator and denominator."""
        found = self.ratios.get(price)
        if found is None:
            unit_price = scaled(price.amount, scale=AMOUNT_SCALE)
            per = scaled(price.per, scale=QUANTITY_SCALE)
            found = (unit_price, per, *price_ratio(unit_price, per=per))
            self.ratios[price] = found
        return found

    def _step_set(self, steps: nodes.Steps) -> int:
        made = StepSet(
            tuple(
                (
                    scaled(step.increment, scale=QUANTITY_SCALE),
                    None if step.span is None else scaled(step.span, scale=QUANTITY_SCALE),
                )
                for step in steps.steps
            ),
            scaled(steps.minimum, scale=QUANTITY_SCALE),
            scaled(steps.free_first, scale=QUANTITY_SCALE),
        )
        return self.steps.setdefault(made, len(self.steps))

    def _deck(self, deck: nodes.Deck) -> PlanDeck:
        self.decks[deck.code] = len(self.decks)
        self.fields.update(key.field for key in deck.keys)
        assert not self.rates, "the rates of decks come first"
        first = self.first_rate
        self.first_rate += len(deck.rows)
        rates = tuple(
            Rate(
                *self._ratio(said.price),
                _money(said.connect),
                None if said.steps is None else self._step_set(said.steps),
            )
            for said in deck.rows.terms
        )
        names, said = deck.rows.names(), deck.rows.columns["terms"]
        return PlanDeck(deck.code, deck.keys, deck.rows, rates, first, names, said)

    def _offer(self, offer: nodes.Offer) -> PlanOffer:
        recurring: list[PlanRecurring] = []
        allowances: list[PlanAllowance] = []
        usages: list[PlanUsage] = []
        for part in offer.components:
            head: dict[str, Any] = {
                "id": self.component_ids[offer.code, part.code],
                "code": part.code,
                "offer_id": self.offer_ids[offer.code],
                "offer": offer.code,
                "currency": self.catalogue.currency,
                "tax_category": part.tax,
                "revenue_account": part.revenue,
            }
            if isinstance(part, Recurring):
                recurring.append(PlanRecurring(**head, price=part))
            elif isinstance(part, nodes.Allowance):
                allowances.append(self._allowance(part, head))
            else:
                usages.append(self._usage(part, head, position=len(usages)))
        return PlanOffer(
            id=self.offer_ids[offer.code],
            code=offer.code,
            valid_from=offer.valid_from,
            recurring=tuple(recurring),
            allowances=tuple(sorted(allowances, key=lambda part: (part.priority, part.id))),
            usages=tuple(usages),
            money=any(part.money for part in allowances),
            bill=compile_bill(
                offer.bill,
                ids={p.code: (self.component_ids[offer.code, p.code],) for p in offer.components},
                tax=STANDARD_TAX,
                revenue=offer.revenue,
            ),
            term=offer.term,
        )

    def _note_fields(self, where: Filter) -> Filter:
        self.fields.update(term.field for term in where.terms)
        return where

    def _covers(self, part: nodes.Allowance, offer_code: str) -> dict[int, tuple[int, int]]:
        ratios = {
            made.of: price_ratio(
                scaled(made.amount, scale=AMOUNT_SCALE),
                per=scaled(made.per, scale=AMOUNT_SCALE),
            )
            for made in part.conversions
        }
        offer = next(offer for offer in self.catalogue.offers if offer.code == offer_code)
        own = (1, AMOUNT_SCALE // QUANTITY_SCALE) if part.money else (1, 1)
        return {
            self.component_ids[offer_code, usage.code]: ratios.get(usage.of, own)
            for usage in offer.components
            if isinstance(usage, nodes.UsagePrice) and usage.code in (part.covers or ())
        }

    def _allowance(self, part: nodes.Allowance, head: dict[str, Any]) -> PlanAllowance:
        cap = part.roll_over.cap if part.roll_over else None
        return PlanAllowance(
            **head,
            unit=part.unit,
            quantity=scaled(part.quantity, scale=QUANTITY_SCALE),
            per_member=part.per_member,
            prorated=part.prorated,
            where=self._note_fields(part.where),
            scope=part.scope,
            priority=part.priority,
            covers=self._covers(part, head["offer"]),
            block=scaled(part.block, scale=QUANTITY_SCALE),
            blocks=part.blocks,
            roll_over=part.roll_over,
            roll_over_cap=None if cap is None else scaled(cap, scale=QUANTITY_SCALE),
            beyond=part.beyond,
            money=part.money,
            valid_us=None if part.valid_s is None else part.valid_s * 1_000_000,
        )

    def _usage(self, part: nodes.UsagePrice, head: dict[str, Any], *, position: int) -> PlanUsage:
        clock = None
        if part.bands:
            key = (part.bands, series_steps(part, series=self.catalogue.series))
            clock = self.clocks.setdefault(key, BandClock(part.bands, self.zone, key[1]))
        period = None if part.period is None else self._period(part, part.period, head["offer"])
        base_rates, tiered = self._base_rates(part)
        ladders = () if period else part.prices
        ladder = next((price for price in ladders if len(price.tiers) > 1), None)
        limits = [tier.limit for tier in ladder.tiers] if ladder else []
        return PlanUsage(
            **head,
            position=position,
            kind=part.of,
            where=self._note_fields(part.where),
            unit=part.unit,
            usage_unit=part.counts.source if part.counts else part.unit,
            counts=self._counts(part.counts) if part.counts else None,
            carried=self._carried(part),
            steps=self._step_set(part.steps),
            connect=scaled(part.connect, scale=AMOUNT_SCALE),
            connect_due=part.connect_due,
            charge_at_least=_money(part.charge_at_least),
            charge_at_most=_money(part.charge_at_most),
            clock=clock,
            split=part.split,
            base_rates=base_rates,
            tiered=tiered,
            limits=tuple(
                scaled(limit, scale=QUANTITY_SCALE) for limit in limits if limit is not None
            ),
            reset=part.reset,
            scope=part.scope,
            deck=None if part.deck is None else self.decks[part.deck],
            fallback=None if part.fallback is None else self.decks[part.fallback],
            no_rate=None if part.no_rate is None else self._rate(part.no_rate),
            period=period,
            late=part.late,
        )

    def _counts(self, counts: nodes.Counts) -> PlanCounts:
        self.fields.update(counts.fields)
        return compile_counts(counts)

    def _carried(self, part: nodes.UsagePrice) -> PlanCarried | None:
        carried = compile_carried(part, series=self.catalogue.series)
        if carried is not None and carried.series is None:
            self.fields.add(carried.field)
        return carried

    def _period(self, part: nodes.UsagePrice, terms: PeriodTerms, offer: str) -> PlanPeriod:
        if terms.measure.field is not None:
            self.fields.add(terms.measure.field)
        numerator, denominator = measure_gain(terms.measure, price_unit=part.price_unit)
        numerator *= scaled(terms.times, scale=QUANTITY_SCALE)
        kind, unit = terms.measure.kind, part.price_unit
        return PlanPeriod(
            terms=terms,
            unit=unit,
            gain=(numerator, denominator * QUANTITY_SCALE),
            averaged=kind is MeasureKind.TIME_WEIGHTED and not (unit or "").endswith("-h"),
            cap=None if terms.cap is None else scaled(terms.cap, scale=QUANTITY_SCALE),
            ladders=tuple(
                PlanLadder(
                    price.band,
                    tuple(
                        scaled(tier.limit, scale=QUANTITY_SCALE)
                        for tier in price.tiers
                        if tier.limit is not None
                    ),
                    tuple(self._tier_rate(tier.price) for tier in price.tiers),
                )
                for price in part.prices
            ),
            demand=self.component_ids[offer, terms.demand.component] if terms.demand else None,
            less=self.component_ids[offer, terms.less] if terms.less else None,
            reactive=self.component_ids[offer, terms.reactive] if terms.reactive else None,
            settled=self._settled(terms.settlement),
        )

    def _settled(self, terms: nodes.Settlement | None) -> Rate | None:
        if terms is None or terms.price is None:
            return None
        return self._tier_rate(replace(terms.price, amount=-terms.price.amount))

    def _tier_rate(self, price: nodes.Price) -> Rate:
        flat = scaled(price.flat, scale=AMOUNT_SCALE)
        return Rate(*self._ratio(price), started=price.started, flat=flat)

    def _base_rates(
        self, part: nodes.UsagePrice
    ) -> tuple[tuple[int | None, ...], tuple[bool, ...]]:
        """For each band (or the one stretch without bands): its first rate, and if it has tiers."""
        if part.period is not None:
            free = nodes.Price(Decimal(0), Decimal(1), part.unit or "unit")
            counted = self._rate(free)
            found = [counted if band.charged else None for band in part.bands] or [counted]
            return tuple(found), tuple(False for _ in found)
        if not part.prices:
            charged = [0 if band.charged else None for band in part.bands] or [0]
            return tuple(charged), tuple(False for _ in charged)
        bases: dict[str | None, tuple[int, bool]] = {}
        for price in part.prices:
            rates = [self._rate(tier.price) for tier in price.tiers]
            bases[price.band] = (rates[0], len(rates) > 1)
        pairs = [
            (bases.get(band.name) or bases[None]) if band.charged else (None, False)
            for band in part.bands
        ] or [bases[None]]
        return tuple(base for base, _ in pairs), tuple(tiered for _, tiered in pairs)
