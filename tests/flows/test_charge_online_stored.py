"""How online charging gathers requests, and what it leaves of an event in the database."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from tallystick.domain.catalog import queries
from tallystick.domain.reservations.models import Reservation
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows import charge_online
from tests.flows.businesses import open_talk_business
from tests.flows.charging import NOW, asking, balance_of, give_bucket, give_terms

LONGER_THAN_ANY_TEST_S = 3_600


@pytest.fixture
def tenant(module_database, request):
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    tenant = open_talk_business(f"g{abs(hash(request.node.name))}")
    give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 1_000)
    yield tenant
    queries._plan.cache_clear()


def stored(tenant, key):
    with acting_for(tenant.id):
        return Reservation.objects.get(session=key)


def test_a_whole_batch_waits_for_nothing_more(tenant, monkeypatch):
    monkeypatch.setattr(charge_online, "GATHER_S", LONGER_THAN_ANY_TEST_S)

    async def batch(asker):
        first = asyncio.create_task(asker.ask("event", quantity=60))
        for _ in range(9):
            await asyncio.sleep(0)
        assert asker.charger._gathering, "the first one waits for others"
        asks = [asker.ask("event", quantity=60) for _ in range(charge_online.BATCH_MIN - 1)]
        return await asyncio.gather(first, *asks), asker.charger.figures

    answers, figures = asking(tenant.id, batch)
    assert [answer["code"] for answer in answers] == ["granted"] * charge_online.BATCH_MIN
    assert (figures.batches, figures.answered) == (1, charge_online.BATCH_MIN)


def test_an_event_is_stored_as_it_was_asked(tenant):
    before = NOW - timedelta(hours=3)

    async def three(asker):
        await asker.ask(
            "event", key="full", quantity=60, at=before, zone="home", attributes='{"a": "b"}'
        )
        return await asyncio.gather(
            asker.ask("event", key="plain", quantity=30, called=None),
            asker.ask("event", key="given", quantity=60),
            asker.ask("refund", session="given", amount=10**10),
        )

    answers = asking(tenant.id, three)
    assert [answer["code"] for answer in answers] == ["granted"] * 3
    full, plain, given = (stored(tenant, key) for key in ("full", "plain", "given"))
    assert (full.started_at, full.zone, full.attributes) == (before, "home", '{"a": "b"}')
    assert (plain.called, plain.zone, plain.attributes) == (None, None, None)
    assert plain.started_at == plain.opened_at != before
    assert (full.called, full.used, full.granted) == ("4930", 60, 60)
    for one in (full, plain, given):
        assert (one.state, one.kind, one.unit, one.held) == ("committed", "voice", "s", None)
        assert one.expires_at == one.opened_at + timedelta(seconds=one.valid_s)
        assert one.digest
        assert (one.charge_run_id, one.organisation_id) == (None, None)
        assert (one.account_id, one.contract_id) == (full.account_id, full.contract_id)
        assert (one.service_id, one.offer_id) == (full.service_id, full.offer_id)
        assert (one.cycle_start, one.tab_start) == (full.cycle_start, full.tab_start)
    assert (full.refunded, plain.refunded, given.refunded) == (0, 0, Decimal("0.01"))
    spent = full.amount + plain.amount + given.amount - given.refunded
    assert balance_of(full.account_id, tenant.id) == 1_000 - spent < 1_000
