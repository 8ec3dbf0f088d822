"""What a catalogue must hold before it may charge anybody: each check gives all its faults."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Final

from tallystick.base.money import AMOUNT_SCALE, plain
from tallystick.base.quantity import QUANTITY_SCALE, UNITS
from tallystick.core.tariff.calendars import band_faults
from tallystick.core.tariff.nodes import (
    Allocation,
    Allowance,
    Catalogue,
    Deck,
    DeckRow,
    LimitScale,
    MeasureKind,
    Offer,
    PeriodTerms,
    Price,
    Reset,
    Steps,
    Term,
    UsagePrice,
)
from tallystick.core.tariff.periods import POWERFUL
from tallystick.core.tariff.ratio import MAX_NUMERATOR, MAX_QUANTITY, price_ratio
from tallystick.core.tariff.rewrite import are_disjoint
from tallystick.core.tariff.source import CatalogueError

RESERVED_BANDS: Final = frozenset(("included", "paid at once", "surplus"))
"""What stands in the place of a band on lines that take away or settle."""

Check = Callable[[Catalogue], Iterator[CatalogueError]]


def _usages(catalogue: Catalogue) -> Iterator[tuple[Offer, UsagePrice]]:
    for offer in catalogue.offers:
        for part in offer.components:
            if isinstance(part, UsagePrice):
                yield offer, part


def _allowances(catalogue: Catalogue) -> Iterator[tuple[Offer, Allowance]]:
    for offer in catalogue.offers:
        for part in offer.components:
            if isinstance(part, Allowance):
                yield offer, part


def _fault(
    catalogue: Catalogue, offer: Offer, part: UsagePrice | Allowance, message: str
) -> CatalogueError:
    return CatalogueError(catalogue.name, part.line, f"{offer.code}.{part.code}", message)


def check_bands(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Every instant has exactly one band, and every band a price."""
    for offer, part in _usages(catalogue):
        for name in sorted({band.name for band in part.bands} & RESERVED_BANDS):
            message = f"band {name!r} is a word of bills; call it something else"
            yield _fault(catalogue, offer, part, message)
        for fault in band_faults(part.bands) if part.bands else ():
            yield _fault(catalogue, offer, part, f"its bands {fault}")
        banded = {price.band for price in part.prices} - {None}
        names = {band.name for band in part.bands if band.charged}
        if part.prices and banded:
            for name in sorted(names - banded):
                yield _fault(catalogue, offer, part, f"band {name!r} has no price; write one")
            for name in sorted(str(name) for name in banded - names):
                known = ", ".join(sorted(names)) or "none"
                message = f"price {name!r} is not one of its bands ({known})"
                yield _fault(catalogue, offer, part, message)
        if part.split and not part.bands:
            message = "'split' needs 'bands', 'during' or a series to cut at"
            yield _fault(catalogue, offer, part, message)
        if part.split and part.unit != "s":
            message = f"only durations split, and this is counted in {part.unit}; drop 'split'"
            yield _fault(catalogue, offer, part, message)


def check_tiers(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Tiers rise, end with `above`, and have the same limits in every band that has tiers."""
    for offer, part in _usages(catalogue):
        ladders = set()
        for price in part.prices:
            limits = [tier.limit for tier in price.tiers]
            if limits[-1] is not None or None in limits[:-1]:
                message = "its tiers do not end; close them with one 'above' at the end"
                yield _fault(catalogue, offer, part, message)
                continue
            rising = [limit for limit in limits if limit is not None]
            for low, high in pairwise(rising):
                if high <= low:
                    unit = part.price_unit or part.unit
                    at, after = _shown(high, unit=unit), _shown(low, unit=unit)
                    message = f"tier 'to {at}' is never reached after 'to {after}'; order by limit"
                    yield _fault(catalogue, offer, part, message)
            if rising:
                ladders.add(tuple(rising))
        together = part.period is None or part.period.allocation is Allocation.PRO_RATA
        if len(ladders) > 1 and together:
            message = (
                "its bands have different tier limits; split it into one price a band, or write"
                " 'tiers: {allocate: by band}'"
            )
            yield _fault(catalogue, offer, part, message)


def _shown(limit: Decimal, *, unit: str | None) -> str:
    """A quantity in the unit that says it shortest, as its author may have written it."""
    ways = [one for one in UNITS.values() if one.canonical == unit and limit % one.factor == 0]
    told = [(plain(limit / one.factor), one.name) for one in ways] or [(plain(limit), str(unit))]
    _, _, number, name = min((len(number), len(name), number, name) for number, name in told)
    return f"{number} {name}"


def check_allocation(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Where bands have prices with tiers, it is said which usage moves which band up.

    Not one of CHECKS: lists that were published before this was asked are read as they were.
    """
    for offer, part in _usages(catalogue):
        banded = [price for price in part.prices if price.band is not None]
        if len(banded) < 2 or all(len(price.tiers) == 1 for price in banded):
            continue
        if part.allocation is None:
            yield _fault(catalogue, offer, part, f"has bands and tiers; say {_ways(part)}")
        elif part.allocation is Allocation.CHRONOLOGICAL and part.period is not None:
            message = f"is priced by the period, which has no order of time; say {_ways(part)}"
            yield _fault(catalogue, offer, part, message)


def _ways(part: UsagePrice) -> str:
    """How the bands of that price may share tiers, as it is written."""
    ways = {
        Allocation.CHRONOLOGICAL: "all bands climb one ladder, in the order of time",
        Allocation.PRO_RATA: "the tiers of their total, each shared as they share the total",
        Allocation.BY_BAND: "each band climbs its own ladder",
    }
    fees = any(tier.price.flat for price in part.prices for tier in price.tiers)
    if part.period is not None:
        del ways[Allocation.CHRONOLOGICAL]
    if fees:
        del ways[Allocation.PRO_RATA]
    return " or ".join(f"'tiers: {{allocate: {way}}}' ({what})" for way, what in ways.items())


def check_allowances(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """An allowance covers prices that exist, in its own unit, and draws once for an event."""
    for offer, part in _allowances(catalogue):
        usages = {u.code: u for u in offer.components if isinstance(u, UsagePrice)}
        covered = part.covers or ()
        if not covered:
            message = (
                f"covers no price: write a price 'of: {part.of[0]}' in this offer, or say what"
                " happens 'then'"
            )
            yield _fault(catalogue, offer, part, message)
        for code in covered:
            if code not in usages:
                known = ", ".join(usages) or "none"
                message = f"covers {code!r}, which is not a price of usage here ({known})"
                yield _fault(catalogue, offer, part, message)
            elif usages[code].of not in part.of:
                kinds = " and ".join(part.of)
                message = f"is of {kinds} but covers {code}, which is of {usages[code].of}"
                yield _fault(catalogue, offer, part, message)
            elif part.money and usages[code].period is not None:
                message = f"is of money but {code} is priced by the period; use a discount in money"
                yield _fault(catalogue, offer, part, message)
            elif not part.money and usages[code].unit != (
                unit := _drawn_unit(part, usages[code].of)
            ):
                counted = usages[code].unit or "no unit at all"
                message = f"is in {unit} but {code} is in {counted}; use one unit"
                if unit == catalogue.currency:
                    message += f", or 'include: {plain(part.quantity)}' of what it costs"
                yield _fault(catalogue, offer, part, message)


def check_conversions(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """What is converted stays in the range where both executors are exact."""
    for offer, part in _allowances(catalogue):
        for made in part.conversions:
            ratio = price_ratio(int(made.amount * AMOUNT_SCALE), per=int(made.per * AMOUNT_SCALE))
            if max(ratio) > MAX_NUMERATOR:
                message = f"converts {made.of} by a number with too many digits"
                yield _fault(catalogue, offer, part, message)


def _drawn_unit(part: Allowance, kind: str) -> str:
    return next((c.unit for c in part.conversions if c.of == kind), part.unit)


def check_double_draws(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Unless the author named what is covered, no event may draw twice from one allowance."""
    for offer, part in _allowances(catalogue):
        if part.named or part.money:
            continue  # each price is paid for by itself
        usages = [
            usage
            for usage in offer.components
            if isinstance(usage, UsagePrice) and usage.code in (part.covers or ())
        ]
        for one, other in combinations(usages, 2):
            if one.of == other.of and not are_disjoint(one, other=other):
                message = (
                    f"would be drawn twice by usage that fits both {one.code} and {other.code};"
                    f" write what it covers, such as 'covers: [{one.code}]'"
                )
                yield _fault(catalogue, offer, part, message)


def check_filters(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """A filter can hold."""
    parts: list[tuple[Offer, UsagePrice | Allowance]] = []
    parts += [*_usages(catalogue), *_allowances(catalogue)]
    for offer, part in parts:
        if are_disjoint(part, other=part):
            yield _fault(catalogue, offer, part, "its 'where' can never hold; drop one term")
        for term in part.where.terms:
            kinds = {part.of} if isinstance(part, UsagePrice) else set(part.of)
            if term.field == "kind" and (not kinds & set(term.values)) != term.negated:
                message = "its 'where' wants another kind than it is of; drop that term"
                yield _fault(catalogue, offer, part, message)
            if term.field == "band":
                for message in _band_faults(offer, part, term):
                    yield _fault(catalogue, offer, part, message)


def _band_faults(offer: Offer, part: UsagePrice | Allowance, term: Term) -> Iterator[str]:
    """A price is chosen before the band is known; an allowance is drawn by what lies in one."""
    if isinstance(part, UsagePrice):
        yield "a filter is asked before the band is known; use 'during' instead"
        return
    if part.money:
        yield "is of what a whole event costs, in whichever bands; drop 'band'"
        return
    usages = {u.code: u for u in offer.components if isinstance(u, UsagePrice)}
    for code in part.covers or ():
        known = {band.name for band in usages[code].bands} if code in usages else set()
        if code in usages and not set(term.values) <= known:
            unknown = ", ".join(sorted(set(term.values) - known))
            has = ", ".join(sorted(known)) or "none"
            yield f"its 'where' names the band {unknown}, and the bands of {code} are: {has}"


def check_charges(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """The least charge is not above the most."""
    for offer, part in _usages(catalogue):
        least, most = part.charge_at_least, part.charge_at_most
        if least is not None and most is not None and least > most:
            message = f"charges at least {plain(least)} and at most {plain(most)}; swap them"
            yield _fault(catalogue, offer, part, message)


def check_periods(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """What is priced by the period can be."""
    for offer, part in _usages(catalogue):
        if part.period is None:
            continue
        others = {other.code: other for other in offer.components if isinstance(other, UsagePrice)}
        found = [*_period_faults(part, part.period), *_partner_faults(part, part.period, others)]
        for message in found:
            yield _fault(catalogue, offer, part, message)


def _period_faults(part: UsagePrice, terms: PeriodTerms) -> Iterator[str]:
    prices = [tier.price for band in part.prices for tier in band.tiers]
    kind = terms.measure.kind
    if part.deck is not None or not prices:
        yield "is priced by the period, so it needs one 'price', not a deck"
    if part.reset is Reset.NEVER:
        yield "is priced by the period, so its tiers start again each cycle; drop 'reset: never'"
    if part.split and kind is not MeasureKind.SUM:
        yield f"'{kind}' needs whole events; drop 'split'"
    if part.bands and kind in (MeasureKind.LATEST, MeasureKind.TIME_WEIGHTED):
        yield f"'{kind}' needs whole days; drop the bands"
    if terms.ratchet and kind not in (MeasureKind.HIGHEST, MeasureKind.MAXIMUM):
        yield "a ratchet needs 'measure: highest' or 'maximum'"
    if terms.cap_unit not in (None, part.price_unit):
        yield f"is capped in {terms.cap_unit} but priced in {part.price_unit}; use one unit"
    if terms.times <= 0:
        yield "'times' is a factor above 0"
    if terms.limits is not LimitScale.FIXED and all(len(p.tiers) == 1 for p in part.prices):
        yield f"its limits are {terms.limits}, but it has no tiers; write 'to ...' and 'above'"
    if terms.allocation is Allocation.PRO_RATA and len(part.prices) < 2:
        yield "'allocate: pro rata' shares tiers among bands; write 'bands' and a price for each"
    if part.allocation is Allocation.BY_BAND and len(part.prices) < 2:
        yield "'allocate: by band' gives each band its own tiers; write 'bands' and their prices"
    if terms.allocation is Allocation.PRO_RATA and any(price.flat for price in prices):
        yield "a flat fee cannot be shared among bands; drop 'allocate: pro rata' or the fee"


def _partner_faults(
    part: UsagePrice, terms: PeriodTerms, others: dict[str, UsagePrice]
) -> Iterator[str]:
    """What is wrong with the components that this one looks at."""
    known = ", ".join(sorted(others.keys() - {part.code})) or "none"
    named = (terms.demand and terms.demand.component, terms.less, terms.reactive)
    for word, code in zip(("limits", "less", "reactive"), named, strict=True):
        if code is not None and (code not in others or code == part.code):
            yield f"'{word}' names {code!r}, no other price of usage here ({known})"
        elif code is not None and others[code].scope is not part.scope:
            yield f"'{word}' names {code}, which is not shared alike; write the same 'share'"
    demand = others.get(terms.demand.component) if terms.demand else None
    if terms.demand and all(len(price.tiers) == 1 for price in part.prices):
        yield f"its limits are per {terms.demand.unit}, but it has no tiers; write 'to ...'"
    if terms.demand and demand and demand.code != part.code:
        if demand.period is None or demand.price_unit != terms.demand.unit:
            yield f"its limits are per {terms.demand.unit}, which {demand.code} does not measure"
        elif demand.period.demand:
            yield f"{demand.code} has limits that scale with demand itself; name the demand"
    less = others.get(terms.less) if terms.less else None
    kind = terms.measure.kind
    if terms.less is None and kind is MeasureKind.NET:
        yield "'net' needs what is set against it; write 'less: export'"
    if terms.less and kind not in (MeasureKind.NET, MeasureKind.SUM):
        yield f"'less' is for a sum or for 'net 15 min', not for '{kind}'"
    if less and less.unit != part.unit:
        yield f"is in {part.unit} but less {less.code} in {less.unit}; use one unit"
    reactive = others.get(terms.reactive) if terms.reactive else None
    if terms.reactive and kind not in POWERFUL:
        yield f"'reactive' is for 'highest 15 min' or a percentile, not for '{kind}'"
    if reactive and reactive.unit != "kvarh":
        yield f"'reactive' names {reactive.code}, which is in {reactive.unit} and not in kvarh"
    banded = any(price.band for price in part.prices)
    for other in (less, reactive):
        if other and banded and other.bands != part.bands:
            yield f"has prices by band, so {other.code} needs the same bands"
    settled = terms.settlement and terms.settlement.price
    if terms.settlement and (terms.less is None or kind is not MeasureKind.SUM):
        yield "'surplus' is what is more than a sum is 'less'; write 'less: export'"
    elif settled and settled.unit != part.unit:
        yield f"is in {part.unit} but its surplus is settled in {settled.unit}; use one unit"


def check_carried(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """What usage carries is one price for the component, and money is the catalogue's own."""
    for offer, part in _usages(catalogue):
        prices = [tier.price for band in part.prices for tier in band.tiers]
        carried = {(price.carried, price.factor) for price in prices}
        if len(carried) > 1:
            message = "its prices carry different things; split it into one price of each"
            yield _fault(catalogue, offer, part, message)
        elif any(price.carried and price.started for price in prices):
            yield _fault(catalogue, offer, part, "a carried price is not for started blocks")
        if part.period is not None and any(price.carried for price in prices):
            message = "is priced by the period, when no event carries a price; write the price"
            yield _fault(catalogue, offer, part, message)
        if part.counts is not None and (part.counts.times >= 10**9 or part.counts.over >= 10**9):
            yield _fault(catalogue, offer, part, "counts by numbers that are too large")
        if part.counts is not None and part.split:
            message = "counts something else than time, so it cannot be cut; drop 'split'"
            yield _fault(catalogue, offer, part, message)
    parts: list[tuple[Offer, UsagePrice | Allowance]] = []
    parts += [*_usages(catalogue), *_allowances(catalogue)]
    for offer, counted in parts:
        unit = counted.unit or ""
        if len(unit) == 3 and unit.isupper() and unit not in UNITS and unit != catalogue.currency:
            message = f"{unit} is neither a unit nor this catalogue's currency"
            yield _fault(catalogue, offer, counted, message)
    for deck in catalogue.decks.values():
        for row in deck.rows if any(said.price.carried for said in deck.rows.terms) else ():
            message = "a deck's prices are numbers; name what usage carries in the component"
            yield CatalogueError(deck.file or catalogue.name, row.line, "", message)


def check_series(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """A series is for the unit of the prices that follow it, and those are alike."""
    for offer, part in _usages(catalogue):
        prices = [tier.price for band in part.prices for tier in band.tiers if tier.price.carried]
        for name in sorted({str(price.carried) for price in prices}):
            series = catalogue.series.get(name)
            if series is not None and series.unit not in (None, part.price_unit):
                message = f"series {name} is per {series.unit}, this price per {part.price_unit}"
                yield _fault(catalogue, offer, part, message)
            if series is not None and series.per and len({price.per for price in prices}) > 1:
                message = f"follows series {name} with prices for different sizes; use one 'per'"
                yield _fault(catalogue, offer, part, message)


def check_decks(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """A deck has rows, in one unit, that the prices using it can use."""
    for deck in catalogue.decks.values():
        if not deck.rows:
            path = f"decks.{deck.code}"
            yield CatalogueError(catalogue.name, deck.line, path, "has no rows; add a price")
    stepping = {
        deck.code
        for deck in catalogue.decks.values()
        if any(said.steps for said in deck.rows.terms)
    }
    for offer, part in _usages(catalogue):
        if part.fallback is not None and part.deck in (None, part.fallback):
            message = f"'no rate' asks deck {part.fallback} after another; write that as 'deck'"
            yield _fault(catalogue, offer, part, message)
        for name in filter(None, (part.deck, part.fallback)):
            for message in _deck_faults(part, catalogue.decks[name], steps=name in stepping):
                yield _fault(catalogue, offer, part, message)


def _deck_faults(part: UsagePrice, deck: Deck, *, steps: bool) -> Iterator[str]:
    if steps and part.steps != Steps():
        yield f"deck {deck.code} says 'bill by' for each row; leave it out here"
    if steps and part.split:
        yield f"deck {deck.code} says 'bill by' for each row, which cannot be split"
    if "band" in {key.field for key in deck.keys} and not part.bands:
        yield f"deck {deck.code} is keyed by band; write 'bands'"


def check_sizes(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Numbers stay in the range where both executors are exact (see `ratio`)."""
    for offer, part in _usages(catalogue):
        prices = [tier.price for band in part.prices for tier in band.tiers]
        for price in [*prices, *([part.no_rate] if part.no_rate else [])]:
            if _too_fine(price):
                message = f"price {plain(price.amount)} has too many digits for exact rating"
                yield _fault(catalogue, offer, part, message)
        sizes = [part.steps.minimum, part.steps.free_first, *(price.per for price in prices)]
        for size in (*sizes, *(step.increment for step in part.steps.steps)):
            if size > MAX_QUANTITY:
                message = f"{plain(size)} {part.unit} is more than one event can be"
                yield _fault(catalogue, offer, part, message)
    for deck in catalogue.decks.values():
        too_fine = {said.price for said in deck.rows.terms if _too_fine(said.price)}
        for row in deck.rows if too_fine else ():
            if row.price in too_fine:
                yield _row_fault(catalogue, deck.file, row)


def _row_fault(catalogue: Catalogue, file: str | None, row: DeckRow) -> CatalogueError:
    message = f"price {plain(row.price.amount)} has too many digits for exact rating"
    return CatalogueError(file or catalogue.name, row.line, "", message)


def _too_fine(price: Price) -> bool:
    numerator, _ = price_ratio(
        int(price.amount * AMOUNT_SCALE), per=int(price.per * QUANTITY_SCALE)
    )
    return abs(numerator) > MAX_NUMERATOR


CHECKS: Final[tuple[Check, ...]] = (
    check_bands,
    check_tiers,
    check_allowances,
    check_double_draws,
    check_conversions,
    check_filters,
    check_charges,
    check_periods,
    check_carried,
    check_series,
    check_decks,
    check_sizes,
)
