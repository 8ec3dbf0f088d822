"""What a charge task reads and writes in bulk: events with their contract's facts, rated lines."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from django.db import connection

from tallystick.base.frames import INSTANT, QUANTITY
from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.tenants.bulk import insert_rows, new_ids, read_frame, stage_rows
from tallystick.domain.usage.models import PAID_FROM_BALANCE, ChargeRun, ChargeTask, RunState
from tallystick.domain.usage.tables import ensure_months, load_by_month

EVENTS: Final = pl.Schema(
    {
        "usage_id": pl.Int64(),
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "kind": pl.String(),
        "started_at": INSTANT,
        "quantity": QUANTITY,
        "unit": pl.String(),
        "called": pl.String(),
        "zone": pl.String(),
        "attributes": pl.String(),
    }
)
"""Events of a task, as stored."""

TERMS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "account_zone": pl.String(),
        "cycle_day": pl.Int64(),
        "cycle_since": pl.Date(),
        "cycle_day_before": pl.Int64(),
        "offer_id": pl.Int64(),
        "valid_from": pl.Date(),
        "valid_to": pl.Date(),
        "ends_on": pl.Date(),
        "billed_to": pl.Date(),
        "organisation_id": pl.Int64(),
        "pool_id": pl.Int64(),
    }
)
"""The offers that contracts hold over time, the zone and day their cycles go by, who shares."""

ONE: Final = pl.lit("1").cast(QUANTITY)

STANDS: Final = """NOT EXISTS (SELECT 1 FROM usage_replacedusage x WHERE x.tenant_id = u.tenant_id
    AND x.account_id = u.account_id AND x.usage_id = u.id AND x.charge_run_id <= %s)
    AND NOT EXISTS (SELECT 1 FROM usage_lateusage l WHERE l.tenant_id = u.tenant_id
    AND l.account_id = u.account_id AND l.usage_id = u.id AND l.state IN ('held', 'refused'))"""
"""That an event `u` counts: not replaced as that run sees it, not held or refused as late."""

_WAITING = f"""
    FROM usage_usage u JOIN usage_batch b ON b.tenant_id = u.tenant_id AND b.id = u.batch_id
    WHERE b.charge_run_id = %s AND u.started_at BETWEEN %s AND %s AND {STANDS}
"""
_SUSPENDED = f"""
    FROM usage_suspense s JOIN usage_usage u ON u.tenant_id = s.tenant_id
        AND u.account_id = s.account_id AND u.started_at = s.started_at AND u.id = s.usage_id
    WHERE s.state = 'open' AND s.charge_run_id < %s AND {STANDS}
"""
_EVENT = """SELECT u.id, u.account_id, u.contract_id, u.kind, micros(u.started_at), u.quantity,
    u.unit, u.called, u.zone, u.attributes"""


def plan_tasks(run: ChargeRun, *, events_per_task: int) -> None:
    """Cuts the accounts with waiting events into tasks of about that many events.

    An organisation counts with its top account, so that one task rates all that it shares.
    """
    counts = read_frame(
        "SELECT COALESCE(a.organisation_id, a.id), sum(coalesce(events, 0))::bigint FROM ("
        f"SELECT u.account_id, count(*) AS events {_WAITING} GROUP BY 1 UNION ALL "
        f"SELECT u.account_id, count(*) AS events {_SUSPENDED} GROUP BY 1 UNION ALL "
        "SELECT r.account_id, sum(t.events) FROM usage_rerating r LEFT JOIN usage_chargetotal t"
        " ON t.tenant_id = r.tenant_id AND t.account_id = r.account_id"
        " AND t.cycle_start >= r.cycle_from WHERE r.charge_run_id = %s GROUP BY 1 UNION ALL "
        "SELECT x.account_id, count(*) FROM usage_replacedusage x WHERE x.charge_run_id = %s"
        " GROUP BY 1) waiting "
        "JOIN parties_account a ON a.id = waiting.account_id GROUP BY 1 ORDER BY 1",
        [run.id, run.first_at, run.last_at, run.id, run.id, run.id, run.id, run.id],
        schema={"account_id": pl.Int64, "events": pl.Int64},
    )
    part = (pl.col("events").cum_sum() - pl.col("events")) // events_per_task
    cuts = counts.group_by(part.alias("part")).agg(
        pl.col("account_id").min().alias("first"), pl.col("account_id").max().alias("last")
    )
    ChargeTask.objects.bulk_create(
        ChargeTask(
            tenant_id=run.tenant_id,
            charge_run=run,
            account_from=first,
            account_to=last + 1,
            state=RunState.OPEN,
        )
        for _, first, last in cuts.sort("part").iter_rows()
    )


def read_events(accounts: AccountRange, *, run: ChargeRun) -> pl.DataFrame:
    """The accounts' waiting events and those an earlier run left in suspense (EVENTS)."""
    within, values = accounts.within("u.account_id")
    return read_frame(
        f"{_EVENT} {_WAITING} AND {within} UNION ALL {_EVENT} {_SUSPENDED} AND {within}",
        [run.id, run.first_at, run.last_at, run.id, *values, run.id, run.id, *values],
        schema=EVENTS,
    )


def read_terms(accounts: AccountRange) -> pl.DataFrame:
    """What the contracts of the accounts hold over time (TERMS)."""
    within, values = accounts.within("c.account_id")
    return read_frame(
        f"""
        SELECT c.account_id, c.id, a.zone, c.cycle_day, c.cycle_since, c.cycle_day_before,
            o.offer_id, o.valid_from, o.valid_to,
            c.ends_on, c.billed_to, COALESCE(a.organisation_id, a.id), c.pool_id
        FROM contracts_contract c
        JOIN parties_account a ON a.tenant_id = c.tenant_id AND a.id = c.account_id
        JOIN contracts_contractoffer o ON o.tenant_id = c.tenant_id AND o.contract_id = c.id
            AND o.account_id = c.account_id
        WHERE {within}
        """,
        values,
        schema=TERMS,
    )


def store_rated(lines: pl.DataFrame, *, tenant_id: int, charge_run_id: int) -> None:
    """Stores rated lines (with `version_id`) and their totals."""
    if lines.is_empty():
        return
    ensure_months("usage_ratedline", instants=lines["started_at"])
    held = lines.with_columns(
        pl.lit(tenant_id).alias("tenant_id"), pl.lit(charge_run_id).alias("charge_run_id")
    )
    load_by_month(held, parent="usage_ratedline")
    key = ("account_id", "contract_id", "component_id", "version_id", "cycle_start", "band",
           "tier", "unit_price", "per")  # fmt: skip
    priced = held.with_columns(
        pl.when(pl.col("rate_key").is_null()).then(pl.col("unit_price")).alias("unit_price"),
        pl.when(pl.col("rate_key").is_null()).then(pl.col("per")).otherwise(ONE).alias("per"),
    )
    totals = (
        priced.group_by(key)
        .agg(
            _events().alias("events"),
            pl.col("measured", "billed", "allowed", "amount").sum(),
            pl.col("fee").sum().alias("fees"),
        )
        .sort(key, nulls_last=True)
    )
    insert_rows(
        totals.with_columns(
            pl.lit(tenant_id).alias("tenant_id"), pl.lit(charge_run_id).alias("charge_run_id")
        ),
        table="usage_chargetotal",
    )


def _events() -> pl.Expr:
    """How many events lines are of; those that are taken back count against them."""
    taken = pl.col("seq") < 0
    return pl.col("usage_id").filter(~taken).n_unique().cast(pl.Int64) - pl.col("usage_id").filter(
        taken
    ).n_unique().cast(pl.Int64)


def mark_drawn(account_ids: Sequence[int], *, charge_run_id: int) -> None:
    """Marks a charge run's totals of these accounts as paid from their balances."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE usage_chargetotal SET invoice_id = %s"
            " WHERE charge_run_id = %s AND account_id = ANY(%s) AND invoice_id IS NULL",
            [PAID_FROM_BALANCE, charge_run_id, list(account_ids)],
        )


def store_suspense(
    suspense: pl.DataFrame, *, tenant_id: int, charge_run_id: int, accounts: AccountRange
) -> None:
    """Stores what could not be priced; what earlier runs suspended there was tried and is closed.

    `suspense` has `account_id`, `usage_id`, `started_at`, `code`, `detail`.
    """
    within, values = accounts.within("account_id")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE usage_suspense SET state = 'replayed' WHERE state = 'open'"
            f" AND charge_run_id < %s AND {within}",
            [charge_run_id, *values],
        )
    insert_rows(
        suspense.select(
            pl.lit(tenant_id).alias("tenant_id"),
            "account_id",
            "usage_id",
            "started_at",
            pl.lit(charge_run_id).alias("charge_run_id"),
            "code",
            pl.col("detail").fill_null("").str.slice(0, 300),
            pl.lit("open").alias("state"),
        ),
        table="usage_suspense",
    )


def read_counters(*, accounts: AccountRange, schema: pl.Schema) -> pl.DataFrame:
    """The accounts' counters, in the rating engine's schema or with more of their columns."""
    within, values = accounts.within("account_id")
    return read_frame(
        f"SELECT {', '.join(schema)} FROM balances_counter WHERE {within}",
        values,
        schema=schema,
    )


def store_draws(
    draws: pl.DataFrame, *, known: pl.DataFrame, tenant_id: int, charge_run_id: int
) -> set[int]:
    """Adds to counters what a task drew, and keeps each addition as a movement.

    In the order of the key, as online charging does: two that add at once wait, never in a circle.
    Gives the accounts whose counters stood otherwise than `known` (with `held`): what they drew was
    rated wrong, and the caller's transaction is to be undone.
    """
    moved = draws.filter(pl.col("used") != 0).select(
        pl.lit(tenant_id).alias("tenant_id"), "account_id", "contract_id", "component_id",
        "cycle_start", pl.lit(charge_run_id).alias("charge_run_id"),
        pl.col("used").alias("quantity"),
    )  # fmt: skip
    if moved.is_empty():
        return set()
    insert_rows(
        moved.with_columns(new_ids("balances_movement", count=moved.height).alias("id")),
        table="balances_movement",
    )
    stage_rows(
        moved.drop("charge_run_id"), name="draws_new",
        types=("integer", "bigint", "bigint", "bigint", "date", "numeric"),
    )  # fmt: skip
    stands = read_frame(
        """
        INSERT INTO balances_counter
            (tenant_id, account_id, contract_id, component_id, cycle_start, used)
        SELECT tenant_id, account_id, contract_id, component_id, cycle_start, quantity
        FROM draws_new ORDER BY account_id, contract_id, component_id, cycle_start
        ON CONFLICT (tenant_id, account_id, contract_id, component_id, cycle_start)
        DO UPDATE SET used = balances_counter.used + EXCLUDED.used
        RETURNING account_id, contract_id, component_id, cycle_start, used, held
        """,
        schema=known.schema,
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE draws_new")
    keys = ["account_id", "contract_id", "component_id", "cycle_start"]
    ours = moved.select(*keys, used="quantity", held=pl.lit(0)).cast(known.schema)
    thought = pl.concat([known, ours]).group_by(keys).agg(pl.col("used", "held").sum())
    return set(stands.join(thought, on=known.columns, how="anti")["account_id"])
