"""The tax return: by where lines are taxed, equal to the books, and a proof that can fail."""

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tallystick.domain.invoices.reports import sum_taxes
from tallystick.domain.ledger.queries import journal_between, moved_on, trial_balance
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.reconcile import Finding, reconcile
from tallystick.gates.reports.journal import write_journal
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SINCE, UNTIL = date(2026, 1, 1), date(2026, 1, 31)


@pytest.fixture(scope="module")
def grove(module_database) -> tuple[object, int]:
    """The operator of the story whose rules tell taxes and ways of payment apart."""
    text = (SCENARIOS / "posting-details.story").read_text(encoding="utf-8")
    story = read_story(text, file="posting-details.story", name="details")
    assert play_story(story, folder=SCENARIOS, code="grove").failed == ()
    return module_database, tenant_id_of("grove")


def test_each_row_is_told_by_what_made_it_due(grove) -> None:
    _, tenant_id = grove
    with acting_for(tenant_id):
        rows = sum_taxes(SINCE, UNTIL)
        booked = moved_on("2200", since=SINCE, until=UNTIL)
    told = [(r.place, r.jurisdiction, r.name, r.of, r.invoices, r.taxable, r.tax) for r in rows]
    assert told == [
        ("DE", "DE", "USt", "invoices", 3, Decimal(40), Decimal("7.60")),
        ("DE", "DE", "USt", "recovered", 1, Decimal("7.44"), Decimal("1.41")),
        ("DE", "DE", "USt", "written_off", 1, Decimal("-7.44"), Decimal("-1.41")),
        ("FR", "FR", "TVA", "invoices", 3, Decimal(0), Decimal(0)),
        ("FR", "FR", "TVA", "recovered", 1, Decimal("7.44"), Decimal("1.49")),
        ("FR", "FR", "TVA", "written_off", 1, Decimal("-7.44"), Decimal("-1.49")),
    ]
    assert booked == {"EUR": -sum(row.tax for row in rows)}


def test_the_trial_balance_and_the_journal_tell_them_apart(grove) -> None:
    _, tenant_id = grove
    text = io.StringIO()
    with acting_for(tenant_id):
        balances = {line.code: line.balance for line in trial_balance()}
        write_journal(journal_between(SINCE, UNTIL), to=text)
    assert balances["1776"] == Decimal("-7.60")
    assert balances["1361"] == Decimal("23.80")
    assert balances["1000"] == Decimal("27.80")
    assert "2200" not in balances
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    details = {(row["ledger_account"], row["detail"]) for row in rows if row["detail"]}
    assert details == {
        ("1776", "DE|USt|S|19.000000"), ("1780", "FR|TVA|S|20.000000"), ("1000", "cash"),
        ("1360", "bank"), ("1362", "card"), ("1361", "card/story"),
    }  # fmt: skip


def test_a_tax_of_another_jurisdiction_is_found(grove) -> None:
    database, tenant_id = grove
    assert _taxes_off(tenant_id).ok
    with psycopg.connect(database.conninfo("postgres")) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE invoices_invoicetax SET jurisdiction = 'AT' WHERE jurisdiction = 'FR'"
            " AND id = (SELECT min(id) FROM invoices_invoicetax WHERE jurisdiction = 'FR')"
        )
    # Of the first invoice, which is void: what it says is counted and taken back, so it is even.
    assert _taxes_off(tenant_id).ok
    with psycopg.connect(database.conninfo("postgres")) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE invoices_invoicetax SET rate = 7 WHERE jurisdiction = 'DE'")
    assert _taxes_off(tenant_id).found == 2


def _taxes_off(tenant_id: int) -> Finding:
    (found,) = [one for one in reconcile(tenant_id=tenant_id) if "by jurisdiction" in one.name]
    return found
