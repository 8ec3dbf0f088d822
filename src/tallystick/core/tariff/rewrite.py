"""What a catalogue leaves unsaid, said: each pass makes a catalogue more explicit, and is pure."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from tallystick.core.tariff.bill_terms import Commitment
from tallystick.core.tariff.nodes import (
    Allowance,
    Band,
    BandPrice,
    Catalogue,
    Component,
    FeeDue,
    Offer,
    PeriodTerms,
    Price,
    Reset,
    Steps,
    Tier,
    UsagePrice,
)

STANDARD_TAX: Final = "standard"

Pass = Callable[[Catalogue], Catalogue]


def _each_offer(catalogue: Catalogue, change: Callable[[Offer], Offer]) -> Catalogue:
    return replace(catalogue, offers=tuple(change(offer) for offer in catalogue.offers))


def name_tax_and_revenue(catalogue: Catalogue) -> Catalogue:
    """A component without a tax category is `standard`; revenue goes to the offer's account."""

    def complete(component: Component, offer: Offer) -> Component:
        tax, revenue = component.tax or STANDARD_TAX, component.revenue or offer.revenue
        return replace(component, tax=tax, revenue=revenue)

    return _each_offer(
        catalogue,
        lambda offer: replace(
            offer,
            components=tuple(complete(part, offer) for part in offer.components),
            bill=replace(
                offer.bill,
                commitments=tuple(
                    name_accounts(term, revenue=offer.revenue) for term in offer.bill.commitments
                ),
            ),
            term=offer.term and replace(offer.term, revenue=offer.term.revenue or offer.revenue),
        ),
    )


def name_accounts(term: Commitment, *, revenue: str) -> Commitment:
    """A commitment is taxed as `standard` and booked as its offer, unless it says otherwise."""
    return replace(term, tax=term.tax or STANDARD_TAX, revenue=term.revenue or revenue)


def imply_what_follows(catalogue: Catalogue) -> Catalogue:
    """An allowance that says what happens `then`, with nothing priced beyond it, is free there."""

    def complete(offer: Offer) -> Offer:
        priced = {part.of for part in offer.components if isinstance(part, UsagePrice)}
        implied = tuple(
            _free_beyond(part, kind)
            for part in offer.components
            if isinstance(part, Allowance) and part.beyond and not part.money
            for kind in part.of
            if kind not in priced
        )
        return replace(offer, components=offer.components + implied)

    return _each_offer(catalogue, complete)


def _free_beyond(allowance: Allowance, kind: str) -> UsagePrice:
    unit = next((c.unit for c in allowance.conversions if c.of == kind), allowance.unit)
    price = Price(Decimal(0), Decimal(1), unit)
    one = len(allowance.of) == 1
    return UsagePrice(
        code=f"{allowance.code}-beyond" if one else f"{allowance.code}-beyond-{kind}",
        line=allowance.line,
        of=kind,
        where=allowance.where,
        unit=unit,
        prices=(BandPrice(None, (Tier(None, price),)),),
        deck=None,
        fallback=None,
        no_rate=None,
        steps=Steps(),
        connect=Decimal(0),
        connect_due=FeeDue.USED,
        charge_at_least=None,
        charge_at_most=None,
        bands=(),
        split=False,
        counts=None,
        period=None,
        price_unit=unit,
        reset=Reset.CYCLE,
        scope=allowance.scope,
        tax=allowance.tax,
        revenue=allowance.revenue,
    )


def settle_by_period(catalogue: Catalogue) -> Catalogue:
    """A price with flat fees or started blocks needs the whole period."""

    def complete(offer: Offer) -> Offer:
        return replace(
            offer,
            components=tuple(
                replace(part, period=PeriodTerms())
                if isinstance(part, UsagePrice) and part.period is None and _whole(part)
                else part
                for part in offer.components
            ),
        )

    return _each_offer(catalogue, complete)


def _whole(part: UsagePrice) -> bool:
    prices = [tier.price for band in part.prices for tier in band.tiers]
    return any(price.flat or price.started for price in prices)


def name_what_is_covered(catalogue: Catalogue) -> Catalogue:
    """An allowance covers every price of the same usage, unless it names them."""

    def complete(offer: Offer) -> Offer:
        return replace(
            offer,
            components=tuple(
                replace(part, covers=_same_usage(part, offer))
                if isinstance(part, Allowance) and part.covers is None
                else part
                for part in offer.components
            ),
        )

    return _each_offer(catalogue, complete)


def _same_usage(allowance: Allowance, offer: Offer) -> tuple[str, ...]:
    return tuple(
        part.code
        for part in offer.components
        if isinstance(part, UsagePrice)
        and part.of in allowance.of
        and (part.unit is not None or allowance.money)
        and not are_disjoint(part, other=allowance)
    )


def are_disjoint(one: UsagePrice | Allowance, *, other: UsagePrice | Allowance) -> bool:
    """Whether no usage can fit both filters, as far as single terms prove it."""
    return any(
        left.field == right.field
        and (
            (not left.negated and not right.negated and not set(left.values) & set(right.values))
            or (not left.negated and right.negated and set(left.values) <= set(right.values))
            or (left.negated and not right.negated and set(right.values) <= set(left.values))
        )
        for left in one.where.terms
        for right in other.where.terms
    )


def cut_by_series(catalogue: Catalogue) -> Catalogue:
    """What splits and follows a series, with no bands, is cut where the series changes."""

    def complete(part: Component) -> Component:
        if not isinstance(part, UsagePrice) or part.bands or not part.split:
            return part
        prices = [tier.price for band in part.prices for tier in band.tiers]
        follows = any(price.carried in catalogue.series for price in prices)
        return replace(part, bands=(Band("all", None),)) if follows else part

    return _each_offer(
        catalogue,
        lambda offer: replace(offer, components=tuple(complete(part) for part in offer.components)),
    )


PASSES: Final[tuple[Pass, ...]] = (
    imply_what_follows,
    settle_by_period,
    cut_by_series,
    name_tax_and_revenue,
    name_what_is_covered,
)
"""In this order; each relies on those above it."""
