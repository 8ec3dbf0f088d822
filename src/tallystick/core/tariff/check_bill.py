"""What an offer says of a whole bill must be about prices that it has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tallystick.base.money import plain
from tallystick.core.tariff.bill_terms import Commitment, Discount, Window
from tallystick.core.tariff.nodes import Allowance, Catalogue, Offer, Recurring, UsagePrice
from tallystick.core.tariff.source import CatalogueError


@dataclass(frozen=True, slots=True)
class Priced:
    """What a term must know of a price: its unit if it is of usage, and how it is rated."""

    usage: bool
    unit: str | None = None
    by_period: bool = False


def check_bills(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Discounts and commitments cover prices of their offer; the least is not above the most."""
    for offer in catalogue.offers:
        terms, prices = offer.bill, priced_parts(offer)
        named: tuple[Discount | Commitment, ...] = (*terms.discounts, *terms.commitments)
        for term in named:
            for message in term_faults(term, offer=offer.code, prices=prices):
                path = f"{offer.code}.{term.code}"
                yield CatalogueError(catalogue.name, term.line, path, message)
        yield from _unknown_credits(catalogue, offer)
        least, most = terms.at_least, terms.at_most
        if least is not None and most is not None and least > most:
            message = f"charges at least {plain(least)} and at most {plain(most)}; swap them"
            yield CatalogueError(catalogue.name, terms.line, offer.code, message)


def _unknown_credits(catalogue: Catalogue, offer: Offer) -> Iterator[CatalogueError]:
    """Prices may be aware of credits that are allowances of their offer."""
    own = [part.code for part in offer.components if isinstance(part, Allowance)]
    for part in offer.components:
        for code in part.proration.credits if isinstance(part, Recurring) else ():
            if code not in own:
                known = ", ".join(own) or "it has none"
                message = f"is aware of {code!r}, which is no allowance of {offer.code} ({known})"
                path = f"{offer.code}.{part.code}.proration"
                yield CatalogueError(catalogue.name, part.line, path, message)


def priced_parts(offer: Offer) -> dict[str, Priced]:
    """The prices of an offer by code."""
    return {
        part.code: Priced(True, part.unit, part.period is not None)
        if isinstance(part, UsagePrice)
        else Priced(False)
        for part in offer.components
        if not isinstance(part, Allowance)
    }


def term_faults(
    term: Discount | Commitment, *, offer: str, prices: Mapping[str, Priced]
) -> Iterator[str]:
    """Why the term cannot be had with an offer of these prices."""
    for code in term.covers:
        if code not in prices:
            yield f"covers {code!r}, which is not a price of {offer} ({', '.join(prices)})"
        elif isinstance(term, Commitment):
            yield from _commitment_faults(term, code, prices[code])


def _commitment_faults(term: Commitment, code: str, price: Priced) -> Iterator[str]:
    if term.quantity is not None and not price.usage:
        yield f"buys usage, and {code} is not usage; leave it out of 'covers'"
    elif term.quantity is not None and price.unit != term.unit:
        yield f"buys {term.unit}, but {code} is in {price.unit or 'no unit at all'}; use one unit"
    if term.window is not Window.CYCLE and (price.by_period or not price.usage):
        how = "is priced by the period" if price.by_period else "recurs"
        yield f"is paid per {term.window}, but {code} {how}; write 'per month'"
