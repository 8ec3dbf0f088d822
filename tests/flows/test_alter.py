"""Changes of contracts: each wrong door says why it is closed."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.models import ContractOffer
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.alter import change_contract, rest_contract, take_back, wake_contract
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
AT = datetime(2026, 2, 10, tzinfo=UTC)
STORY = """
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer small
2026-01-01 contract C2 of A1 offer small until 2026-03-01
2026-01-01 bill run
2026-02-01 bill run
"""

# what | contract | of what | on | refused because
DOORS = """
change | C9 | large | 2026-02-10 | unknown_contract
change | C1 | huge  | 2026-02-10 | unknown_offer
change | C1 | large | 2025-12-31 | contract_not_running
change | C2 | large | 2026-03-01 | contract_not_running
change | C1 | large | 2026-01-31 | days_closed
change | C1 | small | 2026-02-10 | nothing_changes
pause  | C1 |       | 2026-01-31 | days_closed
resume | C1 |       | 2026-02-10 | does_not_rest
back   | C1 |       | 2026-02-10 | no_change_ahead
"""


@pytest.fixture(scope="module")
def tenant_id(module_database) -> int:
    story = read_story(STORY, file="alter.story", name="alter")
    assert play_story(story, folder=SCENARIOS, code="alter").failed == ()
    return tenant_id_of("alter")


def knock(what: str, number: str, offer: str, on: date, tenant_id: int) -> None:
    match what:
        case "change":
            change_contract(number, offer=offer, quantity=None, on=on, tenant_id=tenant_id, at=AT)
        case "pause":
            rest_contract(number, on=on, until=None, tenant_id=tenant_id, at=AT)
        case "resume":
            wake_contract(number, on=on, tenant_id=tenant_id, at=AT)
        case "back":
            take_back(number, after=on, tenant_id=tenant_id)


@pytest.mark.parametrize("door", DOORS.strip().splitlines())
def test_closed_doors_say_why(tenant_id: int, door: str) -> None:
    what, number, offer, on, code = (cell.strip() for cell in door.split("|"))
    with acting_for(tenant_id):
        before = list(ContractOffer.objects.order_by("id").values_list())
    with pytest.raises(Refusal) as refused:
        knock(what, number, offer, date.fromisoformat(on), tenant_id)
    assert refused.value.code == code
    assert len(refused.value.sentence()) > len(code)
    with acting_for(tenant_id):
        assert list(ContractOffer.objects.order_by("id").values_list()) == before


def test_a_planned_change_holds_the_door(tenant_id: int) -> None:
    knock("change", "C1", "large", date(2026, 4, 1), tenant_id)
    with pytest.raises(Refusal, match="changes on 2026-04-01 already"):
        knock("change", "C1", "yearly", date(2026, 3, 1), tenant_id)
    assert take_back("C1", after=date(2026, 2, 10), tenant_id=tenant_id) == "small"
    with acting_for(tenant_id):
        (held,) = ContractOffer.objects.filter(contract__number="C1")
    assert (held.valid_from, held.valid_to) == (date(2026, 1, 1), None)


def test_a_contract_rests_once_at_a_time(tenant_id: int) -> None:
    rest_contract("C1", on=date(2026, 2, 20), until=date(2026, 2, 25), tenant_id=tenant_id, at=AT)
    with pytest.raises(Refusal, match="rests from 2026-02-20"):
        rest_contract("C1", on=date(2026, 2, 15), until=None, tenant_id=tenant_id, at=AT)
    rest_contract("C1", on=date(2026, 2, 25), until=None, tenant_id=tenant_id, at=AT)
    wake_contract("C1", on=date(2026, 3, 5), tenant_id=tenant_id, at=AT)
