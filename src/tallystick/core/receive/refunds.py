"""Refunds that a processor tells of by several ways, against those that are known here.

Each way tells a refund once, or not at all: an event for each refund, the lines of payouts. Another
only says what was given back of a payment in all. So what is told is compared as amounts, whatever
came first, and a refund that two ways tell of is found once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tallystick.base.money import EXACT, total_of


def missing_refunds(
    told: Iterable[Sequence[Decimal]], *, in_all: Decimal, known: Sequence[Decimal]
) -> list[Decimal]:
    """The refunds of one payment that were told and are not known, all amounts above zero.

    `told` has the amounts of each way; `in_all` is the most that was said of all of them together
    (0: nothing was said so). What only that tells is one refund of the difference, and what the
    other ways tell later of it is not found again.
    """
    have, found = list(known), []
    for amounts in told:
        most = max(in_all, total_of(amounts)) if in_all else None
        for amount in sorted((Counter(amounts) - Counter(have)).elements()):
            if most is None or EXACT.add(total_of(have), amount) <= most:
                have.append(amount)
                found.append(amount)
    rest = EXACT.subtract(in_all, total_of(have))
    return [*found, rest] if rest > 0 else found
