"""Collections in bulk: who is late, what is known of them, and the steps they were taken."""

from datetime import date
from typing import Final

import polars as pl
from django.db import connection

from tallystick.core.recover.ladder_batch import CASES, DEBTS
from tallystick.domain.tenants.bulk import insert_rows, joining_by_hash, new_ids, read_frame

LATE: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "number": pl.String(),
        "segment": pl.String(),
        "currency": pl.String(),
        "email": pl.String(),
        "lives_in": pl.String(),  # the place of its taxes, else its country
        "episode_id": pl.Int64(),  # null where it is not on its ladder yet
    }
)
"""Accounts with something overdue, and their stay on the ladder."""

LAST_ACTIONS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "step": pl.String(),
        "action": pl.String(),
        "taken_on": pl.Date(),
    }
)
"""What happened last with each step of an account that is on its ladder."""

Span = tuple[int, int]
"""Accounts [first, end)."""

ACCOUNTS_PER_SPAN: Final = 20_000

_OWED: Final = (
    "o.state IN ('open', 'part_paid') AND o.total > o.settled AND o.total > 0 AND o.due_on < %s"
)
_WITHIN: Final = "o.account_id >= %s AND o.account_id < %s"
# Of a table that is joined the span is said too: the planner carries no range over a join.


def read_late(*, on: date) -> pl.DataFrame:
    """The accounts with an item that was due before that day, in order (`account_id`)."""
    return read_frame(
        f"SELECT DISTINCT o.account_id FROM invoices_openitem o WHERE {_OWED} ORDER BY 1",
        [on],
        schema={"account_id": pl.Int64},
    )


def cut_spans(accounts: pl.Series) -> list[Span]:
    """Ascending accounts in spans of some thousands each."""
    firsts = accounts.gather_every(ACCOUNTS_PER_SPAN).to_list()
    if not firsts:
        return []
    return list(zip(firsts, [*firsts[1:], accounts[-1] + 1], strict=True))


def hold_late(span: Span, *, on: date) -> None:
    """Holds the span's late accounts until the transaction ends, so that no payment comes in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT a.id FROM parties_account a WHERE a.id IN"
            f" (SELECT o.account_id FROM invoices_openitem o WHERE {_OWED} AND {_WITHIN})"
            " AND a.id >= %s AND a.id < %s ORDER BY a.id FOR UPDATE) held",
            [on, *span, *span],
        )


def read_late_accounts(span: Span, *, on: date) -> pl.DataFrame:
    """The LATE accounts of the span."""
    return read_frame(
        "SELECT a.id, a.number, a.segment, a.currency, p.email,"
        " coalesce(nullif(a.tax_place, ''), p.country), e.id FROM parties_account a"
        " JOIN parties_party p ON p.tenant_id = a.tenant_id AND p.id = a.party_id"
        " LEFT JOIN collections_episode e ON e.tenant_id = a.tenant_id AND e.account_id = a.id"
        " AND e.state = 'open' AND e.account_id >= %s AND e.account_id < %s WHERE a.id IN"
        f" (SELECT o.account_id FROM invoices_openitem o WHERE {_OWED} AND {_WITHIN})"
        " AND a.id >= %s AND a.id < %s ORDER BY a.id",
        [*span, on, *span, *span],
        schema=LATE,
    )


def read_paid_for(payers: list[int]) -> pl.DataFrame:
    """The accounts that these pay for (`account_id`, `payer_id`)."""
    return read_frame(
        "SELECT id, payer_id FROM parties_account WHERE payer_id = ANY(%s) ORDER BY id",
        [payers],
        schema={"account_id": pl.Int64, "payer_id": pl.Int64},
    )


def read_debts(span: Span, *, on: date) -> pl.DataFrame:
    """DEBTS of the span that were due before that day."""
    return read_frame(
        "SELECT o.account_id, o.due_on, o.currency, o.total - o.settled,"
        " coalesce((SELECT sum(d.amount) FROM collections_dispute d"
        " WHERE d.tenant_id = o.tenant_id AND d.account_id = o.account_id"
        " AND d.invoice_id = o.invoice_id AND d.state = 'open'), 0)"
        f" FROM invoices_openitem o WHERE {_OWED} AND {_WITHIN}",
        [on, *span],
        schema=DEBTS,
    )


def read_cases(span: Span, *, on: date) -> pl.DataFrame:
    """CASES of the span: who is protected on that day, and who has promised to pay."""
    return read_frame(
        "SELECT o.id, p.kind = 'exempt', (SELECT string_agg(one, ' ') FROM"
        " jsonb_array_elements_text(p.actions) one), m.until FROM parties_account o"
        " LEFT JOIN collections_protection p ON p.tenant_id = o.tenant_id AND p.account_id = o.id"
        " AND p.valid_from <= %s AND (p.valid_to IS NULL OR p.valid_to > %s)"
        " LEFT JOIN collections_promise m ON m.tenant_id = o.tenant_id AND m.account_id = o.id"
        " AND m.state = 'open'"
        " WHERE (p.id IS NOT NULL OR m.id IS NOT NULL) AND o.id >= %s AND o.id < %s",
        [on, on, *span],
        schema={**CASES, "exempt_from": pl.String},
    ).with_columns(pl.col("exempt_from").str.split(" "))


def read_last_actions(span: Span) -> pl.DataFrame:
    """LAST_ACTIONS of the span."""
    # The day after a first reminder to all, the planner still takes both tables for small ones.
    with joining_by_hash():
        return read_frame(
            "SELECT DISTINCT ON (o.account_id, o.step) o.account_id, o.step, o.action, o.taken_on"
            " FROM collections_action o JOIN collections_episode e ON e.tenant_id = o.tenant_id"
            " AND e.account_id = o.account_id AND e.id = o.episode_id AND e.state = 'open'"
            " AND e.account_id >= %s AND e.account_id < %s"
            f" WHERE {_WITHIN} ORDER BY o.account_id, o.step, o.id DESC",
            [*span, *span],
            schema=LAST_ACTIONS,
        )


def open_episodes(accounts: pl.DataFrame, *, tenant_id: int, on: date) -> pl.DataFrame:
    """Begins a stay on the ladder for each (`account_id`, `oldest`); (`account_id`, `opened`)."""
    opened = accounts.with_columns(
        new_ids("collections_episode", count=accounts.height).alias("id")
    )
    insert_rows(
        opened.select(
            pl.lit(tenant_id).alias("tenant_id"), "account_id", "id",
            state=pl.lit("open"), oldest_due_on="oldest", opened_on=pl.lit(on),
        ),
        table="collections_episode",
    )  # fmt: skip
    return opened.select("account_id", opened="id")


def store_actions(steps: pl.DataFrame, *, tenant_id: int, on: date) -> None:
    """Notes steps taken (`account_id`, `episode_id`, `step`, `action`, `detail`)."""
    insert_rows(
        steps.select(
            "account_id", "episode_id", "step", "action", "detail",
            tenant_id=pl.lit(tenant_id), taken_on=pl.lit(on),
        ),
        table="collections_action",
    )  # fmt: skip


def end_promises(*, on: date) -> None:
    """Says of every promise whose day is over whether it was kept.

    It was where as much came in from the day it was made through its last.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE collections_promise m SET ended_on = %s, state = CASE WHEN m.amount <= ("
            " SELECT coalesce(sum(p.amount), 0) FROM payments_payment p"
            " WHERE p.tenant_id = m.tenant_id AND p.account_id = m.account_id"
            " AND p.received_on BETWEEN m.made_on AND m.until AND NOT EXISTS ("
            " SELECT 1 FROM payments_paymentreturn r WHERE r.tenant_id = p.tenant_id"
            " AND r.account_id = p.account_id AND r.payment_id = p.id))"
            " THEN 'kept' ELSE 'broken' END WHERE m.state = 'open' AND m.until < %s",
            [on, on],
        )
