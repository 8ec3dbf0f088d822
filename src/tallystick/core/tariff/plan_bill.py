"""What an offer says of a whole bill, in whole numbers, its components by identity.

Quantities are integers in 1e-9 of the canonical unit, amounts in 1e-12 of the currency, parts of a
whole are numerator and denominator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tallystick.base.money import AMOUNT_SCALE
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.tariff.bill_terms import BillTerms, Commitment, Discount, Window
from tallystick.core.tariff.plan_terms import scaled

Ids = Mapping[str, tuple[int, ...]]
"""Components by code; one code may be in several offers that a contract held."""


@dataclass(frozen=True, slots=True)
class PlanDiscount:
    """A discount or coupon; one of `part` and `amount` is there."""

    code: str
    part: tuple[int, int] | None
    amount: int | None
    covers: frozenset[int] | None  # None = all
    valid_from: date | None
    valid_to: date | None
    months: int | None
    bills: int | None
    priority: int


@dataclass(frozen=True, slots=True)
class PlanCommitment:
    """What is paid for each window, and what it buys or how much less it pays for."""

    code: str
    pay: int
    window: Window
    covers: tuple[int, ...]
    quantity: int | None
    part: tuple[int, int]
    whole: bool
    priority: int
    tax_category: str
    revenue_account: str


@dataclass(frozen=True, slots=True)
class PlanBill:
    """The terms of an offer's bills, each kind in the order it is applied; true when it has any."""

    at_least: int | None = None
    at_most: int | None = None
    discounts: tuple[PlanDiscount, ...] = ()
    commitments: tuple[PlanCommitment, ...] = ()
    tax_category: str = ""  # of what an offer has no price for, such as a lift to the least
    revenue_account: str = ""

    def __bool__(self) -> bool:
        limited = self.at_least is not None or self.at_most is not None
        return limited or bool(self.discounts or self.commitments)


def compile_bill(terms: BillTerms, *, ids: Ids, tax: str, revenue: str) -> PlanBill:
    """The terms of an offer whose components have these ids by code."""
    return PlanBill(
        at_least=_money(terms.at_least),
        at_most=_money(terms.at_most),
        discounts=tuple(
            compile_discount(discount, ids=ids)
            for discount in sorted(terms.discounts, key=lambda one: one.priority)
        ),
        commitments=tuple(
            compile_commitment(commitment, ids=ids)
            for commitment in sorted(terms.commitments, key=lambda one: one.priority)
        ),
        tax_category=tax,
        revenue_account=revenue,
    )


def compile_discount(discount: Discount, *, ids: Ids) -> PlanDiscount:
    """A discount or coupon on the components of these codes; those not there are left out."""
    covers = frozenset(number for code in discount.covers for number in ids.get(code, ()))
    return PlanDiscount(
        code=discount.code,
        part=None if discount.percent is None else _part(discount.percent),
        amount=_money(discount.amount),
        covers=covers if discount.covers else None,
        valid_from=discount.valid_from,
        valid_to=discount.valid_to,
        months=discount.months,
        bills=discount.bills,
        priority=discount.priority,
    )


def compile_commitment(commitment: Commitment, *, ids: Ids) -> PlanCommitment:
    """A commitment on the components of these codes; those not there are left out."""
    quantity = commitment.quantity
    return PlanCommitment(
        code=commitment.code,
        pay=scaled(commitment.pay, scale=AMOUNT_SCALE),
        window=commitment.window,
        covers=tuple(number for code in commitment.covers for number in ids.get(code, ())),
        quantity=None if quantity is None else scaled(quantity, scale=QUANTITY_SCALE),
        part=_part(commitment.percent),
        whole=commitment.whole,
        priority=commitment.priority,
        tax_category=commitment.tax,
        revenue_account=commitment.revenue,
    )


def _money(number: Decimal | None) -> int | None:
    return None if number is None else scaled(number, scale=AMOUNT_SCALE)


def _part(percent: Decimal) -> tuple[int, int]:
    numerator, denominator = percent.as_integer_ratio()
    return numerator, denominator * 100
