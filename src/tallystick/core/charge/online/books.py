"""Which revenue a movement of money is: what a request charged, split among what it was paid from.

A session's lines may be of several components, each with a revenue account and a tax category of
its own. Amounts are integers in 1e-12, above 0 what is taken, and nothing is rounded.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tallystick.core.charge.lines import RatedLine

OWED = 0
"""What the invoice will ask for, where buckets have their numbers."""


class Revenue(NamedTuple):
    """The words by which the ledger knows a component."""

    account: str
    tax: str


Charged = dict[tuple[int, int], int]
"""By version and component."""


def charged_more(
    now: Iterable[tuple[int, RatedLine]], *, before: Iterable[tuple[int, RatedLine]]
) -> Charged:
    """What each component costs more than before."""
    more: Charged = {}
    for version, line in now:
        key = (version, line.component_id)
        more[key] = more.get(key, 0) + line.amount
    for version, line in before:
        key = (version, line.component_id)
        more[key] = more.get(key, 0) - line.amount
    return more


def charged_less(lines: Iterable[tuple[int, RatedLine]], *, refunded: int, amount: int) -> Charged:
    """What is given back of each component: of the last one first, after what was given before."""
    costs = charged_more(lines, before=())
    less: Charged = {}
    for key in reversed(costs):
        skipped = min(refunded, max(costs[key], 0))
        refunded -= skipped
        part = min(amount, max(costs[key] - skipped, 0))
        amount -= part
        less[key] = -part
    assert not amount, "no more is given back than lines cost"
    return less


def split_paid(
    paid: Mapping[int, int], *, charged: Mapping[Revenue, int]
) -> list[tuple[int, Revenue, int]]:
    """How much of each payment (by bucket, or OWED) was for which revenue; both sums are kept.

    The first payments are for the first revenues. What goes the other way than the whole stands
    with the first payment, or the first revenue.
    """
    whole = sum(paid.values())
    assert whole == sum(charged.values()), "what is charged is paid, to the last digit"
    sign = -1 if whole < 0 else 1
    rest = {payment: sign * amount for payment, amount in paid.items()}
    open_of = {revenue: sign * amount for revenue, amount in charged.items()}
    parts: dict[tuple[int, Revenue], int] = {}

    def put(payment: int, revenue: Revenue, amount: int) -> None:
        parts[payment, revenue] = parts.get((payment, revenue), 0) + sign * amount
        rest[payment] -= amount
        open_of[revenue] -= amount

    if rest and open_of:
        first_payment, first_revenue = next(iter(rest)), next(iter(open_of))
        for revenue in [revenue for revenue, amount in open_of.items() if amount < 0]:
            put(first_payment, revenue, open_of[revenue])
        for payment in [payment for payment, amount in rest.items() if amount < 0]:
            put(payment, first_revenue, rest[payment])
    for payment in rest:
        for revenue in open_of:
            if amount := min(rest[payment], open_of[revenue]):
                put(payment, revenue, amount)
    return _kept(parts)


def _kept(parts: Mapping[tuple[int, Revenue], int]) -> list[tuple[int, Revenue, int]]:
    return [(payment, revenue, amount) for (payment, revenue), amount in parts.items() if amount]


def payments_in_order(moved: Sequence[tuple[int, int]], *, owed: int) -> dict[int, int]:
    """What was taken of buckets and what is owed besides, in the order in which they are drawn.

    `moved` are the buckets with what they gained. What is owed is taken last and given back first.
    """
    taken = {bucket: -amount for bucket, amount in moved if amount}
    if not owed:
        return taken
    return {OWED: owed, **taken} if owed < 0 else {**taken, OWED: owed}
