"""What rating again reads and writes in bulk: accounts to rate again, their events and lines."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl
from django.db import connection
from django.db.models import Max

from tallystick.base.frames import AMOUNT
from tallystick.core.charge.lines import PAID_AT_ONCE
from tallystick.domain.catalog.models import Component
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.tenants.bulk import insert_rows, read_frame
from tallystick.domain.usage.charge_tables import EVENTS, STANDS
from tallystick.domain.usage.models import ChargeRun

AGAIN: Final = pl.Schema({"account_id": pl.Int64(), "cycle_from": pl.Date()})
"""Accounts whose usage is rated again, each from a cycle on."""


MOVED_EVENT: Final = (
    "u.tenant_id = m.tenant_id AND u.account_id = m.account_id AND u.started_at = m.started_at"
    " AND {} = m.usage_id"
)
MOVED_BEFORE: Final = (
    "m.account_id = ANY(%s) AND m.cycle_start >= %s AND m.started_at < %s::date - interval '1 day'"
)
"""Events `m` that began before a day and count in a cycle since it."""


def ask_again(again: pl.DataFrame, *, tenant_id: int) -> None:
    """Has these accounts (AGAIN) rated again by the next charge run."""
    insert_rows(again.with_columns(pl.lit(tenant_id).alias("tenant_id")), table="usage_rerating")


def read_again(run: ChargeRun, *, accounts: AccountRange) -> pl.DataFrame:
    """Those of the accounts that the run rates again (AGAIN).

    Someone asked for it, or events that were rated are replaced.
    """
    held, values = accounts.within("account_id")
    replaced, _ = accounts.within("x.account_id")
    return read_frame(
        "SELECT account_id, min(cycle_from) FROM ("
        "SELECT account_id, cycle_from FROM usage_rerating WHERE charge_run_id = %s"
        f" AND {held} UNION ALL "
        "SELECT x.account_id, l.cycle_start FROM usage_replacedusage x JOIN usage_ratedline l"
        " ON l.tenant_id = x.tenant_id AND l.account_id = x.account_id"
        " AND l.started_at = x.started_at AND l.usage_id = x.usage_id"
        f" WHERE x.charge_run_id = %s AND {replaced}) again GROUP BY 1 ORDER BY 1",
        [run.id, *values, run.id, *values],
        schema=AGAIN,
    )


def accounts_with_usage(*, account_id: int | None, since: date, until: date) -> pl.DataFrame:
    """The accounts with usage rated in cycles that overlap [since, until) (AGAIN)."""
    return read_frame(
        "SELECT account_id, min(cycle_start) FROM usage_chargetotal"
        " WHERE cycle_start > %s::date - interval '1 month' AND cycle_start < %s"
        " AND account_id = coalesce(%s, account_id) GROUP BY 1 ORDER BY 1",
        [since, until, account_id],
        schema=AGAIN,
    )


def read_taken_events(accounts: Sequence[int], *, since: date, run_id: int) -> pl.DataFrame:
    """All events of these accounts that this run or an earlier one took and that count (EVENTS)."""
    columns = (
        "SELECT u.id, u.account_id, u.contract_id, u.kind, micros(u.started_at), u.quantity,"
        " u.unit, u.called, u.zone, u.attributes"
    )
    batch = (
        "JOIN usage_batch b ON b.tenant_id = u.tenant_id AND b.id = u.batch_id"
        " AND b.charge_run_id <= %s"
    )
    return read_frame(
        f"{columns} FROM usage_usage u {batch} WHERE u.account_id = ANY(%s)"
        f" AND u.started_at >= %s::date - interval '1 day' AND {STANDS} UNION ALL"
        f" {columns} FROM usage_lateusage m JOIN usage_usage u ON {MOVED_EVENT.format('u.id')}"
        f" {batch} WHERE {MOVED_BEFORE} AND {STANDS}",
        [run_id, list(accounts), since, run_id, run_id, list(accounts), since, since, run_id],
        schema=EVENTS,
    )


def read_lines(accounts: Sequence[int], *, since: date, schema: pl.Schema) -> pl.DataFrame:
    """All rated lines of these accounts in cycles since that day (`charge_run_id` beside)."""
    columns = ", ".join(
        "micros(u.started_at)" if name == "started_at" else f"u.{name}" for name in schema
    )
    return read_frame(
        f"SELECT {columns}, u.charge_run_id FROM usage_ratedline u WHERE u.account_id = ANY(%s)"
        " AND u.cycle_start >= %s AND u.started_at >= %s::date - interval '1 day' UNION ALL"
        f" SELECT {columns}, u.charge_run_id FROM usage_lateusage m JOIN usage_ratedline u"
        f" ON {MOVED_EVENT.format('u.usage_id')} AND u.cycle_start >= %s WHERE {MOVED_BEFORE}",
        [list(accounts), since, since, since, list(accounts), since, since],
        schema=pl.Schema({**schema, "charge_run_id": pl.Int64()}),
    )


def bill_again(contracts: Sequence[int], *, on: date) -> None:
    """Makes contracts due on that day that were billed for the last time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contracts_contract SET next_bill_on = %s"
            " WHERE id = ANY(%s) AND next_bill_on IS NULL",
            [on, list(contracts)],
        )


CHANGES: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "component_id": pl.Int64(),
        "events": pl.Int64(),
        "before": AMOUNT,
        "now": AMOUNT,
    }
)
"""What a component's events of an account cost before they were rated again, and since."""


def latest_run() -> int:
    """The identity of the last charge run; 0 when there was none."""
    latest: int | None = ChargeRun.objects.aggregate(latest=Max("id"))["latest"]
    return latest or 0


def read_changes(*, after_run: int) -> pl.DataFrame:
    """What runs after that one changed of what was rated before (CHANGES)."""
    return read_frame(
        "SELECT account_id, component_id, count(*), sum(taken), sum(put) FROM ("
        "SELECT account_id, component_id, usage_id,"
        " -coalesce(sum(amount) FILTER (WHERE seq < 0), 0) AS taken,"
        " coalesce(sum(amount) FILTER (WHERE seq >= 0), 0) AS put"
        " FROM usage_ratedline WHERE charge_run_id > %s GROUP BY 1, 2, 3"
        " HAVING bool_or(seq < 0)) changed GROUP BY 1, 2 ORDER BY 1, 2",
        [after_run],
        schema=CHANGES,
    )


COSTS: Final = pl.Schema({**CHANGES, "currency": pl.String()})


def read_costs(*, run_id: int) -> pl.DataFrame:
    """What usage costs that a run rated, by account and component (COSTS), most first.

    `before` is what the same run took back; who pays for it with a balance is not told apart.
    """
    return read_frame(
        "SELECT l.account_id, component_id, count(DISTINCT usage_id),"
        " -coalesce(sum(amount) FILTER (WHERE seq < 0), 0),"
        " coalesce(sum(amount) FILTER (WHERE seq >= 0), 0), a.currency"
        " FROM usage_ratedline l JOIN parties_account a"
        " ON a.tenant_id = l.tenant_id AND a.id = l.account_id"
        " WHERE charge_run_id = %s AND band IS DISTINCT FROM %s GROUP BY 1, 2, 6"
        " ORDER BY abs(sum(amount)) DESC, 1, 2",
        [run_id, PAID_AT_ONCE],
        schema=COSTS,
    )


def names_of(changes: pl.DataFrame) -> tuple[dict[int, str], dict[int, tuple[str, str]]]:
    """The numbers of accounts, and offer and code of components, by their identities."""
    accounts = Account.objects.filter(id__in=changes["account_id"].unique().to_list())
    components = Component.objects.filter(id__in=changes["component_id"].unique().to_list())
    return dict(accounts.values_list("id", "number")), {
        number: (offer, code)
        for number, offer, code in components.values_list("id", "offer__code", "code")
    }
