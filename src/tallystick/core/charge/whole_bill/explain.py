"""An adjusting line in words: the term behind it, what it went by, what was billed of it before."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from typing import Final

from tallystick.base.money import AMOUNT_SCALE, EXACT, plain
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.whole_bill.amounts import Adjusts, BillAmount
from tallystick.core.tariff.bill_terms import Window
from tallystick.core.tariff.plan_bill import PlanBill, PlanCommitment, PlanDiscount

TURN: Final = {
    Adjusts.DISCOUNT: 1,
    Adjusts.COUPON: 2,
    Adjusts.COVERED: 3,
    Adjusts.COMMITMENT: 3,
    Adjusts.TRUE_UP: 3,
    Adjusts.MINIMUM: 4,
    Adjusts.CAP: 4,
}
"""In which pass each is settled: it goes by what the passes before it left."""


def explain_adjustment(line: BillAmount, *, amounts: Sequence[BillAmount], words: str) -> list[str]:
    """Sentences about one adjusting line; `amounts` are all of its cycle that are billed by now.

    `words` are those of its term, as the price list or the grant has them.
    """
    kind, _, ref = line.term.partition(":")
    before = [one for one in amounts if _turn(one) < TURN[Adjusts(kind)]]
    if Adjusts(kind) in (Adjusts.DISCOUNT, Adjusts.COUPON):
        before = [one for one in before if one.component == line.component]
    costs = ", ".join(f"{label} {_money(cost)}" for label, cost in _by_label(before))
    own = [one for one in amounts if one.term == line.term and one.key == line.key]
    earlier = sum(one.amount for one in own) - line.amount
    sentences = [f"{kind.replace('_', ' ')} {ref}".strip() + (f": {words}" if words else "")]
    sentences.append(f"goes by {costs or 'nothing'} of this cycle")
    if earlier:
        sentences.append(f"owed {_money(earlier + line.amount)}, of which {_money(earlier)} before")
    return [*sentences, f"-> {_money(line.amount)}"]


def term_words(bill: PlanBill, *, term: str) -> str:
    """What the price list says of that term, such as `10 % less`."""
    kind, _, code = term.partition(":")
    if kind == Adjusts.MINIMUM and bill.at_least is not None:
        return f"at least {_money(bill.at_least)}"
    if kind == Adjusts.CAP and bill.at_most is not None:
        return f"at most {_money(bill.at_most)}"
    for discount in bill.discounts:
        if kind == Adjusts.DISCOUNT and discount.code == code:
            return _discount(discount)
    for commitment in bill.commitments:
        if kind != Adjusts.DISCOUNT and commitment.code == code:
            return _commitment(commitment)
    return ""


def _discount(discount: PlanDiscount) -> str:
    if discount.part is None:
        return f"{_money(discount.amount or 0)} less"
    return f"{_percent(discount.part)} % less"


def _commitment(commitment: PlanCommitment) -> str:
    window = "a month" if commitment.window is Window.CYCLE else f"per {commitment.window}"
    words = f"{_money(commitment.pay)} {window}"
    if commitment.quantity is not None:
        return f"{words} for {plain(Decimal(commitment.quantity) / QUANTITY_SCALE)}"
    less = _percent(commitment.part)
    return f"{words}, used at {less} % less" if commitment.part[0] else words


def _percent(part: tuple[int, int]) -> str:
    with localcontext(EXACT):
        return plain(Decimal(100 * part[0]) / part[1])


def _turn(one: BillAmount) -> int:
    return TURN[Adjusts(one.term.partition(":")[0])] if one.adjusts else 0


def _by_label(amounts: Sequence[BillAmount]) -> Iterator[tuple[str, int]]:
    sums: dict[str, int] = {}
    for one in amounts:
        sums[one.label] = sums.get(one.label, 0) + one.amount
    yield from sums.items()


def _money(amount: int) -> str:
    return plain(Decimal(amount) / AMOUNT_SCALE)
