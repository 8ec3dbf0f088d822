"""The passes over a whole bill, in the order that money.md gives: what comes first is taken first.

Price overrides are no pass here: they are the price that usage and cycles were rated at.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from tallystick.base.money import AMOUNT_DECIMALS, minor_decimals
from tallystick.core.charge.whole_bill.amounts import Bill, BillAmount, BillCycle, Use
from tallystick.core.charge.whole_bill.commitments import settle_commitments
from tallystick.core.charge.whole_bill.coupons import apply_coupons
from tallystick.core.charge.whole_bill.discounts import apply_discounts
from tallystick.core.charge.whole_bill.limits import keep_within_limits
from tallystick.core.charge.whole_bill.terms import HeldTerms, cycle_terms
from tallystick.core.tariff.plan import PlanOffer

Pass = Callable[[Bill], Bill]

PASSES: Final[tuple[Pass, ...]] = (
    apply_discounts,
    apply_coupons,
    settle_commitments,
    keep_within_limits,
)


@lru_cache(maxsize=4_096)
def adjust_bill(bill: Bill) -> tuple[tuple[BillAmount, ...], ...]:
    """The adjusting lines that are due and not billed, for each cycle of the bill in order.

    Exact at 12 decimals; the invoice rounds each line once, as it rounds all others. Bills that say
    the same share the answer.
    """
    adjusted = bill
    for one_pass in PASSES:
        adjusted = one_pass(adjusted)
    return tuple(
        after.amounts[len(before.amounts) :]
        for before, after in zip(bill.cycles, adjusted.cycles, strict=True)
    )


def coin_of(currency: str) -> int:
    """The currency's smallest coin in 1e-12.

    :raises InvalidCurrency: when the currency is not a code
    """
    return int(10 ** (AMOUNT_DECIMALS - minor_decimals(currency)))


def adjust_period(
    offer: PlanOffer,
    *,
    amounts: Sequence[BillAmount],
    period: tuple[date, date],
    zone: ZoneInfo,
    currency: str,
    uses: Sequence[Use] = (),
) -> tuple[BillAmount, ...]:
    """What an offer's terms add to the amounts of one whole cycle [from, to) that is over.

    `uses` are the rated lines behind them, for commitments by the hour or the day.
    """
    held = HeldTerms(offer, since=period[0], spans=(period,))
    terms = cycle_terms([held], start=period[0], end=period[1])
    cycle = BillCycle(
        contract=0,
        start=period[0],
        end=period[1],
        served=(period,),
        over=True,
        zone=zone,
        amounts=tuple(amounts),
        discounts=terms.discounts,
        commitments=terms.commitments,
        limit=terms.limit,
        uses=tuple(uses),
    )
    return adjust_bill(Bill((cycle,), (), coin_of(currency)))[0]
