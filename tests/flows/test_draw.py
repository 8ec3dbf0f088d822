"""Buckets drawn by usage from files and online: the same, told, topped up and cut off alike."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tallystick.domain.balances.models import Bucket, BucketMovement
from tallystick.domain.catalog import queries
from tallystick.domain.contracts.models import Service
from tallystick.domain.outbox.models import Order
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.reservations.models import Tab
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import PAID_FROM_BALANCE, ChargeTotal
from tallystick.flows.balances import top_up
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tallystick.flows.prepaid import post_prepaid
from tallystick.flows.reconcile import reconcile
from tests.flows.businesses import AT, open_talk_business
from tests.flows.charging import asking, give_bucket, give_terms
from tests.flows.test_spine import load

LATER = datetime(2026, 2, 10, 8, tzinfo=UTC)


@pytest.fixture
def tenants(module_database, request):
    """Two operators that are the same: one charges online, the other from files."""
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    yield [open_talk_business(f"{name}{abs(hash(request.node.name))}") for name in "of"]
    queries._plan.cache_clear()


def use(tenant, seconds, *, online, customers=(1, 2, 3)):
    """Each customer calls that long, once for each number."""
    if online:

        async def call(asker):
            for length in seconds:
                for one in customers:
                    name = f"s{asker.number}"
                    await asker.ask("reserve", customer=one, session=name, quantity=60)
                    await asker.ask("commit", session=name, used=length)

        asking(tenant.id, call)
    else:
        rows = [
            f"r{one}-{nth} 4917000000{one:02d} 2026-01-01T08:{nth:02d} {length}"
            for nth, length in enumerate(seconds)
            for one in customers
        ]
        load(tenant.id, "\n" + "\n".join(rows) + "\n")
    charge_usage(tenant_id=tenant.id, at=AT)


def left(tenant):
    with acting_for(tenant.id):
        rows = Bucket.objects.exclude(remaining=0).order_by("account__number", "id")
        return [(b.account.number, b.origin, b.unit, b.remaining)
                for b in rows.select_related("account")]  # fmt: skip


def owed(tenant):
    """What invoices will ask for, and what the tab says of it."""
    with acting_for(tenant.id):
        totals: dict[str, Decimal] = {}
        waiting = ChargeTotal.objects.exclude(invoice_id=PAID_FROM_BALANCE)
        for total in waiting.select_related("account"):
            number = total.account.number
            totals[number] = totals.get(number, Decimal(0)) + total.amount
        tabs = {t.account_id: t.charged for t in Tab.objects.exclude(charged=0)}
    return {number: sum_ for number, sum_ in totals.items() if sum_}, sorted(tabs.values())


def told(tenant):
    with acting_for(tenant.id):
        orders = Order.objects.exclude(action="activate").order_by("port", "action")
        rows = list(orders.values_list("account__number", "port", "action", "payload"))
    # Files tell nothing of allowances.
    return [row for row in rows if not str(row[3].get("of")).startswith("allowance")]


def assert_books_match(tenant):
    post_prepaid(tenant_id=tenant.id, on=date(2026, 2, 1), at=LATER)
    assert [finding for finding in reconcile(tenant_id=tenant.id) if not finding.ok] == []


def test_three_ways_to_pay_online_and_from_a_file(tenants):
    """10 minutes are free; then 0.05 a call and 0.12 a minute. A2 pays first, A3 pays a part."""
    for tenant in tenants:
        give_terms(tenant.id, "A1", mode="postpaid", credit_limit=Decimal(1))
        give_terms(tenant.id, "A2", mode="prepaid")
        give_bucket(tenant.id, "A2", "0.60")
        give_terms(tenant.id, "A3", mode="hybrid", credit_limit=Decimal("0.50"))
        give_bucket(tenant.id, "A3", "0.03", kinds=["data"])
        give_bucket(tenant.id, "A3", "0.20")
    for tenant, online in zip(tenants, (True, False), strict=True):
        use(tenant, [600, 61, 130], online=online)
    one, other = tenants
    # 0.05 + (0.05 + 0.24) + (0.05 + 0.36) = 0.75 for each.
    assert left(one) == left(other) == [
        ("A2", "credit", "EUR", Decimal("-0.15")), ("A3", "top_up", "EUR", Decimal("0.03")),
    ]  # fmt: skip
    assert owed(one) == owed(other) == (
        {"A1": Decimal("0.75"), "A3": Decimal("0.55")}, [Decimal("0.55"), Decimal("0.75")],
    )  # fmt: skip
    for tenant in tenants:
        assert_books_match(tenant)
        run_bills(tenant_id=tenant.id, on=date(2026, 2, 1), at=LATER)
        assert_books_match(tenant)
    assert without_ids(told(one)) == without_ids(told(other))


def without_ids(rows):
    """Facts, whatever numbers their buckets have and however often money was counted between."""
    return sorted({(account, port, action) for account, port, action, _ in rows})


def test_top_up_and_cut_online_and_from_a_file(tenants):
    """At 0.30 a top-up is asked for; at zero the service is cut off, and money brings it back."""
    for tenant, online in zip(tenants, (True, False), strict=True):
        give_terms(
            tenant.id, "A1", low_balance=Decimal("0.30"), top_up_amount=Decimal(10),
            top_up_daily_max=Decimal(10), cut_at_zero=True,
        )  # fmt: skip
        give_bucket(tenant.id, "A1", "0.50")
        use(tenant, [601, 300], online=online, customers=[1])
        with acting_for(tenant.id):
            assert Service.objects.get(contract__number="C1").state == "suspended"
        asked = [(port, action) for _, port, action, _ in told(tenant)]
        assert asked == [
            ("network", "balance_used_up"), ("network", "low_balance"), ("network", "suspend"),
            ("network", "threshold"), ("network", "threshold"), ("payment", "top_up"),
        ]  # fmt: skip
        receipt = Receipt("k", "card", Decimal(10), "EUR", date(2026, 1, 1))
        filled = top_up(receipt, tenant_id=tenant.id, account="A1", at=AT)
        # 0.05 and a minute are 0.17; 0.05 and five minutes 0.65: 0.32 on credit is made good.
        assert (filled.left, filled.restored) == (Decimal("9.68"), ("mobile C1",))
        with acting_for(tenant.id):
            assert Bucket.objects.get(origin="credit").remaining == 0
            assert BucketMovement.objects.filter(source_key__startswith="made-good").count() == 2
        assert_books_match(tenant)
