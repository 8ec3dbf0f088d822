"""Killed at every edge of a transaction, work with money goes on: nothing counts twice.

A process of its own is killed (SIGKILL) just before its first commit, is told the same again and
killed just after it, then just before the second, and so on until nothing is left to kill.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connections

from tallystick.domain.catalog import queries
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.reconcile import reconcile
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story
from tallystick.wiring.database import DATABASE
from tests.faults.conftest import Place, await_quiet, copied, drop, joined
from tests.faults.figures import differences, figures
from tests.faults.paying import LIFE, OPERATOR, PAYING
from tests.gates.bank.statements import Booked, statement_of

SCENARIOS = Path(__file__).parents[1] / "scenarios"
KILLED = -9
COMMITS_MAX = 30
"""More than any of these works needs: what would not end is no test but a loop."""


@pytest.fixture(scope="module")
def business(template, django_db_blocker) -> Iterator[Place]:
    """An operator whose customers owe, have credit, a mandate, a card, a debit on its way."""
    with django_db_blocker.unblock():
        place = copied(Place(template, DATABASE, 0, ()))
        queries._plan.cache_clear()  # another database gave the same ids to other versions
        with joined(place):
            story = read_story(LIFE, file="paying.story", name="paying")
            assert play_story(story, folder=SCENARIOS, code=OPERATOR).failed == ()
            place = replace(place, tenant=tenant_id_of(OPERATOR))
        yield place
        connections.close_all()
        drop(place)


@pytest.fixture
def copy(business: Place, tmp_path: Path, django_db_blocker):
    """Copies of the business, each with a statement of the bank in a folder of its own."""
    made = []

    def copy_business(name: str) -> Place:
        place = copied(business)
        made.append(place)
        folder = tmp_path / name
        folder.mkdir()
        with joined(place), acting_for(place.tenant):
            numbers = list(Invoice.objects.order_by("id").values_list("number", flat=True))
        entries = [
            Booked("119.00", text=f"pays {numbers[0]}"),
            Booked("80.00", text="for nobody", payer="Unknown Person"),
            Booked("119.00", text=f"{numbers[1]} with thanks"),
        ]
        path = folder / "statement.xml"
        path.write_text(statement_of(entries, number="S-1"), encoding="utf-8")
        return replace(place, files=(path,))

    with django_db_blocker.unblock():
        yield copy_business
        for place in made:
            drop(place)


def tell_until_done(place: Place, work: str, *, workers) -> int:
    """Kills the work at each edge in turn; gives how many commits it came to."""
    for number in range(1, COMMITS_MAX):
        for when in ("before", "after"):
            ended = workers.run(place, [work], die=f"{when} {number}")
            if ended.status == 0:
                return number - 1
            assert ended.status == KILLED, ended.said
            await_quiet(place)
    raise AssertionError(f"{work} did not end in {COMMITS_MAX} commits")


@pytest.mark.parametrize("work", PAYING)
def test_killed_at_each_edge_money_counts_once(copy, workers, work: str) -> None:
    unkilled, killed = copy("unkilled"), copy("killed")
    before = figures(unkilled.conninfo(), stage="money")
    ended = workers.run(unkilled, [work])
    assert (ended.status, ended.said) == (0, "")
    wanted = figures(unkilled.conninfo(), stage="money")
    assert differences(before, wanted), "the work did nothing"

    assert tell_until_done(killed, work, workers=workers) >= 2
    assert differences(figures(killed.conninfo(), stage="money"), wanted) == {}
    for place in (unkilled, killed):
        with joined(place):
            assert [one for one in reconcile(tenant_id=place.tenant) if not one.ok] == []
    if work == "card":
        assert _asked(killed) == _asked(unkilled)
        assert len(_log(killed)) > len(_log(unkilled)) == len(_asked(unkilled))


def _log(place: Place) -> list[str]:
    return (place.files[0].parent / "asked").read_text().splitlines()


def _asked(place: Place) -> set[str]:
    """What the processor was asked for, by key and amount: as often as it is, it counts once."""
    return set(_log(place))
