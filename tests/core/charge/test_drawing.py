"""The same usage charged online and from a file: the same buckets, the same owed, to the digit."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from random import Random

import polars as pl
import pytest

from tallystick.base.charging import Action, ChargeRequest
from tallystick.base.money import AMOUNT_SCALE
from tallystick.base.refusal import Refusal
from tallystick.core.charge.balance import CREDIT_PRIORITY, Bucket, Mode
from tallystick.core.charge.draw_lines import draw_lines
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS
from tallystick.core.charge.online.decide import Desk
from tallystick.core.charge.online.state import AccountState
from tallystick.core.charge.versions import DatedPlan, rate_versions
from tallystick.core.tariff.nodes import ALWAYS
from tallystick.core.tariff.words import read_filter
from tests.core.charge.random_cases import make_case, make_usage
from tests.core.charge.test_online import rateable, request_of, served_by

EVENTS = 40
EARLY = datetime(1999, 1, 1, tzinfo=UTC)
LATER = datetime(2150, 1, 1, tzinfo=UTC)
"""When the file is charged: after all usage, before what begins only then."""

WHERES = (ALWAYS, ALWAYS, read_filter("zone = eu"), read_filter("called != 4930"))


def make_state(rng, number, *, rows):
    """An account that pays in some way, with some buckets."""
    mode = rng.choice((Mode.PREPAID, Mode.PREPAID, Mode.HYBRID, Mode.POSTPAID))
    limit = rng.choice((None, rng.randrange(50 * AMOUNT_SCALE)))
    state = AccountState(number, "EUR", mode, limit, None)
    state.buckets[1] = Bucket(1, 0, "EUR", CREDIT_PRIORITY, 0, 0, 0, on_credit=True)
    for bucket in range(2, 2 + rng.randrange(5)):
        size = rng.randrange(1, 20 * AMOUNT_SCALE)
        state.buckets[bucket] = Bucket(
            bucket,
            rng.choice((0, 0, *(row["contract_id"] for row in rows))),
            "EUR",
            rng.randrange(1, 4),
            size,
            size,
            0,
            rng.choice((None, None, frozenset({"voice"}), frozenset({"data", "sms"}))),
            rng.choice(WHERES),
            rng.choice((None, EARLY, LATER + timedelta(1))),
            rng.choice((None, None, *(row["started_at"] for row in rows))),
        )
    return state


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
    events = pl.DataFrame(rows, schema=CHARGE_IN)
    rated = rate_versions(events, plans=plans, counters=COUNTERS.to_frame())
    assert rated.suspense.is_empty()
    lines = rated.lines.with_columns(month="cycle_start")
    return rated, draw_lines(lines, accounts=states, events=events, plans=plans, now=LATER)


@pytest.mark.parametrize("seed", range(120))
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


def owed(state):
    return {month: sums[0] for month, sums in state.tab.items() if sums[0]}
