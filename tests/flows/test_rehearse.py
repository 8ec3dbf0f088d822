"""A rehearsal bills nothing and says what is new, missing or far from the last bill."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from tallystick.base.frames import REJECTS, USAGE_IN
from tallystick.core.capture.decoded import Decoded
from tallystick.domain.contracts.models import Contract
from tallystick.domain.contracts.operations import end_contracts
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tallystick.flows.rehearse import rehearse_bills
from tests.flows.businesses import AT, add_customer, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")


def call(tenant_id: int, *, seconds: int) -> None:
    start = datetime.fromisoformat("2026-02-10T10:00+00:00")
    row = (1, "r1", "msisdn", "491700000001", "voice", start, Decimal(seconds), "s",
           "4930123456", None, None)  # fmt: skip
    usage = pl.DataFrame([row], schema=USAGE_IN, orient="row")
    chunk = Decoded(usage, REJECTS.to_frame(), 1, 0, Decimal(seconds))
    capture_usage(Delivery("switch", "f", "x", "d"), tenant_id=tenant_id, chunks=[chunk], at=AT)


def test_new_missing_and_far_off():
    tenant = open_talk_business()
    first = rehearse_bills(tenant_id=tenant.id, on=date(2026, 2, 1))
    assert (first.invoices, first.totals) == (3, {"EUR": Decimal("71.40")})
    assert {one.difference for one in first.compared} == {"new"}
    with acting_for(tenant.id):
        assert Invoice.objects.count() == 0
    run_bills(tenant_id=tenant.id, on=date(2026, 2, 1), at=AT)

    call(tenant.id, seconds=900)
    assert rehearse_bills(tenant_id=tenant.id, on=date(2026, 3, 1)).waiting_batches == 1
    charge_usage(tenant_id=tenant.id, at=AT)
    with acting_for(tenant.id):
        Contract.objects.filter(number="C3").update(next_bill_on=None)
    add_customer(tenant, 4)
    second = rehearse_bills(tenant_id=tenant.id, on=date(2026, 3, 1))
    told = {(one.account, str(one.difference)): one for one in second.compared}
    # A1: 10.00 + 5 min x 0.12 + 0.05 = 10.65 net after two months of 10.00; A2: half of before.
    assert set(told) == {("A1", "off"), ("A2", "off"), ("A3", "missing"), ("A4", "new")}
    assert told["A1", "off"].total == Decimal("12.67")
    assert told["A2", "off"].before == Decimal("23.80")
    assert told["A3", "missing"].total is None
    assert second.waiting_batches == 0

    run_bills(tenant_id=tenant.id, on=date(2026, 3, 1), at=AT)
    after = rehearse_bills(tenant_id=tenant.id, on=date(2026, 3, 1))
    assert (after.invoices, [one.account for one in after.compared]) == (0, ["A3"])
    third = rehearse_bills(tenant_id=tenant.id, on=date(2026, 4, 1))
    assert [one.account for one in third.compared if one.difference == "missing"] == []


def test_a_contract_that_ended_is_billed_and_then_not_missed_for_ever():
    tenant = open_talk_business(customers=1)
    run_bills(tenant_id=tenant.id, on=date(2026, 2, 1), at=AT)
    with acting_for(tenant.id):
        end_contracts([account_numbered("A1").id], on=date(2026, 2, 20))
    run_bills(tenant_id=tenant.id, on=date(2026, 3, 1), at=AT)
    assert rehearse_bills(tenant_id=tenant.id, on=date(2026, 6, 1)).compared == ()
