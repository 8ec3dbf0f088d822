"""What several accounts share, charged online: held for one, gone for all; as from files."""

import asyncio
from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from threading import Barrier

import pytest
from django.db import connections
from django.db.models import Sum

from tallystick.domain.balances.models import Counter
from tallystick.domain.catalog import queries
from tallystick.domain.catalog.models import Component
from tallystick.domain.contracts.models import Contract
from tallystick.domain.outbox.models import Order
from tallystick.domain.parties.operations import AccountTerms, PartyDetails, open_account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.reservations.models import Reservation
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import ChargeTotal, RatedLine
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.activate import ContractWish, ServiceWish, start_contract
from tallystick.flows.charge import charge_usage
from tallystick.flows.reconcile import reconcile
from tests.flows.businesses import AT, open_talk_business
from tests.flows.charging import asking, give_bucket, give_terms
from tests.flows.test_spine import load

HEAD = """
currency: EUR
zone: Europe/Berlin
offers:
  group:
    from: 2025-01-01
    components:
"""
POOL = f"""{HEAD}
      minutes: {{include: 50 min, of: voice, share: pool}}
      calls: {{of: voice, price: 60 per min}}
"""
MONTH_END = datetime(2026, 1, 31, 20, tzinfo=UTC)


@pytest.fixture
def opened(module_database, request):
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    yield open_talk_business(f"t{abs(hash(request.node.name))}", customers=0)
    queries._plan.cache_clear()


def publish(tenant, text):
    publish_catalogue(
        text, tenant_id=tenant.id, name="group.yaml", files={}, valid_from=date(2025, 6, 1), at=AT
    )


def add_account(tenant, number, *, under=None, bill_day=1):
    with acting_for(tenant.id):
        open_account(
            PartyDetails("organisation", f"Firm {number}", "DE", "en", ("1 Sample Street",)),
            tenant_id=tenant.id,
            number=f"A{number}",
            terms=AccountTerms("EUR", "Europe/Berlin", bill_day, 14, "consumer", "business"),
            on=date(2026, 1, 1),
            parent=account_numbered(f"A{under}") if under else None,
        )


def add_contract(tenant, account, number, *, pool="fleet", starts_on=date(2026, 1, 1)):
    """A contract whose service is that customer's of the asker."""
    wish = ContractWish(
        account=f"A{account}", number=f"C{number}", offer="group", starts_on=starts_on, pool=pool,
        service=ServiceWish("mobile", [("msisdn", f"4917000000{number:02d}")]),
    )  # fmt: skip
    start_contract(wish, tenant_id=tenant.id, at=AT)


def open_group(tenant, *, accounts=3):
    """A1 with A2.. under it, one contract each, in one pool; nobody has any money."""
    publish(tenant, POOL)
    for number in range(1, accounts + 1):
        add_account(tenant, number, under=1 if number > 1 else None)
        add_contract(tenant, number, number)
        give_terms(tenant.id, f"A{number}")


def shared_counter(tenant):
    with acting_for(tenant.id):
        one = Counter.objects.get(contract_id__lt=0)
        assert one.account.number == "A1"
        return int(one.used), int(one.held)


def assert_equalities_hold(tenant):
    assert [finding for finding in reconcile(tenant_id=tenant.id) if not finding.ok] == []


def test_what_one_account_holds_another_cannot_have(opened):
    """50 minutes: held by one, used in part, free for the others; ended in all three ways."""
    open_group(opened)

    async def share(asker):
        told = [
            await asker.ask("reserve", customer=1, session="a", quantity=2_400),
            await asker.ask("reserve", customer=2, session="b", quantity=2_400, valid_s=60),
            await asker.ask("event", customer=3, quantity=60),
            await asker.ask("extend", session="a", used=600, quantity=0),
            await asker.ask("reserve", customer=3, session="c", quantity=3_000),
        ]
        await asyncio.to_thread(move_clock, opened.id, AT + timedelta(seconds=61))
        assert await asker.charger.expire_sessions(tenant_id=opened.id, at=AT) == 1
        told.append(await asker.ask("extend", session="c", used=1_000, quantity=3_000))
        await asker.ask("release", session="c")
        return [*told, await asker.ask("authorise", customer=2, quantity=3_000)]

    first, second, none, part, rest, more, last = asking(opened.id, share)
    assert (first["granted"], second["granted"]) == ("2400", "600")
    assert (none["code"], part["code"]) == ("insufficient_balance", "granted")
    # a used 600 of 3,000 and b holds 600: 1,800 are free; without b c has used 1,000, 1,400 are.
    assert (rest["granted"], more["granted"], last["granted"]) == ("1800", "1400", "1400")
    assert shared_counter(opened) == (1_600, 0)
    charge_usage(tenant_id=opened.id, at=AT)
    assert_equalities_hold(opened)


def move_clock(tenant_id, at):
    with acting_for(tenant_id):
        Tenant.objects.filter(id=tenant_id).update(rehearsal_at=at)
    connections.close_all()


def test_a_pool_is_told_of_once_whoever_uses_it_up(opened):
    open_group(opened)
    give_bucket(opened.id, "A3", 1_000)

    async def spend(asker):
        for customer, seconds in ((1, 2_390), (2, 60), (1, 500), (3, 60), (3, 60)):
            await asker.ask("event", customer=customer, quantity=seconds)
        await asker.ask("event", customer=3, key="back", quantity=10)

    asking(opened.id, spend)
    with acting_for(opened.id):
        orders = Order.objects.filter(payload__of="allowance minutes").order_by("id")
        told = list(orders.values_list("account__number", "payload"))
    assert told == [
        ("A1", {"of": "allowance minutes", "percent": percent,
                "shared_by": "pool fleet, cycle of 2026-01-01"})
        for percent in (80, 100)
    ]  # fmt: skip


def test_a_member_that_joins_brings_its_share_at_once(opened):
    open_group(opened, accounts=2)
    publish_growing(opened)

    async def ask(asker):
        return await asker.ask("authorise", customer=1, quantity=10_000)

    before = asking(opened.id, ask)
    add_contract(opened, 2, 3, starts_on=date(2026, 1, 11))
    add_contract(opened, 2, 4, pool="other")
    # 30 minutes for each of two, then 21 of 31 days of a third: 20 min 19.354838709 s.
    assert (before["granted"], asking(opened.id, ask)["granted"]) == ("3600", "4819")


def publish_growing(tenant):
    publish_catalogue(
        POOL.replace("50 min,", "30 min per member, proration: prorate,"), tenant_id=tenant.id,
        name="growing.yaml", files={}, valid_from=date(2025, 7, 1), at=AT,
    )  # fmt: skip


SESSIONS, THREADS, FILE_CALLS = 50, 5, 30


def test_sessions_of_five_accounts_at_once_beside_a_charge_run(opened):
    """Fifty sessions of 2 minutes each and half an hour by file want what 50 minutes are for."""
    open_group(opened, accounts=6)
    give_terms(opened.id, "A6", mode="postpaid")
    rows = "\n".join(f"f{n} 491700000006 2026-01-01T0{n % 8}:00 60" for n in range(FILE_CALLS))
    load(opened.id, f"\n{rows}\n")
    together = Barrier(THREADS + 1)

    async def ten(asker, thread):
        own = Random(f"thread {thread}")
        sessions = range(thread, SESSIONS, THREADS)

        async def one(number):
            name, customer = f"s{number}", number % 5 + 1
            await asyncio.sleep(own.random() / 3)
            held = await asker.ask(
                "reserve", key=f"{name}r", customer=customer, session=name, quantity=120
            )
            if held["code"] != "granted":
                return held["code"], 0, 0
            await asyncio.sleep(own.random() / 3)
            granted = int(held["granted"])
            ended = await asker.ask("commit", key=f"{name}c", session=name, used=granted)
            return held["code"], granted, Decimal(ended["amount"])

        return await asyncio.gather(*(one(number) for number in sessions))

    def online(thread):
        together.wait(30)
        try:
            return asking(opened.id, lambda asker: ten(asker, thread))
        finally:
            connections.close_all()

    def from_file():
        together.wait(30)
        try:
            return charge_usage(tenant_id=opened.id, at=AT, workers=1)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS + 1) as pool:
        filed = pool.submit(from_file)
        told = [one for done in pool.map(online, range(THREADS)) for one in done]
        assert filed.result().events == FILE_CALLS
    codes = Tally(code for code, _, _ in told)
    assert set(codes) <= {"granted", "insufficient_balance"}
    granted = sum(seconds for _, seconds, _ in told)
    # Nobody who was granted something for nothing pays for it, for no file took what was held.
    assert {amount for _, _, amount in told} == {0}
    charge_usage(tenant_id=opened.id, at=AT)
    with acting_for(opened.id):
        allowed = RatedLine.objects.aggregate(sum=Sum("allowed"))["sum"]
    used, held = shared_counter(opened)
    assert (used, held) == (allowed, 0)
    assert granted <= used <= 3_000
    assert used == min(3_000, granted + 60 * FILE_CALLS)
    assert_equalities_hold(opened)


def random_prices(rng):
    """Allowances and tiers that are shared in all ways; sizes that depend on members and days."""
    lines = []
    # Where two are alike the one that was known first is drawn first: here none are.
    for nth, priority in enumerate(rng.sample((1, 2, 3), rng.randint(1, 3))):
        words = [f"include: {rng.randint(1, 20)} min{rng.choice(('', ' per member'))}", "of: voice"]
        words.append(f"share: {rng.choice(('pool', 'organisation', 'account'))}")
        words += rng.choice(([], ["proration: prorate"], ["proration: {start: prorate}"]))
        words.append(f"priority: {priority}")
        lines.append(f"      a{nth}: {{{', '.join(words)}}}")
    share = rng.choice(("", ", share: pool", ", share: organisation"))
    price = f"{{to {rng.randint(1, 40)} min: 0.07, above: 0.0301}}"
    lines.append(f"      calls: {{of: voice, bill by: 7 s, price: {price}{share}}}")
    return HEAD + "\n".join(lines) + "\n"


def random_group(rng):
    """(account, contract, pool, start) of an organisation of three accounts and one beside it."""
    starts = (date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 9))
    return [
        (account, 2 * account - half, rng.choice(("", "fleet", "vans")), rng.choice(starts))
        for account in (1, 2, 3, 4)
        for half in (1, 0)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_online_is_from_files_to_the_last_digit(opened, seed):
    rng = Random(f"shared {seed}")
    prices, group = random_prices(rng), random_group(rng)
    other = open_talk_business(f"files-{opened.code}", customers=0)
    days = {number: start for _, number, _, start in group}
    calls = []
    for nth in range(40):
        number = rng.choice(list(days))
        since = datetime.combine(days[number], datetime.min.time(), UTC) + timedelta(hours=1)
        seconds = rng.randrange(int((MONTH_END - since).total_seconds()) // 60) * 60 + nth
        calls.append((since + timedelta(seconds=seconds), number, rng.randint(1, 900)))
    calls.sort()
    for tenant in (opened, other):
        publish(tenant, prices)
        for account in (1, 2, 3, 4):
            add_account(tenant, account, under=1 if account in (2, 3) else None)
            give_terms(tenant.id, f"A{account}", mode="postpaid")
        for account, number, pool, start in group:
            add_contract(tenant, account, number, pool=pool, starts_on=start)
        move_clock(tenant.id, MONTH_END)

    async def charge(asker):
        for nth, (at, customer, seconds) in enumerate(calls):
            if nth % 2:
                told = await asker.ask("event", customer=customer, quantity=seconds, at=at)
            else:
                ask = {"customer": customer, "session": f"s{nth}", "at": at}
                await asker.ask("reserve", quantity=rng.randint(1, 900), **ask)
                await asker.ask("extend", session=f"s{nth}", used=seconds // 2, quantity=60, at=at)
                told = await asker.ask("commit", session=f"s{nth}", used=seconds, at=at)
            assert told["code"] == "granted", told

    asking(opened.id, charge)
    rows = [f"r{nth} 4917000000{number:02d} {at:%Y-%m-%dT%H:%M:%S} {seconds}"
            for nth, (at, number, seconds) in enumerate(calls)]  # fmt: skip
    load(other.id, "\n" + "\n".join(rows) + "\n")
    for tenant in (opened, other):
        charge_usage(tenant_id=tenant.id, at=MONTH_END)
        assert_equalities_hold(tenant)
    assert drawn(opened) == drawn(other)
    assert charged(opened) == charged(other)
    assert told(opened) == told(other)
    with acting_for(opened.id):
        assert Reservation.objects.exclude(organisation_id=None).exists() == shares(prices, group)


def told(tenant):
    """What others were told of allowances, each once."""
    with acting_for(tenant.id):
        orders = Order.objects.filter(payload__of__startswith="allowance")
        rows = orders.values_list("account__number", "payload")
        numbers = dict(tenant_contracts())
        return sorted(
            (number, one["of"], one["percent"], one.get("shared_by", ""), one.get("cycle", ""),
             numbers.get(one.get("contract"), ""))
            for number, one in rows
        )  # fmt: skip


def shares(prices, group):
    """Whether anybody shares with another account or in a pool."""
    wide = "share: organisation" in prices
    return wide or ("share: pool" in prices and any(pool for _, _, pool, _ in group))


def drawn(tenant):
    with acting_for(tenant.id):
        codes = dict(Component.objects.values_list("id", "code"))
        numbers = dict(tenant_contracts())
        return sorted(
            (one.account.number, numbers.get(abs(one.contract_id), ""), one.contract_id < 0,
             codes[one.component_id], one.cycle_start, one.used)
            for one in Counter.objects.select_related("account") if one.used
        )  # fmt: skip


def charged(tenant):
    with acting_for(tenant.id):
        codes, numbers = dict(Component.objects.values_list("id", "code")), dict(tenant_contracts())
        rows = ChargeTotal.objects.values_list("contract_id", "component_id", "tier").annotate(
            Sum("billed"), Sum("allowed"), Sum("amount")
        )
        return sorted((numbers[one], codes[other], *rest) for one, other, *rest in rows)


def tenant_contracts():
    return Contract.objects.values_list("id", "number")
