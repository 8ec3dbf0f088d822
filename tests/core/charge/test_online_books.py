"""What a request charged is told to the books by revenue, exactly, whatever it was paid from."""

from random import Random

import pytest

from tallystick.core.charge.lines import RatedLine
from tallystick.core.charge.online.books import (
    OWED,
    Revenue,
    charged_less,
    charged_more,
    payments_in_order,
    split_paid,
)

VOICE, SMS = Revenue("4010", "standard"), Revenue("4020", "reduced")


def line(component, amount):
    nothing = dict.fromkeys(RatedLine._fields, 0)
    return 1, RatedLine(**{**nothing, "component_id": component, "amount": amount})


def test_the_first_payment_is_for_the_first_revenue():
    paid = payments_in_order([(7, -30), (8, -50)], owed=20)
    assert split_paid(paid, charged={VOICE: 40, SMS: 60}) == [
        (7, VOICE, 30), (8, VOICE, 10), (8, SMS, 40), (OWED, SMS, 20),
    ]  # fmt: skip


def test_what_is_owed_is_given_back_first():
    paid = payments_in_order([(8, 50), (7, 30)], owed=-20)
    assert split_paid(paid, charged={VOICE: -60, SMS: -40}) == [
        (OWED, VOICE, -20), (8, VOICE, -40), (8, SMS, -10), (7, SMS, -30),
    ]  # fmt: skip


def test_one_costs_less_and_the_other_more():
    paid = payments_in_order([(7, -10), (8, -5)], owed=0)
    assert split_paid(paid, charged={VOICE: -4, SMS: 19}) == [
        (7, VOICE, -4), (7, SMS, 14), (8, SMS, 5),
    ]  # fmt: skip


def test_a_shift_from_one_to_the_other_is_told_where_money_came_from():
    assert split_paid({7: 0}, charged={VOICE: -4, SMS: 4}) == [(7, VOICE, -4), (7, SMS, 4)]
    assert split_paid({}, charged={VOICE: -4, SMS: 4}) == []


@pytest.mark.parametrize("seed", range(300))
def test_both_sums_are_kept(seed):
    rng = Random(f"paid {seed}")
    amounts = [rng.randint(-50, 10**15) for _ in range(rng.randint(1, 4))]
    charged = {Revenue(str(nth), "standard"): amount for nth, amount in enumerate(amounts)}
    if rng.randrange(3) == 0:
        charged = {revenue: -amount for revenue, amount in charged.items()}
    whole, paid = sum(charged.values()), {}
    for number in range(rng.randint(0, 3)):
        part = rng.randint(0, abs(whole)) * (1 if whole > 0 else -1)
        paid[number + 1] = part
        whole -= part
    paid[OWED if rng.randrange(2) else 9] = whole
    parts = split_paid(paid, charged=charged)
    by_payment, by_revenue = dict.fromkeys(paid, 0), dict.fromkeys(charged, 0)
    for payment, revenue, amount in parts:
        assert amount
        by_payment[payment] += amount
        by_revenue[revenue] += amount
    assert (by_payment, by_revenue) == (paid, charged)
    assert len({(payment, revenue) for payment, revenue, _ in parts}) == len(parts)


def test_what_a_report_charges_more_by_component():
    before = [line(1, 5), line(2, 7)]
    now = [line(1, 5), line(1, 3), line(3, 2)]
    assert charged_more(now, before=before) == {(1, 1): 3, (1, 2): -7, (1, 3): 2}


def test_a_refund_is_of_the_last_component_first():
    lines = [line(1, 10), line(2, 6), line(2, -1)]
    assert charged_less(lines, refunded=0, amount=3) == {(1, 2): -3, (1, 1): 0}
    assert charged_less(lines, refunded=3, amount=5) == {(1, 2): -2, (1, 1): -3}
    assert charged_less(lines, refunded=0, amount=15) == {(1, 2): -5, (1, 1): -10}
