"""Reservations in bulk: what has ended and waits to become usage, and what has become it."""

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl
from django.db import connection

from tallystick.base.frames import INSTANT, QUANTITY
from tallystick.domain.tenants.bulk import read_frame, stage_rows

ENDED: Final = pl.Schema(
    {
        "record_id": pl.String(),  # the session's name
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "service_id": pl.Int64(),
        "kind": pl.String(),
        "started_at": INSTANT,
        "quantity": QUANTITY,
        "unit": pl.String(),
        "called": pl.String(),
        "zone": pl.String(),
        "attributes": pl.String(),
        "detail": pl.String(),
    }
)
"""Sessions and events that have ended and are no usage yet."""


def take_ended(*, count: int) -> pl.DataFrame:
    """That many of ENDED at most, by account, held for this transaction."""
    return read_frame(
        """
        SELECT session, account_id, contract_id, service_id, kind, micros(started_at), used,
            unit, called, zone, attributes, detail
        FROM reservations_reservation
        WHERE charge_run_id IS NULL AND state <> 'open'
        ORDER BY account_id, session LIMIT %s FOR NO KEY UPDATE
        """,
        [count],
        schema=ENDED,
    )


def mark_settled(names: pl.DataFrame, *, charge_run_id: int) -> None:
    """Notes the run whose lines the sessions (`record_id`) have become."""
    stage_rows(names.select("record_id"), name="sessions_settled", types=("text",))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reservations_reservation r SET charge_run_id = %s FROM sessions_settled s"
            " WHERE r.tenant_id = current_setting('tallystick.tenant')::integer"
            " AND r.session = s.record_id",
            [charge_run_id],
        )
        cursor.execute("DROP TABLE sessions_settled")


def hold_accounts(account_ids: Iterable[int], *, tenant_id: int) -> None:
    """Keeps online charging away from these accounts until the transaction ends."""
    ids = sorted(account_ids)
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_advisory_xact_lock((%s::bigint << 40) | k))"
                " FROM unnest(%s::bigint[]) AS k",
                [tenant_id, ids],
            )


def read_unsettled(account_ids: Sequence[int], *, schema: pl.Schema) -> pl.DataFrame:
    """What sessions that are no usage yet have drawn, in the rating's schema.

    What they drew of buckets of quantities stands as `core.charge.own_buckets` counts it.
    """
    ids = list(account_ids)
    return read_frame(
        """
        WITH waiting AS (
            SELECT account_id, cycle_start, detail::jsonb AS detail FROM reservations_reservation
            WHERE charge_run_id IS NULL AND account_id = ANY(%s)
        )
        SELECT account, contract, component, cycle, sum(used) FROM (
            SELECT (c->>0)::bigint AS account, (c->>1)::bigint AS contract,
                (c->>2)::bigint AS component, (c->>3)::date AS cycle,
                (c->>4)::numeric * 0.000000001 AS used
            FROM waiting w, jsonb_array_elements(w.detail->'counters') c
            UNION ALL
            SELECT w.account_id, b.contract_id, -b.id, w.cycle_start,
                (t.value::numeric * 0.000000000001)::numeric(38, 9)
            FROM waiting w, jsonb_each_text(w.detail->'buckets') t
            JOIN balances_bucket b ON b.account_id = ANY(%s) AND b.id = t.key::bigint
            JOIN parties_account a ON a.tenant_id = b.tenant_id AND a.id = b.account_id
                AND a.currency <> b.unit
        ) drawn
        GROUP BY 1, 2, 3, 4
        """,
        [ids, ids],
        schema=schema,
    )
