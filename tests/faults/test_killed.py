"""Killed anywhere and told again, the work comes to the same figures, byte for byte."""

from random import Random
from time import sleep

import pytest

from tests.faults.conftest import FIRST, STAGES, await_quiet, check
from tests.faults.figures import differences, figures

KILLS = 3
KILLED = -9


def finish(place, stage, *, workers, unkilled):
    ended = workers.run(place, [stage])
    assert (ended.status, ended.said) == (0, "")
    assert differences(figures(place.conninfo(), stage=stage), unkilled.after[stage]) == {}
    check(place)


def done(place) -> int:
    """How many chunks and tasks have been done so far."""
    return place.ask(
        "SELECT (SELECT coalesce(sum(chunks_done), 0) FROM usage_batch)"
        " + (SELECT count(*) FROM usage_chargetask WHERE state = 'done')"
        " + (SELECT count(*) FROM invoices_billtask WHERE state = 'done')"
    )[0]


@pytest.mark.parametrize("stage", [*FIRST, "again"])
def test_killed_at_any_moment(copy, workers, unkilled, stage):
    chance = Random(f"{stage} 1166")
    place = copy(stage)
    for _ in range(KILLS):
        before, some = done(place), chance.randrange(1, 4)
        working = workers.give(place, [stage])
        while done(place) < before + some:
            assert working.process.poll() is None, "it ended before it could be killed"
        sleep(chance.uniform(0, 0.1))
        assert working.kill().status == KILLED
        await_quiet(place)
    killed_at = done(place)
    finish(place, stage, workers=workers, unkilled=unkilled)
    assert killed_at < done(place)


@pytest.mark.parametrize("stage", STAGES)
def test_killed_at_the_edge_of_a_transaction(copy, workers, unkilled, stage):
    """Just before it is confirmed and just after, the first, the last, and some between."""
    chance = Random(f"{stage} 1215")
    commits = unkilled.effort[stage]["commits"]
    assert commits > 20
    place = copy(stage)
    for when, number in (
        ("before", 2),
        ("after", chance.randrange(3, commits // 2)),
        ("before", chance.randrange(3, commits // 4)),
    ):
        assert workers.run(place, [stage], die=f"{when} {number}").status == KILLED
        await_quiet(place)
    finish(place, stage, workers=workers, unkilled=unkilled)


def test_a_load_lets_the_planner_look_at_new_customers_first(copy, workers):
    """Else it compares every service with every subject: a minute for these 2,000 customers."""
    place = copy("load")
    known = "SELECT reltuples::integer FROM pg_class WHERE relname = 'contracts_service'"
    assert place.ask(known) == (-1,)
    workers.run(place, ["load"], die="before 5")
    assert place.ask(known) == (2_000,)
