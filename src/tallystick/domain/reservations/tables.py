"""Reservations in bulk: what has ended and waits to become usage, and what has become it."""

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
