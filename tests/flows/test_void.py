"""What cannot be void, and why; and that a rehearsal stores nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.base.refusal import Refusal
from tallystick.domain.documents.models import Dispatch
from tallystick.domain.invoices.drafts import Waits, set_rules
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.debit import prepare_debits
from tallystick.flows.reconcile import reconcile
from tallystick.flows.void import rebill_invoice, void_invoice
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
ON, AT = date(2026, 2, 15), datetime(2026, 2, 15, 8, tzinfo=UTC)
STORY = """
business businesses/sparrow.yaml catalogue businesses/sparrow-prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 contract C2 of A2 offer line
2026-01-01 debit terms fee 4.00 days 5 tries 2
2026-01-01 mandate A1 M-1 DE89370400440532013000
2026-01-01 bill run
2026-01-05 pay A1 41.50 bank reference INV
2026-02-01 bill run
"""


@pytest.fixture(scope="module")
def billed(module_database) -> tuple[int, dict[tuple[str, date], str]]:
    story = read_story(STORY, file="void.story", name="void")
    assert play_story(story, folder=SCENARIOS, code="void").failed == ()
    tenant_id = tenant_id_of("void")
    with acting_for(tenant_id):
        rows = Invoice.objects.values_list("account__number", "issued_on", "number")
        return tenant_id, {(account, day): number for account, day, number in rows}


def refusal(tenant_id: int, number: str) -> str:
    with pytest.raises(Refusal) as refused:
        void_invoice(number, reason="wrong", tenant_id=tenant_id, on=ON, at=AT)
    assert number in refused.value.sentence()
    return refused.value.code


def test_what_counted_is_not_void(billed) -> None:
    tenant_id, numbers = billed
    assert refusal(tenant_id, numbers["A1", date(2026, 1, 1)]) == "invoice_settled"
    assert refusal(tenant_id, numbers["A2", date(2026, 1, 1)]) == "billed_again"

    collected = numbers["A1", date(2026, 2, 1)]
    prepare_debits(tenant_id=tenant_id, collect_on=ON, today=ON, at=AT)
    assert refusal(tenant_id, collected) == "money_on_its_way"

    sent = numbers["A2", date(2026, 2, 1)]
    with acting_for(tenant_id):
        invoice = Invoice.objects.get(number=sent)
        Dispatch.objects.create(
            tenant_id=tenant_id, account_id=invoice.account_id, invoice=invoice, channel="mail",
            address="bob@customer.example", format="pdf", state="sent", queued_at=AT, sent_at=AT,
        )  # fmt: skip
    assert refusal(tenant_id, sent) == "document_sent"
    told = rebill_invoice(sent, reason="wrong", tenant_id=tenant_id, on=ON, at=AT, rehearse=True)
    assert (told.void, told.credit_note) == (False, None)  # a number that is not given is not said
    assert told.bill.totals == {"EUR": Decimal("41.500")}
    with acting_for(tenant_id):
        assert Invoice.objects.count() == len(numbers)
        set_rules(Waits(None, None, new=False, void_sent=True), tenant_id=tenant_id)
    void_invoice(sent, reason="wrong", tenant_id=tenant_id, on=ON, at=AT)
    assert refusal(tenant_id, sent) == "already_void"
    assert [one for one in reconcile(tenant_id=tenant_id) if not one.ok] == []
