"""A small invented operator that has lived: a customer of each standing, with its traces."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from tallystick.base.frames import REJECTS, USAGE_IN
from tallystick.core.capture.decoded import Decoded
from tallystick.domain.parties.operations import AccountTerms, PartyDetails, open_account
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.operations import move_clock
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tallystick.flows.receive import receive_payment
from tallystick.flows.recover import collect
from tests.flows.businesses import add_customer, open_talk_business

CALLS = """
r1 491700000001 2026-01-05T10:00 600
r2 491700000001 2026-01-06T10:00 61
r3 491700000002 2026-01-07T10:00 1830
r4 491799999999 2026-01-07T10:00 30
r2 491700000001 2026-01-06T10:00 61
"""
PAID, SUSPENDED, OVERDUE, OPEN, NEW = "A1", "A2", "A3", "A4", "A/5"
"""What becomes of the customers; the newest has no contract yet and an awkward number and name."""
AWKWARD = "Undertow <b>& Sons</b>"


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def decoded(text: str) -> Decoded:
    rows = [
        (line, record, "msisdn", subject, "voice", datetime.fromisoformat(f"{start}+00:00"),
         Decimal(seconds), "s", "4930123456", None, None)
        for line, row in enumerate(text.split("\n")[1:-1], start=1)
        for record, subject, start, seconds in [row.split()]
    ]  # fmt: skip
    usage = pl.DataFrame(rows, schema=USAGE_IN, orient="row")
    return Decoded(
        usage, pl.DataFrame(schema=REJECTS), len(rows), 0, Decimal(usage["quantity"].sum())
    )


def open_lived_business(code: str) -> Tenant:
    """The operator in the middle of March 2026, its clock too."""
    tenant = open_talk_business(code)
    calls = Delivery("switch", "calls-2026-01.csv", "calls", f"calls of {code}")
    capture_usage(calls, tenant_id=tenant.id, chunks=[decoded(CALLS)], at=noon(1, 31))
    charge_usage(tenant_id=tenant.id, at=noon(1, 31))
    run_bills(tenant_id=tenant.id, on=date(2026, 2, 1), at=noon(2, 1))
    pay(tenant, PAID, "30.00", on=noon(2, 10))
    pay(tenant, OVERDUE, "5.00", on=noon(2, 10))
    collect(tenant_id=tenant.id, on=date(2026, 2, 19), at=noon(2, 19))
    pay(tenant, OVERDUE, "18.80", on=noon(2, 20))
    collect(tenant_id=tenant.id, on=date(2026, 2, 27), at=noon(2, 27))
    run_bills(tenant_id=tenant.id, on=date(2026, 3, 1), at=noon(3, 1))
    pay(tenant, PAID, "10.00", on=noon(3, 3))
    add_customer(tenant, 4, bill_day=10)
    run_bills(tenant_id=tenant.id, on=date(2026, 3, 10), at=noon(3, 10))
    with acting_for(tenant.id):
        open_account(
            PartyDetails("organisation", AWKWARD, "DE", "en"),
            tenant_id=tenant.id,
            number=NEW,
            terms=AccountTerms("EUR", "Europe/Berlin", 31, 14, "business", "business"),
            on=date(2026, 3, 1),
        )
    # In Berlin the day begins while it is still the 15th in UTC.
    move_clock(tenant_id=tenant.id, to=datetime(2026, 3, 15, 23, 30, tzinfo=UTC))
    return tenant


def pay(tenant: Tenant, account: str, amount: str, *, on: datetime) -> None:
    """A bank transfer without a reference."""
    receipt = Receipt(f"{account} {on.date()}", "bank", Decimal(amount), "EUR", on.date())
    receive_payment(receipt, tenant_id=tenant.id, account=account, at=on)
