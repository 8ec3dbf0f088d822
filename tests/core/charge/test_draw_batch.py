"""Money drawn for all accounts at once is what each event draws in turn, to the last digit."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import polars as pl
import pytest

from tallystick.base.money import AMOUNT_SCALE
from tallystick.core.charge.balance import CREDIT_PRIORITY, Bucket, Mode
from tallystick.core.charge.draw_batch import MOST_BUCKETS, draw_batch, is_plain, part_plain
from tallystick.core.charge.draw_exact import draw_exact
from tallystick.core.charge.drawn import COSTS
from tallystick.core.charge.online.state import AccountState
from tallystick.core.tariff.nodes import ALWAYS
from tallystick.core.tariff.words import read_filter
from tests.core.charge.test_balance import money
from tests.core.charge.test_balance import rows as documented_rows

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 20, tzinfo=UTC)
KINDS = ("voice", "data", "sms", "")
CONTRACTS = 3


def at(rng):
    """An instant of the month, often one that others share."""
    return FIRST + timedelta(hours=rng.randrange(24 * 31))


def some_amount(rng, most):
    """Often a round one, so that buckets are used up exactly; often with all twelve decimals."""
    whole = rng.choice((AMOUNT_SCALE, 1, 7))
    return rng.randrange(most * AMOUNT_SCALE // whole + 1) * whole


def make_bucket(rng, number, *, narrow=3):
    size = some_amount(rng, 30)
    few = [rng.randrange(narrow) == 0 for _ in range(6)]
    return Bucket(
        number,
        rng.randrange(1, CONTRACTS + 1) if few[0] else 0,
        "EUR" if rng.randrange(6) else "MB",
        rng.choice((1, 2, 100, 100, CREDIT_PRIORITY)),
        size,
        size,
        rng.randrange(size + 1) if few[1] else 0,
        frozenset(rng.sample(KINDS, rng.randrange(3))) if few[2] else None,
        ALWAYS,
        at(rng) if few[3] else None,
        at(rng) if few[4] else None,
    )


def make_account(rng, number):
    mode = rng.choice((Mode.PREPAID, Mode.PREPAID, Mode.HYBRID, Mode.POSTPAID))
    state = AccountState(number, "EUR", mode, None, None)
    on_credit = -some_amount(rng, 5) if rng.randrange(2) else 0
    state.buckets[number] = Bucket(
        number, 0, "EUR", CREDIT_PRIORITY, 0, on_credit, 0, on_credit=True
    )
    for nth in range(rng.randrange(7)):
        bucket = make_bucket(rng, number * 100 + nth)
        state.buckets[bucket.id] = bucket
    return state


def make_costs(rng, accounts, *, events, signs=(1, 1, 1, 1, 0)):
    rows = []
    for usage in range(1, events + 1):
        account, start = rng.choice(accounts), at(rng)
        contract, month = rng.randrange(1, CONTRACTS + 1), date(2026, rng.choice((3, 4)), 1)
        kind = rng.choice(KINDS)
        for component in range(rng.choice((1, 1, 1, 2, 4))):
            amount = rng.choice(signs) * some_amount(rng, 4)
            rows.append((account, start, usage, contract, component, 1, month, kind, amount, 0))
    frame = pl.DataFrame(rows, schema=COSTS, orient="row")
    return frame.sort("account_id", "started_at", "usage_id", maintain_order=True)


def all_of(drawn):
    """Comparable; what buckets gave in the order of giving, the rest in any."""
    return (
        drawn.taken.filter(pl.col("amount") != 0).rows(),
        sorted(drawn.owed.filter(pl.col("amount") != 0).rows()),
        sorted(drawn.paid.filter(pl.col("amount") != 0).rows()),
    )


def both(costs, accounts):
    exact = draw_exact(costs, accounts=accounts, fields={}, now=NOW)
    stood = deepcopy(accounts)
    batch = draw_batch(costs, accounts=accounts, now=NOW)
    assert accounts == stood, "drawing changes no account before it is told to"
    return all_of(batch), all_of(exact)


@pytest.mark.parametrize("seed", range(150))
def test_all_at_once_is_one_after_the_other(seed):
    rng = Random(f"draw batch {seed}")
    accounts = {number: make_account(rng, number) for number in range(1, rng.randrange(2, 9))}
    costs = make_costs(rng, list(accounts), events=rng.choice((0, 1, 30, 120)))
    batch, exact = both(costs, accounts)
    assert batch == exact


@pytest.mark.parametrize("seed", range(60))
def test_costs_below_zero_that_lessen_others(seed):
    """An event may cost less for one component; invoices may also ask for less."""
    rng = Random(f"below zero {seed}")
    accounts = {number: make_account(rng, number) for number in range(1, 9)}
    costs = make_costs(rng, list(accounts), events=120, signs=(1, 1, 1, -1))
    plain, others = part_plain(costs, accounts=accounts)
    assert plain
    assert others
    chosen = costs.filter(pl.col("account_id").is_in(list(plain)))
    batch, exact = both(chosen, {number: accounts[number] for number in plain})
    assert batch == exact


def test_who_is_drawn_event_by_event():
    def account(mode=Mode.PREPAID, **more):
        own = Bucket(1, 0, "EUR", 100, 5, 5, 0, **more)
        credit = Bucket(9, 0, "EUR", CREDIT_PRIORITY, 0, 0, 0, on_credit=True)
        return AccountState(1, "EUR", mode, None, None, buckets={1: own, 9: credit})

    condition = read_filter("zone = eu")
    assert is_plain(account())
    assert not is_plain(account(where=condition))
    assert is_plain(account(where=condition, mode=Mode.POSTPAID))
    used_up = account(where=condition)
    used_up.buckets[1].remaining = 0
    assert is_plain(used_up)
    in_hand = account()
    in_hand.buckets[9].remaining = 1
    assert not is_plain(in_hand)
    many = account()
    for number in range(10, 10 + MOST_BUCKETS):
        many.buckets[number] = replace(many.buckets[1], id=number)
    assert not is_plain(many)


def test_what_comes_back_is_drawn_event_by_event():
    row = (1, FIRST, 1, 1, 1, 1, date(2026, 3, 1), "voice")
    accounts = {
        number: AccountState(number, "EUR", mode, None, None)
        for number, mode in ((1, Mode.PREPAID), (2, Mode.HYBRID), (3, Mode.HYBRID))
    }

    def costs(*rows):
        return pl.DataFrame(rows, schema=COSTS, orient="row")

    given = costs((*row, -1, 0), (2, *row[1:], -1, 0), (3, *row[1:], 5, -3))
    assert part_plain(given, accounts=accounts) == ({2}, {1, 3})
    even = costs((*row, -4, 0), (*row, 4, 0))
    assert part_plain(even, accounts=accounts) == ({1}, set())


def test_a_running_sum_decides_as_documented():
    table = documented_rows("All accounts at once")
    credit = Bucket(9, 0, "EUR", CREDIT_PRIORITY, 0, 0, 0, on_credit=True)
    first, second = (Bucket(n, 0, "EUR", 1, 0, money(row), 0) for n, row in ((1, "5"), (2, "4")))
    state = AccountState(
        1, "EUR", Mode.PREPAID, None, None, buckets={1: first, 2: second, 9: credit}
    )
    rows = [
        (1, FIRST, int(event), 1, int(event), 1, date(2026, 3, 1), "", money(wants), 0)
        for event, wants, *_ in table
    ]
    batch, exact = both(pl.DataFrame(rows, schema=COSTS, orient="row"), {1: state})
    assert batch == exact
    given = {(row[3], row[1]): row[6] for row in batch[0]}
    left = {1: first.free, 2: second.free}
    for event, wants, *cells in table:
        found, drawn, still, then, also, short = map(money, cells)
        number = int(event)
        assert (left[1], left[2]) == (found, then)
        assert given.get((number, 1), 0) == drawn
        assert money(wants) - drawn == still
        assert given.get((number, 2), 0) == also
        assert given.get((number, 9), 0) == short
        left[1] -= drawn
        left[2] -= also
