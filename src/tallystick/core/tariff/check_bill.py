"""What an offer says of a whole bill must be about prices that it has."""

from collections.abc import Iterator

from tallystick.base.money import plain
from tallystick.core.tariff.bill_terms import Commitment, Discount, Window
from tallystick.core.tariff.nodes import Allowance, Catalogue, Offer, UsagePrice
from tallystick.core.tariff.source import CatalogueError


def check_bills(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Discounts and commitments cover prices of their offer; the least is not above the most."""
    for offer in catalogue.offers:
        terms = offer.bill
        for discount in terms.discounts:
            for message in cover_faults(discount, offer=offer):
                path = f"{offer.code}.{discount.code}"
                yield CatalogueError(catalogue.name, discount.line, path, message)
        for commitment in terms.commitments:
            faults = [
                *cover_faults(commitment, offer=offer),
                *commitment_faults(commitment, offer=offer),
            ]
            for message in faults:
                path = f"{offer.code}.{commitment.code}"
                yield CatalogueError(catalogue.name, commitment.line, path, message)
        least, most = terms.at_least, terms.at_most
        if least is not None and most is not None and least > most:
            message = f"charges at least {plain(least)} and at most {plain(most)}; swap them"
            yield CatalogueError(catalogue.name, terms.line, offer.code, message)


def cover_faults(term: Discount | Commitment, *, offer: Offer) -> Iterator[str]:
    """Why the term cannot be had with that offer."""
    prices = {part.code for part in offer.components if not isinstance(part, Allowance)}
    for code in term.covers:
        if code not in prices:
            yield f"covers {code!r}, which is not a price of {offer.code} ({', '.join(prices)})"


def commitment_faults(term: Commitment, *, offer: Offer) -> Iterator[str]:
    """Why the commitment cannot be met with what it covers."""
    for part in offer.components:
        if part.code not in term.covers or isinstance(part, Allowance):
            continue
        usage = part if isinstance(part, UsagePrice) else None
        if usage is None and term.quantity is not None:
            yield f"buys usage, and {part.code} is not usage; leave it out of 'covers'"
        elif usage is not None and term.quantity is not None and usage.unit != term.unit:
            unit = usage.unit or "no unit at all"
            yield f"buys {term.unit}, but {part.code} is in {unit}; use one unit"
        if term.window is Window.CYCLE:
            continue
        if usage is None or usage.period is not None:
            how = "recurs" if usage is None else "is priced by the period"
            yield f"is paid per {term.window}, but {part.code} {how}; write 'per month'"
