"""From a usage file to a paid bill, on a real PostgreSQL."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from tallystick.base.frames import REJECTS, USAGE_IN
from tallystick.core.capture.decoded import Decoded
from tallystick.domain.contracts.models import Service
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.ledger.queries import trial_balance
from tallystick.domain.outbox.models import Order
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import Reject
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tallystick.flows.receive import receive_payment
from tallystick.flows.reconcile import reconcile
from tallystick.flows.recover import collect
from tests.flows.businesses import AT, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

CALLS = """
r1 491700000001 2026-01-05T10:00 600
r2 491700000001 2026-01-06T10:00 61
r3 491700000002 2026-01-07T10:00 30
r4 491799999999 2026-01-07T10:00 30
r2 491700000001 2026-01-06T10:00 61
"""


def decoded(text: str) -> Decoded:
    rows = []
    for line, row in enumerate(text.split("\n")[1:-1], start=1):
        record, subject, start, seconds = row.split()
        rows.append(
            (line, record, "msisdn", subject, "voice", datetime.fromisoformat(start + "+00:00"),
             Decimal(seconds), "s", "4930123456", None, None)
        )  # fmt: skip
    usage = pl.DataFrame(rows, schema=USAGE_IN, orient="row")
    total = Decimal(usage["quantity"].sum())
    return Decoded(usage, pl.DataFrame(schema=REJECTS), len(rows), 0, total)


def load(tenant_id: int, text: str, *, digest: str = "one"):
    return capture_usage(
        Delivery("switch", f"{digest}.csv", "calls", digest),
        tenant_id=tenant_id,
        chunks=[decoded(text)],
        at=AT,
    )


def test_from_file_to_paid_bill():
    tenant = open_talk_business()
    report = load(tenant.id, CALLS)
    assert (report.manifest.accepted, report.manifest.duplicates) == (3, 1)
    assert report.manifest.rejected == 1
    assert load(tenant.id, CALLS).already_loaded
    with acting_for(tenant.id):
        assert Reject.objects.get().code == "unknown_subject"

    charged = charge_usage(tenant_id=tenant.id, at=AT)
    assert (charged.events, charged.lines, charged.suspended) == (3, 3, 0)
    assert charge_usage(tenant_id=tenant.id, at=AT).runs == 0

    on = date(2026, 2, 1)
    billed = run_bills(tenant_id=tenant.id, on=on, at=AT)
    assert billed.invoices == 3
    assert run_bills(tenant_id=tenant.id, on=on, at=AT).invoices == 0
    with acting_for(tenant.id):
        invoices = {i.account.number: i for i in Invoice.objects.select_related("account")}
        # January and February in advance; the second call is 2 min beyond the 10 included.
        assert invoices["A1"].net == Decimal("20.00") + Decimal("0.24") + Decimal("0.10")
        assert invoices["A1"].tax == Decimal("3.86")  # 20.34 x 19 % = 3.8646
        assert invoices["A2"].total == Decimal("23.86")  # 20.05 + 3.81
        assert sorted(i.number for i in invoices.values()) == [
            "INV-2026-000001", "INV-2026-000002", "INV-2026-000003",
        ]  # fmt: skip

    late = collect(tenant_id=tenant.id, on=date(2026, 2, 26), at=AT)
    assert late.late == 3
    collect(tenant_id=tenant.id, on=date(2026, 3, 6), at=AT)
    with acting_for(tenant.id):
        assert set(Service.objects.values_list("state", flat=True)) == {"suspended"}
    receipt = Receipt("bank-1", "bank", Decimal("24.20"), "EUR", date(2026, 3, 7), "")
    paid = receive_payment(receipt, tenant_id=tenant.id, account="A1", at=AT)
    assert paid.restored == ("mobile C1",)
    assert receive_payment(receipt, tenant_id=tenant.id, account="A1", at=AT).repeated
    with acting_for(tenant.id):
        told = Order.objects.filter(port="network", account__number="A1").order_by("id")
        assert [order.action for order in told] == [
            "activate", "threshold", "threshold", "suspend", "restore",
        ]  # fmt: skip
        assert sum(line.balance for line in trial_balance()) == 0
    findings = reconcile(tenant_id=tenant.id)
    assert [finding for finding in findings if not finding.ok] == []
