"""Calls of prepaid accounts from disk to rated lines paid from balances, beside merely storing."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from django.db import connections

from bench.business import AT, open_operator, own_database
from bench.draw import EVENTS_PER_ACCOUNT, PAID
from bench.measure import Figure, timed
from bench.pipeline import MAPPING, load_and_charge, merely_store, write_calls
from bench.rating import deck_file


def run(rows: int = 1_000_000) -> Figure:
    """As `pipeline`, where each account has two buckets of money that its calls use up or nearly.

    What is paid is checked against what the lines cost.
    """
    accounts = max(1, rows // EVENTS_PER_ACCOUNT)
    with own_database(), TemporaryDirectory() as folder:
        path, mapping = Path(folder) / "calls.csv", Path(folder) / "calls.yaml"
        mapping.write_text(MAPPING)
        write_calls(path, rows, accounts=accounts)
        files = {"world.csv": deck_file()}
        tenant_id = open_operator(catalogue=PAID, files=files, accounts=accounts)
        _prepay(tenant_id)
        with timed() as limit:
            merely_store(path)
        with timed() as work:
            load_and_charge(path, mapping, tenant_id=tenant_id, rows=rows)
        _check_paid()
    return Figure("prepaid", rows, work.seconds, limit.seconds)


def _prepay(tenant_id: int) -> None:
    """Terms and money for every account."""
    from tallystick.domain.tenants.bulk import insert_rows, new_ids
    from tallystick.domain.tenants.scope import acting_for

    tenant = pl.lit(tenant_id).alias("tenant_id")
    with acting_for(tenant_id):
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT id FROM parties_account ORDER BY id")
            ids = [row[0] for row in cursor.fetchall()]
        owners = pl.DataFrame({"account_id": ids})
        insert_rows(
            owners.select(
                tenant, new_ids("balances_terms", count=len(ids)).alias("id"), "account_id",
                mode=pl.lit("prepaid"),
            ),
            table="balances_terms",
        )  # fmt: skip
        held = pl.concat([owners.with_columns(nth=pl.lit(nth)) for nth in (1, 2)])
        size = (1 + pl.col("account_id") % 7 * pl.col("nth")).cast(pl.String)
        insert_rows(
            held.select(
                tenant, new_ids("balances_bucket", count=held.height).alias("id"), "account_id",
                unit=pl.lit("EUR"), origin=pl.lit("top_up"),
                source_key=pl.format("bench {}", "nth"), valid_from=pl.lit(AT),
                quantity=size, remaining=size,
            ),
            table="balances_bucket",
        )  # fmt: skip
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


def _check_paid() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT sum(amount) FROM usage_ratedline),"
            " (SELECT -sum(quantity) FROM balances_bucketmovement)"
        )
        cost, paid = cursor.fetchone()
    assert cost == paid, f"lines cost {cost}, balances paid {paid}"
