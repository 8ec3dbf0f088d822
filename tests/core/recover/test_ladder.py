"""The worked tables of docs/algorithms/ladder.md, climbed on the ladder that is written there."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
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
    climb_down,
    next_steps,
)
from tallystick.core.recover.ladder_batch import (
    CASES,
    DEBTS,
    PLACES,
    STANDING,
    next_steps_batch,
)
from tallystick.core.recover.read import InvalidLadder, read_ladder
from tests.core.invoice.worked import ALGORITHMS, worked_table

PAGE = (ALGORITHMS / "ladder.md").read_text(encoding="utf-8")
LADDER = read_ladder(PAGE.split("```yaml\n")[1].split("```")[0], source="ladder.md")
DUE = date(2026, 3, 2)


def item(due_on: date, owed: str, disputed: str = "0") -> OpenItem:
    return OpenItem(str(due_on), str(due_on), due_on, "EUR", Decimal(owed), Decimal(disputed))


def taken_of(text: str) -> tuple[TakenStep, ...]:
    names = {str(step.after_days): step.name for step in LADDER.steps}
    pairs = [one.split() for one in text.split(", ") if one]
    return tuple(TakenStep(names[days], date.fromisoformat(on)) for days, on in pairs)


@pytest.mark.parametrize("row", worked_table("ladder.md", "Up, worked"))
def test_worked_steps_up(row: dict[str, str]) -> None:
    case = CollectionCase(
        "A-1",
        taken=taken_of(row["taken"]),
        promised_until=date.fromisoformat(row["promise"]) if row["promise"] else None,
        exempt_from=frozenset({Action(row["exempt from"])} if row["exempt from"] else ()),
    )
    items = [item(DUE, row["owed"], row["disputed"])]
    steps = next_steps(case, open_items=items, ladder=LADDER, on=date.fromisoformat(row["on"]))
    assert ", ".join(step.step.name for step in steps) == row["steps"]


@pytest.mark.parametrize("row", worked_table("ladder.md", "Down, worked"))
def test_worked_steps_down(row: dict[str, str]) -> None:
    taken = taken_of("3 2026-03-05, 14 2026-03-16, 21 2026-03-23, 30 2026-04-01")
    items = []
    if row["open"]:
        due, owed = row["open"].split()
        items = [item(date.fromisoformat(due), owed)]
    case = CollectionCase("A-1", taken=taken)
    down = climb_down(case, open_items=items, ladder=LADDER, on=date.fromisoformat(row["on"]))
    restored = ", ".join(f"{r.step.name} {r.fee}" for r in down.restorations)
    standing = ", ".join(one.name.split()[0] for one in down.standing)
    assert (restored, standing) == (row["restored"], row["standing"])
    assert down.closed == (row["closed"] == "yes")


def test_nothing_is_restored_after_termination() -> None:
    taken = taken_of("30 2026-04-01, 60 2026-05-01")
    down = climb_down(
        CollectionCase("A-1", taken=taken), open_items=[], ladder=LADDER, on=date(2026, 5, 2)
    )
    assert down.restorations == ()
    assert [one.name for one in down.standing] == ["60 terminate contract"]


def test_steps_on_one_rung_are_taken_together() -> None:
    steps = (
        LadderStep(3, Action.REMIND, "mail"),
        LadderStep(3, Action.CHARGE, "late fee", fee=Decimal("2.50")),
    )
    ladder = Ladder("two", "EUR", steps)
    case, items, on = CollectionCase("A-1"), [item(DUE, "40.00")], date(2026, 3, 5)
    found = next_steps(case, open_items=items, ladder=ladder, on=on)
    assert [(s.step.action, s.overdue_days, s.overdue_amount) for s in found] == [
        (Action.REMIND, 3, Decimal("40.00")),
        (Action.CHARGE, 3, Decimal("40.00")),
    ]
    exempt = replace(case, exempt=True)
    assert next_steps(exempt, open_items=items, ladder=ladder, on=on) == ()
    dollars = [replace(items[0], currency="USD")]
    assert next_steps(case, open_items=dollars, ladder=ladder, on=on) == ()


@pytest.mark.parametrize(
    ("days", "calendar", "lives_in", "kept"),
    [
        (ActingDays.ANY, "", "", []),
        (ActingDays.WEEKDAYS, "", "", [26, 27]),
        (ActingDays.WORKING, "GB-ENG", "", [25, 26, 27, 28]),  # the 28th is Boxing Day's
        (ActingDays.WORKING, "DE", "", [25, 26, 27]),
        (ActingDays.WORKING, "SA", "", [25, 26]),  # weekends there are Friday and Saturday
        (ActingDays.WORKING, WHERE_THEY_LIVE, "US-NY/Kings", [25, 26, 27]),
        (ActingDays.WORKING, WHERE_THEY_LIVE, "GB-ENG", [25, 26, 27, 28]),
        (ActingDays.WORKING, WHERE_THEY_LIVE, "GB-XX", [25, 26, 27, 28]),
        (ActingDays.WORKING, WHERE_THEY_LIVE, "XX", [26, 27]),
    ],
)
def test_no_step_on_days_that_are_kept(
    days: ActingDays, calendar: str, lives_in: str, kept: list[int]
) -> None:
    """Christmas 2026: the 25th is a Friday."""
    ladder = replace(LADDER, days=days, calendar=calendar)
    case = CollectionCase("A-1", lives_in=lives_in)
    items = [item(date(2026, 12, 1), "40.00")]
    week = [date(2026, 12, day) for day in range(24, 31)]
    idle = [d.day for d in week if not next_steps(case, open_items=items, ladder=ladder, on=d)]
    assert idle == kept


def test_working_days_are_the_country_s_where_no_calendar_is_named() -> None:
    text = "ladder: a\ncurrency: EUR\ndays: working days\nsteps:\n- {after: 1 day, remind: mail}"
    assert read_ladder(text, source="x.yaml", country="AT").calendar == "AT"
    with pytest.raises(InvalidLadder, match="the holidays of 'XX' are not known"):
        read_ladder(text, source="x.yaml", country="XX")


@given(visits=st.lists(st.integers(1, 200), max_size=40))
def test_steps_keep_their_distance_whenever_one_looks(visits: list[int]) -> None:
    case, items = CollectionCase("A-1"), [item(DUE, "100.00")]
    ladder = replace(LADDER, days=ActingDays.ANY)
    for days in sorted(visits):
        on = DUE + timedelta(days=days)
        found = next_steps(case, open_items=items, ladder=ladder, on=on)
        case = replace(
            case, taken=(*case.taken, *(TakenStep(step.step.name, on) for step in found))
        )
    names = [step.name for step in ladder.steps]
    assert [one.name for one in case.taken] == names[: len(case.taken)]
    days_of = {step.name: step.after_days for step in ladder.steps}
    for one, two in pairwise(case.taken):
        assert (two.on - one.on).days >= days_of[two.name] - days_of[one.name]


WRONG = """\
ladder: standard
currency: Euro
minimum: ten
days: sundays
extra: 1
steps:
  - {after: 14 days, remind: letter, fee: 5.00}
  - {after: soon, remind: mail}
  - {after: 3 days, remind: mail, reconnect: 5.00}
  - {after: 20 days, suspend: all, terminate: all}
  - {after: 20 days, charge: late fee}
  - {after: 20 days, suspend: all, restore: maybe, restore: automatic}
  - remind
"""

MISTAKES = """\
x.yaml:2: 'Euro' is not a currency code; write three capital letters such as EUR
x.yaml:3: `minimum: ten` is not an amount of 0 or more
x.yaml:4: `days: sundays` must be one of: any, weekdays, working days
x.yaml:5: `extra` is not known here; known: ladder, currency, minimum, days, holidays, \
tax, interest, services, steps
x.yaml:8: a step says when, as in `after: 14 days`
x.yaml:9: 3 days come after 14; sort the steps by days
x.yaml:9: `reconnect` has no meaning where we remind
x.yaml:10: a step has exactly one of: remind, charge, restrict, suspend, disconnect, terminate, \
hand over, write off
x.yaml:11: a step that charges names its `fee`
x.yaml:12: `restore: maybe` must be one of: automatic, by hand
x.yaml:12: `restore` stands here twice
x.yaml:13: a step reads like {after: 14 days, remind: letter, fee: 5.00}"""


def test_every_mistake_is_told_with_its_line() -> None:
    with pytest.raises(InvalidLadder) as refusal:
        read_ladder(WRONG, source="x.yaml")
    assert refusal.value.sentence() == MISTAKES


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "x.yaml:1: write `ladder:`"),
        ("- a", "x.yaml:1: write `ladder:`"),
        ("ladder: a\nsteps: [", "x.yaml:2"),
        ("ladder: a\ncurrency: EUR\nsteps: []", "x.yaml:3: `steps:` is a list"),
        ("ladder: a\ncurrency: EUR", "x.yaml:1: `steps:` is missing"),
        (
            "ladder: a\ncurrency: JPY\nsteps:\n- {after: 1 day, charge: fee, fee: 0.5}",
            "x.yaml:4: `fee: 0.5` has more than 0 decimals in JPY",
        ),
        (
            "ladder: a\ncurrency: EUR\ndays: working days\nholidays: DE-XY\nsteps: []",
            "x.yaml:4: the holidays of 'DE-XY' are not known",
        ),
        (
            "ladder: a\ncurrency: EUR\nholidays: DE\nsteps: []",
            "x.yaml:3: `holidays:` are kept where it says `days: working days`",
        ),
    ],
)
def test_a_text_that_is_no_ladder(text: str, mistake: str) -> None:
    with pytest.raises(InvalidLadder) as refusal:
        read_ladder(text, source="x.yaml")
    assert mistake in refusal.value.sentence()


OLD_STEPS = (
    LadderStep(3, Action.REMIND, "mail"),
    LadderStep(10, Action.SUSPEND, "all", reconnection_fee=Decimal("5.00")),
)
NEW_STEPS = (
    LadderStep(5, Action.REMIND, "letter"),
    LadderStep(8, Action.REMIND, "call"),
    LadderStep(14, Action.SUSPEND, "all", reconnection_fee=Decimal("7.00")),
)
CHANGED = Ladder("changed", "EUR", NEW_STEPS, former=OLD_STEPS)


@pytest.mark.parametrize(
    ("taken", "on", "steps"),
    [
        # reminded at 3 days: what comes next is the letter, two days later
        ({"3 remind mail": "2026-03-05"}, "2026-03-06", []),
        ({"3 remind mail": "2026-03-05"}, "2026-03-07", ["5 remind letter"]),
        # cut off at 10 days: neither letter nor call come again, and 14 days are four days on
        ({"3 remind mail": "2026-03-05", "10 suspend all": "2026-03-12"}, "2026-03-15", []),
        (
            {"3 remind mail": "2026-03-05", "10 suspend all": "2026-03-12"},
            "2026-03-16",
            ["14 suspend all"],
        ),
        # a step that no ladder ever had says nothing of where somebody stands
        ({"9 remind pigeon": "2026-03-11"}, "2026-03-12", ["5 remind letter"]),
    ],
)
def test_who_stands_on_a_former_step_climbs_on_from_its_days(taken, on, steps) -> None:
    day = date.fromisoformat(on)
    standing = tuple(TakenStep(name, date.fromisoformat(one)) for name, one in taken.items())
    case, debts = CollectionCase("1", taken=standing), [item(DUE, "40.00")]
    found = next_steps(case, open_items=debts, ladder=CHANGED, on=day)
    assert [one.step.name for one in found] == steps
    batch = next_steps_batch(
        pl.DataFrame([(1, DUE, "EUR", Decimal(40), Decimal(0))], schema=DEBTS, orient="row"),
        cases=CASES.to_frame(),
        standing=pl.DataFrame(
            [(1, one.name, one.on) for one in standing], schema=STANDING, orient="row"
        ),
        places=pl.DataFrame([(1, "DE")], schema=PLACES, orient="row"),
        ladder=CHANGED,
        on=day,
    )
    assert [NEW_STEPS[place].name for place in batch["place"]] == steps


@pytest.mark.parametrize(
    ("taken", "fees"),
    [
        (["3 remind mail", "10 suspend all"], [Decimal("5.00")]),
        (["10 suspend all", "14 suspend all"], [Decimal("7.00"), Decimal(0)]),
    ],
)
def test_what_a_former_step_took_away_comes_back_and_is_paid_once(taken, fees) -> None:
    case = CollectionCase("1", taken=tuple(TakenStep(name, DUE) for name in taken))
    down = climb_down(case, open_items=[], ladder=CHANGED, on=date(2026, 4, 1))
    assert [one.fee for one in down.restorations] == fees
    assert down.closed
    forgotten = climb_down(case, open_items=[], ladder=replace(CHANGED, former=()), on=DUE)
    assert not forgotten.closed
