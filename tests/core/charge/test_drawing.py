"""The same usage charged online and from a file: the same buckets, the same owed, to the digit."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import polars as pl
import pytest

from tallystick.base.charging import Action, ChargeRequest
from tallystick.base.money import AMOUNT_SCALE
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.base.refusal import Refusal
from tallystick.core.charge.balance import CREDIT_PRIORITY, Bucket, Mode
from tallystick.core.charge.draw_lines import draw_lines
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS
from tallystick.core.charge.online.decide import Desk
from tallystick.core.charge.online.state import AccountState
from tallystick.core.charge.versions import DatedPlan, rate_versions
from tallystick.core.charge.versions_exact import rate_versions_exact
from tallystick.core.tariff.nodes import ALWAYS
from tallystick.core.tariff.plan import compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.words import read_filter
from tests.core.charge.random_cases import assert_same, make_case, make_counters, make_usage
from tests.core.charge.random_versions import make_calls, make_versions
from tests.core.charge.test_balance import rows as documented_rows
from tests.core.charge.test_online import rateable, request_of, served_by

EVENTS = 40
EARLY = datetime(1999, 1, 1, tzinfo=UTC)
LATER = datetime(2150, 1, 1, tzinfo=UTC)
"""When the file is charged: after all usage, before what begins only then."""

WHERES = (read_filter("zone = eu"), read_filter("called != 4930"))


def make_state(rng, number, *, rows):
    """An account that pays in some way, with some buckets."""
    mode = rng.choice((Mode.PREPAID, Mode.PREPAID, Mode.HYBRID, Mode.POSTPAID))
    limit = rng.choice((None, rng.randrange(50 * AMOUNT_SCALE)))
    state = AccountState(number, "EUR", mode, limit, None)
    state.buckets[1] = Bucket(1, 0, "EUR", CREDIT_PRIORITY, 0, 0, 0, on_credit=True)
    for bucket in range(number * 100, number * 100 + rng.randrange(8)):
        state.buckets[bucket] = make_bucket(rng, bucket, rows=rows)
    return state


def make_bucket(rng, number, *, rows):
    """Money or a quantity, most of them for any usage at any time."""
    unit = "EUR" if rng.randrange(2) else rng.choice(rows)["unit"]
    some = [row["quantity"] for row in rows if row["unit"] == unit] or [1]
    size = rng.randrange(1, 20 * AMOUNT_SCALE)
    if unit != "EUR":
        size = int(3 * abs(rng.choice(some)) * AMOUNT_SCALE) + rng.randrange(1_000_000)
    narrow = [rng.randrange(4) == 0 for _ in range(5)]
    return Bucket(
        number,
        rng.choice(rows)["contract_id"] if narrow[0] else 0,
        unit,
        rng.choice((1, 2, 3, 100, 100)),
        size,
        size,
        0,
        rng.choice((frozenset({"voice"}), frozenset({"data", "sms"}))) if narrow[1] else None,
        rng.choice(WHERES) if narrow[2] else ALWAYS,
        rng.choice((EARLY, LATER + timedelta(1))) if narrow[3] else None,
        rng.choice(rows)["started_at"] if narrow[4] else None,
    )


def quantities(state):
    """The buckets that are no money."""
    return [bucket for bucket in state.buckets.values() if bucket.unit != "EUR"]


def charge_online(rows, states, *, plans):
    """The rows that were let in, each as an event or as a session that used more than it held."""
    taken, refused = [], []
    for nth, row in enumerate(rows):
        desk = Desk(states[row["account_id"]], plans, row["started_at"])
        name, quantity = str(row["usage_id"]), int(row["quantity"].scaleb(9))
        try:
            if nth % 2 or quantity < 2:
                ask = request_of(row, Action.EVENT, key=name, quantity=quantity)
                desk.decide(ask, served=served_by(row))
            else:
                ask = request_of(row, Action.RESERVE, session=name, quantity=quantity // 2)
                desk.decide(ask, served=served_by(row))
                last = ChargeRequest(action=Action.COMMIT, session=name, used=quantity)
                desk.decide(last, served=None)
        except Refusal as refusal:
            refused.append(refusal.code)
            if name in desk.state.sessions:
                desk.decide(ChargeRequest(action=Action.RELEASE, session=name), served=None)
            continue
        taken.append(row)
    assert set(refused) <= {"insufficient_balance", "cannot_rate"}
    return taken


def charge_file(rows, states, *, plans):
    """Both executors agree; what they draw of buckets is taken from them."""
    events = pl.DataFrame(rows, schema=CHARGE_IN)
    own = {number: quantities(state) for number, state in states.items()}
    given = {"plans": plans, "counters": COUNTERS.to_frame(), "own": own}
    rated = rate_versions(events, **given)
    assert_same(rated, rate_versions_exact(rows, **given))
    assert rated.suspense.is_empty()
    for account, _, component, _, used in rated.draws.iter_rows():
        if component < 0:
            states[account].buckets[-component].remaining -= int(used * AMOUNT_SCALE)
    lines = rated.lines.with_columns(month="cycle_start")
    return rated, draw_lines(lines, accounts=states, events=events, plans=plans, now=LATER)


@pytest.mark.parametrize("seed", range(40))
def test_online_and_from_a_file_leave_the_same(seed):
    rng = Random(f"drawing {seed}")
    case = make_case(rng)
    rows = rateable(make_usage(rng, plan=case.plan, events=EVENTS, accounts=2))
    plans = (DatedPlan(1, date(2020, 1, 1), None, case.plan),)
    online = {number: make_state(rng, number, rows=rows) for number in (1, 2)}
    filed = deepcopy(online)
    taken = charge_online(rows, online, plans=plans)
    rated, drawn = charge_file(taken, filed, plans=plans)
    for number, state in online.items():
        other = filed[number]
        assert {n: b.remaining for n, b in state.buckets.items()} == {
            n: b.remaining for n, b in other.buckets.items()
        }
        assert owed(state) == owed(other)
    lines = pl.concat([rated.lines, drawn.lines(rated.lines)])
    for number, state in online.items():
        if state.mode is not Mode.PREPAID:
            asked = lines.filter(pl.col("account_id") == number)["amount"].sum() or 0
            assert int(asked * AMOUNT_SCALE) == sum(owed(state).values())


@pytest.mark.parametrize("seed", range(40))
def test_both_executors_draw_own_buckets_alike(seed):
    """Over versions, within organisations that share allowances, with what is drawn already."""
    rng = Random(f"own {seed}")
    plans = make_versions(rng)
    usage = make_calls(rng, plans=plans, events=60)
    rows = [row for row in usage.iter_rows(named=True) if row["started_at"] and row["quantity"]]
    own = {
        account: [make_bucket(rng, account * 100 + n, rows=rows) for n in range(rng.randrange(5))]
        for account in sorted({row["account_id"] for row in rows})
    }
    own = {number: [b for b in held if b.unit != "EUR"] for number, held in own.items()}
    counters = make_counters(rng, plan=plans[0].plan, accounts=4)
    given = {"plans": plans, "counters": counters, "own": own}
    batch = rate_versions(usage, **given)
    assert_same(batch, rate_versions_exact(list(usage.iter_rows(named=True)), **given))
    held = {b.id: b.free // 1_000 for buckets in own.values() for b in buckets}
    drawn = batch.draws.filter(pl.col("component_id") < 0)
    for *_, component, _, used in drawn.iter_rows():
        held[-component] -= int(used * QUANTITY_SCALE)
    assert all(left >= 0 for left in held.values())


def test_quantities_are_drawn_as_documented():
    text = """
        currency: EUR
        zone: Europe/Berlin
        offers:
          talk:
            from: 2020-01-01
            components:
              minutes: {include: 10 min, of: voice}
              calls: {of: voice, price: 0.10 per min}
    """
    plan = compile_plan(read_catalogue(text, name="talk.yaml", files={}))
    minute, own, expected = 60 * AMOUNT_SCALE, [], {}
    for source, priority, end, holds, drawn in documented_rows("Quantities"):
        if source != "included":
            number = int(source.split()[1])
            until = None if end == "never" else datetime.fromisoformat(end).replace(tzinfo=UTC)
            size = int(holds.split()[0]) * minute
            own.append(Bucket(number, 0, "s", int(priority), size, size, 0, valid_to=until))
            expected[-number] = int(drawn.split()[0])
        else:
            expected[next(iter(plan.offers.values())).allowances[0].id] = int(drawn.split()[0])
    at = datetime(2026, 1, 10, 10, tzinfo=UTC)
    offer = next(iter(plan.offers))
    row = (1, 1, 1, offer, date(2026, 1, 1), "voice", at, Decimal(900), "s", None, None, None)
    events = pl.DataFrame([row], schema=CHARGE_IN, orient="row")
    plans = (DatedPlan(1, date(2020, 1, 1), None, plan),)
    given = {"plans": plans, "counters": COUNTERS.to_frame(), "own": {1: own}}
    rated = rate_versions(events, **given)
    assert_same(rated, rate_versions_exact(events.iter_rows(named=True), **given))
    found = {row[2]: int(row[4]) // 60 for row in rated.draws.iter_rows()}
    assert found == {number: minutes for number, minutes in expected.items() if minutes}


def owed(state):
    return {month: sums[0] for month, sums in state.tab.items() if sums[0]}
