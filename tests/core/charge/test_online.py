"""Online charging against the exact rater, on random price lists: the same lines to the digit."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import polars as pl
import pytest

from tallystick.base.charging import Action, ChargeRequest
from tallystick.base.money import AMOUNT_SCALE
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.base.refusal import Refusal
from tallystick.core.charge.balance import CREDIT_PRIORITY, Bucket, Mode
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS
from tallystick.core.charge.lines import Suspended
from tallystick.core.charge.online.decide import Desk
from tallystick.core.charge.online.price import pricer_of
from tallystick.core.charge.online.state import (
    AccountState,
    Served,
    SharedCounters,
    shared_owners,
)
from tallystick.core.charge.rate_exact import order_of, rate_exact
from tallystick.core.charge.versions import DatedPlan
from tests.core.charge.random_cases import make_case, make_usage

EVENTS = 40
RICH = 10**9 * AMOUNT_SCALE


def account(number, *, money=RICH):
    state = AccountState(number, "EUR", Mode.PREPAID, None, None)
    state.buckets[1] = Bucket(1, 0, "EUR", 100, money, money, 0)
    state.buckets[2] = Bucket(2, 0, "EUR", CREDIT_PRIORITY, 0, 0, 0, on_credit=True)
    return state


def served_by(row):
    return Served(row["account_id"], row["contract_id"], 1, "active", row["offer_id"],
                  row["cycle_start"], row["cycle_start"], row.get("organisation_id"),
                  row.get("pool_id"))  # fmt: skip


def share(states, rows):
    """Gives the accounts the counters they share, as they are read with a batch."""
    shared = {}
    for row in rows:
        own = row["account_id"]
        for owner in shared_owners(
            own, organisation_id=row["organisation_id"], pool_id=row["pool_id"]
        ):
            counters = shared.setdefault(owner, SharedCounters())
            states[own].shared[owner] = counters
            if owner[0] in states:
                states[owner[0]].shared[owner] = counters
    return shared


def request_of(row, action, **columns):
    told = {
        "kind": row["kind"], "unit": row["unit"], "at": row["started_at"],
        "called": row["called"], "zone": row["zone"], "attributes": row["attributes"],
    }  # fmt: skip
    return ChargeRequest(action=action, **told, **columns)


def rateable(usage, *, sharing=False):
    """The rows that a door would let in: nothing missing, nothing below zero."""
    if sharing:
        usage = usage.with_columns(pl.coalesce("organisation_id", "account_id"))
    else:
        usage = usage.select(CHARGE_IN.names())  # nothing is shared beyond the account
    rows = [row for row in usage.iter_rows(named=True)
            if None not in (row["offer_id"], row["started_at"], row["quantity"], row["unit"])
            and 0 <= row["quantity"] <= 10**9 and row["started_at"].year > 2000]  # fmt: skip
    return sorted(rows, key=order_of)


@pytest.mark.parametrize("sharing", [False, True], ids=["alone", "sharing"])
@pytest.mark.parametrize("seed", range(60))
def test_event_by_event_is_what_the_records_cost(seed, sharing):
    """Each event at once or as a session with reports; all lines, draws and debits are the same."""
    rng = Random(f"online {seed}")
    case = make_case(rng)
    accounts = 4 if sharing else 2
    usage = make_usage(rng, plan=case.plan, events=EVENTS, accounts=accounts)
    rows = rateable(usage, sharing=sharing)
    plans = (DatedPlan(1, date(2020, 1, 1), None, case.plan),)
    states = {number: account(number) for number in range(1, accounts + 1)}
    shared = share(states, rows) if sharing else {}
    lines, taken, refused = [], [], []
    for row in rows:
        state = states[row["account_id"]]
        desk = Desk(state, plans, row["started_at"])
        name = str(row["usage_id"])
        quantity = int(row["quantity"].scaleb(9))
        try:
            charge(desk, row, name, quantity, rng)
        except Refusal as refusal:
            refused.append(refusal.code)
            if name not in state.sessions:
                continue
            # The last report has no price: what was reported before it stays charged.
            desk.decide(ChargeRequest(action=Action.RELEASE, session=name), served=None)
            row = row | {"quantity": Decimal(state.sessions[name].used).scaleb(-9)}
            if not row["quantity"]:
                continue
        session = state.sessions[name]
        lines += [line._replace(usage_id=row["usage_id"]) for _, line in session.lines]
        taken.append(row)
        assert not session.held.buckets
        assert not session.held.counters
    assert set(refused) <= {"cannot_rate", "insufficient_balance"}
    exact = rate_exact(taken, plan=case.plan, counters=COUNTERS.to_frame())
    assert exact.suspense.is_empty()
    key = ("usage_id", "component_id", "seq")
    found = pl.DataFrame(
        [(line.usage_id, line.component_id, line.seq, str(line.amount)) for line in lines],
        schema=[*key, "amount"], orient="row",
    )  # fmt: skip
    wanted = exact.lines.select(*key, (pl.col("amount").to_physical()).cast(str))
    assert found.sort(key).rows() == wanted.sort(key).rows()
    homes = [*states.values(), *shared.values()]
    drawn = {tuple(part): int(used.scaleb(9)) for *part, used in exact.draws.iter_rows()}
    assert {k: v for s in homes for k, v in s.used.items() if v} == drawn
    assert not any(held for s in homes for held in s.held.values())
    assert not any(held for s in shared.values() for held in s.more_held.values())
    if shared:
        assert all(key[1] > 0 for s in states.values() for key in s.used)
    spent = sum(RICH - state.money_left() for state in states.values())
    assert spent == sum(line.amount for line in lines)
    assert all(state.buckets[1].reserved == 0 for state in states.values())


def charge(desk, row, name, quantity, rng):
    """As an event, or as a session that reports once or twice on its way."""
    served = served_by(row)
    if quantity == 0 or rng.randrange(2):
        desk.decide(request_of(row, Action.EVENT, key=name, quantity=quantity), served=served)
        return
    wanted = rng.randint(1, quantity * 2)
    desk.decide(request_of(row, Action.RESERVE, session=name, quantity=wanted), served=served)
    for used in sorted(rng.randint(0, quantity) for _ in range(rng.randrange(3))):
        desk.decide(ChargeRequest(action=Action.EXTEND, session=name, used=used), served=None)
    desk.decide(ChargeRequest(action=Action.COMMIT, session=name, used=quantity), served=None)


@pytest.mark.parametrize("seed", range(60))
def test_what_is_granted_is_the_most_that_can_be_paid(seed):
    """Little money: the grant fits it, and one grain more would not."""
    rng = Random(f"grant {seed}")
    case = make_case(rng)
    plans = (DatedPlan(1, date(2020, 1, 1), None, case.plan),)
    money = rng.randrange(1, 20 * AMOUNT_SCALE)
    if any(rate.unit_price < 0 for rate in case.plan.rates):
        return  # where more may cost less there is no single most
    for row in rateable(make_usage(rng, plan=case.plan, events=10, accounts=1)):
        state = account(row["account_id"], money=money)
        desk = Desk(state, plans, row["started_at"] + timedelta(seconds=1))
        wanted = QUANTITY_SCALE * rng.randint(1, 5_000)
        try:
            desk.decide(
                request_of(row, Action.RESERVE, session="s", quantity=wanted),
                served=served_by(row),
            )
        except Refusal:
            continue
        session = state.sessions["s"]
        assert 0 <= state.buckets[1].free <= money
        if session.granted < wanted:
            grain = QUANTITY_SCALE if row["unit"] in ("s", "B", "msg") else QUANTITY_SCALE // 1_000
            empty = account(row["account_id"], money=money)
            pricer = pricer_of(session, state=empty, plans=plans, at=desk.now)
            more = min(session.granted + grain, wanted)
            try:
                assert pricer.price(more).amount > money
            except Suspended:
                pytest.fail("a little more of what was granted has a price")
