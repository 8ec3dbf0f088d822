"""Direct debits: prepared once, booked once, taken back whole; refunds never beyond the credit."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from lxml import etree

from tallystick.core.receive.returned import ReturnTerms
from tallystick.core.receive.statement import Statement, StatementLine
from tallystick.domain.invoices.models import OpenItem
from tallystick.domain.ledger.queries import balance_of
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments import mandates
from tallystick.domain.payments.mandates import Creditor, Signed, add_mandate, revoke_mandate
from tallystick.domain.payments.models import (
    BankLine,
    DebitRun,
    DirectDebit,
    Mandate,
    Payment,
    PaymentReturn,
    RefundPart,
)
from tallystick.domain.payments.operations import PaymentReturned, Receipt
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows import debit, give_back
from tallystick.flows.bank import import_statement
from tallystick.flows.debit import confirm_debits, debit_run, prepare_debits
from tallystick.flows.give_back import Comeback, RefundWish, refund_credit, return_payment
from tallystick.flows.receive import receive_payment
from tallystick.flows.reconcile import reconcile
from tallystick.gates.bank.sepa import write_pain001, write_pain008
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
AT = datetime(2026, 2, 20, tzinfo=UTC)
TODAY = AT.date()
IBANS = ("DE89370400440532013000", "NL91ABNA0417164300")
STORY = """
business businesses/sparrow.yaml catalogue businesses/sparrow-prices.yaml
2026-01-01 account A1 "Ada Åström" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 account A3 "Cleo Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 contract C2 of A2 offer line
2026-01-01 contract C3 of A3 offer line
2026-01-01 debit terms fee 4.00 days 5 tries 2
2026-01-01 mandate A1 M-1 DE89370400440532013000
2026-01-01 mandate A2 M-2 NL91ABNA0417164300
2026-01-01 bill run
2026-02-01 bill run
"""


@pytest.fixture
def billed(own_database) -> int:
    story = read_story(STORY, file="debit.story", name="debit")
    assert play_story(story, folder=SCENARIOS, code="debit").failed == ()
    return tenant_id_of("debit")


def prepare(tenant_id: int, *, on: date = TODAY, rehearse: bool = False):
    return prepare_debits(tenant_id=tenant_id, collect_on=on, today=on, at=AT, rehearse=rehearse)


def confirm(tenant_id: int, run, *, on: date = TODAY):
    return confirm_debits(run.number, tenant_id=tenant_id, on=on, at=AT)


def come_back(tenant_id: int, reference: str, reason: str = "AM04", *, on: date = TODAY):
    return return_payment(Comeback(reference, reason, on), tenant_id=tenant_id, at=AT)


def assert_sound(tenant_id: int) -> None:
    assert [one for one in reconcile(tenant_id=tenant_id) if not one.ok] == []


def owed(tenant_id: int, account: str) -> Decimal:
    with acting_for(tenant_id):
        items = OpenItem.objects.filter(account=account_numbered(account))
        return sum((item.total - item.settled for item in items), Decimal(0))


def test_a_run_takes_what_is_due_by_mandate_once(billed: int) -> None:
    rehearsed = prepare(billed, rehearse=True)
    with acting_for(billed):
        assert not DebitRun.objects.exists()
    run = prepare(billed)
    said = [(line.account, line.amount, line.sequence) for line in run.lines]
    assert said == [(line.account, line.amount, line.sequence) for line in rehearsed.lines]
    both = [("A1", "FRST"), ("A1", "RCUR"), ("A2", "FRST"), ("A2", "RCUR")]
    assert [(line.account, line.sequence) for line in run.lines] == both
    assert run.total == Decimal("166.00")
    assert prepare(billed) is None
    with acting_for(billed):
        first = DirectDebit.objects.get(end_to_end=run.lines[0].end_to_end)
    first.pk, first.end_to_end = None, "another"
    with (
        pytest.raises(IntegrityError, match="direct_debit_running_once"),
        acting_for(billed),
    ):
        first.save(force_insert=True)


def test_the_file_is_valid_and_the_same_each_time(billed: int) -> None:
    run = prepare(billed)
    content = write_pain008(run)
    with acting_for(billed):
        revoke_mandate("M-1", on=TODAY, reason="gone")
    assert confirm(billed, run).payments == 4
    assert write_pain008(debit_run(run.number, tenant_id=billed)) == content
    tree = etree.fromstring(content)
    assert tree.findtext(".//{*}GrpHdr/{*}MsgId") == run.message
    assert tree.findtext(".//{*}GrpHdr/{*}CtrlSum") == "166.00"
    assert [node.text for node in tree.iterfind(".//{*}SeqTp")] == ["FRST", "RCUR"]
    assert [node.text for node in tree.iterfind(".//{*}EndToEndId")] == [
        *(line.end_to_end for line in run.lines if line.sequence == "FRST"),
        *(line.end_to_end for line in run.lines if line.sequence == "RCUR"),
    ]
    assert tree.findtext(".//{*}Dbtr/{*}Nm") == "Ada Astrom"


def test_a_run_that_stopped_before_its_booking_books_once(billed: int) -> None:
    run = prepare(billed)

    def die_at_the_last_write(execute, sql, *rest):
        if sql.startswith("UPDATE payments_directdebit"):
            raise KeyboardInterrupt
        return execute(sql, *rest)

    with (
        pytest.raises(KeyboardInterrupt),
        connection.execute_wrapper(die_at_the_last_write),
    ):
        confirm(billed, run)
    with acting_for(billed):
        assert Payment.objects.count() == 0
    assert confirm(billed, run).payments == 4
    with pytest.raises(debit.RunConfirmed):
        confirm(billed, run)
    with acting_for(billed):
        assert Payment.objects.count() == 4
        assert balance_of("1000") == Decimal("166.00")
        assert set(Mandate.objects.values_list("sequence", flat=True)) == {"recurring"}
    assert_sound(billed)


def test_what_comes_back_is_owed_again_and_tried_again(billed: int) -> None:
    run = prepare(billed)
    confirm(billed, run)
    line = run.lines[0]
    report = come_back(billed, line.end_to_end)
    assert (report.booked, report.owed_again) == (True, Decimal("41.500"))
    assert report.following.retry_on == date(2026, 2, 25)
    assert owed(billed, "A1") == Decimal("41.50")
    assert_sound(billed)
    with pytest.raises(PaymentReturned):
        come_back(billed, line.end_to_end)
    assert prepare(billed, on=date(2026, 2, 24)) is None
    again = prepare(billed, on=date(2026, 2, 25))
    assert [(one.invoice, one.sequence) for one in again.lines] == [(line.invoice, "RCUR")]
    second = come_back(billed, again.lines[0].end_to_end, on=date(2026, 2, 25))
    assert (second.booked, second.following.retry_on) == (False, None)
    assert prepare(billed, on=date(2026, 4, 1)) is None
    assert confirm(billed, again, on=date(2026, 2, 26)).payments == 0
    assert_sound(billed)


def test_another_mandate_collects_what_one_could_not(billed: int) -> None:
    run = prepare(billed)
    for line in run.lines[:2]:
        assert come_back(billed, line.end_to_end, "AC04").following.ends_mandate
    with acting_for(billed):
        assert Mandate.objects.get(reference="M-1").reason == "AC04: the account is closed"
        signed = Signed("M-9", "Ada", IBANS[1], "", TODAY)
        add_mandate(account_numbered("A1"), signed, on=TODAY)
    assert [one.mandate for one in prepare(billed).lines] == ["M-9", "M-9"]


def test_money_that_came_twice_is_credit_and_goes_back_once(billed: int) -> None:
    run = prepare(billed)
    receive_payment(
        Receipt("counter", "cash", Decimal("41.50"), "EUR", TODAY),
        tenant_id=billed, account="A2", at=AT,
    )  # fmt: skip
    assert confirm(billed, run).credit == Decimal("41.50")
    wish = RefundWish("A2", Decimal("41.51"), "r1", TODAY)
    with pytest.raises(give_back.MoreThanCredit):
        refund_credit(wish, tenant_id=billed, at=AT)
    wish = RefundWish("A2", Decimal("41.50"), "r1", TODAY)
    given, is_new = refund_credit(wish, tenant_id=billed, at=AT)
    assert is_new
    again, is_new = refund_credit(wish, tenant_id=billed, at=AT)
    assert (again.id, is_new) == (given.id, False)
    content = write_pain001(again)
    assert content == write_pain001(given)
    tree = etree.fromstring(content)
    assert tree.findtext(".//{*}CdtrAcct/{*}Id/{*}IBAN") == IBANS[1]
    with pytest.raises(give_back.RefundKeyReused):
        refund_credit(RefundWish("A2", Decimal(1), "r1", TODAY), tenant_id=billed, at=AT)
    with acting_for(billed):
        assert RefundPart.objects.count() == 1
    assert_sound(billed)


def test_a_cards_chargeback_takes_a_spread_payment_back(billed: int) -> None:
    receive_payment(
        Receipt("card-1", "card", Decimal("100.00"), "EUR", TODAY),
        tenant_id=billed, account="A3", at=AT,
    )  # fmt: skip
    assert owed(billed, "A3") == 0
    report = come_back(billed, "card-1", "fraud")
    assert report.owed_again == Decimal("83.00")
    assert owed(billed, "A3") == Decimal("83.00")
    assert_sound(billed)
    with acting_for(billed), pytest.raises(ProgrammingError, match="permission denied"):
        PaymentReturn.objects.update(amount=1)


def test_a_statement_brings_returns(billed: int) -> None:
    run = prepare(billed)
    confirm(billed, run)
    name = run.lines[0].end_to_end
    lines = (
        StatementLine("b1", TODAY, Decimal("-44.50"), "EUR", f"RETURN {name} AM04"),
        StatementLine("b2", TODAY, Decimal("-44.50"), "EUR", f"{name} AM04"),
        StatementLine("b3", TODAY, Decimal("-9.00"), "EUR", run.lines[1].end_to_end),
    )
    statement = Statement("S1", "DE00", "EUR", Decimal(98), Decimal(0), lines)
    taken = import_statement(statement, tenant_id=billed, filename="s.xml", at=AT)
    assert (taken.matched, taken.waiting) == (1, {"money_out": 2})
    again = import_statement(statement, tenant_id=billed, filename="s.xml", at=AT)
    assert again.repeated == 3
    with acting_for(billed):
        assert BankLine.objects.get(key__contains="b1").reason == "returned"
        assert balance_of("6300") == Decimal("3.00")
    assert owed(billed, "A1") == Decimal("41.50")
    assert_sound(billed)


def test_wrong_input_is_refused_with_the_way_out(billed: int) -> None:
    def add(account: str = "A3", **given):
        values = {
            "reference": "M-3", "debtor": "Cleo", "iban": IBANS[0], "bic": "", "signed_on": TODAY,
        } | given  # fmt: skip
        with acting_for(billed):
            return add_mandate(account_numbered(account), Signed(**values), on=TODAY)

    for refusal, given in (
        (mandates.BankNumberWrong, {"iban": "DE88370400440532013000"}),
        (mandates.BankNumberWrong, {"bic": "NOPE"}),
        (mandates.MandateReferenceTaken, {"reference": "M-1"}),
        (mandates.MandateReferenceWrong, {"reference": "Möwe"}),
        (mandates.MandateReferenceWrong, {"reference": "x" * 36}),
        (mandates.SignedLater, {"signed_on": date(2026, 2, 21)}),
        (mandates.MandateExists, {"account": "A1"}),
    ):
        with pytest.raises(refusal) as raised:
            add(**given)
        assert raised.value.sentence()
    with acting_for(billed):
        with pytest.raises(mandates.UnknownMandate):
            revoke_mandate("M-7", on=TODAY, reason="")
        revoke_mandate("M-1", on=TODAY, reason="")
        with pytest.raises(mandates.MandateRevoked):
            revoke_mandate("M-1", on=TODAY, reason="")
        creditor = Creditor("x", "DE97ZZZ09999999999", IBANS[0])
        with pytest.raises(mandates.BankNumberWrong):
            mandates.set_debit_terms(creditor, terms=ReturnTerms(), tenant_id=billed)
    with pytest.raises(debit.CollectedInThePast):
        prepare_debits(tenant_id=billed, collect_on=date(2026, 2, 19), today=TODAY, at=AT)
    run = prepare(billed)
    with pytest.raises(debit.ConfirmedEarly):
        confirm(billed, run, on=date(2026, 2, 19))
    with pytest.raises(debit.UnknownDebitRun):
        confirm_debits(9999, tenant_id=billed, on=TODAY, at=AT)
    with pytest.raises(give_back.UnknownReason):
        come_back(billed, run.lines[0].end_to_end, "ZZ99")
    with pytest.raises(give_back.UnknownPayment):
        come_back(billed, "nothing")
    with acting_for(billed), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM payments_paymentreturn")
        assert cursor.fetchone()[0] == 0
