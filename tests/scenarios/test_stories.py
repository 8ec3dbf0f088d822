"""Every story beside this file and the one in docs/concepts/stories.md holds."""

import re
from pathlib import Path
from secrets import token_hex

import pytest

from tallystick.base.money import minor_decimals
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.document import document_of
from tallystick.gates.documents.electronic.cii import write_cii
from tallystick.gates.documents.electronic.ubl import write_ubl
from tallystick.packs.stories.play import Played, play_story
from tallystick.packs.stories.read import read_story
from tallystick.packs.stories.steps import STEPS
from tests.gates.documents.official import faults_of

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs/concepts/stories.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([^`]+)`\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))

WITHOUT_VAT = ("US",)

pytestmark = pytest.mark.usefixtures("module_database")


def play(text: str, *, name: str, folder: Path) -> Played:
    story = read_story(text, file=f"{name}.story", name=name)
    return play_story(story, folder=folder, code=f"story-{name}-{token_hex(3)}")


@pytest.fixture
def documented(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("file", sorted(HERE.glob("*.story")), ids=lambda file: file.stem)
def test_story_holds(file: Path) -> None:
    played = play(file.read_text(encoding="utf-8"), name=file.stem, folder=HERE)
    assert played.failed == ()
    assert faults_of_invoices(played.operator) == {}


def faults_of_invoices(operator: str) -> dict[str, list[str]]:
    """What the official rules of EN 16931 find wrong in the operator's invoices, by number."""
    tenant_id = tenant_id_of(operator)
    with acting_for(tenant_id):
        if Tenant.objects.get(id=tenant_id).country in WITHOUT_VAT:
            return {}
        invoices = Invoice.objects.order_by("id").values_list("number", "currency")
        numbers = [number for number, currency in invoices if minor_decimals(currency) < 3]
    found = {}
    for number in numbers:
        document = document_of(number, tenant_id=tenant_id)
        if faults := [*faults_of(write_ubl(document)), *faults_of(write_cii(document))]:
            found[number] = faults
    return found


def test_the_documented_story_holds(documented: Path) -> None:
    assert play(FILES["lane.story"], name="lane", folder=documented).failed == ()


def test_every_kind_of_step_is_documented() -> None:
    for kind in STEPS:
        lead = re.match("[a-z ]+", kind.form)
        assert lead is not None
        assert f"| `{lead[0].strip()}" in PAGE, kind.form


UNTRUE = """
business hedgerow.yaml catalogue prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A1 "Ada Again" consumer bill-day 1
2026-01-01 contract C1 of A1 offer lane msisdn 447700900001
2026-01-01 contract C2 of A9 offer lane
2026-01-01 expect invoice A1 net 30.00 tax 6.00 total 36.00 GBP
2026-01-01 bill run
2026-01-01 expect no invoice A1
2026-01-01 expect invoice A1 net 30.001 tax 6.00 total 36.00 GBP
2026-01-01 expect line A1 "Line" quantity 2 net 30.00
2026-01-01 expect line A1 "Rope" quantity 1 net 30.00
2026-01-01 expect balance A1 0
2026-01-01 expect balance A9 0
2026-01-01 expect service C1 suspended
2026-01-01 expect service C2 active
2026-01-01 expect network A1
2026-01-01 expect rejects unknown_subject 1
2026-01-01 expect ledger 1200 35.99
2026-01-01 pay A1 0.001 bank
2026-01-01 end contract C9
2026-01-01 usage none <<END
END
2026-01-01 usage nonsense <<END
x
END
2026-01-01 refused unknown_account bill run
2026-01-01 refused unknown_account end contract C9
2026-01-01 refused unknown_contract end contract C9
2026-01-01 online event msisdn 447700900001 voice 2 of min costing 0.21
2026-01-01 online reserve S1 msisdn 447700900001 voice 2 of min granting 3
2026-01-01 online commit S2 used 1 of min
2026-01-01 refused cannot_rate online event msisdn 447700900001 voice 1 of min
2026-01-01 expect balance A1 36
"""

FOUND = """
4  | there is already an account 'A1'; choose another number
6  | no account has the number 'A9'
7  | no invoice of that day
9  | net 30.00 tax 6.00 total 36.00 GBP
10 | net 30.00 tax 6.00 total 36.00 GBP
11 | quantity 1 net 30.00
12 | none of its lines: Line
13 | 36.00
14 | no account has the number 'A9'
15 | active
16 | no service
17 | activate
18 | 0
19 | 36.00
20 | 0.001 is not an amount of GBP
21 | no contract has the number 'C9'
22 | is empty
24 | format 'nonsense' is not known
27 | 0 invoices
28 | unknown_contract: no contract has the number 'C9'
30 | costing 0.2
31 | 120 s granted, costing 0
32 | there is no session 'S2'; reserve it first
33 | costing 0.1
"""


def test_all_that_does_not_hold_is_told_and_the_story_goes_on(documented: Path) -> None:
    played = play(UNTRUE, name="untrue", folder=documented)
    expected = [row.split(" | ") for row in FOUND.strip().splitlines()]
    failed = played.failed
    assert [str(one.line) for one in failed] == [line.strip() for line, _ in expected]
    for one, (_, found) in zip(failed, expected, strict=True):
        assert found in one.found, one
        assert one.found != one.expected
    assert played.outcomes[-1].ok
