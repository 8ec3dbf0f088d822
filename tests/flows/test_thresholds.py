"""What usage from files tells of allowances: 80 % and 100 % of each, once a cycle, in its run."""

from datetime import UTC, date, datetime

import pytest
from django.db import connections

from tallystick.domain.catalog import queries
from tallystick.domain.contracts.models import Contract
from tallystick.domain.outbox.models import Order
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows import charge
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.again import Days, rerate_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tests.flows.businesses import AT, open_talk_business
from tests.flows.charging import asking, give_terms
from tests.flows.test_share_online import HEAD, add_account, add_contract, assert_equalities_hold
from tests.flows.test_spine import load

CALLS = "      calls: {of: voice, price: 0.06 per min}\n"
OWN = "      minutes: {include: 10 min, of: voice, roll over: 1 cycle}\n"
EACH = "      texts: {include: 10 min per member, of: voice, share: organisation, priority: 1}\n"
POOL = "      pool: {include: 10 min, of: voice, share: pool}\n"
CARD = "      card: {include: 10 min, of: voice, valid: 50 days from first use}\n"
LATER = datetime(2026, 2, 1, 8, tzinfo=UTC)


@pytest.fixture
def opened(module_database, request):
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    yield open_talk_business(f"t{abs(hash(request.node.name))}", customers=0)
    queries._plan.cache_clear()


def publish(tenant, *parts, since=date(2025, 6, 1)):
    text = HEAD + "".join(parts) + CALLS
    publish_catalogue(
        text, tenant_id=tenant.id, name="told.yaml", files={}, valid_from=since, at=AT
    )


def add_customers(tenant, *, count=2, pool=""):
    for number in range(1, count + 1):
        add_account(tenant, number, under=1 if number > 1 else None)
        add_contract(tenant, number, number, pool=pool)


def use(tenant, *calls, name="one", at=AT):
    """Calls of (day, customer, seconds), loaded and charged."""
    rows = [f"{name}{n} 4917000000{customer:02d} 2026-{day}T{n:02d}:00 {seconds}"
            for n, (day, customer, seconds) in enumerate(calls)]  # fmt: skip
    load(tenant.id, "\n" + "\n".join(rows) + "\n", digest=name)
    return charge_usage(tenant_id=tenant.id, at=at)


def told(tenant):
    """(account, what, percent, whose) in the order in which it was told."""
    with acting_for(tenant.id):
        numbers = dict(Contract.objects.values_list("id", "number"))
        orders = Order.objects.filter(action="threshold").select_related("account").order_by("id")
        found = [(one.account.number, one.payload) for one in orders]
    return [
        (account, one["of"].removeprefix("allowance "), one["percent"],
         one.get("shared_by") or f"{numbers[one['contract']]} {one.get('cycle', '')}".strip())
        for account, one in found
    ]  # fmt: skip


def test_each_contract_is_told_once_in_its_cycle(opened):
    publish(opened, OWN)
    add_account(opened, 1)
    for number in (1, 2):
        add_contract(opened, 1, number)
    use(opened, ("01-02", 1, 479), ("01-02", 2, 480))
    eighty = ("A1", "minutes", 80, "C2 2026-01-01")
    assert told(opened) == [eighty]
    use(opened, ("01-03", 1, 1), ("01-03", 2, 9_000), name="two")
    now = [eighty, ("A1", "minutes", 80, "C1 2026-01-01"), ("A1", "minutes", 100, "C2 2026-01-01")]
    assert sorted(told(opened)) == sorted(now)
    use(opened, ("01-04", 2, 60), name="three")
    assert sorted(told(opened)) == sorted(now)
    assert_equalities_hold(opened)


def test_rated_again_and_rolled_over(opened):
    """2 minutes roll over into February: 480 of 720 s are no 80 %; late usage takes them away."""
    publish(opened, OWN)
    add_customers(opened, count=1)
    use(opened, ("01-02", 1, 480))
    run_bills(tenant_id=opened.id, on=date(2026, 2, 1), at=LATER)
    use(opened, ("02-02", 1, 480), name="two", at=LATER)
    before = [("A1", "minutes", 80, "C1 2026-01-01")]
    assert told(opened) == before
    use(opened, ("01-03", 1, 120), name="late", at=LATER)
    assert told(opened) == [*before, ("A1", "minutes", 100, "C1 2026-01-01")]
    use(opened, ("02-03", 1, 1), name="more", at=LATER)
    rerate_usage(
        Days(date(2026, 1, 1), date(2026, 3, 1)), tenant_id=opened.id, account_id=None, at=LATER
    )
    assert told(opened) == [*before, ("A1", "minutes", 100, "C1 2026-01-01")]


def test_what_is_shared_is_told_on_the_account_at_the_top(opened):
    publish(opened, EACH, POOL)
    add_customers(opened, pool="fleet")
    # Two members' 20 minutes are drawn first: 1,200 s, then the pool's 600.
    use(opened, ("01-02", 1, 500), ("01-02", 2, 460))
    whole, pool = "organisation, cycle of 2026-01-01", "pool fleet, cycle of 2026-01-01"
    assert told(opened) == [("A1", "texts", 80, whole)]
    use(opened, ("01-03", 2, 900), name="two")
    assert sorted(told(opened)) == [
        ("A1", "pool", 80, pool), ("A1", "pool", 100, pool), ("A1", "texts", 80, whole),
        ("A1", "texts", 100, whole),
    ]  # fmt: skip


def test_a_card_is_told_once_for_all_cycles(opened):
    publish(opened, CARD)
    add_customers(opened, count=1)
    use(opened, ("01-20", 1, 400), ("02-02", 1, 100), ("02-03", 1, 900))
    assert told(opened) == [("A1", "card", 80, "C1"), ("A1", "card", 100, "C1")]


def test_what_was_told_online_files_do_not_tell_again(opened):
    """The price list that is published for later, with more minutes, says nothing of January."""
    publish(opened, OWN)
    publish(opened, OWN.replace("10 min", "20 min"), since=date(2026, 2, 1))
    add_customers(opened, count=1)
    give_terms(opened.id, "A1", mode="postpaid")
    asking(opened.id, lambda asker: asker.ask("event", customer=1, quantity=500))
    eighty = ("A1", "minutes", 80, "C1 2026-01-01")
    assert told(opened) == [eighty]
    connections.close_all()
    use(opened, ("01-01", 1, 100))
    assert told(opened) == [eighty, ("A1", "minutes", 100, "C1 2026-01-01")]


def test_a_task_that_is_undone_tells_nothing(opened, monkeypatch):
    publish(opened, OWN)
    add_customers(opened, count=1)

    class Stopped(Exception):
        pass

    def stop(*_, **__):
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(charge.charge_tables, "store_suspense", stop)
        with pytest.raises(Stopped):
            use(opened, ("01-02", 1, 900))
    assert told(opened) == []
    assert charge_usage(tenant_id=opened.id, at=AT).events == 1
    both = [("A1", "minutes", percent, "C1 2026-01-01") for percent in (80, 100)]
    assert told(opened) == both
