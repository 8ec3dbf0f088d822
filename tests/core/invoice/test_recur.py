"""Recurring lines: stories of changes and bill dates, told as tables."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.base.period import Period
from tallystick.core.invoice.cycle import CycleRule, Every
from tallystick.core.invoice.prorate import Basis, Change, Policies, Policy
from tallystick.core.invoice.recur import (
    BilledLine,
    DueLine,
    Rate,
    RateChange,
    RecurringPrice,
    Timing,
    due_lines,
)

MONTHLY = CycleRule(Every.MONTH)


def price_of(
    timing: str = "advance",
    rule: CycleRule = MONTHLY,
    policies: dict[Change, Policy] | None = None,
    basis: Basis = Basis.ACTUAL_DAYS,
) -> RecurringPrice:
    return RecurringPrice(
        "C-1", "line", "Fibre 100", "month", "standard", "4000",
        rule, Timing(timing), ZoneInfo("Europe/Berlin"), basis, Policies(policies or {}),
    )  # fmt: skip


def changes_of(text: str) -> list[RateChange]:
    """`2026-01-14 start 1 x 31.00; 2026-02-10 end`."""
    changes = []
    for part in text.split("; "):
        day, change, *rate = part.split()
        terms = Rate(Decimal(rate[0]), Decimal(rate[2])) if rate else None
        changes.append(RateChange(date.fromisoformat(day), Change(change), terms))
    return changes


def told(lines: Sequence[DueLine]) -> list[str]:
    return [f"{n.purpose} {n.period.start}..{n.period.end} {n.amount.normalize():f}" for n in lines]


def as_billed(lines: Sequence[DueLine]) -> list[BilledLine]:
    return [
        BilledLine(
            n.period, n.purpose, Rate(n.quantity.copy_abs(), n.unit_price), n.amount
        )
        for n in lines
    ]  # fmt: skip


SINCE = date(2025, 1, 1)

# name: timing | changes | bill dates, each with what it bills
STORIES = {
    "start aligns to the bill day": """
        advance | 2026-03-14 start 1 x 31.00
        2026-03-14: recurring 2026-03-14..2026-04-01 18
        2026-03-20:
        2026-04-01: recurring 2026-04-01..2026-05-01 31""",
    "arrears wait until the month is over": """
        arrears | 2026-03-14 start 2 x 31.00
        2026-03-31:
        2026-04-01: recurring 2026-03-14..2026-04-01 36""",
    "arrears end with the contract": """
        arrears | 2026-03-01 start 1 x 31.00; 2026-03-16 end
        2026-03-16: recurring 2026-03-01..2026-03-16 15
        2026-04-01:""",
    "an end gives back what was billed in advance": """
        advance | 2026-03-01 start 1 x 31.00
        2026-03-01: recurring 2026-03-01..2026-04-01 31
        + 2026-03-16 end
        2026-04-01: credit 2026-03-16..2026-04-01 -16
        2026-05-01:""",
    "an upgrade after billing": """
        advance | 2026-03-01 start 1 x 31.00
        2026-03-01: recurring 2026-03-01..2026-04-01 31
        + 2026-03-15 upgrade 1 x 62.00
        2026-04-01: credit 2026-03-15..2026-04-01 -17, recurring 2026-03-15..2026-04-01 34, \
recurring 2026-04-01..2026-05-01 62""",
    "several changes on one day: the last counts": """
        advance | 2026-03-01 start 1 x 31.00; 2026-03-15 upgrade 1 x 62.00; \
2026-03-15 upgrade 1 x 93.00; 2026-03-15 downgrade 1 x 46.50
        2026-03-20: recurring 2026-03-01..2026-03-15 14, recurring 2026-03-15..2026-04-01 25.5""",
    "a change taken back on its day leaves one line": """
        advance | 2026-03-01 start 1 x 31.00; 2026-03-15 upgrade 1 x 62.00; \
2026-03-15 downgrade 1 x 31.00
        2026-03-20: recurring 2026-03-01..2026-04-01 31""",
    "changed, billed and changed again on one day": """
        advance | 2026-03-01 start 1 x 31.00
        2026-03-01: recurring 2026-03-01..2026-04-01 31
        + 2026-03-15 upgrade 1 x 62.00
        2026-03-15: credit 2026-03-15..2026-04-01 -17, recurring 2026-03-15..2026-04-01 34
        + 2026-03-15 upgrade 1 x 93.00
        2026-03-15: credit-2 2026-03-15..2026-04-01 -34, recurring-2 2026-03-15..2026-04-01 51
        2026-03-31:""",
    "an end that is withdrawn is charged again": """
        advance | 2026-03-01 start 1 x 31.00
        2026-03-01: recurring 2026-03-01..2026-04-01 31
        + 2026-03-16 end
        2026-03-16: credit 2026-03-16..2026-04-01 -16
        + 2026-03-16 start 1 x 31.00
        2026-03-17: recurring 2026-03-16..2026-04-01 16""",
    "an end far back gives back months": """
        advance | 2026-01-01 start 1 x 31.00
        2026-02-01: recurring 2026-01-01..2026-02-01 31, recurring 2026-02-01..2026-03-01 31
        + 2026-01-11 end
        2026-03-01: credit 2026-01-11..2026-02-01 -21, credit 2026-02-01..2026-03-01 -31""",
    "start and end on one day serve that day": """
        advance | 2026-03-14 start 1 x 31.00; 2026-03-15 end
        2026-04-01: recurring 2026-03-14..2026-03-15 1""",
    "a quantity change with a negative price": """
        advance | 2026-03-01 start 1 x -3.10
        2026-03-01: recurring 2026-03-01..2026-04-01 -3.1
        + 2026-03-22 end
        2026-04-01: credit 2026-03-22..2026-04-01 1""",
    "ended before it began": """
        advance | 2026-03-14 start 1 x 31.00; 2026-03-14 end
        2026-04-01:""",
}


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    first, *rest = [line.strip() for line in STORIES[name].strip().splitlines()]
    timing, text = first.split(" | ")
    changes, billed = changes_of(text), []
    for line in rest:
        if line.startswith("+"):
            changes += changes_of(line[2:])
            continue
        day, _, expected = line.partition(":")
        lines = due_lines(
            price_of(timing), changes=changes, on=date.fromisoformat(day), since=SINCE,
            billed=billed,
        )  # fmt: skip
        assert ", ".join(told(lines)) == expected.strip(), day
        billed += as_billed(lines)
        keys = [(line.period, line.purpose) for line in billed]
        assert len(keys) == len(set(keys))


# policy of a change | changes | what 1 April bills for March, never billed before
POLICY_TABLE = """
start=full          | 2026-03-14 start 1 x 31.00 | 2026-03-01..2026-04-01 31
start=none          | 2026-03-14 start 1 x 31.00 |
start=next_period   | 2026-03-14 start 1 x 31.00 |
end=full            | 2026-03-01 start 1 x 31.00; 2026-03-16 end | 2026-03-01..2026-04-01 31
end=none            | 2026-03-01 start 1 x 31.00; 2026-03-16 end |
upgrade=full        | 2026-03-01 start 1 x 31.00; 2026-03-16 upgrade 1 x 62.00 \
| 2026-03-01..2026-04-01 62
upgrade=full        | 2026-03-14 start 1 x 31.00; 2026-03-16 upgrade 1 x 62.00 \
| 2026-03-14..2026-04-01 36
downgrade=none      | 2026-03-01 start 1 x 62.00; 2026-03-16 downgrade 1 x 31.00 \
| 2026-03-01..2026-04-01 62
quantity=next_period| 2026-03-01 start 1 x 31.00; 2026-03-16 quantity 2 x 31.00 \
| 2026-03-01..2026-04-01 31
quantity=next_period| 2026-03-01 start 1 x 31.00; 2026-03-11 quantity 2 x 31.00; \
2026-03-21 upgrade 2 x 62.00 | 2026-03-01..2026-03-21 20, 2026-03-21..2026-04-01 44
"""


@pytest.mark.parametrize("row", POLICY_TABLE.strip().splitlines())
def test_policies_in_march(row: str) -> None:
    policy, changes, expected = (cell.strip() for cell in row.split("|"))
    change, _, named = policy.partition("=")
    lines = due_lines(
        price_of("arrears", policies={Change(change): Policy(named)}),
        changes=changes_of(changes),
        on=date(2026, 4, 1),
        since=SINCE,
    )
    assert ", ".join(told(lines)).replace("recurring ", "") == expected


def test_a_pause_frees_its_days_and_is_credited_when_known_late() -> None:
    price, changes = price_of(), changes_of("2026-03-01 start 1 x 31.00")
    pauses = [Period(date(2026, 3, 10), date(2026, 3, 20))]
    on = date(2026, 3, 31)
    lines = due_lines(price, changes=changes, on=on, since=SINCE, pauses=pauses)
    assert told(lines) == [
        "recurring 2026-03-01..2026-03-10 9",
        "recurring 2026-03-20..2026-04-01 12",
    ]
    billed = as_billed(due_lines(price, changes=changes, on=on, since=SINCE))
    late = due_lines(price, changes=changes, on=on, since=SINCE, billed=billed, pauses=pauses)
    assert told(late) == ["credit 2026-03-10..2026-03-20 -10"]


def test_a_leap_year_is_its_own_year() -> None:
    price = price_of("arrears", rule=CycleRule(Every.YEAR))
    changes = changes_of("2024-02-29 start 1 x 366.00")
    lines = due_lines(price, changes=changes, on=date(2025, 1, 1), since=date(2024, 1, 1))
    assert told(lines) == ["recurring 2024-02-29..2025-01-01 307"]


def test_an_anniversary_never_prorates() -> None:
    price = price_of(rule=CycleRule(Every.MONTH, anchor=date(2026, 1, 31)))
    changes = changes_of("2026-01-31 start 1 x 10.00")
    lines = due_lines(price, changes=changes, on=date(2026, 3, 31), since=SINCE)
    assert told(lines) == [
        "recurring 2026-01-31..2026-02-28 10",
        "recurring 2026-02-28..2026-03-31 10",
        "recurring 2026-03-31..2026-04-30 10",
    ]


def test_consumed_prepaid_worth_does_not_come_back() -> None:
    price, changes = price_of(), changes_of("2026-03-01 start 1 x 31.00; 2026-03-02 end")
    march = Period(date(2026, 3, 1), date(2026, 4, 1))
    paid = BilledLine(
        march, "recurring", Rate(Decimal(1), Decimal("31.00")), Decimal(31), consumed=Decimal(25)
    )
    lines = due_lines(price, changes=changes, on=date(2026, 4, 1), since=SINCE, billed=[paid])
    assert told(lines) == ["credit 2026-03-02..2026-04-01 -6"]


def test_what_earlier_credits_gave_back_does_not_come_back_again() -> None:
    price, march = price_of(), Period(date(2026, 3, 1), date(2026, 4, 1))
    rate = Rate(Decimal(1), Decimal("31.00"))
    billed = [BilledLine(march, "recurring", rate, Decimal(31), consumed=Decimal(25))]
    first = due_lines(
        price, changes=changes_of("2026-03-01 start 1 x 31.00; 2026-03-20 end"),
        on=date(2026, 3, 20), since=SINCE, billed=billed,
    )  # fmt: skip
    assert told(first) == ["credit 2026-03-20..2026-04-01 -6"]
    earlier = due_lines(
        price, changes=changes_of("2026-03-01 start 1 x 31.00; 2026-03-10 end"),
        on=date(2026, 3, 21), since=SINCE, billed=billed + as_billed(first),
    )  # fmt: skip
    assert told(earlier) == []


def test_a_start_that_moves_after_billing_gives_the_days_before_it_back() -> None:
    march = Period(date(2026, 3, 1), date(2026, 4, 1))
    billed = [BilledLine(march, "recurring", Rate(Decimal(1), Decimal(31)), Decimal(31))]
    changes = changes_of("2026-04-10 start 1 x 31.00")
    lines = due_lines(price_of(), changes=changes, on=date(2026, 4, 1), since=SINCE, billed=billed)
    assert told(lines) == [
        "credit 2026-03-01..2026-04-01 -31",
        "recurring 2026-04-10..2026-05-01 21.7",
    ]


days = st.integers(0, 120).map(lambda n: date.fromordinal(date(2026, 1, 1).toordinal() + n))


@given(
    moves=st.lists(st.tuples(days, st.sampled_from(["0", "1", "2", "3"])), max_size=6),
    bills=st.lists(days, max_size=5),
    timing=st.sampled_from(["advance", "arrears"]),
)
def test_whatever_happened_the_bills_add_up_to_the_days_served(
    moves: list[tuple[date, str]], bills: list[date], timing: str
) -> None:
    """Billing along the way with later changes gives what one bill at the end would give."""
    price = price_of(timing)
    changes = [RateChange(date(2026, 1, 1), Change.START, Rate(Decimal(1), Decimal("9.99")))]
    billed: list[BilledLine] = []
    timeline = sorted([(d, "bill", "") for d in bills] + [(d, "move", q) for d, q in moves])
    for day, what, quantity in timeline:
        if what == "move":
            rate = Rate(Decimal(quantity), Decimal("9.99")) if quantity != "0" else None
            kind = Change.QUANTITY if rate else Change.END
            changes.append(RateChange(day, kind, rate))
        else:
            billed += as_billed(
                due_lines(price, changes=changes, on=day, since=SINCE, billed=billed)
            )
    last = date(2026, 6, 1)
    billed += as_billed(due_lines(price, changes=changes, on=last, since=SINCE, billed=billed))
    again = due_lines(price, changes=changes, on=last, since=SINCE, billed=billed)
    assert again == ()
    at_once = due_lines(price, changes=changes, on=last, since=SINCE)
    along, once = sum(n.amount for n in billed), sum(n.amount for n in at_once)
    assert abs(along - once) <= Decimal("0.000000000100")
    keys = [(line.period, line.purpose) for line in billed]
    assert len(keys) == len(set(keys))
