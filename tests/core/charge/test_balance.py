"""Buckets: the order of drawing, the credit limit, ends, what is announced, cents in the books."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.charge.balance import (
    BucketState,
    Wanted,
    booked,
    draw_buckets,
    expired_buckets,
    falls_below,
    fee_of_day,
    order_buckets,
    shares_crossed,
    spread_change,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
PAGE = Path(__file__).parents[3] / "docs/algorithms/balances.md"

amounts = st.decimals(min_value=0, max_value=1000, places=12)
signed = st.decimals(min_value=-1000, max_value=1000, places=12)
buckets = st.lists(
    st.builds(
        BucketState,
        id=st.integers(1, 10**6),
        unit=st.sampled_from(["EUR", "s"]),
        valid_from=st.sampled_from([AT - timedelta(1), AT, AT + timedelta(1)]),
        valid_to=st.sampled_from([None, AT, AT + timedelta(2), AT + timedelta(3)]),
        remaining=amounts,
        reserved=st.just(Decimal(0)) | st.decimals(min_value=0, max_value=1500, places=2),
        priority=st.integers(0, 3),
        kinds=st.sampled_from([None, frozenset({"voice"}), frozenset({"data"})]),
        contract_id=st.sampled_from([0, 1, 2]),
        fits=st.booleans(),
    ),
    unique_by=lambda bucket: bucket.id,
    max_size=6,
)
wishes = st.builds(
    Wanted, quantity=amounts, unit=st.just("EUR"), at=st.just(AT),
    kind=st.sampled_from(["voice", "data", ""]), contract_id=st.sampled_from([1, 2]),
)  # fmt: skip


def rows(title: str) -> list[list[str]]:
    """The cells of the page's table under that heading."""
    text = PAGE.read_text(encoding="utf-8").split(f"## {title}\n")[1].split("\n## ")[0]
    table = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


@given(buckets, wishes, amounts, st.booleans())
def test_a_draw_makes_and_loses_nothing(held, wanted, credit_left, delivered):
    drawn = draw_buckets(wanted, buckets=held, credit_left=credit_left, delivered=delivered)
    paid = sum((quantity for _, quantity in drawn.draws), Decimal(0))
    assert paid + drawn.on_credit + drawn.short == wanted.quantity
    free = {bucket.id: bucket.free for bucket in held}
    assert all(0 < quantity <= free[bucket] for bucket, quantity in drawn.draws)
    assert drawn.on_credit <= credit_left or delivered
    assert not (delivered and drawn.short)
    assert not drawn.on_credit or paid == sum(b.free for b in order_buckets(held, wanted=wanted))


@given(buckets, wishes)
def test_buckets_given_in_another_order_are_drawn_alike(held, wanted):
    expected = draw_buckets(wanted, buckets=held)
    for other in list(permutations(held))[:24]:
        assert draw_buckets(wanted, buckets=other) == expected


@given(st.lists(amounts, max_size=5), amounts, amounts)
def test_draws_one_after_the_other_never_pass_the_limit(quantities, remaining, limit):
    bucket = BucketState(1, "EUR", AT, remaining)
    credit, outcomes = Decimal(0), Decimal(0)
    for quantity in quantities:
        wanted = Wanted(quantity, "EUR", AT)
        drawn = draw_buckets(wanted, buckets=[bucket], credit_left=limit - credit)
        for _, taken in drawn.draws:
            bucket = replace(bucket, remaining=bucket.remaining - taken)
        credit += drawn.on_credit
        outcomes += quantity - drawn.short
    assert bucket.remaining >= 0
    assert credit <= limit
    assert remaining - bucket.remaining + credit == outcomes


@given(buckets, st.lists(amounts, min_size=1, max_size=4))
def test_parallel_draws_take_the_same_in_sum_in_any_order(held, quantities):
    def total(order):
        left = {bucket.id: bucket for bucket in held}
        for quantity in order:
            drawn = draw_buckets(Wanted(quantity, "EUR", AT), buckets=list(left.values()))
            for bucket, taken in drawn.draws:
                left[bucket] = replace(left[bucket], remaining=left[bucket].remaining - taken)
        return sum((bucket.remaining for bucket in left.values()), Decimal(0))

    assert len({total(order) for order in permutations(quantities)}) == 1


def test_the_order_of_drawing_is_as_documented():
    held, expected = [], []
    for name, priority, end, remaining, drawn in rows("Order of drawing"):
        held.append(BucketState(
            int(name), "EUR", AT, Decimal(remaining), priority=int(priority),
            valid_to=None if end == "never" else datetime.fromisoformat(end).replace(tzinfo=UTC),
        ))  # fmt: skip
        if Decimal(drawn):
            expected.append((int(name), Decimal(drawn)))
    drawn = draw_buckets(Wanted(Decimal(12), "EUR", AT), buckets=held)
    assert sorted(drawn.draws) == expected
    assert drawn.short == 0


def test_credit_is_as_documented():
    for remaining, limit, on_credit, wanted, delivered, paid, more, short in rows("Credit"):
        drawn = draw_buckets(
            Wanted(Decimal(wanted), "EUR", AT),
            buckets=[BucketState(1, "EUR", AT, Decimal(remaining))],
            credit_left=Decimal(limit) - Decimal(on_credit),
            delivered=delivered == "yes",
        )
        found = sum((quantity for _, quantity in drawn.draws), Decimal(0))
        assert (found, drawn.on_credit, drawn.short) == (
            Decimal(paid), Decimal(more), Decimal(short),
        )  # fmt: skip


def test_what_ends_is_what_no_session_holds():
    ended = BucketState(7, "EUR", AT, Decimal(5), valid_to=AT, reserved=Decimal(2))
    assert expired_buckets([ended], at=AT) == ((7, Decimal(3)),)
    assert expired_buckets([ended], at=AT - timedelta(seconds=1)) == ()


def test_shares_are_announced_once():
    def crossed(before, after):
        return shares_crossed(quantity=Decimal(10), before=Decimal(before), after=Decimal(after))

    assert crossed(10, "2.01") == ()
    assert crossed("2.01", 2) == (80,)
    assert crossed(2, 1) == ()
    assert crossed(10, 0) == (80, 100)
    assert falls_below(Decimal(2), before=Decimal(2), after=Decimal("1.99"))
    assert not falls_below(Decimal(2), before=Decimal("1.99"), after=Decimal(1))
    assert not falls_below(None, before=Decimal(2), after=Decimal(1))


def test_the_daily_fee_is_as_documented():
    for through, paid in rows("Daily fee"):
        days = range(1, int(through) + 1)
        fees = [fee_of_day(day, amount=Decimal(40), days=30) for day in days]
        assert sum(fees) == Decimal(paid)


@given(signed, st.lists(signed, min_size=1, max_size=5), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_the_books_follow_the_balance_to_the_cent(balance, parts, currency):
    change = booked(balance + sum(parts), currency=currency) - booked(balance, currency=currency)
    spread = spread_change(change, parts=parts, currency=currency)
    assert sum(spread) == change
    step = {"EUR": Decimal("0.01"), "JPY": Decimal(1), "KWD": Decimal("0.001")}[currency]
    assert all(abs(one - part) <= step for one, part in zip(spread, parts, strict=True))
    whole = [part for part in parts if part % step == 0]
    assert all(one == part for one, part in zip(spread, parts, strict=True) if part in whole)


def test_cents_in_the_books_are_as_documented():
    balance = Decimal(10)
    for voice, data, exact, liability, posted_voice, posted_data in rows("Cents in the books"):
        parts = [-Decimal(voice), -Decimal(data)]
        after = balance + sum(parts)
        change = booked(after, currency="EUR") - booked(balance, currency="EUR")
        spread = spread_change(change, parts=parts, currency="EUR")
        assert (after, booked(after, currency="EUR")) == (Decimal(exact), Decimal(liability))
        assert [-one for one in spread] == [Decimal(posted_voice), Decimal(posted_data)]
        balance = after
