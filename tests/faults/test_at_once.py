"""Two processes that do the same work at once: everything is done once."""

import pytest

from tests.faults.conftest import FIRST, check
from tests.faults.figures import differences, figures


def both(place, stage, *, workers, unlocked):
    workers.prepare(2)
    working = [workers.give(place, [stage], unlocked=unlocked) for _ in range(2)]
    return [one.wait() for one in working]


@pytest.mark.parametrize("stage", FIRST)
def test_two_at_once(copy, workers, unkilled, stage):
    place = copy(stage)
    ended = both(place, stage, workers=workers, unlocked=False)
    assert 0 in {one.status for one in ended}
    for one in ended:
        assert one.status in (0, 1)
        refused = "is already running for this operator; wait until it has ended"
        assert (one.status == 1) == (refused in one.said)
        assert "Traceback" not in one.said
    assert differences(figures(place.conninfo(), stage=stage), unkilled.after[stage]) == {}
    check(place)


@pytest.mark.parametrize("stage", FIRST)
def test_two_at_once_that_know_nothing_of_each_other(copy, workers, unkilled, stage):
    """The lock is a courtesy: without it, it is the tables that take nothing twice."""
    place = copy(stage)
    ended = both(place, stage, workers=workers, unlocked=True)
    if 0 not in {one.status for one in ended}:  # each refused what the other was doing
        ended = [workers.run(place, [stage])]
        assert (ended[0].status, ended[0].said) == (0, "")
    assert differences(figures(place.conninfo(), stage=stage), unkilled.after[stage]) == {}
    check(place)
