"""What a statement says of debit runs and of what came back, and what a person then decides."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.core.receive.statement import Statement, StatementLine
from tallystick.domain.ledger.queries import balance_of
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import BankLine, DebitRun
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.payments.queries import credit_of
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.bank import NotAReturn, StatementReport, import_statement, return_line
from tallystick.flows.debit import confirm_debits, prepare_debits
from tallystick.flows.give_back import Comeback, RefundWish, refund_credit, return_payment
from tallystick.flows.receive import receive_payment
from tallystick.flows.receive_many import Incoming, receive_many
from tallystick.flows.reconcile import reconcile
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story
from tests.flows.test_debit import STORY

SCENARIOS = Path(__file__).parents[1] / "scenarios"
TODAY, AT = date(2026, 2, 20), datetime(2026, 2, 20, 9, tzinfo=UTC)


@pytest.fixture
def billed(own_database) -> int:
    story = read_story(STORY, file="debit.story", name="debit")
    assert play_story(story, folder=SCENARIOS, code="debit").failed == ()
    return tenant_id_of("debit")


def line(key: str, amount: str, text: str) -> StatementLine:
    return StatementLine(key, TODAY, Decimal(amount), "EUR", text)


def take(tenant_id: int, *lines: StatementLine, number: str = "S1") -> StatementReport:
    statement = Statement(number, "DE00", "EUR", Decimal(0), Decimal(0), lines)
    return import_statement(statement, tenant_id=tenant_id, filename="s.xml", at=AT)


def prepare(tenant_id: int):
    return prepare_debits(tenant_id=tenant_id, collect_on=TODAY, today=TODAY, at=AT)


def assert_sound(tenant_id: int) -> None:
    assert [one for one in reconcile(tenant_id=tenant_id) if not one.ok] == []


def test_one_credit_confirms_its_run_once(billed: int) -> None:
    run = prepare(billed)
    whole = line("b1", str(run.total), f"SEPA CREDIT {run.message}")
    other = line("b2", "1.00", f"{run.message} rest")
    taken = take(billed, whole)
    assert (taken.matched, taken.amount) == (1, run.total)
    assert take(billed, whole).repeated == 1
    assert take(billed, other, number="S2").waiting == {"debit_run": 1}
    with acting_for(billed):
        assert DebitRun.objects.get(id=run.number).confirmed_on == TODAY
        assert balance_of("1000") == run.total
        assert BankLine.objects.get(key__contains="b1").reason == "debit_run"
    assert_sound(billed)


def test_a_line_for_each_debit_confirms_the_run_and_is_no_second_payment(billed: int) -> None:
    run = prepare(billed)
    lines = [
        line(f"c{n}", str(one.amount), f"{one.invoice} {one.end_to_end}")
        for n, one in enumerate(run.lines)
    ]
    taken = take(billed, *lines)
    assert (taken.matched, taken.waiting) == (len(lines), {})
    with acting_for(billed):
        assert balance_of("1000") == run.total
    assert_sound(billed)


def test_a_run_that_is_confirmed_is_not_booked_again_and_a_part_waits(billed: int) -> None:
    run = prepare(billed)
    assert take(billed, line("d1", "41.50", run.message)).waiting == {"debit_run": 1}
    confirm_debits(run.number, tenant_id=billed, on=TODAY, at=AT)
    assert take(billed, line("d2", str(run.total), run.message), number="S2").matched == 1
    with acting_for(billed):
        assert balance_of("1000") == run.total
    assert_sound(billed)


def test_a_reason_that_no_table_has_waits_and_a_person_decides(billed: int) -> None:
    run = prepare(billed)
    confirm_debits(run.number, tenant_id=billed, on=TODAY, at=AT)
    name = run.lines[0].end_to_end
    taken = take(billed, line("e1", "-44.50", f"RETURN {name} XT99"))
    assert taken.waiting == {"unknown_reason": 1}
    with acting_for(billed):
        waiting = BankLine.objects.get().id
    with pytest.raises(NotAReturn):
        return_by_less(billed, name)
    report = return_line(waiting, reference=name, reason="AM04", tenant_id=billed, at=AT)
    assert (report.owed_again, report.following.retry_on) == (Decimal("41.50"), date(2026, 2, 25))
    with acting_for(billed):
        assert BankLine.objects.get(id=waiting).state == "matched"
        assert balance_of("6300") == Decimal("3.00")
    assert_sound(billed)


def return_by_less(tenant_id: int, name: str) -> None:
    """A line of less than the debit cannot take it back."""
    take(tenant_id, line("e2", "-9.00", "nothing that is known"), number="S9")
    with acting_for(tenant_id):
        waiting = BankLine.objects.get(key__contains="e2").id
    return_line(waiting, reference=name, reason="AM04", tenant_id=tenant_id, at=AT)


@pytest.mark.parametrize("at_once", [False, True])
def test_what_came_back_after_its_refund_is_made_good_first(billed: int, at_once: bool) -> None:
    run = prepare(billed)
    for one in run.lines[:2]:
        receipt = Receipt(f"bank-{one.invoice}", "bank", one.amount, "EUR", TODAY, one.invoice)
        receive_payment(receipt, tenant_id=billed, account=one.account, at=AT)
    confirm_debits(run.number, tenant_id=billed, on=TODAY, at=AT)
    wish = RefundWish("A1", Decimal("83.00"), "r1", TODAY)
    refund_credit(wish, tenant_id=billed, at=AT)
    for one in run.lines[:2]:
        return_payment(Comeback(one.end_to_end, "MD06", TODAY), tenant_id=billed, at=AT)
    with acting_for(billed):
        account_id = account_numbered("A1").id
        assert credit_of(account_id) == Decimal("-83.00")
    for n, amount in enumerate(("50.00", "40.00")):
        receipt = Receipt(f"again-{n}", "bank", Decimal(amount), "EUR", TODAY)
        if at_once:
            with acting_for(billed):
                incoming = [Incoming(account_id, receipt)]
                receive_many(incoming, tenant_id=billed, at=AT, settled=True)
        else:
            receive_payment(receipt, tenant_id=billed, account="A1", at=AT)
        with acting_for(billed):
            left = credit_of(account_id)
        assert left == (Decimal("-33.00") if n == 0 else Decimal("7.00"))
    assert_sound(billed)
