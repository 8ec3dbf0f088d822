"""What the service remembers of subjects is a guess: the database has the last word."""

import asyncio
from datetime import timedelta

import pytest
from django.db import connections

from tallystick.domain.catalog import queries
from tallystick.domain.contracts.models import Service
from tallystick.domain.contracts.operations import move_service
from tallystick.domain.inventory.operations import assign_identifier, end_assignments
from tallystick.domain.reservations import remembered
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tests.flows.businesses import AT, open_talk_business
from tests.flows.charging import Asker, asking, balance_of, charging, give_bucket, give_terms


@pytest.fixture
def tenant(module_database, request):
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    tenant = open_talk_business(f"r{abs(hash(request.node.name))}")
    for account in ("A1", "A2", "A3"):
        give_terms(tenant.id, account)
        give_bucket(tenant.id, account, 10)
    yield tenant
    queries._plan.cache_clear()


async def aside(work, *given, **named):
    """The work in a thread of its own that leaves no connection behind."""

    def alone():
        try:
            return work(*given, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(alone)


def move_clock(tenant, at):
    with acting_for(tenant.id):
        Tenant.objects.filter(id=tenant.id).update(rehearsal_at=at)


def move_number(tenant, *, at):
    """The first customer's number to the second one."""
    with acting_for(tenant.id):
        holder = Service.objects.get(account__number="A1")
        end_assignments([holder.account_id], tenant_id=tenant.id, at=at)
        other = Service.objects.get(account__number="A2")
        assign_identifier(other, kind="msisdn", value="491700000001", valid_from=at)


def bar(tenant, account):
    with acting_for(tenant.id):
        move_service(Service.objects.get(account__number=account).id, action="suspend")


def account_ids(tenant):
    with acting_for(tenant.id):
        return dict(Service.objects.values_list("account__number", "account_id"))


def test_a_number_that_moves_between_two_batches_is_charged_to_its_new_holder(tenant):
    async def moves(asker):
        # Twice, so that the second is read as the first was remembered.
        first = [await asker.ask("event", quantity=720) for _ in "ab"]
        later = AT + timedelta(hours=1)
        await aside(move_number, tenant, at=later)
        await aside(move_clock, tenant, later)
        return [*first, await asker.ask("event", quantity=720)]

    answers = asking(tenant.id, moves)
    # 10 minutes are free; then 0.12 a minute, and 0.05 a call.
    assert [answer["amount"] for answer in answers] == ["0.29", "1.49", "0.29"]
    ids = account_ids(tenant)
    left = [str(balance_of(ids[account], tenant.id).normalize()) for account in ("A1", "A2")]
    assert left == ["8.22", "9.71"]


def test_a_line_barred_between_two_batches_is_barred_at_once(tenant):
    async def barred(asker):
        before = [await asker.ask("event", quantity=60) for _ in "ab"]
        await aside(bar, tenant, "A1")
        return [*before, await asker.ask("event", quantity=60)]

    codes = [answer["code"] for answer in asking(tenant.id, barred)]
    assert codes == ["granted", "granted", "service_barred"]


def test_a_cycle_that_turned_is_read_with_what_another_service_drew_in_it(tenant):
    async def turns(asker):
        first = await asker.ask("event", key="a", quantity=540)
        await aside(move_clock, tenant, AT + timedelta(days=40))
        async with charging() as other:
            there = await Asker(other, tenant.id).ask("event", key="b", quantity=540)
        return first, there, await asker.ask("event", key="c", quantity=120)

    answers = asking(tenant.id, turns)
    assert [answer["amount"] for answer in answers] == ["0.05", "0.05", "0.17"]


def test_a_bucket_that_a_session_drew_empty_is_read_for_it(tenant):
    """Empty buckets are read only where a session that is asked about has drawn from them."""
    give_bucket(tenant.id, "A1", 60, unit="s", kinds=["voice"], priority=1)

    async def back(asker):
        await asker.ask("reserve", session="s", quantity=60)
        await asker.ask("extend", session="s", used=60, quantity=0)
        ended = await asker.ask("commit", session="s", used=60)
        return ended, await asker.ask("refund", session="s")

    ended, refunded = asking(tenant.id, back)
    assert (ended["amount"], refunded["refunded"]) == ("0.05", "0.05")
    ids = account_ids(tenant)
    assert balance_of(ids["A1"], tenant.id) == 10


def test_a_session_name_of_another_account_is_refused_as_remembered_or_not(tenant):
    async def twice(asker):
        for customer in (1, 2):
            await asker.ask("event", customer=customer, quantity=60)
        mine = await asker.ask("reserve", session="s", quantity=60)
        return mine, await asker.ask("reserve", customer=2, session="s", quantity=60)

    mine, other = asking(tenant.id, twice)
    assert (mine["code"], other["code"]) == ("granted", "session_exists")


def test_what_is_not_remembered_any_longer_is_looked_for(tenant, monkeypatch):
    monkeypatch.setattr(remembered, "REMEMBERED_MAX", 0)

    async def forgets(asker):
        await asker.ask("reserve", session="s", quantity=60)
        for customer in (1, 2, 3):
            await asker.ask("event", customer=customer, quantity=60)
        return await asker.ask("commit", session="s", used=60)

    assert asking(tenant.id, forgets)["code"] == "granted"
