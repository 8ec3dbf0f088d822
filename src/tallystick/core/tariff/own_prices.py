"""Prices that a contract has of its own: each set of them is a variant of the offer.

A variant is an offer like any other, with an identity below zero and the components of its offer,
so that both executors rate it, and counters and allowances go on being those of the components.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tallystick.core.tariff.bill_terms import NO_TERMS
from tallystick.core.tariff.check import CHECKS, check_allocation
from tallystick.core.tariff.nodes import (
    Allowance,
    Catalogue,
    Component,
    Offer,
    Recurring,
    Scope,
)
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.source import CatalogueError, CatalogueRefused, Unreadable, read_source
from tallystick.core.tariff.usages import read_own_price
from tallystick.core.tariff.words import read_number


@dataclass(frozen=True, slots=True, order=True)
class Variant:
    """An offer with some of its components at these prices, `(component, words)` in order."""

    offer: str
    prices: tuple[tuple[str, str], ...]

    @property
    def code(self) -> str:
        """What tells it from its offer; no offer's name has a blank."""
        return f"{self.offer} with its own {', '.join(' '.join(price) for price in self.prices)}"


def with_variants(catalogue: Catalogue, *, variants: Sequence[Variant]) -> Catalogue:
    """The catalogue with the variants after its offers.

    A price of a component that the catalogue does not name is left out; a variant that cannot be
    had with this catalogue is priced as its offer is. `check_variants` tells which.
    """
    offers = {offer.code: offer for offer in catalogue.offers}
    made = []
    for variant in variants:
        if variant.offer in offers:
            offer = offers[variant.offer]
            try:
                made.append(_vary(catalogue, offer, variant))
            except CatalogueRefused:
                made.append(replace(offer, code=variant.code))
    return replace(catalogue, offers=(*catalogue.offers, *made))


def check_variants(catalogue: Catalogue, *, variants: Sequence[Variant]) -> None:
    """Passes when every variant of an offer of the catalogue can be had.

    :raises CatalogueRefused: with all that cannot
    """
    offers = {offer.code: offer for offer in catalogue.offers}
    errors: list[CatalogueError] = []
    for variant in variants:
        if variant.offer in offers:
            offer = offers[variant.offer]
            try:
                errors += _unsaid(catalogue, offer, _vary(catalogue, offer, variant))
            except CatalogueRefused as refused:
                errors += refused.errors
    if errors:
        raise CatalogueRefused(errors=tuple(sorted(set(errors))))


def variant_ids(variants: Sequence[Variant]) -> dict[str, int]:
    """The identities of variants by their codes: -1, -2, ..."""
    return {variant.code: -number for number, variant in enumerate(variants, 1)}


def variant_components(
    variants: Sequence[Variant], *, ids: Mapping[tuple[str, str], int]
) -> dict[tuple[str, str], int]:
    """The components of variants, which are those of their offers."""
    return {
        (variant.code, code): number
        for variant in variants
        for (offer, code), number in ids.items()
        if offer == variant.offer
    }


def read_recurring_price(words: str, *, component: str) -> Decimal:
    """A contract's own recurring price.

    :raises CatalogueRefused: when it is not a number
    """
    page = _page(words, component)
    price = page.need("price", read_number, Decimal(0))
    _refuse(page)
    return price


def _vary(catalogue: Catalogue, offer: Offer, variant: Variant) -> Offer:
    own = dict(variant.prices)
    priced = {
        part.code: _price(part, own[part.code], catalogue.currency)
        for part in offer.components
        if part.code in own
    }
    alone = replace(offer, code=variant.code, components=tuple(priced.values()), bill=NO_TERMS)
    checked = replace(catalogue, offers=(alone,), decks={})
    if errors := [error for check in CHECKS for error in check(checked)]:
        raise CatalogueRefused(errors=tuple(sorted(set(errors))))
    components = tuple(priced.get(part.code, part) for part in offer.components)
    return replace(offer, code=variant.code, components=components)


def _unsaid(catalogue: Catalogue, offer: Offer, variant: Offer) -> list[CatalogueError]:
    """What the list would have to say of the variant, and need not say of its own prices."""
    listed, varied = (
        list(check_allocation(replace(catalogue, offers=(replace(one, code=offer.code),))))
        for one in (offer, variant)
    )
    return [error for error in varied if error not in listed]


def _price(part: Component, words: str, currency: str) -> Component:
    page = _page(words, part.code)
    if isinstance(part, Allowance):
        page.complain(1, "is an allowance, which has no price")
        _refuse(page)
    if isinstance(part, Recurring):
        return replace(part, price=read_recurring_price(words, component=part.code))
    assert not isinstance(part, Allowance)
    if part.period is not None and part.scope is not Scope.CONTRACT:
        page.complain(
            1, f"is priced for all who share it ({part.scope}), so no contract has its own"
        )
        _refuse(page)
    priced = read_own_price(page, usage=part, currency=currency)
    tiers = [tier.price for band in priced.prices for tier in band.tiers]
    if part.period is None and any(price.flat or price.started for price in tiers):
        message = "is rated event by event, so its own price has no flat fee or started block"
        page.complain(1, message, word="price")
    _refuse(page)
    return priced


def _page(words: str, component: str) -> Page:
    try:
        table = read_source(f"price: {words}")
    except Unreadable as stop:
        error = CatalogueError(component, stop.line, "", stop.message)
        raise CatalogueRefused(errors=(error,)) from None
    return Page(table, file=component, path="", errors=[])


def _refuse(page: Page) -> None:
    if page.errors:
        raise CatalogueRefused(errors=tuple(sorted(set(page.errors))))
