"""What closing a period reads and writes in bulk: counted lines, what was priced, what is left."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl
from django.db import connection

from tallystick.base.frames import AMOUNT, INSTANT, QUANTITY
from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.tenants.bulk import insert_rows, read_frame, stage_rows

COUNTED: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "version_id": pl.Int64(),
        "charge_run_id": pl.Int64(),
        "cycle_start": pl.Date(),
        "usage_id": pl.Int64(),
        "seq": pl.Int16(),
        "started_at": INSTANT,
        "band": pl.String(),
        "rate_key": pl.String(),
        "billed": QUANTITY,
        "allowed": QUANTITY,
    }
)
"""What a period counts of a rated line."""

PERIOD_KEY: Final = ("account_id", "contract_id", "component_id", "version_id", "cycle_start",
                     "band", "tier", "unit_price", "per")  # fmt: skip
PRICED: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),  # 0 when the whole account shares the price
        "component_id": pl.Int64(),
        "version_id": pl.Int64(),
        "cycle_start": pl.Date(),
        "band": pl.String(),
        "tier": pl.Int16(),
        "unit_price": AMOUNT,
        "per": QUANTITY,
        "measured": QUANTITY,
        "billed": QUANTITY,
        "fee": AMOUNT,
        "amount": AMOUNT,
    }
)
"""What periods cost, a row a band, tier and price."""


def count_events(accounts: AccountRange, *, components: Sequence[int], since: date) -> pl.DataFrame:
    """How many events the components rated in cycles since that day (`account_id`, `events`)."""
    within, values = accounts.within("account_id")
    return read_frame(
        f"SELECT account_id, sum(events) FROM usage_chargetotal WHERE {within}"
        " AND component_id = ANY(%s) AND cycle_start >= %s"
        " GROUP BY 1 ORDER BY 1",
        [*values, list(components), since],
        schema={"account_id": pl.Int64, "events": pl.Int64},
    )


def read_uncounted(accounts: AccountRange, *, components: Sequence[int]) -> pl.DataFrame:
    """Which totals of these components no invoice counts (`KEYS` of the rating engine)."""
    within, values = accounts.within("account_id")
    return read_frame(
        "SELECT DISTINCT account_id, contract_id, component_id, cycle_start FROM usage_chargetotal"
        f" WHERE {within} AND component_id = ANY(%s) AND invoice_id IS NULL",
        [*values, list(components)],
        schema={name: COUNTED[name] for name in
                ("account_id", "contract_id", "component_id", "cycle_start")},
    )  # fmt: skip


def read_counted(accounts: AccountRange, *, components: Sequence[int], since: date) -> pl.DataFrame:
    """The rated lines (COUNTED) of these components in cycles since that day."""
    columns = ", ".join("micros(started_at)" if name == "started_at" else name for name in COUNTED)
    within, values = accounts.within("account_id")
    return read_frame(
        f"SELECT {columns} FROM usage_ratedline WHERE {within}"
        " AND component_id = ANY(%s) AND cycle_start >= %s"
        " AND started_at >= %s::date - interval '1 day'"
        " AND (%s::timestamptz IS NULL OR started_at < %s)",
        [*values, list(components), since, since, accounts.before, accounts.before],
        schema=COUNTED,
    )


def read_priced(accounts: AccountRange, *, since: date) -> pl.DataFrame:
    """What periods that begin since that day were billed at so far, added up (PRICED)."""
    key = ", ".join(PERIOD_KEY)
    within, values = accounts.within("account_id")
    return read_frame(
        f"SELECT {key}, sum(measured), sum(billed), sum(fee), sum(amount) FROM usage_periodline"
        f" WHERE {within} AND cycle_start >= %s GROUP BY {key}"
        " HAVING sum(measured) <> 0 OR sum(billed) <> 0 OR sum(fee) <> 0 OR sum(amount) <> 0",
        [*values, since],
        schema=PRICED,
    )


def read_measures(accounts: AccountRange, *, schema: pl.Schema) -> pl.DataFrame:
    """What was measured in the accounts' periods, in the rating engine's schema."""
    return _read(accounts, "usage_periodmeasure", schema)


def read_levels(accounts: AccountRange, *, schema: pl.Schema) -> pl.DataFrame:
    """Where levels stand as each cycle begins, in the schema with `cycle_start`."""
    return _read(accounts, "usage_periodlevel", schema)


def read_grants(accounts: AccountRange, *, schema: pl.Schema) -> pl.DataFrame:
    """What buckets hold beyond their own quantity, in the rating engine's schema."""
    return _read(accounts, "balances_rolledover", schema)


def _read(accounts: AccountRange, table: str, schema: pl.Schema) -> pl.DataFrame:
    within, values = accounts.within("account_id")
    return read_frame(
        f"SELECT {', '.join(schema)} FROM {table} WHERE {within}",
        values,
        schema=schema,
    )


def store_priced(lines: pl.DataFrame, *, tenant_id: int, bill_run_id: int) -> None:
    """Stores what periods cost more or less than was billed (PRICED and `invoice_id`)."""
    insert_rows(
        lines.with_columns(
            pl.lit(tenant_id).alias("tenant_id"), pl.lit(bill_run_id).alias("bill_run_id")
        ),
        table="usage_periodline",
    )


def replace_rows(frame: pl.DataFrame, *, table: str, keys: pl.DataFrame, tenant_id: int) -> None:
    """Puts the rows in the place of those of the same keys.

    `keys` has `account_id`, `contract_id`, `component_id`, `cycle_start`.
    """
    if not keys.is_empty():
        stage_rows(keys, name="replaced", types=("bigint", "bigint", "bigint", "date"))
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table} t USING replaced r WHERE t.account_id = r.account_id"
                " AND t.contract_id = r.contract_id AND t.component_id = r.component_id"
                " AND t.cycle_start = r.cycle_start"
            )
            cursor.execute("DROP TABLE replaced")
    insert_rows(frame.with_columns(pl.lit(tenant_id).alias("tenant_id")), table=table)
