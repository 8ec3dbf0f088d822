"""Payments and bank lines in bulk: what may be matched, and what was."""

from decimal import Decimal
from typing import Final

import polars as pl
from django.db import connection

from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.domain.tenants.bulk import insert_rows, read_frame, stage_rows

BANK_LINES: Final = pl.Schema(
    {
        "key": pl.String(),
        "booked_on": pl.Date(),
        "amount": MONEY,
        "currency": pl.String(),
        "text": pl.String(),
        "payer": pl.String(),
        "payer_iban": pl.String(),
        "state": pl.String(),
        "reason": pl.String(),
        "account_id": pl.Int64(),
        "payment_key": pl.String(),
    }
)
"""Movements of a statement, each with what was decided of it."""

OPEN_ITEMS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "number": pl.String(),
        "due_on": pl.Date(),
        "currency": pl.String(),
        "open": MONEY,
        "disputed": MONEY,
        "written_off": pl.Boolean(),
    }
)
"""What invoices still owe or were given up of, oldest due first within an account."""


def store_bank_lines(lines: pl.DataFrame, *, tenant_id: int, statement_id: int) -> None:
    """Stores BANK_LINES of a statement."""
    insert_rows(
        lines.with_columns(
            pl.lit(tenant_id).alias("tenant_id"), pl.lit(statement_id).alias("statement_id")
        ),
        table="payments_bankline",
    )


def known_keys(keys: pl.Series) -> set[str]:
    """Those of the keys that a bank line has already."""
    found = read_frame(
        "SELECT key FROM payments_bankline WHERE key = ANY(%s)",
        [keys.to_list()],
        schema={"key": pl.String},
    )
    return set(found["key"])


def read_open_items(accounts: list[int] | None = None) -> pl.DataFrame:
    """OPEN_ITEMS of these accounts, or of all."""
    return read_frame(
        "SELECT o.account_id, o.invoice_id, i.number, o.due_on, o.currency, o.total - o.settled,"
        " coalesce((SELECT sum(d.amount) FROM collections_dispute d"
        " WHERE d.tenant_id = o.tenant_id AND d.account_id = o.account_id"
        " AND d.invoice_id = o.invoice_id AND d.state = 'open'), 0), o.state = 'written_off'"
        " FROM invoices_openitem o JOIN invoices_invoice i ON i.tenant_id = o.tenant_id"
        " AND i.account_id = o.account_id AND i.id = o.invoice_id"
        " WHERE o.state IN ('open', 'part_paid', 'written_off') AND o.total > o.settled"
        " AND o.total > 0 AND (%s::bigint[] IS NULL OR o.account_id = ANY(%s))"
        " ORDER BY o.account_id, o.due_on, o.invoice_id",
        [accounts, accounts],
        schema=OPEN_ITEMS,
    )


def read_overdrawn(accounts: list[int]) -> dict[int, Decimal]:
    """By how much the credit of those of the accounts is overdrawn where it is.

    A payment that came back after it was refunded leaves such a hole.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, -sum(credit) FROM ("
            " SELECT p.account_id, p.amount AS credit FROM payments_payment p"
            " UNION ALL SELECT a.account_id, -a.amount FROM payments_allocation a"
            " UNION ALL SELECT r.account_id, -r.amount FROM payments_paymentreturn r"
            " UNION ALL SELECT f.account_id, -f.amount FROM payments_refundpart f) moved"
            " WHERE account_id IN (SELECT account_id FROM payments_refund"
            " WHERE account_id = ANY(%s)) GROUP BY account_id HAVING sum(credit) < 0",
            [accounts],
        )
        return dict(cursor.fetchall())


def hold_accounts(accounts: list[int]) -> None:
    """Holds these accounts until the transaction ends, in order, so that two never wait in turn."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM parties_account WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [sorted(accounts)],
        )


def read_account_names() -> pl.DataFrame:
    """Every customer's account with what a payer may write (`id`, `number`, `currency`, `name`)."""
    return read_frame(
        "SELECT a.id, a.number, a.currency, p.name FROM parties_account a JOIN parties_party p"
        " ON p.tenant_id = a.tenant_id AND p.id = a.party_id WHERE NOT a.house ORDER BY a.id",
        schema={"id": pl.Int64, "number": pl.String, "currency": pl.String, "name": pl.String},
    )


def read_invoice_numbers() -> pl.DataFrame:
    """Every invoice's account and number (`account_id`, `number`)."""
    return read_frame(
        "SELECT account_id, number FROM invoices_invoice",
        schema={"account_id": pl.Int64, "number": pl.String},
    )


def read_payers() -> pl.DataFrame:
    """Who paid from which bank account before (`payer_iban`, `account_id`)."""
    return read_frame(
        "SELECT DISTINCT payer_iban, account_id FROM payments_bankline"
        " WHERE state = 'matched' AND amount > 0 AND payer_iban <> '' AND account_id IS NOT NULL",
        schema={"payer_iban": pl.String, "account_id": pl.Int64},
    )


def settle_items(settled: pl.DataFrame) -> None:
    """Adds to what is settled of open items (`account_id`, `invoice_id`, `amount`)."""
    stage_rows(settled, name="items_settled", types=("bigint", "bigint", "numeric"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE invoices_openitem o SET settled = o.settled + s.amount,"
            " state = CASE WHEN o.settled + s.amount = o.total THEN 'paid'"
            " WHEN o.state = 'written_off' THEN o.state ELSE 'part_paid' END"
            " FROM items_settled s"
            " WHERE o.account_id = s.account_id AND o.invoice_id = s.invoice_id"
        )
        cursor.execute("DROP TABLE items_settled")
