"""Payouts: events as Stripe signs them, its report as a file, the bank's line; in any order."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.core.receive.payout import Movement, MovementKind
from tallystick.core.receive.statement import Statement, StatementLine
from tallystick.domain.collections.models import Dispute
from tallystick.domain.invoices.models import OpenItem
from tallystick.domain.ledger.operations import close_books, reopen_books
from tallystick.domain.ledger.queries import balance_of
from tallystick.domain.outbox.models import Order
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import (
    BankLine,
    InstrumentKind,
    ProcessorFact,
    Pull,
    Refund,
)
from tallystick.domain.payments.payout_models import Payout
from tallystick.domain.payments.payouts import PayoutSettled, UnknownPayout, items_in_clearing
from tallystick.domain.payments.pulls import OnFile, add_instrument, waiting_facts
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.operations import move_clock
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.bank import import_statement
from tallystick.flows.credit import credit_invoice
from tallystick.flows.dispute import refuse_dispute
from tallystick.flows.free_money import RefundOf
from tallystick.flows.invoice import run_bills
from tallystick.flows.payouts import arrive, look_again, take_report
from tallystick.flows.pull import ask_for_due
from tallystick.flows.pull_facts import look_again as look_for_more
from tallystick.flows.reconcile import reconcile
from tallystick.flows.refund_pulled import refund_pulled
from tallystick.gates.processors.payout_report import ReportUnreadable, read_payout_report
from tests.flows.businesses import open_talk_business
from tests.gates.processors.local import SECRET
from tests.gates.processors.test_stripe import dispute, event, intent, post, signed

AT = datetime(2026, 1, 15, 9, tzinfo=UTC)
HEAD = (
    "automatic_payout_id,balance_transaction_id,created,currency,gross,fee,net,"
    "reporting_category,payment_intent_id\n"
)
CHARGE = "po_1,txn_1,2026-01-15 09:00:00,eur,11.90,0.42,11.48,charge,pi_1\n"


@pytest.fixture
def asked(own_database, monkeypatch) -> tuple[Tenant, str]:
    """An operator that asks a card for 11.90, and by which key."""
    monkeypatch.setenv("TALLYSTICK_STRIPE_WEBHOOK_SECRET", SECRET)
    tenant = open_talk_business(customers=1)
    run_bills(tenant_id=tenant.id, on=date(2026, 1, 1), at=AT)
    move_clock(tenant_id=tenant.id, to=AT)
    with acting_for(tenant.id):
        given = OnFile("stripe", InstrumentKind.CARD, "cus_1", "pm_1", "Visa 4242")
        add_instrument(account_numbered("A1"), given, on=AT.date())
    ask_for_due(tenant_id=tenant.id, on=AT.date(), at=AT)
    with acting_for(tenant.id):
        return tenant, Pull.objects.get().key


def succeeded(key: str) -> tuple[bytes, str]:
    told = intent("pi_1", metadata={"key": key, "operator": "talk"})
    return signed(event("evt_0", "payment_intent.succeeded", told))


@pytest.fixture
def paid(asked: tuple[Tenant, str]) -> Tenant:
    """An operator whose customer paid 11.90 by card, which the processor holds."""
    assert post(succeeded(asked[1]))[1]["state"] == "taken"
    return asked[0]


def payout_event(event_id: str, told: str, *, created: int, status: str, amount: int = 1148):
    thing = {"id": "po_1", "object": "payout", "amount": amount, "currency": "eur",
             "arrival_date": 1768608000, "status": status, "failure_code": None}  # fmt: skip
    return signed({**event(event_id, told, thing), "created": created})


def report(folder: Path, text: str) -> list[Movement]:
    path = folder / "report.csv"
    path.write_text(text, encoding="utf-8")
    return read_payout_report(path)


def take(tenant: Tenant, movements: list[Movement]) -> tuple[str, str]:
    done = take_report(movements, processor="stripe", tenant_id=tenant.id, at=AT)
    return done.payouts[0][1:]


def bank(tenant: Tenant, amount: str, text: str, *, number: str = "1") -> dict[str, int]:
    line = StatementLine(
        f"key-{number}", date(2026, 1, 17), Decimal(amount), "EUR", text, payer="Stripe Payments"
    )
    sums = (Decimal(0), Decimal(amount))
    statement = Statement(number, "DE1", "EUR", *sums, (line,))
    return import_statement(statement, tenant_id=tenant.id, filename="x", at=AT).waiting


def figures(tenant: Tenant) -> tuple[Decimal, Decimal, Decimal]:
    """Bank, costs, in transit; every proof holds."""
    assert [one for one in reconcile(tenant_id=tenant.id) if not one.ok] == []
    with acting_for(tenant.id):
        return balance_of("1000"), balance_of("6300"), balance_of("1100")


HELD = (Decimal(0), Decimal(0), Decimal("11.90"))
BOOKED = (Decimal("11.48"), Decimal("0.42"), Decimal(0))


def test_events_come_twice_and_in_any_order(paid: Tenant, tmp_path: Path) -> None:
    made = payout_event("evt_1", "payout.created", created=1768500000, status="pending")
    gone = payout_event("evt_2", "payout.paid", created=1768600000, status="paid")
    assert [post(one)[1]["state"] for one in (gone, made, gone, made)] == [
        "taken", "old_news", "taken", "old_news",
    ]  # fmt: skip
    assert figures(paid) == HELD
    # The bank is quicker than the report: its line is known, and the report books it.
    assert bank(paid, "11.48", "STRIPE PAYOUT po_1") == {}
    assert figures(paid) == HELD
    with acting_for(paid.id):
        payout = Payout.objects.get()
        assert (payout.state, payout.note) == (
            "arrived", "the processor's report of it is missing: tallystick payout import",
        )  # fmt: skip
    movements = report(tmp_path, HEAD + CHARGE)
    assert [take(paid, movements) for _ in range(2)] == [("booked", "")] * 2
    assert figures(paid) == BOOKED
    with acting_for(paid.id):
        assert items_in_clearing() == []
        assert BankLine.objects.get().reason == "payout"
        assert ProcessorFact.objects.filter(kind="payout").count() == 2
    assert bank(paid, "11.48", "STRIPE PAYOUT po_1") == {}  # the same line again
    assert figures(paid) == BOOKED


def test_a_report_alone_makes_it_known_and_the_amount_finds_it(
    paid: Tenant, tmp_path: Path
) -> None:
    assert take(paid, report(tmp_path, HEAD + CHARGE)) == ("announced", "")
    assert bank(paid, "11.49", "STRIPE TRANSFER") == {"nobody": 1}
    assert bank(paid, "11.48", "STRIPE TRANSFER", number="2") == {}
    assert figures(paid) == BOOKED


def test_another_amount_waits_for_a_person(paid: Tenant, tmp_path: Path) -> None:
    take(paid, report(tmp_path, HEAD + CHARGE))
    assert bank(paid, "11.40", "STRIPE po_1") == {"payout": 1}
    assert figures(paid) == HELD
    with pytest.raises(UnknownPayout):
        arrive("po_2", on=AT.date(), tenant_id=paid.id, at=AT)
    assert arrive("po_1", on=AT.date(), tenant_id=paid.id, at=AT).state == "booked"
    with pytest.raises(PayoutSettled):
        arrive("po_1", on=AT.date(), tenant_id=paid.id, at=AT)
    assert figures(paid) == BOOKED


def test_what_is_not_ours_keeps_it_from_being_booked(paid: Tenant, tmp_path: Path) -> None:
    stranger = "po_1,txn_2,2026-01-16,eur,5.00,0.25,4.75,charge,pi_2\n"
    state, why = take(paid, report(tmp_path, HEAD + CHARGE + stranger))
    assert (state, why) == ("announced", "nothing of ours is txn_2 (charge 5 of pi_2)")
    assert arrive("po_1", on=AT.date(), tenant_id=paid.id, at=AT).note == why
    assert [one.state for one in look_again(tenant_id=paid.id, at=AT)] == ["arrived"]
    assert figures(paid) == HELD


def test_a_chargeback_with_its_fee_and_a_fee_of_the_month(paid: Tenant, tmp_path: Path) -> None:
    """The fee of the chargeback is a cost since its event, and is not booked twice."""
    gone = event("evt_3", "charge.dispute.funds_withdrawn", dispute("pi_1", fee=1500))
    rows = (
        CHARGE
        + "po_1,txn_3,2026-01-15,eur,-11.90,15.00,-26.90,dispute,pi_1\n"
        + "po_1,txn_4,2026-01-16,eur,-2.00,0.00,-2.00,fee,\n"
    )
    movements = report(tmp_path, HEAD + rows)
    assert take(paid, movements) == (
        "announced", "nothing of ours is txn_3 (dispute -11.9 of pi_1)"
    )  # fmt: skip
    assert post(signed(gone))[1]["state"] == "taken"
    assert figures(paid) == (Decimal(0), Decimal("15.00"), Decimal("-15.00"))
    assert bank(paid, "-17.42", "STRIPE po_1") == {}
    assert figures(paid) == (Decimal("-17.42"), Decimal("17.42"), Decimal(0))


def test_a_payout_that_failed_is_not_awaited(paid: Tenant, tmp_path: Path) -> None:
    failed = payout_event("evt_4", "payout.failed", created=1768600000, status="failed")
    assert post(failed)[1]["state"] == "taken"
    take(paid, report(tmp_path, HEAD + CHARGE))
    assert bank(paid, "11.48", "STRIPE po_1") == {"nobody": 1}
    with pytest.raises(PayoutSettled):
        arrive("po_1", on=AT.date(), tenant_id=paid.id, at=AT)
    assert figures(paid) == HELD


def test_closed_books_keep_it_waiting(paid: Tenant, tmp_path: Path) -> None:
    take(paid, report(tmp_path, HEAD + CHARGE))
    with acting_for(paid.id):
        close_books(tenant_id=paid.id, through=date(2026, 1, 31), at=AT)
    waits = arrive("po_1", on=date(2026, 1, 20), tenant_id=paid.id, at=AT)
    assert waits.state == "arrived"
    assert "the books are closed through 2026-01-31" in waits.note
    assert figures(paid) == HELD


def test_a_report_is_read_or_refused_whole(tmp_path: Path) -> None:
    rows = CHARGE + "po_1,txn_9,2026-01-15,eur,-11.48,0,-11.48,payout,\n"
    (movement,) = report(tmp_path, HEAD + rows)
    assert (movement.kind, movement.net) == (MovementKind.PAYMENT, Decimal("11.48"))
    (other,) = report(tmp_path, HEAD + CHARGE.replace("charge", "risk_reserved_funds"))
    assert other.kind is MovementKind.OTHER
    for text, said in (
        ("a,b\n1,2\n", "it has no column automatic_payout_id"),
        (HEAD, "it has no rows"),
        (HEAD + CHARGE.replace("11.90", "x"), "row 2: gross is 'x', which is no amount"),
        (HEAD + CHARGE.replace("2026-01-15", "soon"), "row 2: Invalid isoformat string"),
        (HEAD + CHARGE + CHARGE.replace("po_1", ""), "row 3: automatic_payout_id is empty"),
    ):
        with pytest.raises(ReportUnreadable) as refused:
            report(tmp_path, text)
        assert said in refused.value.sentence()


# --- refunds that nobody ordered here ----------------------------------------------------------

GIVEN = "po_1,txn_2,2026-01-16 10:00:00,eur,-5.00,0.00,-5.00,refund,pi_1\n"


def refund_event(event_id: str, amount: int, **metadata: str) -> tuple[bytes, str]:
    thing = {"id": f"re_{event_id}", "object": "refund", "amount": amount, "currency": "eur",
             "payment_intent": "pi_1", "metadata": metadata, "status": "succeeded"}  # fmt: skip
    return signed(event(event_id, "refund.created", thing))


def charge_event(event_id: str, refunded: int, *, reference: str = "pi_1") -> tuple[bytes, str]:
    """As Stripe tells of a charge: what went back of it in all, and not which refund it was."""
    thing = {"id": "ch_1", "object": "charge", "amount": 1190, "amount_refunded": refunded,
             "currency": "eur", "payment_intent": reference, "metadata": {"operator": "talk"},
             "refunded": refunded == 1190}  # fmt: skip
    return signed(event(event_id, "charge.refunded", thing))


def books(tenant: Tenant) -> dict[str, object]:
    """What is open, disputed, refunded and in transit; every proof holds."""
    assert [one for one in reconcile(tenant_id=tenant.id) if not one.ok] == []
    with acting_for(tenant.id):
        item = OpenItem.objects.get(total__gt=0)
        disputes = Dispute.objects.filter(state="open").values_list("amount", flat=True)
        refunds = Refund.objects.order_by("id").values_list("amount", flat=True)
        assert Order.objects.filter(action="refund", key__contains="evt").count() == 0
        return {
            "open": item.total - item.settled, "disputed": sum(disputes), "state": item.state,
            "refunds": [str(one) for one in refunds], "transit": balance_of("1100"),
        }  # fmt: skip


def after(open_again: str, *refunds: str, disputed: str | None = None) -> dict[str, object]:
    again = Decimal(open_again)
    return {
        "open": again, "disputed": Decimal(open_again if disputed is None else disputed),
        "state": "open" if again == Decimal("11.90") else "part_paid" if again else "paid",
        "refunds": list(refunds), "transit": Decimal("11.90") - sum(map(Decimal, refunds)),
    }  # fmt: skip


def test_a_refund_made_elsewhere_is_told_three_ways_and_booked_once(
    paid: Tenant, tmp_path: Path
) -> None:
    each, in_all = refund_event("evt_r1", 500), charge_event("evt_c1", 500)
    assert [post(one)[1]["state"] for one in (each, in_all, each, in_all)] == ["taken"] * 4
    assert books(paid) == after("5.00", "5.000")
    # Its payout explains itself: 11.90 less 0.42, less what went back.
    assert take(paid, report(tmp_path, HEAD + CHARGE + GIVEN)) == ("announced", "")
    assert bank(paid, "6.48", "STRIPE po_1") == {}
    assert figures(paid) == (Decimal("6.48"), Decimal("0.42"), Decimal(0))
    # Another of the same amount is another one.
    assert post(refund_event("evt_r2", 500))[1]["state"] == "taken"
    assert post(charge_event("evt_c2", 1000))[1]["state"] == "taken"
    assert books(paid)["refunds"] == ["5.000", "5.000"]
    assert books(paid)["disputed"] == Decimal("10.00")


def test_the_payout_tells_first_and_the_events_come_late(paid: Tenant, tmp_path: Path) -> None:
    movements = report(tmp_path, HEAD + CHARGE + GIVEN)
    assert [take(paid, movements) for _ in range(2)] == [("announced", "")] * 2
    assert books(paid) == after("5.00", "5.000")
    assert post(charge_event("evt_c1", 500))[1]["state"] == "taken"
    assert post(refund_event("evt_r1", 500))[1]["state"] == "taken"
    assert books(paid) == after("5.00", "5.000")
    with acting_for(paid.id):
        facts = ProcessorFact.objects.order_by("id").values_list("told", "state", "note")
        assert list(facts)[1:] == [
            ("payout line", "taken", ""),
            ("charge.refunded", "taken", "a refund that is known"),
            ("refund.created", "taken", "a refund that is known"),
        ]


def test_what_was_ordered_here_is_no_other_refund(paid: Tenant, tmp_path: Path) -> None:
    """The news of our own refund is known, whether it was made already or not."""
    with acting_for(paid.id):
        invoice = OpenItem.objects.get().invoice.number
    credit_invoice(invoice, parts={1: Decimal("4.20168")}, tenant_id=paid.id, on=AT.date(), at=AT)
    given = {"key": "r1", "tenant_id": paid.id, "at": AT, "of": RefundOf.NOTES}
    refund_pulled("stripe:pi_1", amount=Decimal("5.00"), **given)
    before = books(paid)
    own = refund_event("evt_r1", 500, key="refund:r1", operator="talk")
    assert [post(one)[1]["state"] for one in (charge_event("evt_c1", 500), own)] == ["taken"] * 2
    assert take(paid, report(tmp_path, HEAD + CHARGE + GIVEN)) == ("announced", "")
    assert books(paid) == before == after("0.00", "5.000")
    stranger = refund_event("evt_r2", 100, key="refund:r1", operator="another")
    assert post(stranger)[1]["state"] == "ignored"


def test_it_may_come_before_its_payment_and_be_of_nobody(asked: tuple[Tenant, str]) -> None:
    tenant, key = asked
    assert post(charge_event("evt_c1", 500))[1]["state"] == "waiting"
    assert post(charge_event("evt_c2", 500, reference="pi_9"))[1]["state"] == "waiting"
    assert post(succeeded(key))[1]["state"] == "taken"  # and with it what waited
    assert books(tenant) == after("5.00", "5.000")
    with acting_for(tenant.id):
        (waits,) = waiting_facts()
        assert (waits.reference, waits.note) == ("pi_9", "no payment of ours has this name")


def test_more_than_was_paid_waits_for_a_person(paid: Tenant) -> None:
    assert post(refund_event("evt_r1", 1190))[1]["state"] == "taken"
    assert books(paid) == after("11.90", "11.900")
    assert post(refund_event("evt_r2", 100))[1]["state"] == "waiting"
    assert books(paid) == after("11.90", "11.900")
    with acting_for(paid.id):
        (waits,) = waiting_facts()
        assert waits.note.startswith("1 of stripe:pi_1 went back, of which 1 cannot be booked")


def test_nobody_is_asked_for_it_before_it_is_decided(paid: Tenant) -> None:
    post(refund_event("evt_r1", 500))
    assert ask_for_due(tenant_id=paid.id, on=date(2026, 2, 20), at=AT).is_empty()
    with acting_for(paid.id):
        dispute = Dispute.objects.get()
        assert dispute.reason == "refund stripe:evt_r1 was not ordered here: is it owed?"
    # It is owed: the card is asked for just that.
    refuse_dispute(dispute.id, decision="owed", tenant_id=paid.id, on=AT.date(), at=AT)
    asked = ask_for_due(tenant_id=paid.id, on=date(2026, 2, 20), at=AT)
    assert asked["amount"].to_list() == [Decimal("5.000")]


def test_closed_books_keep_a_refund_waiting_and_it_is_taken_after(paid: Tenant) -> None:
    with acting_for(paid.id):
        close_books(tenant_id=paid.id, through=date(2026, 1, 31), at=AT)
    assert post(refund_event("evt_r1", 500))[1]["state"] == "waiting"
    assert books(paid)["refunds"] == []
    with acting_for(paid.id):
        assert waiting_facts()[0].note.startswith("the books are closed through 2026-01-31")
        reopen_books(reason="a refund", at=AT)
        assert look_for_more(None, at=AT) == 1
    assert books(paid) == after("5.00", "5.000")
