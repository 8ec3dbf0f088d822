"""An invoice has as many lines as a payer of thousands of contracts needs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from tallystick.base.frames import AMOUNT
from tallystick.domain.invoices.models import Invoice, InvoiceLine
from tallystick.domain.invoices.operations import store_one_offs
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.invoice import run_bills
from tallystick.flows.reconcile import reconcile
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
AT = datetime(2026, 3, 1, tzinfo=UTC)
CHARGES = 2**15 + 10
STORY = """
business businesses/sparrow.yaml catalogue businesses/sparrow-prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
"""


def test_an_invoice_of_more_lines_than_a_small_number_counts(module_database) -> None:
    story = read_story(STORY, file="many.story", name="many")
    assert play_story(story, folder=SCENARIOS, code="many").failed == ()
    tenant_id = tenant_id_of("many")
    with acting_for(tenant_id):
        charges = pl.DataFrame({"n": range(CHARGES)}).select(
            account_id=pl.lit(Account.objects.get(number="A1").id),
            key=pl.format("work:{}", "n"),
            description=pl.format("Work {}", "n"),
            amount=pl.lit("1.00").cast(AMOUNT),
            tax_category=pl.lit("standard"),
            revenue_account=pl.lit("4000"),
            charged_on=pl.lit(date(2025, 12, 31)),
        )
        store_one_offs(charges, tenant_id=tenant_id)
    assert run_bills(tenant_id=tenant_id, on=date(2026, 1, 1), at=AT).invoices == 1
    with acting_for(tenant_id):
        invoice = Invoice.objects.get()
        lines = InvoiceLine.objects.filter(invoice_id=invoice.id)
        last = lines.order_by("-line_no").values_list("line_no", flat=True)[0]
        assert lines.count() == last > CHARGES
        assert invoice.net >= Decimal(CHARGES)
    assert all(finding.ok for finding in reconcile(tenant_id=tenant_id))
