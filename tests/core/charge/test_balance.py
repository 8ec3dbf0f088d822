"""Buckets: the order of drawing, the credit limit, ends, what is announced, cents in the books."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tallystick.base.money import AMOUNT_SCALE
from tallystick.core.charge.balance import (
    CREDIT_PRIORITY,
    Bucket,
    Mode,
    Use,
    available,
    booked,
    draw,
    draw_order,
    ended,
    falls_below,
    fee_of_day,
    pay,
    shares_crossed,
    spread_change,
    usable,
)
from tallystick.core.charge.draw_exact import Cause, spread_parts
from tallystick.core.tariff.nodes import ALWAYS
from tallystick.core.tariff.words import read_filter

AT = datetime(2026, 3, 1, tzinfo=UTC)
PAGE = Path(__file__).parents[3] / "docs/algorithms/balances.md"

amounts = st.integers(0, 1000 * AMOUNT_SCALE)
signed = st.decimals(min_value=-1000, max_value=1000, places=12)
buckets = st.lists(
    st.builds(
        Bucket,
        id=st.integers(1, 10**6),
        contract_id=st.sampled_from([0, 1, 2]),
        unit=st.sampled_from(["EUR", "s"]),
        priority=st.integers(0, 3),
        quantity=amounts,
        remaining=amounts,
        reserved=st.just(0) | amounts,
        kinds=st.sampled_from([None, frozenset({"voice"}), frozenset({"data"})]),
        where=st.sampled_from([ALWAYS, read_filter("zone = home")]),
        valid_from=st.sampled_from([None, AT - timedelta(1), AT, AT + timedelta(1)]),
        valid_to=st.sampled_from([None, AT, AT + timedelta(2), AT + timedelta(3)]),
    ),
    unique_by=lambda bucket: bucket.id,
    max_size=6,
)
uses = st.builds(
    Use, at=st.just(AT), now=st.just(AT), kind=st.sampled_from(["voice", "data", ""]),
    contract_id=st.sampled_from([1, 2]), fields=st.sampled_from([None, {"zone": "home"}, {}]),
)  # fmt: skip


def money(text) -> int:
    return int(Decimal(text).scaleb(12))


def purse(number, remaining, *, credit=0) -> list[Bucket]:
    """One bucket of money and the one for what is on credit."""
    return [
        Bucket(number, 0, "EUR", 100, remaining, remaining, 0),
        Bucket(number + 1, 0, "EUR", CREDIT_PRIORITY, 0, -credit, 0, on_credit=True),
    ]


def funds(held, use):
    return sorted(usable(held, use=use, currency="EUR", money=True), key=draw_order)


def rows(title: str) -> list[list[str]]:
    """The cells of the page's table under that heading."""
    text = PAGE.read_text(encoding="utf-8").split(f"## {title}\n")[1].split("\n## ")[0]
    table = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


@given(buckets, uses, amounts)
def test_a_draw_makes_and_loses_nothing(held, use, amount):
    own = funds(held, use)
    parts, short = draw(amount, buckets=own)
    assert sum(parts.values()) + short == amount
    free = {bucket.id: bucket.free for bucket in held}
    assert all(0 < part <= free[number] for number, part in parts.items())
    assert not short or sum(parts.values()) == sum(max(bucket.free, 0) for bucket in own)


@given(buckets, uses, amounts)
def test_buckets_given_in_another_order_are_drawn_alike(held, use, amount):
    expected = draw(amount, buckets=funds(held, use))
    for other in list(permutations(held))[:24]:
        assert draw(amount, buckets=funds(other, use)) == expected


@given(st.lists(amounts, max_size=5), amounts, amounts)
def test_payments_one_after_the_other_never_pass_the_limit(wanted, remaining, limit):
    own = purse(1, remaining)
    paid = 0
    for amount in wanted:
        if amount > available(own, mode=Mode.PREPAID, limit=limit):
            continue
        parts, owed = pay(amount, mode=Mode.PREPAID, buckets=own, credit=own[1])
        assert owed == 0
        for bucket in own:
            bucket.remaining -= parts.get(bucket.id, 0)
        paid += amount
    assert own[0].remaining >= 0
    assert 0 <= -own[1].remaining <= limit
    assert remaining - own[0].remaining - own[1].remaining == paid


@given(buckets, st.lists(amounts, min_size=1, max_size=4))
def test_parallel_draws_take_the_same_in_sum_in_any_order(held, wanted):
    def total(order):
        left = deepcopy(held)
        for amount in order:
            parts, _ = draw(amount, buckets=funds(left, Use(AT, AT, fields={})))
            for bucket in left:
                bucket.remaining -= parts.get(bucket.id, 0)
        return sum(bucket.remaining for bucket in left)

    assert len({total(order) for order in permutations(wanted)}) == 1


@given(buckets, uses, amounts, st.lists(st.integers(-5, 50), min_size=1, max_size=4))
def test_who_pays_what_of_several_costs_adds_up_both_ways(held, use, amount, costs):
    """Some prices lie below zero; what is paid is a part of the whole."""
    named = [(Cause(1, n, 1, AT.date()), cost) for n, cost in enumerate(costs)]
    total = sum(costs)
    some = min(amount, abs(total))
    parts = [(1, some - some // 3), (2, some // 3)]
    parts = [(number, part if total >= 0 else -part) for number, part in parts]
    spread = list(spread_parts(parts, costs=named))
    for number, part in parts:
        assert sum(paid for one, _, paid in spread if one == number) == part
    assert all(paid * (1 if total >= 0 else -1) > 0 for _, _, paid in spread)


def test_the_order_of_drawing_is_as_documented():
    held, expected = [], []
    for name, priority, end, remaining, drawn in rows("Order of drawing"):
        until = None if end == "never" else datetime.fromisoformat(end).replace(tzinfo=UTC)
        size = money(remaining)
        held.append(Bucket(int(name), 0, "EUR", int(priority), size, size, 0, valid_to=until))
        if Decimal(drawn):
            expected.append((int(name), money(drawn)))
    parts, short = draw(money(12), buckets=funds(held, Use(AT, AT)))
    assert sorted(parts.items()) == expected
    assert short == 0


def test_credit_is_as_documented():
    for remaining, limit, on_credit, wanted, delivered, paid, more, refused in rows("Credit"):
        own = purse(1, money(remaining), credit=money(on_credit))
        amount = money(wanted)
        if delivered == "no":
            free = available(own, mode=Mode.PREPAID, limit=money(limit))
            assert max(amount - free, 0) == money(refused)
            amount = min(amount, free)
        parts, owed = pay(amount, mode=Mode.PREPAID, buckets=own, credit=own[1])
        assert (parts.get(1, 0), parts.get(2, 0), owed) == (money(paid), money(more), 0)


def test_who_has_an_invoice_is_as_documented():
    for mode, remaining, wanted, paid, owed in rows("The invoice"):
        own = purse(1, money(remaining))
        parts, rest = pay(money(wanted), mode=Mode(mode), buckets=own, credit=own[1])
        assert (parts.get(1, 0), parts.get(2, 0), rest) == (money(paid), 0, money(owed))


def test_money_pays_for_earlier_usage_and_quantities_do_not():
    since = AT + timedelta(1)
    euros = Bucket(1, 0, "EUR", 1, 5, 5, 0, valid_from=since, valid_to=since + timedelta(1))
    seconds = Bucket(2, 0, "s", 1, 5, 5, 0, valid_from=since, valid_to=since + timedelta(1))

    def pays(bucket, at, now):
        use = Use(at, now, "voice", 1, {})
        kind = bucket.unit == "EUR"
        return bool(list(usable([bucket], use=use, currency="EUR", money=kind)))

    later = AT + timedelta(9)
    assert [pays(euros, AT, now) for now in (AT, since, later)] == [False, True, True]
    assert [pays(seconds, AT, now) for now in (AT, since, later)] == [False] * 3
    assert pays(seconds, since, later)
    assert not pays(euros, since + timedelta(1), later)


def test_what_ends_is_what_no_session_holds():
    over = Bucket(7, 0, "EUR", 1, 5, 5, 2, valid_to=AT)
    assert ended([over], at=AT) == [(7, 3)]
    assert ended([over], at=AT - timedelta(seconds=1)) == []


def test_shares_are_announced_once():
    def crossed(before, after):
        return tuple(shares_crossed(1000, before=before, after=after))

    assert crossed(0, 799) == ()
    assert crossed(799, 800) == (80,)
    assert crossed(800, 900) == ()
    assert crossed(0, 1000) == (80, 100)
    assert tuple(shares_crossed(0, before=0, after=5)) == ()
    assert falls_below(2, before=2, after=1)
    assert not falls_below(2, before=1, after=0)
    assert not falls_below(None, before=2, after=1)


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
