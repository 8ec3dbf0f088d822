"""What the page of online charging asks is answered as it says, one question after the other."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tallystick.domain.catalog import queries
from tallystick.flows.acquire import publish_catalogue
from tests.flows.businesses import AT, open_talk_business
from tests.flows.charging import give_bucket, give_terms
from tests.gates.charging.test_door import post, tell

PAGE = Path(__file__).parents[3] / "docs" / "concepts" / "online-charging.md"
PRICES = re.compile(r"```yaml\n(.*?)```", re.S)
ASKED = re.compile(r"```\ncurl (.*?)```\s*```\n(.*?)```", re.S)


@pytest.fixture(scope="module")
def tenant(module_database):
    """The operator of the page and its one customer, who has seven euros."""
    queries._plan.cache_clear()
    tenant = open_talk_business("hedgerow", customers=1)
    found = PRICES.search(PAGE.read_text(encoding="utf-8"))
    assert found
    publish_catalogue(
        found[1], tenant_id=tenant.id, name="p.yaml", files={},
        valid_from=AT.date().replace(year=2025, month=6), at=AT,
    )  # fmt: skip
    give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 7)
    yield tenant
    queries._plan.cache_clear()


def question(words: str) -> tuple[str, bytes]:
    """The path and the body that the command posts."""
    quiet, address, data, body = shlex.split(words)
    assert (quiet, data) == ("-s", "-d")
    host, path = address.split("/", 1)
    assert host == "localhost:8010"
    return f"/{path}", body.encode()


def test_each_question_is_answered_as_the_page_says(tenant):
    asked = ASKED.findall(PAGE.read_text(encoding="utf-8"))
    # the service of these tests knows its operator as `door`
    questions = [question(words) for words, _ in asked]
    messages = [post(path.replace("/hedgerow/", "/door/"), body) for path, body in questions]
    answers = [answer for _, answer in tell(tenant, *messages)]
    assert answers == [json.loads(answer) for _, answer in asked]
    assert {path.rsplit("/", 1)[1] for path, _ in questions} == {
        "reserve", "extend", "commit", "release", "event", "authorise", "refund", "balance",
    }  # fmt: skip
