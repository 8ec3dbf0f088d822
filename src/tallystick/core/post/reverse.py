"""An entry taken back, with the revenue that was released of it meanwhile."""

from collections.abc import Mapping
from decimal import Decimal

from tallystick.base.money import EXACT
from tallystick.core.post import chart


def reverse_entry(
    postings: Mapping[str, Decimal], *, released: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """What brings an entry and the releases of its deferred revenue back to nothing.

    `postings` are sums by ledger account, debits positive; `released` is what was moved from
    deferred revenue to each revenue account since.
    """
    found: dict[str, Decimal] = {}

    def add(code: str, amount: Decimal) -> None:
        found[code] = EXACT.add(found.get(code, Decimal(0)), amount)

    for code, amount in postings.items():
        add(code, EXACT.minus(amount))
    for code, amount in released.items():
        add(code, amount)
        add(chart.DEFERRED, EXACT.minus(amount))
    return {code: amount for code, amount in found.items() if amount}
