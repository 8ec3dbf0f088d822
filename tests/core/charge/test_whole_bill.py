"""What holds of every bill: parts add up, nothing goes below zero, second thoughts end alike."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.charge.whole_bill.adjust import PASSES, adjust_bill
from tallystick.core.charge.whole_bill.amounts import (
    Bill,
    BillAmount,
    BillCycle,
    Coupon,
    DueCommitment,
    DueDiscount,
    DueLimit,
)
from tallystick.core.charge.whole_bill.commitments import settle_commitments
from tallystick.core.charge.whole_bill.coupons import apply_coupons
from tallystick.core.charge.whole_bill.discounts import apply_discounts
from tallystick.core.charge.whole_bill.limits import keep_within_limits
from tallystick.core.charge.whole_bill.spread import spread
from tallystick.core.tariff.bill_terms import Window

COIN = 10**10
APRIL = (date(2026, 4, 1), date(2026, 5, 1))
AMOUNTS = st.integers(-(10**15), 10**16)
POSITIVE = st.integers(1, 10**16)
PARTS = st.tuples(st.integers(0, 99), st.just(100))


@given(total=st.integers(0, 10**17), over=st.lists(AMOUNTS, max_size=6))
def test_a_spread_sums_to_its_total_and_takes_no_more_than_is_there(
    total: int, over: list[int]
) -> None:
    there = dict(enumerate(over))
    parts = spread(total, over=there, coin=COIN)
    positive = sum(amount for amount in over if amount > 0)
    room = sum(amount // COIN for amount in over if amount > 0)
    if total >= positive:
        assert sum(parts.values()) == positive
    else:
        assert sum(parts.values()) == min(total // COIN, room) * COIN
        assert all(part % COIN == 0 for part in parts.values())
    assert all(0 <= part <= there[key] for key, part in parts.items())


def amounts_of(costs: list[int]) -> tuple[BillAmount, ...]:
    return tuple(
        BillAmount(n % 3 + 1, f"c{n % 3}", "usage", cost, "standard", "demo", 10**9)
        for n, cost in enumerate(costs)
    )


def cycle_of(costs: list[int], **terms: object) -> BillCycle:
    return BillCycle(
        contract=1,
        start=APRIL[0],
        end=APRIL[1],
        served=(APRIL,),
        over=True,
        zone=ZoneInfo("UTC"),
        amounts=amounts_of(costs),
        **terms,  # type: ignore[arg-type]
    )


def total_of(cycle: BillCycle, added: tuple[BillAmount, ...]) -> int:
    return sum(one.amount for one in (*cycle.amounts, *added))


@given(
    costs=st.lists(st.integers(0, 10**16), max_size=6),
    discounts=st.lists(st.tuples(PARTS | st.none(), POSITIVE), max_size=4),
    coupon=POSITIVE,
)
def test_discounts_and_coupons_leave_no_component_below_zero(
    costs: list[int], discounts: list[tuple[tuple[int, int] | None, int]], coupon: int
) -> None:
    due = tuple(
        DueDiscount(f"d{n}", "d", part, None if part else amount, frozenset({1, 2}))
        for n, (part, amount) in enumerate(discounts)
    )
    cycle = cycle_of(costs, discounts=due)
    coupons = (Coupon("c", "c", None, coupon, None, None),)
    (added,) = adjust_bill(Bill((cycle,), coupons, COIN))
    left: dict[int, int] = {}
    for one in (*cycle.amounts, *added):
        left[one.component] = left.get(one.component, 0) + one.amount
    assert all(amount >= 0 for amount in left.values())


@given(costs=st.lists(AMOUNTS, max_size=6), least=POSITIVE, room=POSITIVE)
def test_a_cycle_costs_between_its_least_and_its_most(
    costs: list[int], least: int, room: int
) -> None:
    cycle = cycle_of(costs, limit=DueLimit(least, least + room, "standard", "demo"))
    (added,) = adjust_bill(Bill((cycle,), (), COIN))
    assert least <= total_of(cycle, added) <= least + room


def test_the_least_waits_until_the_cycle_is_over() -> None:
    limit = DueLimit(10**15, None, "standard", "demo")
    cycle = replace(cycle_of([10**13], limit=limit), over=False)
    assert adjust_bill(Bill((cycle,), (), COIN)) == ((),)


def test_a_coupon_is_not_off_what_is_given_back() -> None:
    coupon = Coupon("c", "c", None, 5 * 10**12, None, None)
    (added,) = adjust_bill(Bill((cycle_of([-3 * 10**12, 4 * 10**12]),), (coupon,), COIN))
    assert [(one.component, one.amount) for one in added] == [(2, -4 * 10**12)]


@given(costs=st.lists(st.integers(0, 10**16), max_size=6), pay=POSITIVE, part=PARTS)
def test_committed_money_is_paid_used_or_not(
    costs: list[int], pay: int, part: tuple[int, int]
) -> None:
    commitment = DueCommitment(
        "p", "p", pay, Window.CYCLE, (1, 2, 3), None, part, False, (APRIL,), "standard", "demo"
    )
    cycle = cycle_of(costs, commitments=(commitment,))
    (added,) = adjust_bill(Bill((cycle,), (), COIN))
    usage, total = sum(costs), total_of(cycle, added)
    discounted = usage * (part[1] - part[0]) / part[1]
    if discounted < pay - 1:
        assert total == pay
        true_up = sum(one.amount for one in added if one.purpose.startswith("true_up"))
        off = -sum(one.amount for one in added if one.purpose.startswith("covered"))
        assert true_up == pay - (usage - off)
    else:
        assert pay - 1 <= total <= max(usage, pay)


@given(first=st.lists(AMOUNTS, max_size=4), late=st.lists(AMOUNTS, max_size=4))
def test_a_second_bill_ends_where_one_would_have(first: list[int], late: list[int]) -> None:
    commitment = DueCommitment(
        "p", "p", 10**15, Window.CYCLE, (1, 2), None, (1, 10), False, (APRIL,), "standard", "demo"
    )
    terms = {
        "discounts": (
            DueDiscount("a", "a", (1, 8), None, None),
            DueDiscount("b", "b", None, 3 * 10**12, frozenset({1})),
        ),
        "commitments": (commitment,),
        "limit": DueLimit(10**13, 10**16, "standard", "demo"),
    }
    once = cycle_of([*first, *([0] * (-len(first) % 3)), *late], **terms)
    (added,) = adjust_bill(Bill((once,), (), COIN))
    before = cycle_of([*first, *([0] * (-len(first) % 3))], **terms)
    (early,) = adjust_bill(Bill((before,), (), COIN))
    billed = tuple(replace(one, billed=True) for one in (*before.amounts, *early))
    after = replace(before, amounts=(*billed, *amounts_of(late)))
    (rest,) = adjust_bill(Bill((after,), (), COIN))
    assert total_of(after, rest) == total_of(once, added)
    keys = [(one.component, one.purpose, one.tax_category) for one in (*early, *rest)]
    assert len(keys) == len(set(keys))


def test_the_order_is_the_documented_one() -> None:
    assert (apply_discounts, apply_coupons, settle_commitments, keep_within_limits) == PASSES
