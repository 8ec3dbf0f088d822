"""Contracts that say the same are asked about once, and no others."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.contracts.grants import Wording
from tallystick.domain.parties.organisations import payers_in
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows import recurring
from tallystick.flows.due import due_task
from tallystick.flows.grant import give_price
from tallystick.flows.own_prices import load_own_prices
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
AT = datetime(2026, 2, 10, tzinfo=UTC)
FEBRUARY = date(2026, 2, 1)
Alike = Callable[..., pl.DataFrame]
STORY = """
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer small
2026-01-01 contract C2 of A1 offer small
2026-01-01 contract C4 of A1 offer large
2026-01-01 contract C5 of A1 offer small
2026-01-01 contract C6 of A1 offer small
2026-01-01 contract C7 of A1 offer small
2026-01-01 account A2 "Ben Example" consumer bill-day 1
2026-01-01 contract C3 of A2 offer small
2026-01-01 contract C8 of A2 offer small until 2026-01-20
2026-01-01 bill run
2026-01-09 change contract C5 to large
2026-01-12 pause contract C6
2026-01-15 contract C9 of A2 offer small
"""


@pytest.fixture(scope="module")
def tenant_id(module_database) -> int:
    story = read_story(STORY, file="alike.story", name="alike")
    assert play_story(story, folder=SCENARIOS, code="alike").failed == ()
    tenant_id = tenant_id_of("alike")
    component = "line"
    give_price(
        "C7", component=component, wording=Wording("1.23", FEBRUARY), tenant_id=tenant_id, at=AT
    )
    return tenant_id


def lines_of(tenant_id: int, *, alike: Alike) -> pl.DataFrame:
    """What is due on February 1st, where `alike` says who is asked together."""
    with acting_for(tenant_id), mock.patch.object(recurring, "_alike", alike):
        own = load_own_prices()
        plans = dated_plans(own.variants)
        return due_task(payers_in(0, 1 << 40), plans=plans, own=own, on=FEBRUARY).lines


def test_asked_together_is_asked_one_by_one(tenant_id: int) -> None:
    groups: list[set[str]] = []
    as_it_is = recurring._alike

    def look_on(contracts: pl.DataFrame, *said: pl.DataFrame, alone: set[int]) -> pl.DataFrame:
        found = as_it_is(contracts, *said, alone=alone)
        named = found.join(contracts.select("contract_id", "number"), on="contract_id")
        groups.extend(set(own) for own in named.group_by("like").agg("number")["number"])
        return found

    together = lines_of(tenant_id, alike=look_on)
    single = lines_of(
        tenant_id,
        alike=lambda contracts, *_, alone: contracts.select("contract_id", like="contract_id"),
    )
    assert_frame_equal(together, single)
    assert [own for own in groups if len(own) > 1] == [{"C1", "C2", "C3"}]
    assert set.union(*groups) == {f"C{number}" for number in range(1, 10)}
