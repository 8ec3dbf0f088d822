"""Foreign items at the end of a period: what is open by an evening, valued once, taken back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from secrets import token_hex

import polars as pl
import pytest
from django.db import DatabaseError, connection

from tallystick.domain.currencies.operations import RateWish, record_rates
from tallystick.domain.ledger.models import Revaluation
from tallystick.domain.ledger.operations import close_books, reopen_books
from tallystick.domain.ledger.revaluations import read_foreign_items, read_revaluations
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.receive import receive_payment
from tallystick.flows.reconcile import reconcile
from tallystick.flows.turn import turn_books
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
NO_CURRENCY = "XXX"
"""The operator's own currency as if it were none, so that everything is foreign."""

STORIES = (
    "credit-made-good", "credit-note", "deposit", "direct-debit", "dispute", "exchange",
    "foreign-month-end", "invoice-consolidated", "invoice-void", "payout", "refunds", "taken-back",
    "write-off",
)  # fmt: skip
"""What makes open items, and what ends them, each way at least once."""

PLACE = ["account_id", "ledger_account", "currency"]
BOOKED = """
    SELECT p.account_id, p.ledger_account, e.currency, sum(p.amount) FROM ledger_posting p
    JOIN ledger_entry e ON e.tenant_id = p.tenant_id AND e.account_id = p.account_id
        AND e.id = p.entry_id
    WHERE p.ledger_account IN ('1200', '2100', '2350') AND e.occurred_on <= %s
    GROUP BY 1, 2, 3 HAVING sum(p.amount) <> 0 ORDER BY 1, 2, 3
"""


def play(name: str) -> int:
    """The operator of a story, as it is left."""
    text = (SCENARIOS / f"{name}.story").read_text(encoding="utf-8")
    code = f"revalue-{token_hex(3)}"
    played = play_story(
        read_story(text, file=f"{name}.story", name=name), folder=SCENARIOS, code=code
    )
    assert played.failed == ()
    return tenant_id_of(code)


@pytest.mark.parametrize("story", STORIES)
def test_what_is_open_of_each_evening_is_what_the_books_have(
    story: str, module_database: object
) -> None:
    """Documents with their days against the ledger: paid, voided, given up, brought back."""
    tenant_id = play(story)
    with acting_for(tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT occurred_on FROM ledger_entry ORDER BY 1")
        evenings: list[date] = [row[0] for row in cursor.fetchall()]
        assert evenings
        for evening in evenings:
            items = read_foreign_items(own=NO_CURRENCY, through=evening)
            sums = items.group_by(PLACE).agg(pl.col("amount").sum()).sort(PLACE)
            cursor.execute(BOOKED, [evening])
            assert sums.filter(pl.col("amount") != 0).rows() == cursor.fetchall(), evening


def valuations(evening: date) -> list[tuple[int, str, Decimal]]:
    """(days after, ledger account, amount) of what was posted by the valuation of an evening."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.occurred_on - %s, p.ledger_account, sum(p.amount) FROM ledger_posting p"
            " JOIN ledger_entry e ON e.tenant_id = p.tenant_id AND e.account_id = p.account_id"
            " AND e.id = p.entry_id WHERE e.kind = 'items_revalued'"
            " AND e.occurred_on IN (%s, %s::date + 1) GROUP BY 1, 2 ORDER BY 1, 2",
            [evening, evening, evening],
        )
        return cursor.fetchall()


@pytest.fixture
def owed(own_database: object) -> int:
    """119.00 USD were billed on 1 March at 1.05 to the euro; 31 March has 1.25."""
    text = """
business businesses/kittiwake.yaml catalogue businesses/kittiwake-dollar-prices.yaml
2026-02-01 account A1 "Ada Example" business bill-day 1 in USD
2026-02-01 contract C1 of A1 offer port msisdn 15550100001
2026-03-01 exchange rate EUR USD 1.0500 source ECB
2026-03-01 bill run
2026-03-31 exchange rate EUR USD 1.2500 source ECB
"""
    story = read_story(text, file="owed.story", name="owed")
    assert play_story(story, folder=SCENARIOS, code="owed").failed == ()
    return tenant_id_of("owed")


MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)
AT = datetime(2026, 5, 1, tzinfo=UTC)


def pay(tenant_id: int, amount: str, *, on: date) -> None:
    receipt = Receipt(f"p-{amount}", "bank", Decimal(amount), "USD", on)
    receive_payment(receipt, tenant_id=tenant_id, account="A1", at=AT)


def rate(tenant_id: int, said: str, *, on: date, correct: bool = False) -> None:
    with acting_for(tenant_id):
        wish = RateWish("EUR", "USD", Decimal(said), on, "ECB")
        record_rates([wish], tenant_id=tenant_id, at=AT, correct=correct)


def test_told_again_it_posts_what_changed(owed: int) -> None:
    """A payment entered late and a corrected rate mend an open month."""
    first = turn_books(tenant_id=owed, through=MARCH, at=AT).revalued
    assert (first.gain, first.loss, first.entries) == (0, Decimal("18.13"), 2)
    same = turn_books(tenant_id=owed, through=MARCH, at=AT).revalued
    assert (same.gain, same.loss, same.entries) == (0, 0, 0)
    assert same.positions == first.positions
    # 59.00 came on the 31st after all, and a euro was 1.00 dollar: 60.00 are worth more than 57.14.
    pay(owed, "59.00", on=MARCH)
    rate(owed, "1.0000", on=MARCH, correct=True)
    mended = turn_books(tenant_id=owed, through=MARCH, at=AT).revalued
    assert (mended.gain, mended.loss) == (Decimal("2.86"), Decimal("-18.13"))
    # And all of it is paid: nothing is left to value.
    pay(owed, "60.00", on=MARCH)
    gone = turn_books(tenant_id=owed, through=MARCH, at=AT, close=True).revalued
    assert (gone.gain, gone.loss, gone.positions) == (Decimal("-2.86"), 0, ())
    with acting_for(owed):
        assert all(row[2] == 0 for row in valuations(MARCH))
        (left,) = read_revaluations(through=MARCH).to_dicts()
        assert (left["balance"], left["difference"]) == (0, 0)
    assert [one for one in reconcile(tenant_id=owed) if not one.ok] == []


def test_an_evening_is_valued_as_it_was_though_it_is_told_later(owed: int) -> None:
    """What was paid in April is open by the evening of March; April has nothing left to value."""
    pay(owed, "119.00", on=date(2026, 4, 10))
    march = turn_books(tenant_id=owed, through=MARCH, at=AT, close=True).revalued
    assert (march.loss, march.entries) == (Decimal("18.13"), 2)
    with acting_for(owed):
        assert valuations(MARCH) == [
            (0, "1290", Decimal("-18.130")), (0, "6850", Decimal("18.130")),
            (1, "1290", Decimal("18.130")), (1, "6850", Decimal("-18.130")),
        ]  # fmt: skip
    april = turn_books(tenant_id=owed, through=APRIL, at=AT, close=True).revalued
    assert (april.positions, april.entries) == ((), 0)
    assert [one for one in reconcile(tenant_id=owed) if not one.ok] == []


def test_reconcile_sees_what_was_posted_behind_its_back(owed: int) -> None:
    """A period opened again, changed and closed without turning was valued otherwise."""
    turn_books(tenant_id=owed, through=MARCH, at=AT, close=True)
    with acting_for(owed):
        reopen_books(reason="a late payment", at=AT)
    pay(owed, "19.00", on=MARCH)
    with acting_for(owed):
        close_books(tenant_id=owed, through=MARCH, at=AT)
    (off,) = [one for one in reconcile(tenant_id=owed) if not one.ok]
    assert "foreign items valued otherwise" in off.name
    assert off.found == 1


def test_no_account_is_foreign_and_nothing_is_needed(own_database: object) -> None:
    """An operator of one currency turns its books without any rate."""
    tenant_id = play("write-off")
    report = turn_books(tenant_id=tenant_id, through=date(2026, 12, 31), at=AT)
    assert (report.revalued.positions, report.revalued.entries) == ((), 0)


def test_rows_of_a_valuation_never_change(owed: int) -> None:
    turn_books(tenant_id=owed, through=MARCH, at=AT)
    with pytest.raises(DatabaseError, match="permission denied"), acting_for(owed):
        Revaluation.objects.update(worth=0)
