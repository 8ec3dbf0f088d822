"""Who shares changes while sessions are open: what they hold is gone for all who come to share it.

Nobody has any money, so nothing is granted but what allowances hold.
"""

from datetime import date
from random import Random

import psycopg
import pytest
from django.db.models import F

from tallystick.domain.balances.models import Counter
from tallystick.domain.catalog import queries
from tallystick.domain.contracts.models import Contract
from tallystick.domain.contracts.operations import join_pool
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import RatedLine
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.charge import charge_usage
from tallystick.wiring.database import migrate_database
from tests.flows.businesses import AT, open_talk_business
from tests.flows.charging import asking, give_terms
from tests.flows.test_share_online import (
    HEAD,
    add_account,
    add_contract,
    assert_equalities_hold,
    publish,
)

MINUTES = 3_000
SHARED = "      minutes: {{include: 50 min, of: voice, share: {share}}}\n"
OWN = "      own: {include: 10 min, of: voice, priority: 1}\n"
CALLS = "      calls: {of: voice, price: 60 per min}\n"


@pytest.fixture
def opened(module_database, request):
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    yield open_talk_business(f"t{abs(hash(request.node.name))}", customers=0)
    queries._plan.cache_clear()


def prices(share, *, own=""):
    return HEAD + SHARED.format(share=share) + own + CALLS


def add_customer(tenant, number, *, under=None, pool="fleet"):
    add_account(tenant, number, under=under)
    add_contract(tenant, number, number, pool=pool)
    give_terms(tenant.id, f"A{number}")


def name_pools(tenant):
    """A1 with two contracts that stand for the pools, and never leave them."""
    add_account(tenant, 1)
    give_terms(tenant.id, "A1")
    add_contract(tenant, 1, 8, pool="fleet")
    add_contract(tenant, 1, 9, pool="vans")


def move(number, *, pool):
    """The contract leaves its pool for that one, or for none."""
    one = Contract.objects.get(number=f"C{number}")
    if pool:
        join_pool(one, pool=pool)
    else:
        Contract.objects.filter(id=one.id).update(pool="", pool_id=None)


def ask(tenant, action, **columns):
    return asking(tenant.id, lambda asker: asker.ask(action, key="", **columns))


def counters(tenant):
    """What was used of each, and is held besides."""
    with acting_for(tenant.id):
        return [(int(one.used), int(one.held)) for one in Counter.objects.order_by("-used")]


def test_an_account_opened_below_sees_what_the_one_above_holds(opened):
    publish(opened, prices("organisation"))
    add_customer(opened, 1, pool="")
    first = ask(opened, "reserve", customer=1, session="a", quantity=2_400)
    add_customer(opened, 2, under=1, pool="")
    second = ask(opened, "reserve", customer=2, session="b", quantity=2_400)
    assert (first["granted"], second["granted"]) == ("2400", "600")
    assert counters(opened) == [(0, MINUTES)]
    more = ask(opened, "extend", customer=1, session="a", used=2_000, quantity=900)
    assert more["granted"] == "400"
    ask(opened, "commit", session="a", used=2_100)
    assert ask(opened, "reserve", customer=2, session="c", quantity=900)["granted"] == "300"
    ask(opened, "release", session="b")
    ask(opened, "commit", session="c", used=300)
    assert counters(opened) == [(2_400, 0)]
    charge_usage(tenant_id=opened.id, at=AT)
    assert_equalities_hold(opened)


def test_prices_that_come_to_share_see_what_is_held(opened):
    """What was an account's own becomes the organisation's while the account's session is open."""
    publish(opened, prices("account"))
    add_customer(opened, 1)
    add_customer(opened, 2, under=1)
    ask(opened, "reserve", customer=1, session="a", quantity=2_400)
    publish_catalogue(
        prices("organisation"), tenant_id=opened.id, name="wider.yaml", files={},
        valid_from=date(2025, 7, 1), at=AT,
    )  # fmt: skip
    assert ask(opened, "reserve", customer=2, session="b", quantity=2_400)["granted"] == "600"
    assert ask(opened, "commit", session="a", used=2_400)["amount"] == "0"
    assert ask(opened, "commit", session="b", used=600)["amount"] == "0"
    assert counters(opened) == [(MINUTES, 0)]
    assert_equalities_hold(opened)


@pytest.mark.parametrize(("before", "after"), [("fleet", ""), ("", "fleet"), ("fleet", "vans")])
def test_what_a_contract_holds_of_its_own_moves_with_it(opened, before, after):
    """600 of its own are held by a session; another has those of the pool that it is in now."""
    publish(opened, prices("pool", own=OWN))
    name_pools(opened)
    add_contract(opened, 1, 1, pool=before)
    ask(opened, "reserve", customer=1, session="a", quantity=600)
    with acting_for(opened.id):
        move(1, pool=after)
    assert ask(opened, "reserve", customer=1, session="b", quantity=9_000)["granted"] == "3000"
    assert ask(opened, "extend", session="a", used=0, quantity=9_000)["granted"] == "3600"
    ask(opened, "release", session="a")
    assert ask(opened, "authorise", customer=1, quantity=9_000)["granted"] == "600"
    ask(opened, "release", session="b")
    assert {held for _, held in counters(opened)} == {0}
    assert_equalities_hold(opened)


@pytest.mark.parametrize("seed", range(4))
def test_whoever_comes_and_goes_no_pool_gives_more_than_it_holds(opened, seed):
    rng = Random(f"joining {seed}")
    publish(opened, prices(rng.choice(("pool", "organisation")), own=OWN))
    name_pools(opened)
    add_contract(opened, 1, 1, pool=rng.choice(("", "fleet")))
    customers, granted, used = 1, {}, 0
    for step in range(60):
        name, customer = f"s{step}", rng.randint(1, customers)
        match rng.randrange(7):
            case 0 if customers < 4:
                customers += 1
                add_customer(opened, customers, under=1, pool=rng.choice(("", "fleet", "vans")))
            case 0 | 1:
                with acting_for(opened.id):
                    move(customer, pool=rng.choice(("", "fleet", "vans")))
            case 2 | 3 | 4:
                quantity = rng.randint(1, 2_000)
                told = ask(opened, "reserve", customer=customer, session=name, quantity=quantity)
                if told["code"] == "granted":
                    granted[name] = int(told["granted"])
            case _ if granted:
                name = rng.choice(list(granted))
                spent = rng.randint(0, granted.pop(name))
                assert ask(opened, "commit", session=name, used=spent)["amount"] == "0"
                used += spent
        with acting_for(opened.id):
            assert not Counter.objects.filter(used__gt=MINUTES - F("held")).exists()
        assert sum(drawn for drawn, _ in counters(opened)) == used
        assert sum(held for _, held in counters(opened)) == sum(granted.values())
    for name, most in granted.items():
        ask(opened, "commit", session=name, used=most)
        used += most
    charge_usage(tenant_id=opened.id, at=AT)
    with acting_for(opened.id):
        assert sum(line.allowed for line in RatedLine.objects.all()) == used > 0
    assert_equalities_hold(opened)


BEFORE = """
    DELETE FROM balances_counter WHERE contract_id > 0;
    CREATE INDEX reservations_holding ON reservations_reservation (tenant_id, account_id);
    CREATE INDEX reservations_sharing ON reservations_reservation (tenant_id, contract_id);
    DROP TRIGGER held ON reservations_reservation;
    DROP FUNCTION reservations_reservation_account_id_held();
    ALTER TABLE reservations_reservation
        ADD CONSTRAINT reservations_reservation_tenant_id_account_id_fkey
        FOREIGN KEY (tenant_id, account_id) REFERENCES parties_account (tenant_id, id);
    DELETE FROM django_migrations WHERE app = 'reservations' AND name >= '0004';
"""
"""The database as it was when holds that nobody shared stood in their sessions alone."""


def test_sessions_that_were_open_before_holds_stood_in_counters(own_database):
    queries._plan.cache_clear()
    tenant = open_talk_business("before", customers=0)
    publish(tenant, prices("pool", own=OWN))
    name_pools(tenant)
    add_contract(tenant, 1, 1, pool="")
    ask(tenant, "reserve", customer=1, session="alone", quantity=900)
    ask(tenant, "reserve", customer=8, session="pooled", quantity=1_000)
    held = counters(tenant)
    with psycopg.connect(own_database.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(BEFORE)
    assert counters(tenant) != held
    assert migrate_database()
    assert sorted(counters(tenant)) == sorted(held)
    assert_equalities_hold(tenant)
    queries._plan.cache_clear()
