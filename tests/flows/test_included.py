"""What became of included allowances is read back: granted, used, rolled over, expired."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tallystick.domain.catalog import queries
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.included import included_of
from tallystick.flows.invoice import run_bills
from tests.flows.businesses import open_talk_business
from tests.flows.charging import asking, give_terms
from tests.flows.test_share_online import add_contract
from tests.flows.test_thresholds import CARD, OWN, add_customers, publish, use

LATER = datetime(2026, 3, 15, 8, tzinfo=UTC)


@pytest.fixture
def opened(module_database, request):
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    yield open_talk_business(f"t{abs(hash(request.node.name))}", customers=0)
    queries._plan.cache_clear()


def included(tenant, account="A1", *, contract=None, limit=50):
    with acting_for(tenant.id):
        holder = account_numbered(account)
        found = included_of(holder, contract=contract, on=date(2026, 3, 15), at=LATER, limit=limit)
    return [
        (one.allowance, one.whose, f"{one.since:%m-%d}", *map(number, (
            one.included, one.rolled_in, one.used, one.held, one.left, one.rolled_over,
            one.expired)))
        for one in found
    ]  # fmt: skip


def number(quantity):
    return None if quantity is None else int(quantity)


def test_two_cycles_are_billed_and_one_goes_on(opened):
    """120 of January's 600 s roll over for one cycle; February uses 700 of 720, 20 of its own
    roll over. March has used 30."""
    publish(opened, OWN)
    add_customers(opened, count=1)
    use(opened, ("01-02", 1, 480))
    run_bills(tenant_id=opened.id, on=date(2026, 2, 1), at=LATER)
    use(opened, ("02-02", 1, 700), name="two", at=LATER)
    run_bills(tenant_id=opened.id, on=date(2026, 3, 1), at=LATER)
    use(opened, ("03-02", 1, 30), name="three", at=LATER)
    told = [
        ("minutes", "C1", "03-01", 600, 20, 30, 0, 590, None, None),
        ("minutes", "C1", "02-01", 600, 120, 700, 0, 0, 20, 0),
        ("minutes", "C1", "01-01", 600, 0, 480, 0, 0, 120, 0),
    ]
    assert included(opened) == told
    assert included(opened, limit=1) == told[:1]
    assert included(opened, contract="C1") == told
    # 100 s that come late are January's: 20 s are left of it to roll over, 680 of 700 are included.
    use(opened, ("01-03", 1, 100), name="late", at=LATER)
    assert included(opened)[1:] == [
        ("minutes", "C1", "02-01", 600, 20, 620, 0, 0, 0, 0),
        ("minutes", "C1", "01-01", 600, 0, 580, 0, 0, 20, 0),
    ]


def test_what_does_not_roll_over_expires(opened):
    publish(opened, OWN.replace(", roll over: 1 cycle", ""))
    add_customers(opened, count=1)
    use(opened, ("01-02", 1, 480))
    run_bills(tenant_id=opened.id, on=date(2026, 2, 1), at=LATER)
    assert included(opened)[-2:] == [
        ("minutes", "C1", "02-01", 600, 0, 0, 0, 600, None, None),
        ("minutes", "C1", "01-01", 600, 0, 480, 0, 0, 0, 120),
    ]


def test_what_is_shared_and_held_is_told_as_a_whole(opened):
    """Three contracts of two accounts share by members; one is in no pool, and a session holds."""
    publish(
        opened,
        "      pool: {include: 5 min per member, of: voice, share: pool}\n",
        "      all: {include: 10 min, of: voice, share: organisation, priority: 1}\n",
    )
    add_customers(opened, pool="fleet")
    add_contract(opened, 2, 3, pool="")
    give_terms(opened.id, "A2", mode="postpaid")
    use(opened, ("01-02", 1, 700), ("01-03", 3, 60))
    asking(opened.id, lambda one: one.ask("reserve", customer=2, session="s", quantity=100))
    january = [one for one in included(opened, "A2") if one[2] == "01-01"]
    assert sorted(january) == [
        ("all", "organisation", "01-01", 600, 0, 600, 0, 0, None, None),
        ("pool", "C3", "01-01", 300, 0, 60, 0, 240, None, None),
        ("pool", "pool fleet", "01-01", 600, 0, 100, 100, 500, None, None),
    ]
    assert {one[1] for one in included(opened, "A1")} == {"organisation", "pool fleet"}
    assert {one[1] for one in included(opened, "A2", contract="C3")} == {"organisation", "C3"}


def test_a_card_has_no_cycle(opened):
    publish(opened, CARD)
    add_customers(opened, count=1)
    with acting_for(opened.id):
        (unused,) = included_of(
            account_numbered("A1"), contract=None, on=date(2026, 3, 15), at=LATER, limit=9
        )
    assert (unused.since, unused.left, unused.expired) == (None, Decimal(600), None)
    use(opened, ("01-20", 1, 400))
    # 50 days from 20 January are over on 11 March.
    assert included(opened) == [("card", "C1", "01-20", 600, 0, 400, 0, 0, 0, 200)]
