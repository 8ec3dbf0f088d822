"""Many accounts on the ladder at once take the steps that each would take alone."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.receive.allocate import OpenItem
from tallystick.core.recover.ladder import (
    WHERE_THEY_LIVE,
    ActingDays,
    Action,
    CollectionCase,
    Ladder,
    LadderStep,
    TakenStep,
    next_steps,
)
from tallystick.core.recover.ladder_batch import (
    CASES,
    DEBTS,
    PLACES,
    STANDING,
    next_steps_batch,
)

DUE = date(2026, 3, 2)
cents = st.integers(1, 9000).map(lambda n: Decimal(n).scaleb(-2))


@st.composite
def ladders(draw) -> Ladder:
    days = sorted(draw(st.lists(st.integers(1, 60), min_size=1, max_size=6)))
    steps = tuple(
        LadderStep(
            day, draw(st.sampled_from(list(Action))), f"way {n}",
            minimum=draw(st.sampled_from([Decimal(0), Decimal("25.00")])),
        )
        for n, day in enumerate(days)
    )  # fmt: skip
    return Ladder(
        "any", "EUR", steps, draw(st.sampled_from([Decimal(0), Decimal(10)])),
        draw(st.sampled_from(ActingDays)), draw(st.sampled_from(["DE", "SA", WHERE_THEY_LIVE])),
    )  # fmt: skip


@st.composite
def cases(draw, ladder: Ladder) -> tuple[CollectionCase, list[OpenItem]]:
    days = st.integers(-20, 80).map(lambda n: DUE + timedelta(days=n))
    taken = draw(st.lists(st.sampled_from(ladder.steps), unique=True, max_size=3))
    case = CollectionCase(
        "",
        taken=tuple(TakenStep(step.name, draw(days)) for step in taken),
        exempt=draw(st.integers(0, 5)) == 0,
        exempt_from=draw(st.frozensets(st.sampled_from(list(Action)), max_size=2)),
        promised_until=draw(st.none() | days),
        lives_in=draw(st.sampled_from(["", "DE", "IN-KA", "US-NY/Kings", "SA", "XX"])),
    )
    items = [
        OpenItem(
            str(n), str(n), draw(days), draw(st.sampled_from(["EUR", "EUR", "USD"])), draw(cents),
            draw(st.just(Decimal(0)) | cents),
        )
        for n in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    return case, items


@settings(deadline=None)
@given(data=st.data())
def test_at_once_as_one_by_one(data) -> None:
    ladder = data.draw(ladders())
    drawn = data.draw(st.lists(cases(ladder), max_size=6))
    on = DUE + timedelta(days=data.draw(st.integers(-5, 90)))
    expected = []
    for account, (case, items) in enumerate(drawn):
        own = replace(case, account_id=str(account))
        steps = next_steps(own, open_items=items, ladder=ladder, on=on)
        expected += [
            (account, ladder.steps.index(s.step), s.overdue_amount, s.overdue_days) for s in steps
        ]
    found = next_steps_batch(
        pl.DataFrame(
            [
                (account, item.due_on, item.currency, item.open_amount, item.disputed_amount)
                for account, (_, items) in enumerate(drawn)
                for item in items
            ],
            schema=DEBTS,
            orient="row",
        ),
        cases=pl.DataFrame(
            [
                (n, case.exempt, [a.value for a in case.exempt_from], case.promised_until)
                for n, (case, _) in enumerate(drawn)
                if case.exempt or case.exempt_from or case.promised_until
            ],
            schema=CASES,
            orient="row",
        ),
        standing=pl.DataFrame(
            [(n, one.name, one.on) for n, (case, _) in enumerate(drawn) for one in case.taken],
            schema=STANDING,
            orient="row",
        ),
        places=pl.DataFrame(
            [(n, case.lives_in) for n, (case, _) in enumerate(drawn)], schema=PLACES, orient="row"
        ),
        ladder=ladder,
        on=on,
    )
    assert found.rows() == expected
