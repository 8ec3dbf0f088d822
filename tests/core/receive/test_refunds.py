"""Refunds told by several ways are found once each, in whatever order they are told."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.receive.refunds import missing_refunds

TABLE = """
events    lines   in-all  known   | found
5         -       0       -       | 5
5         -       0       5       | -
5 5       -       0       5       | 5
5         5       0       -       | 5
5         5 3     0       5       | 3
-         5       0       -       | 5
-         -       8       5       | 3
5         -       5       5       | -
5         -       5       -       | 5
3         -       8       8       | -
5 3       -       8       8       | -
3 5       -       8       3       | 5
4 3       -       0       4       | 3
3         -       0       4       | 3
3         -       3       4       | -
3 4       -       7       4       | 3
-         -       3       5       | -
"""
"""The last but two: 4 of ours is booked and not made yet, 3 was made elsewhere."""


def amounts(text: str) -> list[Decimal]:
    return [] if text == "-" else [Decimal(part) for part in text.split()]


@pytest.mark.parametrize("row", TABLE.strip().splitlines()[1:])
def test_what_is_missing(row: str) -> None:
    given_side, found = row.split("|")
    events, lines, in_all, known = (
        part.strip() for part in (given_side[:10], given_side[10:18], given_side[18:26],
                                  given_side[26:])
    )  # fmt: skip
    missing = missing_refunds(
        [amounts(events), amounts(lines)], in_all=Decimal(in_all), known=amounts(known)
    )
    assert missing == amounts(found.strip())


@given(data=st.data(), made=st.lists(st.decimals(1, 9, places=2), max_size=5))
def test_each_is_found_once_in_any_order(data: st.DataObject, made: list[Decimal]) -> None:
    """Events and payout lines, each of every refund, mixed at will; some refunds are ours."""
    ours = data.draw(st.integers(0, len(made)))
    tellings = data.draw(st.permutations([(way, one) for one in made for way in (0, 1)]))
    told: tuple[list[Decimal], list[Decimal]] = ([], [])
    have = made[:ours]
    for way, amount in tellings:
        told[way].append(amount)
        have += missing_refunds(told, in_all=Decimal(0), known=have)
        assert not Counter(have) - Counter(made), "nothing is found that was not made"
        assert not Counter(told[way]) - Counter(have), "what was told is known"
    assert Counter(have) == Counter(made)


@given(data=st.data(), made=st.lists(st.decimals(1, 9, places=2), max_size=5))
def test_a_sum_in_all_beside_events_finds_nothing_twice(
    data: st.DataObject, made: list[Decimal]
) -> None:
    """One after the other is made, and told by both ways, whichever comes first."""
    told: list[Decimal] = []
    have: list[Decimal] = []
    in_all = before = Decimal(0)
    for amount in made:
        for way in data.draw(st.permutations(["event", "sum"])):
            if way == "event":
                told.append(amount)
            else:
                in_all = before + amount
            have += missing_refunds([told], in_all=in_all, known=have)
        before = in_all
        assert Counter(have) == Counter(told)
