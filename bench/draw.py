"""Rated calls paid from prepaid money, all accounts at once and event by event."""

import resource
import sys
from datetime import UTC, date, datetime

import polars as pl

from bench.measure import Figure, timed
from bench.rating import CATALOGUE, build_calls, deck_file, rate_calls, write_sorted
from tallystick.base.money import AMOUNT_SCALE
from tallystick.core.charge.balance import CREDIT_PRIORITY, Bucket, Mode
from tallystick.core.charge.draw_batch import draw_batch
from tallystick.core.charge.draw_exact import draw_exact
from tallystick.core.charge.draw_lines import costs_of
from tallystick.core.charge.online.state import AccountState
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import compile_plan
from tallystick.core.tariff.read import read_catalogue

PAID = CATALOGUE.replace("minutes: {include: 300 min", "minutes: {include: 1 min")
EVENTS_PER_ACCOUNT = 20
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def run(rows: int = 1_000_000) -> list[Figure]:
    """Each account has three buckets, which its calls use up or nearly so.

    The limit is the calls sorted and written. Both ways give the same, which is checked.
    """
    plan = compile_plan(read_catalogue(PAID, name="bench", files={"world.csv": deck_file()}))
    calls = build_calls(calls=rows, accounts=max(1, rows // EVENTS_PER_ACCOUNT))
    lines = rate_calls(calls, plan=plan).lines.with_columns(
        version_id=pl.lit(1, dtype=pl.Int64), month=pl.lit(date(2026, 3, 1))
    )
    accounts = {number: _account(number) for number in sorted(set(calls["account_id"]))}
    with timed() as limit:
        write_sorted(calls)
    before = _peak_mb()
    with timed() as work:
        costs = costs_of(lines, plans=[DatedPlan(1, date(2020, 1, 1), None, plan)])
        batch = draw_batch(costs, accounts=accounts, now=NOW)
    at_once = _peak_mb()
    with timed() as exact:
        oracle = draw_exact(costs, accounts=accounts, fields={}, now=NOW)
    in_turn = _peak_mb()
    assert batch.taken.equals(oracle.taken)
    print(
        f"memory beyond {before} MB: {at_once - before} MB all at once,"
        f" {in_turn - at_once} MB more event by event",
        file=sys.stderr,
    )
    return [
        Figure("draw", rows, work.seconds, limit.seconds),
        Figure("draw in turn", rows, exact.seconds, limit.seconds),
    ]


def _account(number: int) -> AccountState:
    state = AccountState(number, "EUR", Mode.PREPAID, None, None)
    credit = Bucket(number, 0, "EUR", CREDIT_PRIORITY, 0, 0, 0, on_credit=True)
    state.buckets[number] = credit
    for nth in range(1, 4):
        held = (1 + number % 7 * nth) * AMOUNT_SCALE
        state.buckets[-number * 4 - nth] = Bucket(
            -number * 4 - nth, 0, "EUR", 100, held, held, 0, valid_to=NOW if nth == 2 else None
        )
    return state


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
