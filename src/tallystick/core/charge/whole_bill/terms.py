"""Which terms are in force in a cycle: those of the offers held, and those granted besides."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from tallystick.base.period import day_in_month, month_after
from tallystick.core.charge.whole_bill.amounts import (
    Coupon,
    DueCommitment,
    DueDiscount,
    DueLimit,
)
from tallystick.core.tariff.bill_terms import Commitment, Discount
from tallystick.core.tariff.plan import PlanOffer
from tallystick.core.tariff.plan_bill import (
    PlanCommitment,
    PlanDiscount,
    compile_commitment,
    compile_discount,
)
from tallystick.core.tariff.rewrite import name_accounts

Span = tuple[date, date]
"""Days [from, to)."""

Term = TypeVar("Term", PlanDiscount, PlanCommitment)


@dataclass(frozen=True, slots=True)
class HeldTerms:
    """An offer as a contract holds it: since when, and on which days of the cycle."""

    offer: PlanOffer
    since: date
    spans: tuple[Span, ...]

    @property
    def ids(self) -> dict[str, int]:
        """Its prices by code; allowances have none."""
        return {part.code: part.id for part in (*self.offer.recurring, *self.offer.usages)}


@dataclass(frozen=True, slots=True)
class Granted:
    """A discount, coupon or commitment that a contract or an account has of its own."""

    ref: str
    term: Discount | Commitment
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class CycleTerms:
    """The terms in force in one cycle, each kind in the order it is applied."""

    discounts: tuple[DueDiscount, ...]
    commitments: tuple[DueCommitment, ...]
    limit: DueLimit | None

    def __bool__(self) -> bool:
        return bool(self.discounts or self.commitments or self.limit)


def cycle_terms(
    held: Sequence[HeldTerms], *, granted: Sequence[Granted] = (), start: date, end: date
) -> CycleTerms:
    """The terms of a contract's cycle [start, end); `held` in order of time, coupons left out.

    A discount is in force in the cycles that begin while it is valid, the first of which may have
    begun before the contract did. Offers come before grants, lower priorities before all.
    """
    discounts: list[tuple[int, DueDiscount]] = []
    commitments: list[tuple[int, DueCommitment]] = []
    for one in held:
        for discount in one.offer.bill.discounts:
            if _in_force(discount, since=one.since, start=max(start, one.since)):
                due = _discount(discount, ref=discount.code, covers=_own(discount, one))
                discounts.append((discount.priority, due))
        for commitment in one.offer.bill.commitments:
            due_one = _commitment(commitment, ref=commitment.code, spans=one.spans)
            commitments.append((commitment.priority, due_one))
    for grant in granted:
        if isinstance(grant.term, Commitment):
            for term, spans in _granted_commitment(grant, grant.term, held):
                commitments.append((term.priority, _commitment(term, ref=grant.ref, spans=spans)))
        elif grant.term.bills is None and _in_time(grant, _first_day(held, start)):
            made = compile_discount(grant.term, ids=ids_by_code(held))
            discounts.append((made.priority, _discount(made, ref=grant.ref, covers=made.covers)))
    return CycleTerms(_ordered(discounts), _ordered(commitments), _limit(held))


def coupon_of(
    grant: Granted, *, ids: Mapping[str, tuple[int, ...]], contract: int | None
) -> Coupon:
    """The coupon of a grant; `ids` are the components of each code that the bill has."""
    term = grant.term
    assert isinstance(term, Discount)
    made = compile_discount(term, ids=ids)
    return Coupon(
        ref=grant.ref,
        label=say(term.code),
        part=made.part,
        amount=made.amount,
        covers=made.covers,
        contract=contract,
    )


def say(code: str) -> str:
    """A term's code as a person reads it."""
    words = code.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


Due = TypeVar("Due", DueDiscount, DueCommitment)


def _ordered(found: list[tuple[int, Due]]) -> tuple[Due, ...]:
    by_priority: Callable[[tuple[int, Due]], int] = lambda pair: pair[0]  # noqa: E731
    return tuple(due for _, due in sorted(found, key=by_priority))


def _own(discount: PlanDiscount, held: HeldTerms) -> frozenset[int]:
    return frozenset(held.ids.values()) if discount.covers is None else discount.covers


def ids_by_code(held: Iterable[HeldTerms]) -> dict[str, tuple[int, ...]]:
    """The prices of these offers by code."""
    found: dict[str, tuple[int, ...]] = {}
    for one in held:
        for code, number in one.ids.items():
            found[code] = tuple(dict.fromkeys((*found.get(code, ()), number)))
    return found


def _first_day(held: Sequence[HeldTerms], start: date) -> date:
    """The day that decides on discounts: the cycle's first, or the contract's if that is later."""
    return max(start, min((one.since for one in held), default=start))


def _in_force(discount: PlanDiscount, *, since: date, start: date) -> bool:
    ends = [day for day in (discount.valid_to, _after(since, discount.months)) if day]
    return (discount.valid_from or date.min) <= start < min(ends, default=date.max)


def _after(since: date, months: int | None) -> date | None:
    if months is None:
        return None
    return day_in_month(*month_after(since.year, since.month, months), since.day)


def _in_time(grant: Granted, day: date) -> bool:
    assert isinstance(grant.term, Discount)
    ends = [one for one in (grant.valid_to, _after(grant.valid_from, grant.term.months)) if one]
    return grant.valid_from <= day < min(ends, default=date.max)


def _discount(discount: PlanDiscount, *, ref: str, covers: frozenset[int] | None) -> DueDiscount:
    return DueDiscount(ref, say(discount.code), discount.part, discount.amount, covers)


def _commitment(term: PlanCommitment, *, ref: str, spans: tuple[Span, ...]) -> DueCommitment:
    return DueCommitment(
        ref=ref,
        label=say(term.code),
        pay=term.pay,
        window=term.window,
        covers=term.covers,
        quantity=term.quantity,
        part=term.part,
        whole=term.whole,
        served=spans,
        tax_category=term.tax_category,
        revenue_account=term.revenue_account,
    )


def _granted_commitment(
    grant: Granted, term: Commitment, held: Sequence[HeldTerms]
) -> Iterator[tuple[PlanCommitment, tuple[Span, ...]]]:
    """The commitment on the days that it runs and that the contract is served in the cycle."""
    until = grant.valid_to or date.max
    cut = [
        (max(first, grant.valid_from), min(last, until))
        for one in held
        for first, last in one.spans
    ]
    spans = tuple(sorted(span for span in cut if span[0] < span[1]))
    if spans:
        named = name_accounts(term, revenue=held[-1].offer.bill.revenue_account)
        yield compile_commitment(named, ids=ids_by_code(held)), spans


def _limit(held: Sequence[HeldTerms]) -> DueLimit | None:
    """The least and the most of the offer held last."""
    bill = held[-1].offer.bill if held else None
    if bill is None or (bill.at_least is None and bill.at_most is None):
        return None
    return DueLimit(bill.at_least, bill.at_most, bill.tax_category, bill.revenue_account)
