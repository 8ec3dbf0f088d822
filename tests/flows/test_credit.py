"""Credit notes: never more than was billed, and a document that says what it corrects."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from tallystick.base.refusal import Refusal
from tallystick.core.invoice.document import DocumentKind
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.credit import credit_invoice
from tallystick.flows.document import document_of
from tallystick.flows.reconcile import reconcile
from tallystick.gates.documents.electronic.ubl import write_ubl
from tallystick.gates.documents.render import render_invoice
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story
from tests.gates.documents.official import faults_of

SCENARIOS = Path(__file__).parents[1] / "scenarios"
ON, AT = date(2026, 1, 20), datetime(2026, 1, 20, tzinfo=UTC)
STORY = """
business businesses/sparrow.yaml catalogue businesses/sparrow-prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 contract C2 of A2 offer line
2026-01-01 bill run
"""


@pytest.fixture(scope="module")
def billed(module_database) -> tuple[int, str, str]:
    story = read_story(STORY, file="credit.story", name="credit")
    assert play_story(story, folder=SCENARIOS, code="credit").failed == ()
    tenant_id = tenant_id_of("credit")
    with acting_for(tenant_id):
        one, other = Invoice.objects.order_by("id").values_list("number", flat=True)
    return tenant_id, one, other


def credit(tenant_id: int, number: str, parts: dict[int, Decimal | None], **more):
    return credit_invoice(number, parts=parts, tenant_id=tenant_id, on=ON, at=AT, **more)


def test_a_note_gives_back_what_a_rehearsal_said(billed) -> None:
    tenant_id, number, _ = billed
    told = credit(tenant_id, number, {1: Decimal("9.95")}, rehearse=True)
    assert (told.number, told.net, told.tax) == ("", Decimal("9.95"), Decimal("1.89"))
    made = credit(tenant_id, number, {1: Decimal("9.95")})
    assert (made.net, made.total) == (told.net, told.total)
    rest = credit(tenant_id, number, {1: None})
    assert rest.net == Decimal("20.00")
    document = document_of(rest.number, tenant_id=tenant_id)
    assert (document.kind, document.corrects) == (DocumentKind.CREDIT_NOTE, number)
    assert (document.total, document.amount_due) == (rest.total, rest.total)
    xml = write_ubl(document)
    assert faults_of(xml) == []
    root = etree.fromstring(xml)
    assert etree.QName(root).localname == "CreditNote"
    assert root.findtext(".//{*}PayableAmount") == f"{rest.total:.2f}"
    assert render_invoice(document).startswith(b"%PDF")
    assert all(finding.ok for finding in reconcile(tenant_id=tenant_id))


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({7: None}, "no_such_line"),
        ({1: Decimal("29.951")}, "more_than_billed"),
        ({1: Decimal("-0.01")}, "more_than_billed"),
        ({1: Decimal(0)}, "nothing_to_credit"),
    ],
)
def test_no_more_than_was_billed(billed, parts: dict[int, Decimal], code: str) -> None:
    tenant_id, _, number = billed
    with pytest.raises(Refusal) as refused:
        credit(tenant_id, number, parts)
    assert refused.value.code == code
    assert number in refused.value.sentence()


def test_a_whole_invoice_is_credited_once(billed) -> None:
    tenant_id, _, number = billed
    made = credit(tenant_id, number, {})
    with acting_for(tenant_id):
        invoice = Invoice.objects.get(number=number)
    assert (made.net, made.tax, made.total) == (invoice.net, invoice.tax, invoice.total)
    with pytest.raises(Refusal) as refused:
        credit(tenant_id, number, {})
    assert refused.value.code == "nothing_to_credit"
    with pytest.raises(Refusal) as refused:
        credit(tenant_id, made.number, {})
    assert refused.value.code == "not_an_invoice"
    assert all(finding.ok for finding in reconcile(tenant_id=tenant_id))
