"""The command `scenario`, and that what it leaves behind is nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections, transaction
from typer.testing import CliRunner, Result

from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for, list_tenants
from tallystick.flows.invoice import run_bills
from tallystick.flows.reconcile import reconcile
from tallystick.wiring.command import app
from tallystick.wiring.discard import OnlyRehearsals, TablesBusy, discard_operator
from tallystick.wiring.scenario import app as scenario
from tests.flows.businesses import open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

AT = datetime(2026, 2, 1, 6, tzinfo=UTC)
HOLDS = """business mvno
2026-01-01 account A1 Ada consumer bill-day 1
2026-01-01 contract C1 of A1 offer mobile-m msisdn 447700900001
2026-01-01 bill run
2026-01-02 pay A1 14.40 bank
2026-01-02 expect balance A1 0
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(scenario, [str(word) for word in words])


@pytest.fixture
def well(tmp_path: Path) -> Path:
    (tmp_path / "well.story").write_text(HOLDS)
    return tmp_path / "well.story"


@pytest.fixture
def untrue(tmp_path: Path) -> Path:
    (tmp_path / "untrue.story").write_text(HOLDS.replace("balance A1 0", "balance A1 1"))
    return tmp_path / "untrue.story"


def test_what_does_not_hold_is_shown_and_the_exit_code_is_3(well: Path, untrue: Path) -> None:
    assert run(well).exit_code == 0
    told = run(untrue, well)
    assert told.exit_code == 3
    assert "   6  2026-01-02  expect balance A1 1\n" in told.output
    assert "expected  1.00\n        found     0.00\n" in told.output
    assert "5 steps, 1 not as they should be" in told.output
    assert "5 steps, all as they should be" in told.output


def test_json_has_every_step(untrue: Path) -> None:
    told = run(untrue, "--json")
    (story,) = json.loads(told.stdout)["stories"]
    assert (story["well"], story["operator"], len(story["steps"])) == (False, None, 5)
    assert story["steps"][-1] == {
        "line": 6, "day": "2026-01-02", "step": "expect balance A1 1", "expected": "1.00",
        "found": "0.00", "ok": False,
    }  # fmt: skip


def test_nothing_is_played_when_one_of_the_stories_cannot_be_read(
    well: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.story"
    broken.write_text("business mvno\n2026-01-01 hop\n")
    told = run(well, broken, "--keep")
    assert type(told.exception).__name__ == "StoryRefused"
    assert list_tenants() == []


@pytest.mark.parametrize("line", ["business nothing", "business o.yaml catalogue p.yaml"])
def test_a_business_that_cannot_be_opened_leaves_no_operator(tmp_path: Path, line: str) -> None:
    (tmp_path / "o.yaml").write_text(
        "{code: o, name: O, country: GB, currency: GBP, zone: Europe/London}"
    )
    (tmp_path / "p.yaml").write_text("currency: GBP\n")
    (tmp_path / "no.story").write_text(f"{line}\n2026-01-01 rate\n")
    told = run(tmp_path / "no.story")
    assert type(told.exception).__name__ in ("UnknownPack", "CatalogueRefused")
    assert list_tenants() == []


def test_an_operator_is_left_only_when_it_is_to_be_kept(well: Path) -> None:
    run(well)
    assert list_tenants() == []
    told = run(well, "--keep")
    ((_, code, _),) = list_tenants()
    assert f"kept as operator {code}" in told.output
    assert code.startswith("story-well-")


def test_discarding_takes_all_of_one_operator_and_nothing_of_another(well: Path) -> None:
    other = open_talk_business()
    run_bills(tenant_id=other.id, on=AT.date(), at=AT)
    before = rows_by_tenant()
    run(well, "--keep")
    kept = next(code for _, code, _ in list_tenants() if code.startswith("story-"))
    assert len(rows_by_tenant()) == 2
    discard_operator(kept)
    assert rows_by_tenant() == before
    assert all(finding.ok for finding in reconcile(tenant_id=other.id))


def test_what_was_issued_is_refused_change_again_afterwards(well: Path) -> None:
    run(well)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'refuse_change'"
                       " AND tgenabled <> 'O'")  # fmt: skip
        assert cursor.fetchone() == (0,)


def test_discarding_gives_way_to_other_work(well: Path) -> None:
    run(well, "--keep")
    ((_, code, _),) = list_tenants()
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("LOCK TABLE invoices_invoice IN ROW EXCLUSIVE MODE")
        with pytest.raises(TablesBusy):
            discard_operator(code)
    discard_operator(code)
    assert list_tenants() == []


def test_an_operator_of_the_present_is_never_discarded() -> None:
    other = open_talk_business()
    with acting_for(other.id):
        Tenant.objects.filter(id=other.id).update(clock="wall", rehearsal_at=None)
    with pytest.raises(OnlyRehearsals):
        discard_operator(other.code)
    assert [code for _, code, _ in list_tenants()] == [other.code]


def test_help_shows_how_it_is_used() -> None:
    told = CliRunner().invoke(app, ["scenario", "--help"])
    assert told.output.count("tallystick scenario ") >= 2


def rows_by_tenant() -> dict[int, int]:
    """How many rows each operator has in all tables that are held by tenant."""
    counts: dict[int, int] = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relforcerowsecurity"
            " AND relnamespace = 'public'::regnamespace AND NOT relispartition"
            " AND relname <> 'tenants_tenant'"
        )
        tables = [table for (table,) in cursor.fetchall()]
    for tenant_id, _, _ in list_tenants():
        with acting_for(tenant_id), connections["default"].cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT count(*) FROM {table}")
                counts[tenant_id] = counts.get(tenant_id, 0) + cursor.fetchone()[0]
    return counts
