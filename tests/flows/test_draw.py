"""Buckets drawn by usage from files and online: the same, told, topped up and cut off alike."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Thread

import pytest
from django.db import connections

from tallystick.domain.balances.models import Bucket, BucketMovement, Counter
from tallystick.domain.catalog import queries
from tallystick.domain.contracts.models import Service
from tallystick.domain.outbox.models import Order
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.reservations.models import Tab
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import PAID_FROM_BALANCE, ChargeTotal, RatedLine
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


def use(tenant, seconds, *, online, customers=(1, 2, 3), called="4930"):
    """Each customer calls that long, once for each number."""
    if online:

        async def call(asker):
            for length in seconds:
                for one in customers:
                    name = f"s{asker.number}"
                    ask = {"customer": one, "session": name, "called": called}
                    await asker.ask("reserve", quantity=60, **ask)
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
        return list(orders.values_list("account__number", "port", "action", "payload"))


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


def test_seconds_in_buckets_online_and_from_a_file(tenants):
    """90 s go first, then what the offer includes; 120 s end later than that. Then money."""
    for tenant in tenants:
        give_terms(tenant.id, "A1", mode="prepaid")
        give_bucket(tenant.id, "A1", 10)
        give_bucket(tenant.id, "A1", 90, unit="s", kinds=["voice"], priority=1)
        give_bucket(tenant.id, "A1", 120, unit="s", condition="called = 4930123456")
        give_bucket(tenant.id, "A1", 1_000, unit="s", condition="called = 1", priority=1)
        give_bucket(tenant.id, "A1", 1_000, unit="s", kinds=["data"], priority=1)
    for tenant, online in zip(tenants, (True, False), strict=True):
        use(tenant, [60, 600, 240], online=online, customers=[1], called="4930123456")
    one, other = tenants
    # 900 s: 90, then 600 included and 120 of the other bucket; 90 s more cost 0.12 a minute.
    expected = [
        ("A1", "top_up", "EUR", 10 - 3 * Decimal("0.05") - Decimal("0.18")),
        *[("A1", "top_up", "s", 1_000)] * 2,
    ]
    assert left(one) == left(other) == expected
    assert_books_match(one)
    assert_books_match(other)


def test_late_usage_draws_buckets_again_in_the_order_of_time(tenants):
    """January's calls are billed; one that comes late takes the bucket's seconds before them."""
    for tenant, online in zip(tenants, (True, False), strict=True):
        give_terms(tenant.id, "A1", mode="hybrid")
        give_bucket(tenant.id, "A1", 100, unit="s", priority=1)
        use(tenant, [60, 600], online=online, customers=[1])
        run_bills(tenant_id=tenant.id, on=date(2026, 2, 1), at=LATER)
        before = moved(tenant)
        assert before == [("credit", 100), ("debit", -60), ("debit", -40)] or not online
        load(tenant.id, "\nlate 491700000001 2026-01-01T07:00 90\n", digest="late")
        charge_usage(tenant_id=tenant.id, at=LATER)
        # 90 s of the late call and 10 s of the first; 600 included of 650, the last minute is paid.
        with acting_for(tenant.id):
            assert Bucket.objects.get(unit="s").remaining == 0
            used = Counter.objects.get()
            assert used.used == 600
            lines = RatedLine.objects.values_list("allowed", flat=True)
            assert sum(lines) == 700
        assert sum(quantity for _, quantity in moved(tenant)) == 0
        assert_books_match(tenant)


def moved(tenant):
    with acting_for(tenant.id):
        rows = BucketMovement.objects.filter(bucket__unit="s").order_by("id")
        return list(rows.values_list("kind", "quantity"))


def test_online_and_a_file_at_once_grant_what_is_included_once(tenants):
    """Ten minutes are included; both draw from them while the other one does."""
    tenant, _ = tenants
    give_terms(tenant.id, "A1", mode="postpaid")
    calls = [f"a{n} 491700000001 2026-01-01T08:{n:02d} 60" for n in range(8)]
    others = [
        f"b{n} 491700000002 2026-01-01T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d} 60"
        for n in range(20_000)
    ]
    load(tenant.id, "\n" + "\n".join([*calls, *others]) + "\n")
    charging = Thread(target=lambda: charge_alone(tenant))

    async def call(asker):
        charging.start()
        while charging.is_alive():
            answer = await asker.ask("event", quantity=60)
            assert answer["code"] == "granted"
            await asyncio.sleep(0.05)

    asking(tenant.id, call)
    charging.join()
    charge_usage(tenant_id=tenant.id, at=AT)
    with acting_for(tenant.id):
        account = account_numbered("A1").id
        allowed = RatedLine.objects.filter(account_id=account).values_list("allowed", flat=True)
        counter = Counter.objects.get(account_id=account)
        assert len(allowed) > 10
        assert (sum(allowed), counter.used) == (600, 600)
    assert_books_match(tenant)


def charge_alone(tenant):
    try:
        charge_usage(tenant_id=tenant.id, at=AT, workers=1)
    finally:
        connections.close_all()


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
            *[("network", "threshold")] * 4, ("payment", "top_up"),  # the minutes, the money
        ]  # fmt: skip
        receipt = Receipt("k", "card", Decimal(10), "EUR", date(2026, 1, 1))
        filled = top_up(receipt, tenant_id=tenant.id, account="A1", at=AT)
        # 0.05 and a minute are 0.17; 0.05 and five minutes 0.65: 0.32 on credit is made good.
        assert (filled.left, filled.restored) == (Decimal("9.68"), ("mobile C1",))
        with acting_for(tenant.id):
            assert Bucket.objects.get(origin="credit").remaining == 0
            assert BucketMovement.objects.filter(source_key__startswith="made-good").count() == 2
        assert_books_match(tenant)
