"""The table of facts in docs/algorithms/cards.md, and when a decline is tried again."""

from datetime import date

import pytest

from tallystick.base.processor import FactKind
from tallystick.core.receive.pull import EARLY, FOLLOWING, PullState, retry_on
from tests.core.invoice.worked import worked_table


@pytest.mark.parametrize("row", worked_table("cards.md", "Cards and a processor's direct debits"))
def test_what_follows_what(row: dict[str, str]) -> None:
    state = PullState(row.pop("state").replace(" ", "_"))
    for said, follows in row.items():
        fact = FactKind(said.replace(" ", "_"))
        early = (state, fact) in EARLY
        found = FOLLOWING.get((state, fact))
        assert (found or ("waits" if early else "old news")).replace("_", " ") == follows, said


@pytest.mark.parametrize(
    ("reason", "tries", "again"),
    [
        ("insufficient_funds", 1, date(2026, 1, 18)),
        ("insufficient_funds", 3, date(2026, 1, 22)),
        ("insufficient_funds", 4, None),
        ("stolen_card", 1, None),
        ("", 2, date(2026, 1, 20)),
    ],
)
def test_when_a_decline_is_tried_again(reason: str, tries: int, again: date | None) -> None:
    assert retry_on(reason, on=date(2026, 1, 15), tries=tries, days=(3, 5, 7)) == again
