"""Balances in bulk: the accounts of a charge task with their buckets, and what was drawn."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import polars as pl
from django.db import connection

from tallystick.base.frames import AMOUNT, INSTANT
from tallystick.core.charge.balance import CREDIT_PRIORITY, Bucket, Mode, limit_of
from tallystick.core.charge.frames import descale, rescale
from tallystick.core.charge.online.state import AccountState
from tallystick.core.charge.own_buckets import OwnBuckets
from tallystick.core.tariff.nodes import ALWAYS, Filter
from tallystick.core.tariff.words import read_filter
from tallystick.domain.tenants.bulk import insert_rows, new_ids, read_frame, stage_rows

PAYERS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "mode": pl.String(),
        "currency": pl.String(),
        "credit_limit": AMOUNT,
        "low_balance": AMOUNT,
        "cut_at_zero": pl.Boolean(),
        "zone": pl.String(),
        "bill_day": pl.Int64(),
    }
)
BUCKETS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "id": pl.Int64(),
        "contract_id": pl.Int64(),
        "unit": pl.String(),
        "priority": pl.Int64(),
        "quantity": AMOUNT,
        "remaining": AMOUNT,
        "reserved": AMOUNT,
        "kinds": pl.String(),
        "condition": pl.String(),
        "valid_from": INSTANT,
        "valid_to": INSTANT,
        "on_credit": pl.Boolean(),
    }
)
TABS: Final = pl.Schema({"account_id": pl.Int64(), "month": pl.Date(), "charged": AMOUNT})
MOVED: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "bucket_id": pl.Int64(),
        "source_key": pl.String(),
        "quantity": AMOUNT,
        "reason": pl.String(),
    }
)
"""What movements say; the quantity is what the bucket gains."""


@dataclass(frozen=True, slots=True)
class Payers:
    """Accounts with their buckets by id, and where they live (PAYERS)."""

    accounts: dict[int, AccountState]
    homes: pl.DataFrame = field(repr=False)


def lock_payers(account_ids: Collection[int]) -> Payers:
    """Those of the accounts that have terms, with their buckets, all locked."""
    ids = sorted(account_ids)
    payers = read_frame(
        """
        SELECT t.account_id, t.mode, a.currency, t.credit_limit, t.low_balance, t.cut_at_zero,
            a.zone, a.bill_day
        FROM balances_terms t
        JOIN parties_account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
        WHERE t.account_id = ANY(%s) ORDER BY t.account_id FOR NO KEY UPDATE OF t
        """,
        [ids],
        schema=PAYERS,
    )
    if payers.is_empty():
        return Payers({}, payers)
    accounts = {row[0]: _state(*row[:6]) for row in rescale(payers).iter_rows()}
    held = "account_id = ANY(%s) AND (remaining <> 0 OR reserved <> 0 OR origin = 'credit')"
    for account_id, bucket in _read_buckets(f"{held} ORDER BY 1, 2 FOR NO KEY UPDATE", accounts):
        accounts[account_id].buckets[bucket.id] = bucket
    tabs = read_frame(
        "SELECT account_id, month, charged FROM reservations_tab WHERE account_id = ANY(%s)",
        [sorted(accounts)],
        schema=TABS,
    )
    for account_id, month, charged in rescale(tabs).iter_rows():
        accounts[account_id].tab_of(month)[0] = charged
    return Payers(accounts, payers)


def _read_buckets(condition: str, account_ids: Iterable[int]) -> Iterator[tuple[int, Bucket]]:
    """Buckets of these accounts, each with its account."""
    buckets = read_frame(
        f"""
        SELECT account_id, id, contract_id, unit, priority, quantity, remaining, reserved,
            array_to_string(kinds, ' '), condition, micros(valid_from), micros(valid_to),
            origin = 'credit'
        FROM balances_bucket WHERE {condition}
        """,
        [sorted(account_ids)],
        schema=BUCKETS,
    )
    amounts = rescale(buckets.select("quantity", "remaining", "reserved"))
    for row, held in zip(buckets.iter_rows(named=True), amounts.iter_rows(), strict=True):
        yield row["account_id"], _bucket(row, held)


_IS_QUANTITY: Final = """
    unit <> (SELECT a.currency FROM parties_account a
        WHERE a.tenant_id = balances_bucket.tenant_id AND a.id = balances_bucket.account_id)
"""


def read_quantities(account_ids: Iterable[int], *, used_up: bool = False) -> OwnBuckets:
    """The buckets of quantities of these accounts by id, those with nothing in them too or not."""
    condition = f"account_id = ANY(%s) AND {_IS_QUANTITY}"
    if not used_up:
        condition += " AND (remaining <> 0 OR reserved <> 0)"
    found: dict[int, list[Bucket]] = {}
    for account_id, bucket in _read_buckets(f"{condition} ORDER BY 1, 2", account_ids):
        found.setdefault(account_id, []).append(bucket)
    return found


def load_buckets(bucket_ids: Iterable[int], *, accounts: Mapping[int, AccountState]) -> None:
    """Adds those of the buckets that have nothing in them; their accounts are locked."""
    known = {number for state in accounts.values() for number in state.buckets}
    if missing := set(bucket_ids) - known:
        for account_id, bucket in _read_buckets("id = ANY(%s) ORDER BY 1, 2", missing):
            accounts[account_id].buckets[bucket.id] = bucket


def read_drawn(account_ids: Sequence[int], *, schema: pl.Schema) -> pl.DataFrame:
    """What cycles have drawn of buckets of quantities (`core.charge.own_buckets`)."""
    return read_frame(
        """
        SELECT m.account_id, b.contract_id, -b.id, (m.reason->>'cycle')::date,
            sum(-m.quantity)::numeric(38, 9)
        FROM balances_bucketmovement m
        JOIN balances_bucket b ON b.tenant_id = m.tenant_id AND b.account_id = m.account_id
            AND b.id = m.bucket_id
        JOIN parties_account a ON a.tenant_id = b.tenant_id AND a.id = b.account_id
            AND a.currency <> b.unit
        WHERE m.account_id = ANY(%s) AND m.kind IN ('debit', 'refund')
            AND m.reason->>'cycle' IS NOT NULL
        GROUP BY 1, 2, 3, 4
        """,
        [list(account_ids)],
        schema=schema,
    )


def _state(
    account_id: int, mode: str, currency: str, limit: int, low: int | None, cut: bool
) -> AccountState:
    held = Mode(mode)
    return AccountState(account_id, currency, held, limit_of(held, agreed=limit), low, cut)


def _bucket(row: Mapping[str, Any], held: tuple[int, int, int]) -> Bucket:
    quantity, remaining, reserved = held
    return Bucket(
        id=row["id"],
        contract_id=row["contract_id"],
        unit=row["unit"],
        priority=row["priority"],
        quantity=quantity,
        remaining=remaining,
        reserved=reserved,
        kinds=frozenset(row["kinds"].split()) if row["kinds"] is not None else None,
        where=filter_of(row["condition"]),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        on_credit=row["on_credit"],
    )


@lru_cache(maxsize=4_096)
def filter_of(condition: str | None) -> Filter:
    """The condition of a bucket as it was written, read."""
    return read_filter(condition) if condition else ALWAYS


def open_credit(accounts: Iterable[AccountState]) -> None:
    """Gives accounts the bucket for what is on credit; it is stored once it is used."""
    without = [account for account in accounts if account.credit is None]
    ids = new_ids("balances_bucket", count=len(without)) if without else ()
    for state, number in zip(without, ids, strict=True):
        state.buckets[number] = Bucket(
            number, 0, state.currency, CREDIT_PRIORITY, 0, 0, 0, on_credit=True
        )


def store_moved(
    moved: pl.DataFrame,
    *,
    accounts: Mapping[int, AccountState],
    tenant_id: int,
    at: datetime,
) -> None:
    """Writes movements (MOVED) and what remains; the accounts are locked."""
    if moved.is_empty():
        return
    _store_credit(moved, accounts=accounts, tenant_id=tenant_id, at=at)
    stamp = pl.lit(at).cast(INSTANT).dt.strftime("%Y-%m-%d %H:%M:%S%.6f+00")
    insert_rows(
        moved.with_columns(
            new_ids("balances_bucketmovement", count=moved.height).alias("id"),
            pl.lit(tenant_id).alias("tenant_id"),
            pl.when(pl.col("quantity") < 0)
            .then(pl.lit("debit"))
            .otherwise(pl.lit("refund"))
            .alias("kind"),
            stamp.alias("occurred_at"),
        ),
        table="balances_bucketmovement",
    )
    changed = moved.group_by("account_id", "bucket_id").agg(pl.col("quantity").sum())
    stage_rows(
        changed.sort("account_id", "bucket_id"), name="bucket_changes",
        types=("bigint", "bigint", "numeric"),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE balances_bucket b SET remaining = remaining + c.quantity"
            " FROM bucket_changes c WHERE b.account_id = c.account_id AND b.id = c.bucket_id"
        )
        assert cursor.rowcount == changed.height, "every bucket that moved is there"
        cursor.execute("DROP TABLE bucket_changes")


def _store_credit(
    moved: pl.DataFrame, *, accounts: Mapping[int, AccountState], tenant_id: int, at: datetime
) -> None:
    """The buckets for credit that are used for the first time."""
    used = set(moved["bucket_id"])
    new = [
        {"i": bucket.id, "a": state.account_id, "u": state.currency}
        for state in accounts.values()
        if (bucket := state.credit) and bucket.id in used and bucket.valid_from is None
    ]
    if new:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO balances_bucket (id, tenant_id, account_id, contract_id, unit, origin,
                    source_key, priority, condition, valid_from, quantity, remaining, reserved)
                SELECT i, %s, a, 0, u, 'credit', 'credit', %s, '', %s, 0, 0, 0
                FROM json_to_recordset(%s) AS n (i bigint, a bigint, u text)
                """,
                [tenant_id, CREDIT_PRIORITY, at, json.dumps(new)],
            )


def add_to_tabs(owed: pl.DataFrame, *, tenant_id: int) -> None:
    """Adds OWED to what invoices will ask for; the accounts are locked."""
    rows = descale(owed.rename({"amount": "charged"}), schema=TABS)
    if rows.is_empty():
        return
    stage_rows(rows, name="tabs_new", types=("bigint", "date", "numeric"))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO reservations_tab AS t (tenant_id, account_id, month, charged, held)
            SELECT %s, account_id, month, charged, 0 FROM tabs_new ORDER BY account_id, month
            ON CONFLICT (tenant_id, account_id, month)
            DO UPDATE SET charged = t.charged + EXCLUDED.charged
            """,
            [tenant_id],
        )
        cursor.execute("DROP TABLE tabs_new")
