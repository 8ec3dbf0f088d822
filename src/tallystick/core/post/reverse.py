"""An entry taken back, with the revenue that was released of it meanwhile."""

from collections.abc import Mapping
from decimal import Decimal

from tallystick.base.money import EXACT
from tallystick.core.post import chart
from tallystick.core.post.detail import NO_DETAIL

Place = tuple[str, str]
"""A ledger account and a detail."""


def reverse_entry(
    postings: Mapping[Place, Decimal], *, released: Mapping[str, Decimal]
) -> dict[Place, Decimal]:
    """What brings an entry and the releases of its deferred revenue back to nothing.

    `postings` are sums by ledger account and detail, debits positive; `released` is what was moved
    from deferred revenue to each revenue account since.
    """
    found: dict[Place, Decimal] = {}

    def add(place: Place, amount: Decimal) -> None:
        found[place] = EXACT.add(found.get(place, Decimal(0)), amount)

    for place, amount in postings.items():
        add(place, EXACT.minus(amount))
    for code, amount in released.items():
        add((code, NO_DETAIL), amount)
        add((chart.DEFERRED, NO_DETAIL), EXACT.minus(amount))
    return {place: amount for place, amount in found.items() if amount}
