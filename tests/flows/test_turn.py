"""The end of a period: earned by the day, locked, and told to an accountant and an authority."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post.earn import earned_through
from tallystick.domain.invoices.reports import age_debts, sum_taxes
from tallystick.domain.ledger.operations import (
    BooksClosed,
    NothingToReopen,
    closed_through,
    reopen_books,
)
from tallystick.domain.ledger.queries import journal_between, journal_sums, trial_balance
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.invoice import run_bills
from tallystick.flows.turn import turn_books
from tallystick.gates.reports.journal import write_journal
from tallystick.gates.reports.saft import Audit, Company, Customer, write_saft
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
AT = datetime(2027, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def closed(module_database) -> tuple[object, int]:
    """The operator of the closing story, as it is left."""
    text = (SCENARIOS / "closing.story").read_text(encoding="utf-8")
    story = read_story(text, file="closing.story", name="closing")
    played = play_story(story, folder=SCENARIOS, code="closing")
    assert played.failed == ()
    return module_database, tenant_id_of("closing")


@given(
    amount=st.decimals(-(10**9), 10**9, places=2).filter(bool),
    days=st.integers(1, 400),
    cuts=st.lists(st.integers(-5, 420), max_size=6),
    decimals=st.sampled_from([0, 2, 3]),
)
def test_the_days_add_up_to_the_line(
    amount: Decimal, days: int, cuts: list[int], decimals: int
) -> None:
    """Earned grows from nothing to the whole, never past it, whatever evenings are asked."""
    amount = amount.quantize(Decimal(1).scaleb(-decimals))
    start = date(2026, 1, 1)
    line = pl.DataFrame(
        [(start, date.fromordinal(start.toordinal() + days), amount)],
        schema={"period_from": pl.Date, "period_to": pl.Date, "amount": MONEY},
        orient="row",
    )
    evenings = [date.fromordinal(start.toordinal() + cut) for cut in sorted([-1, *cuts, days])]
    earned = [
        earned_through(line, through=evening, decimals=decimals)["earned"].item()
        for evening in evenings
    ]
    assert (earned[0], earned[-1]) == (0, amount)
    assert [abs(part) for part in earned] == sorted(abs(part) for part in earned)
    assert all(part == part.quantize(Decimal(1).scaleb(-decimals)) for part in earned)


def test_told_again_it_posts_nothing(closed) -> None:
    _, tenant_id = closed
    again = turn_books(tenant_id=tenant_id, through=date(2027, 1, 31), at=AT)
    assert again == turn_books(tenant_id=tenant_id, through=date(2027, 1, 31), at=AT)
    assert (again.released, again.accrued, again.entries) == ({}, {}, 0)


def test_a_rehearsal_stores_nothing(closed) -> None:
    _, tenant_id = closed
    with acting_for(tenant_id):
        before = trial_balance()
    turn_books(tenant_id=tenant_id, through=date(2027, 3, 31), at=AT, close=True, rehearse=True)
    with acting_for(tenant_id):
        assert (trial_balance(), closed_through()) == (before, date(2026, 12, 31))


def test_nothing_is_posted_into_closed_books(closed) -> None:
    database, tenant_id = closed
    with pytest.raises(BooksClosed, match="closed through 2026-12-31"):
        turn_books(tenant_id=tenant_id, through=date(2026, 6, 30), at=AT)
    with psycopg.connect(database.conninfo()) as connection:
        connection.execute(f"SET LOCAL tallystick.tenant = '{tenant_id}'")
        with pytest.raises(psycopg.errors.RestrictViolation, match="the books are closed"):
            connection.execute(
                "INSERT INTO ledger_entry (tenant_id, account_id, source_key, kind, occurred_on,"
                " posted_at, currency, line_count, description) SELECT tenant_id, account_id,"
                " 'late', kind, '2026-12-31', now(), currency, 2, '' FROM ledger_entry LIMIT 1"
            )


def test_reopened_books_take_postings_again(closed) -> None:
    _, tenant_id = closed
    with acting_for(tenant_id):
        assert reopen_books(reason="a wrong price", at=AT).through == date(2026, 12, 31)
        assert closed_through() == date(2026, 1, 31)
        reopen_books(reason="a wrong price", at=AT)
        with pytest.raises(NothingToReopen):
            reopen_books(reason="again", at=AT)
    run_bills(tenant_id=tenant_id, on=date(2026, 3, 1), at=AT)
    turn_books(tenant_id=tenant_id, through=date(2026, 12, 31), at=AT, close=True)


def test_the_journal_holds_every_posting_once(closed) -> None:
    _, tenant_id = closed
    year = (date(2026, 1, 1), date(2026, 12, 31))
    with acting_for(tenant_id):
        entries, debit, credit = journal_sums(*year)
        text = io.StringIO()
        count = write_journal(journal_between(*year), to=text)
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert count == len(rows)
    assert len({(row["customer"], row["entry"]) for row in rows}) == entries > 5
    assert sum(Decimal(row["debit"] or 0) for row in rows) == debit == credit
    assert sum(Decimal(row["credit"] or 0) for row in rows) == credit


def test_the_audit_file_says_what_the_books_say(closed) -> None:
    _, tenant_id = closed
    year = (date(2026, 1, 2), date(2026, 12, 31))
    file = io.BytesIO()
    with acting_for(tenant_id):
        audit = Audit(
            Company("Sparrow & Sons", "DE1", "DE", "EUR"), *year, AT,
            trial_balance(until=date(2026, 1, 1)), trial_balance(until=year[1]),
            [Customer("A1", "Ada <Example>", "DE", "")], *journal_sums(*year),
        )  # fmt: skip
        write_saft(audit, journal_between(*year), to=file)
    root = etree.fromstring(file.getvalue())
    ns = {"s": "urn:StandardAuditFile-Taxation-Financial"}
    assert root.findtext(".//s:Company/s:Name", namespaces=ns) == "Sparrow & Sons"
    assert root.findtext(".//s:Customer/s:CompanyName", namespaces=ns) == "Ada <Example>"
    transactions = root.findall(".//s:Transaction", namespaces=ns)
    assert str(len(transactions)) == root.findtext(".//s:NumberOfEntries", namespaces=ns)
    moved: dict[str, Decimal] = {}
    for side, sign in (("Debit", 1), ("Credit", -1)):
        for line in root.iterfind(f".//s:{side}Line", namespaces=ns):
            code = line.findtext("s:AccountID", namespaces=ns)
            amount = line.findtext(f"s:{side}Amount/s:Amount", namespaces=ns)
            moved[code] = moved.get(code, Decimal(0)) + sign * Decimal(amount)
    taxes = [
        (line.findtext("s:TaxType", "", ns), line.findtext("s:TaxPercentage", "", ns),
         line.findtext("s:Country", "", ns), line.findtext("s:TaxAmount/s:Amount", "", ns))
        for line in root.iterfind(".//s:TaxInformation", namespaces=ns)
    ]  # fmt: skip
    assert ("USt", "19", "DE", "0.19") in taxes
    for account in root.iterfind(".//s:Account", namespaces=ns):
        code = account.findtext("s:AccountID", namespaces=ns)
        balances = {
            when: Decimal(account.findtext(f"s:{when}DebitBalance", "0", ns))
            - Decimal(account.findtext(f"s:{when}CreditBalance", "0", ns))
            for when in ("Opening", "Closing")
        }
        assert balances["Opening"] + moved.get(code, 0) == balances["Closing"], code


def test_ages_and_taxes_of_all_invoices(closed) -> None:
    _, tenant_id = closed
    with acting_for(tenant_id):
        (debt,) = age_debts(on=date(2026, 2, 20))
        (later,) = age_debts(on=date(2027, 2, 20))
        taxes = sum_taxes(date(2026, 1, 1), date(2026, 2, 28))
        owed = trial_balance()
    receivable = next(line.balance for line in owed if line.code == "1200")
    assert debt.total == later.total == receivable
    assert later.older > 0
    assert later.not_due == 0
    assert [(one.place, one.name, one.rate, one.invoices, one.tax) for one in taxes] == [
        ("DE", "USt", Decimal(19), 2, Decimal("69.54"))
    ]
