"""Cycles rated again: in their order, told again, and before what they may use is known."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection

from tallystick.core.charge.explain import explain_line
from tallystick.domain.catalog.queries import plans_by_version
from tallystick.domain.invoices.models import InvoiceLine
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import ChargeTotal, RatedLine
from tallystick.domain.usage.rerate_tables import accounts_with_usage, ask_again
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tallystick.flows.reconcile import reconcile
from tests.flows.businesses import AT, CATALOGUE, open_talk_business
from tests.flows.test_spine import load

pytestmark = pytest.mark.usefixtures("own_database")

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
ROLLS_OVER = CATALOGUE.replace("of: voice}", "of: voice, roll over: 1 cycle}", 1)


def assert_books_match(tenant_id: int) -> None:
    assert [finding for finding in reconcile(tenant_id=tenant_id) if not finding.ok] == []


def rated(tenant_id: int) -> list[tuple[object, ...]]:
    with acting_for(tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM usage_ratedline ORDER BY account_id, usage_id, seq")
        return cursor.fetchall()


def rerate_all(tenant_id: int) -> int:
    with acting_for(tenant_id):
        again = accounts_with_usage(account_id=None, since=JANUARY, until=MARCH)
        ask_again(again, tenant_id=tenant_id)
    return charge_usage(tenant_id=tenant_id, at=AT).lines


def usage_of(tenant_id: int, invoice: int) -> list[tuple[str, Decimal, Decimal]]:
    with acting_for(tenant_id):
        lines = InvoiceLine.objects.filter(purpose__startswith="usage").order_by("invoice_id")
        ids = sorted(set(InvoiceLine.objects.values_list("invoice_id", flat=True)))
        own = lines.filter(invoice_id=ids[invoice]).order_by("line_no")
        return list(own.values_list("description", "quantity", "net"))


def test_rating_again_changes_nothing():
    tenant = open_talk_business(customers=2)
    load(tenant.id, "\na 491700000001 2026-01-05T10:00 600\nb 491700000002 2026-01-06T10:00 900\n")
    charge_usage(tenant_id=tenant.id, at=AT)
    run_bills(tenant_id=tenant.id, on=FEBRUARY, at=AT)
    before = rated(tenant.id)
    assert rerate_all(tenant.id) == 0
    assert rated(tenant.id) == before
    assert_books_match(tenant.id)


def test_late_call_takes_the_minutes_of_those_after_it():
    tenant = open_talk_business(customers=1)
    load(tenant.id, "\na 491700000001 2026-01-05T10:00 600\n")
    charge_usage(tenant_id=tenant.id, at=AT)
    run_bills(tenant_id=tenant.id, on=FEBRUARY, at=AT)
    load(tenant.id, "\nb 491700000001 2026-01-04T10:00 120\n", digest="two")
    charge_usage(tenant_id=tenant.id, at=AT)
    with acting_for(tenant.id):
        first = RatedLine.objects.filter(seq__lt=0).get()
        assert first.allowed == -600
        assert ChargeTotal.objects.count() > 1
    run_bills(tenant_id=tenant.id, on=MARCH, at=AT)
    # The first call has eight of its ten minutes left and pays two: 2 x 0.12; the late one is
    # included but for its connect fee.
    with acting_for(tenant.id):
        late = InvoiceLine.objects.filter(purpose__startswith="usage-late")
        assert sum(late.values_list("exact", flat=True)) == Decimal("0.29")
    assert_books_match(tenant.id)


def test_usage_charged_before_the_cycle_is_closed_gets_what_rolls_over():
    tenant = open_talk_business(customers=1)
    publish_catalogue(
        ROLLS_OVER, tenant_id=tenant.id, name="two", files={}, valid_from=date(2025, 6, 1), at=AT
    )
    load(
        tenant.id,
        "\na 491700000001 2026-01-05T10:00 240\nb 491700000001 2026-02-01T01:00 1080\n",
    )
    charge_usage(tenant_id=tenant.id, at=AT)
    run_bills(tenant_id=tenant.id, on=FEBRUARY, at=AT)
    charge_usage(tenant_id=tenant.id, at=datetime(2026, 2, 2, tzinfo=UTC))
    run_bills(tenant_id=tenant.id, on=MARCH, at=AT)
    # Six of January's minutes and ten of February's are included in the eighteen.
    assert ("Calls", Decimal(120), Decimal("0.29")) in usage_of(tenant.id, 1)
    assert_books_match(tenant.id)


def test_a_line_taken_back_is_told_as_such():
    tenant = open_talk_business(customers=1)
    load(tenant.id, "\na 491700000001 2026-01-05T10:00 600\n")
    charge_usage(tenant_id=tenant.id, at=AT)
    run_bills(tenant_id=tenant.id, on=FEBRUARY, at=AT)
    load(tenant.id, "\nb 491700000001 2026-01-04T10:00 120\n", digest="two")
    charge_usage(tenant_id=tenant.id, at=AT)
    with acting_for(tenant.id):
        lines = RatedLine.objects.order_by("started_at", "charge_run_id", "seq")
        (plan,) = plans_by_version().values()
        told = [explain_line(line, plan=plan)[0] for line in lines.values()]
    assert ["taken back" in one for one in told] == [False, False, True, False]
