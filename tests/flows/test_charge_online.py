"""Online charging on a real database: what is held, charged, refused, asked twice."""

import asyncio
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from tallystick.domain.balances.models import Bucket, Counter, Movement
from tallystick.domain.catalog import queries
from tallystick.domain.outbox.models import Order
from tallystick.domain.reservations.models import Request, Reservation
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import ChargeTotal
from tallystick.domain.usage.rerate_tables import accounts_with_usage, ask_again
from tallystick.flows.acquire import Publishing, publish_catalogue
from tallystick.flows.capture import ONLINE, Delivery, SourceReserved, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tallystick.flows.reconcile import reconcile
from tests.flows.businesses import AT, CATALOGUE, open_talk_business
from tests.flows.charging import (
    Asker,
    asking,
    balance_of,
    charging,
    give_bucket,
    give_terms,
)

FLAT = """
currency: EUR
zone: Europe/Berlin
offers:
  talk:
    from: 2025-01-01
    components:
      calls: {of: voice, price: 60 per min}
      texts: {of: sms, price: 60 per msg}
"""
STEPPED = """
currency: EUR
zone: Europe/Berlin
offers:
  talk:
    from: 2025-01-01
    components:
      calls: {of: voice, bill by: 60 s, price: 0.12 per min, connect: 0.05}
"""


@pytest.fixture
def tenant(module_database, request):
    """An operator of the test's own."""
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    yield open_talk_business(f"t{abs(hash(request.node.name))}")
    queries._plan.cache_clear()


def publish(tenant, text):
    publish_catalogue(
        text, tenant_id=tenant.id, name="flat.yaml", files={}, valid_from=date(2025, 6, 1), at=AT
    )


def test_fifty_at_once_on_one_balance(tenant):
    publish(tenant, FLAT)
    account = give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 10_000)

    async def fifty(asker):
        return await asyncio.gather(
            *(asker.ask("event", kind="sms", unit="msg", quantity=1) for _ in range(50))
        )

    answers = asking(tenant.id, fifty)
    assert {answer["code"] for answer in answers} == {"granted"}
    assert balance_of(account, tenant.id) == 7_000


def test_more_than_there_is_at_once(tenant):
    """A hundred ask for 60 of 3,000 by session and by event: fifty have it, nobody more."""
    publish(tenant, FLAT)
    account = give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 3_000)

    async def hundred(asker):
        asks = [
            asker.ask("event", kind="sms", unit="msg", quantity=1)
            if n % 2
            else asker.ask("reserve", session=f"s{n}", quantity=60)
            for n in range(100)
        ]
        return await asyncio.gather(*asks)

    answers = asking(tenant.id, hundred)
    codes = [answer["code"] for answer in answers]
    assert (codes.count("granted"), codes.count("insufficient_balance")) == (50, 50)
    events = sum(code == "granted" for code in codes[1::2])
    assert balance_of(account, tenant.id) == 3_000 - 60 * events
    with acting_for(tenant.id):
        assert Bucket.objects.get(origin="top_up").reserved == 60 * (50 - events)


def test_a_session_from_reserve_to_commit(tenant):
    publish(tenant, STEPPED)
    account = give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", "1.00")

    async def session(asker):
        yes = [
            await asker.ask("reserve", session="s", quantity=180),
            await asker.ask("extend", session="s", used=130, quantity=600),
            await asker.ask("extend", session="s", added=300, quantity=600),
            await asker.ask("commit", session="s", used=440),
        ]
        return [*yes, await asker.ask("extend", session="s", used=500)]

    first, second, third, last, late = asking(tenant.id, session)
    assert (first["granted"], first["final"]) == ("180", False)
    # 0.05 and 7 minutes of 0.12 are 0.89: that is what 1.00 pays for, 420 s in all.
    assert (second["granted"], second["final"], second["amount"]) == ("290", True, "0.41")
    assert (third["granted"], third["final"], third["amount"]) == ("50", True, "1.01")
    # What was delivered beyond is charged, the minute that was begun is paid to its end.
    assert (last["state"], last["amount"]) == ("committed", "1.01")
    assert (late["code"], late.get("sentence")) == (
        "session_ended", "session 's' is committed already; open another",
    )  # fmt: skip
    assert balance_of(account, tenant.id) == Decimal("-0.01")


def test_a_report_stands_where_more_has_no_price(tenant):
    publish(tenant, FLAT)
    account = give_terms(tenant.id, "A1", credit_limit=Decimal(10) ** 20)
    give_bucket(tenant.id, "A1", 1_000)

    async def session(asker):
        return [
            await asker.ask("reserve", session="s", quantity=10),
            await asker.ask("extend", session="s", used=10, quantity=10**15),
            await asker.ask("commit", session="s", used=30),
        ]

    _, more, last = asking(tenant.id, session)
    # No more than 10^15 in all can be rated, 10 of which are used.
    assert (more["code"], more["amount"], more["final"]) == ("granted", "10", True)
    assert int(more["granted"]) <= 10**15 - 10
    assert (last["code"], last["amount"]) == ("granted", "30")
    assert balance_of(account, tenant.id) == 970


def test_what_was_held_is_free_again(tenant):
    publish(tenant, FLAT)
    account = give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 100)

    async def ends(asker):
        await asker.ask("reserve", session="a", quantity=60)
        held = await asker.ask("balance")
        refused = await asker.ask("event", quantity=60)
        await asker.ask("extend", session="a", used=10, quantity=0)
        released = await asker.ask("release", session="a")
        return held, refused, released, await asker.ask("event", quantity=60)

    held, refused, released, paid = asking(tenant.id, ends)
    assert (held["balance"], held["reserved"], held["available"]) == ("100", "60", "40")
    assert (refused["code"], released["amount"]) == ("insufficient_balance", "10")
    assert paid["code"] == "granted"
    assert balance_of(account, tenant.id) == 30


def test_asked_twice_answered_alike(tenant):
    publish(tenant, FLAT)
    account = give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 100)

    async def twice(asker):
        at_once = await asyncio.gather(*(asker.ask("event", key="k", quantity=7) for _ in "ab"))
        return [*at_once, await asker.ask("event", key="k", quantity=7),
                await asker.ask("event", key="k", quantity=8)]  # fmt: skip

    *same, other = asking(tenant.id, twice)
    assert len({json.dumps(answer) for answer in same}) == 1
    assert (same[0]["code"], other["code"]) == ("granted", "key_used")
    assert balance_of(account, tenant.id) == 93
    with acting_for(tenant.id):
        # The event stands under its key; no other row keeps its answer.
        assert (Request.objects.count(), Reservation.objects.count()) == (0, 1)


def test_an_event_is_answered_alike_by_another_service_and_after_a_refund(tenant):
    publish(tenant, FLAT)
    account = give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 100)

    async def again(asker):
        first = await asker.ask_text("event", key="kü1", quantity=7)
        async with charging() as other:
            elsewhere = await Asker(other, tenant.id).ask_text("event", key="kü1", quantity=7)
        await asker.ask("refund", key="back", session="kü1", amount=3 * 10**12)
        given_back = await asker.ask_text("event", key="kü1", quantity=7)
        reserved = await asker.ask("reserve", key="kü1", session="s", quantity=7)
        held = await asker.ask("reserve", key="k2", session="k3", quantity=7)
        return {first, elsewhere, given_back}, reserved, held, [
            await asker.ask("event", key=key, quantity=7) for key in ("k2", "k3")
        ]  # fmt: skip

    texts, reserved, held, later = asking(tenant.id, again)
    assert [json.loads(text) for text in texts] == [
        {"code": "granted", "session": "kü1", "state": "committed", "used": "7", "unit": "s",
         "amount": "7", "currency": "EUR"},
    ]  # fmt: skip
    # As every other answer is written, also those of keys that were answered before.
    assert texts == {json.dumps(json.loads(text)) for text in texts}
    assert (reserved["code"], held["code"]) == ("key_used", "granted")
    assert [answer["code"] for answer in later] == ["key_used", "session_exists"]
    assert balance_of(account, tenant.id) == 96


def test_nobody_reports(tenant):
    """The session ends when its time is up, by the operator's clock; its reports stay charged."""
    publish(tenant, FLAT)
    account = give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 100)

    async def dies(asker):
        await asker.ask("reserve", session="a", quantity=50, valid_s=60)
        await asker.ask("extend", session="a", used=20, quantity=50)
        early = await asker.charger.expire_sessions(tenant_id=tenant.id, at=AT)
        await asyncio.to_thread(move_clock, tenant.id, AT + timedelta(seconds=61))
        return early, await asker.charger.expire_sessions(tenant_id=tenant.id, at=AT)

    assert asking(tenant.id, dies) == (0, 1)
    assert balance_of(account, tenant.id) == 80
    with acting_for(tenant.id):
        assert Bucket.objects.get(origin="top_up").reserved == 0
        assert Reservation.objects.get().state == "expired"


def move_clock(tenant_id, at):
    from django.db import connections

    with acting_for(tenant_id):
        Tenant.objects.filter(id=tenant_id).update(rehearsal_at=at)
    connections.close_all()


def test_lines_are_announced_once(tenant):
    publish(tenant, FLAT)
    give_terms(tenant.id, "A1", low_balance=Decimal(30))
    give_bucket(tenant.id, "A1", 100)

    async def spend(asker):
        for _ in range(4):
            await asker.ask("event", quantity=20)
        await asker.ask("event", quantity=20)
        await asker.ask("event", quantity=20)

    asking(tenant.id, spend)
    with acting_for(tenant.id):
        told = sorted(Order.objects.exclude(action="activate").values_list("action", flat=True))
    assert told == ["balance_used_up", "low_balance", "threshold", "threshold"]


def test_allowances_are_drawn_and_held(tenant):
    """10 minutes are included; what a session holds of them another cannot have."""
    give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", "0.20")

    async def draw(asker):
        first = await asker.ask("reserve", session="a", quantity=540)
        second = await asker.ask("reserve", session="b", quantity=600)
        await asker.ask("commit", session="a", used=540)
        return first, second, await asker.ask("commit", session="b", used=60)

    first, second, last = asking(tenant.id, draw)
    # A connect fee of 0.05 each leaves 0.10: no minute at 0.12 beyond what is included.
    assert (first["granted"], second["granted"], second["final"]) == ("540", "60", True)
    assert last["amount"] == "0.05"
    with acting_for(tenant.id):
        assert Counter.objects.get().used == sum(m.quantity for m in Movement.objects.all()) == 600


def test_seconds_in_a_bucket_go_before_money(tenant):
    publish(tenant, FLAT)
    account = give_terms(tenant.id, "A1")
    seconds = give_bucket(tenant.id, "A1", 90, unit="s", kinds=["voice"], priority=1)
    give_bucket(tenant.id, "A1", 100)

    async def call(asker):
        return await asker.ask("event", quantity=100)

    assert asking(tenant.id, call)["amount"] == "10"
    assert balance_of(account, tenant.id) == 90
    with acting_for(tenant.id):
        assert Bucket.objects.get(id=seconds).remaining == 0


def test_credit_of_three_modes(tenant):
    publish(tenant, FLAT)
    give_terms(tenant.id, "A1", mode="postpaid", credit_limit=Decimal(100))
    give_terms(tenant.id, "A2", mode="hybrid", credit_limit=Decimal(50))
    give_bucket(tenant.id, "A2", 40)
    give_terms(tenant.id, "A3", mode="prepaid", credit_limit=Decimal(10))
    give_bucket(tenant.id, "A3", 40)

    async def spend(asker):
        told = []
        for customer in (1, 2, 3):
            told.append(
                await asker.ask("reserve", customer=customer, session=f"s{customer}", quantity=500)
            )
        return [
            (one["granted"], (await asker.ask("balance", customer=n))["available"])
            for n, one in enumerate(told, 1)
        ]

    assert asking(tenant.id, spend) == [("100", "0"), ("90", "0"), ("50", "0")]


def test_given_back(tenant):
    publish(tenant, FLAT)
    account = give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 100)

    async def refund(asker):
        await asker.ask("event", key="call", quantity=30)
        return [
            await asker.ask("refund", session="call", amount=10 * 10**12),
            await asker.ask("refund", session="call"),
            await asker.ask("refund", session="call"),
            await asker.ask("refund", session="nothing"),
        ]

    part, rest, none, unknown = asking(tenant.id, refund)
    assert (part["refunded"], rest["refunded"]) == ("10", "20")
    assert (none["code"], unknown["code"]) == ("nothing_to_refund", "unknown_session")
    assert balance_of(account, tenant.id) == 100


def test_refused(tenant):
    publish(tenant, FLAT)
    give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 100)

    async def wrong(asker):
        return [
            await asker.ask("event", customer=9, quantity=1),
            await asker.ask("event", kind="fax", unit="page", quantity=1),
            await asker.ask("event", at=AT + timedelta(days=400), quantity=1),
            await asker.ask("event", at=AT + timedelta(days=1), quantity=1),
            await asker.ask("extend", session="none", used=1),
            await asker.ask("reserve", session="s", quantity=1),
            await asker.ask("reserve", session="s", quantity=1),
            await asker.ask("reserve", customer=2, session="s", quantity=1),
        ]

    assert [answer["code"] for answer in asking(tenant.id, wrong)] == [
        "unknown_subject", "cannot_rate", "absurd_time", "absurd_time", "unknown_session",
        "granted", "session_exists", "session_exists",
    ]  # fmt: skip


def test_what_was_charged_online_is_invoiced_once(tenant):
    """A1 owes two calls, A2 has paid one of its money, A3 a part; reports say so to the cent."""
    give_terms(tenant.id, "A1", mode="postpaid")
    give_terms(tenant.id, "A2")
    give_bucket(tenant.id, "A2", 100)
    give_terms(tenant.id, "A3", mode="hybrid")
    give_bucket(tenant.id, "A3", "0.10")

    async def use(asker):
        for customer in (1, 2, 3):
            await asker.ask("event", customer=customer, key=f"e{customer}", quantity=660)
        await asker.ask("reserve", session="s", quantity=60)
        await asker.ask("commit", session="s", used=30)
        await asker.ask("reserve", session="idle", quantity=60)
        await asker.ask("release", session="idle")
        await asker.ask("reserve", session="open", quantity=60)

    asking(tenant.id, use)
    at = AT + timedelta(days=40)
    reports = [charge_usage(tenant_id=tenant.id, at=at) for _ in range(2)]
    assert [report.online for report in reports] == [4, 0]
    # 10 minutes are free: 0.05 and a minute of 0.12; then 0.05 and a minute.
    totals = totals_by_account(tenant.id)
    assert totals == {"A1": Decimal("0.34"), "A2": 0, "A3": Decimal("0.07")}
    run_bills(tenant_id=tenant.id, on=date(2026, 3, 1), at=at)
    # Rated again at twice the price the difference is owed; what was paid stays paid.
    publish_catalogue(
        CATALOGUE.replace("0.12", "0.24"), tenant_id=tenant.id, name="talk.yaml", files={},
        valid_from=date(2025, 1, 1), at=at, how=Publishing(correct=True),
    )  # fmt: skip
    with acting_for(tenant.id):
        again = accounts_with_usage(account_id=None, since=date(2026, 1, 1), until=at.date())
        ask_again(again, tenant_id=tenant.id)
    assert charge_usage(tenant_id=tenant.id, at=at).lines
    totals = totals_by_account(tenant.id)
    assert totals == {"A1": Decimal("0.58"), "A2": Decimal("0.12"), "A3": Decimal("0.19")}
    assert [f for f in reconcile(tenant_id=tenant.id) if not f.ok] == []


def test_a_file_cannot_come_as_charged_online(tenant):
    delivery = Delivery(ONLINE, "calls.csv", "csv", "0" * 64)
    with pytest.raises(SourceReserved):
        capture_usage(delivery, tenant_id=tenant.id, chunks=[], at=AT)


def totals_by_account(tenant_id):
    with acting_for(tenant_id):
        rows = ChargeTotal.objects.values_list("account__number").annotate(sum=Sum("amount"))
        return dict(rows)
