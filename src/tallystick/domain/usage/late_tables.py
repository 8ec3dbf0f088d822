"""Late usage that does not simply make a difference: held, refused, moved to a later cycle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import polars as pl
from django.db import connection

from tallystick.base.refusal import Refusal
from tallystick.domain.tenants.bulk import insert_rows, read_frame, stage_rows
from tallystick.domain.usage.models import LateState, LateUsage, RejectState, Suspense

RELEASED: Final = "released"
"""The code of an event that waits because it was released after its run."""

_NOT_REPLACED: Final = """NOT EXISTS (SELECT 1 FROM usage_replacedusage x
    WHERE x.tenant_id = l.tenant_id AND x.account_id = l.account_id
    AND x.usage_id = l.usage_id)"""


@dataclass
class NotHeld(Refusal):
    code = "not_held"
    event: int = 0

    def sentence(self) -> str:
        return (
            f"event {self.event} is not held or refused as late usage; see: tallystick usage held"
        )


MOVED: Final = pl.Schema({"usage_id": pl.Int64(), "counts_in": pl.Date()})
"""Events that count in a later cycle than the one they began in."""


def read_moved(accounts: Sequence[int]) -> pl.DataFrame:
    """The events of these accounts that count in another cycle than their own (MOVED)."""
    return read_frame(
        "SELECT usage_id, cycle_start FROM usage_lateusage"
        " WHERE account_id = ANY(%s) AND cycle_start IS NOT NULL",
        [list(accounts)],
        schema=MOVED,
    )


KNOWN: Final = pl.Schema({"usage_id": pl.Int64(), "late": pl.String()})
"""Late events whose fate is known, and what it is."""


def read_known_fates(events: pl.DataFrame, *, run_id: int) -> pl.DataFrame:
    """Those of the events whose fate was decided before (KNOWN).

    Somebody released them; they were taken in time and waited in suspense; or they stand for a
    record that was charged in time and was corrected since: that makes a difference.
    """
    stage_rows(
        events.select("account_id", "usage_id"), name="events_late", types=("bigint", "bigint")
    )
    found = read_frame(
        """
        SELECT l.usage_id, l.late FROM events_late e JOIN usage_lateusage l
            ON l.account_id = e.account_id AND l.usage_id = e.usage_id
        UNION ALL
        SELECT e.usage_id, 'difference' FROM events_late e JOIN usage_suspense s
            ON s.account_id = e.account_id AND s.usage_id = e.usage_id AND s.state = 'open'
            AND s.charge_run_id < %s AND s.code NOT IN ('replayed', 'released')
        UNION ALL
        SELECT e.usage_id, 'difference' FROM events_late e
        JOIN usage_replacedusage x ON x.successor_id = e.usage_id
        JOIN usage_replacedusage y ON y.source_id = x.source_id AND y.record_id = x.record_id
        WHERE NOT EXISTS (SELECT 1 FROM usage_lateusage o
            WHERE o.account_id = y.account_id AND o.usage_id = y.usage_id)
        AND EXISTS (SELECT 1 FROM usage_ratedline r WHERE r.account_id = y.account_id
            AND r.started_at = y.started_at AND r.usage_id = y.usage_id)
        """,
        [run_id],
        schema=KNOWN,
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE events_late")
    return found.unique("usage_id", keep="first", maintain_order=True)


def store_late(rows: pl.DataFrame, *, tenant_id: int, run_id: int, at: datetime) -> None:
    """Stores what became of late events, or changes it for those that were released.

    `rows` has `account_id`, `usage_id`, `started_at`, `component_id`, `late`, `state` and
    `cycle_start`.
    """
    if rows.is_empty():
        return
    known = set(
        LateUsage.objects.filter(
            account_id__in=rows["account_id"].unique().to_list(),
            usage_id__in=rows["usage_id"].to_list(),
        ).values_list("usage_id", flat=True)
    )
    for row in rows.filter(pl.col("usage_id").is_in(list(known))).iter_rows(named=True):
        LateUsage.objects.filter(account_id=row["account_id"], usage_id=row["usage_id"]).update(
            state=row["state"], cycle_start=row["cycle_start"]
        )
    insert_rows(
        rows.filter(~pl.col("usage_id").is_in(list(known))).select(
            pl.lit(tenant_id).alias("tenant_id"),
            "account_id",
            "usage_id",
            "started_at",
            "component_id",
            "late",
            "state",
            "cycle_start",
            pl.lit(run_id).alias("charge_run_id"),
            pl.lit(at).alias("decided_at"),
        ),
        table="usage_lateusage",
    )


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """A late event that is not charged, and the price that says so."""

    event: int
    account: str
    contract: str
    component: str
    state: str
    started_at: datetime
    kind: str
    quantity: Decimal
    unit: str
    file: str
    since: datetime


def list_held(
    *, account_id: int | None = None, events: Sequence[int] = (), count: int | None = None
) -> list[HeldEvent]:
    """Late events that are held or refused, of an account or of those numbers or all, by start."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT l.usage_id, a.number, c.number, o.code || '.' || p.code, l.state, u.started_at,
                u.kind, u.quantity, u.unit, b.filename, l.decided_at
            FROM usage_lateusage l
            JOIN usage_usage u ON u.tenant_id = l.tenant_id AND u.account_id = l.account_id
                AND u.started_at = l.started_at AND u.id = l.usage_id
            JOIN parties_account a ON a.tenant_id = l.tenant_id AND a.id = l.account_id
            JOIN contracts_contract c ON c.tenant_id = u.tenant_id AND c.id = u.contract_id
            JOIN usage_batch b ON b.tenant_id = u.tenant_id AND b.id = u.batch_id
            JOIN catalog_component p ON p.tenant_id = l.tenant_id AND p.id = l.component_id
            JOIN catalog_offer o ON o.tenant_id = p.tenant_id AND o.id = p.offer_id
            WHERE l.state IN ('held', 'refused') AND {_NOT_REPLACED}
                AND l.account_id = coalesce(%s, l.account_id)
                AND (%s OR l.usage_id = ANY(%s))
            ORDER BY u.started_at, l.usage_id LIMIT %s
            """,
            [account_id, not events, list(events), count],
        )
        return [HeldEvent(*row) for row in cursor.fetchall()]


def count_held() -> int:
    """How many late events wait to be released."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM usage_lateusage l WHERE l.state = 'held' AND {_NOT_REPLACED}"
        )
        return int(cursor.fetchone()[0])


def release_late(events: Sequence[int], *, late: str, tenant_id: int) -> None:
    """Lets the next charge run take these events as `late` says (`difference`, `next bill`).

    They wait as suspense of the run that held them, so that a run takes them exactly once.
    """
    waiting = LateUsage.objects.select_for_update().filter(
        usage_id__in=events, state__in=[LateState.HELD, LateState.REFUSED]
    )
    rows = pl.DataFrame(
        list(waiting.values_list("account_id", "usage_id", "started_at", "charge_run_id")),
        schema=["account_id", "usage_id", "started_at", "charge_run_id"],
        orient="row",
    )
    if rows.is_empty():
        return
    insert_rows(
        rows.select(
            pl.lit(tenant_id).alias("tenant_id"),
            "account_id",
            "usage_id",
            "started_at",
            "charge_run_id",
            pl.lit(RELEASED).alias("code"),
            pl.lit("late usage that was released").alias("detail"),
            pl.lit(RejectState.OPEN.value).alias("state"),
        ),
        table="usage_suspense",
    )
    waiting.update(state=LateState.RELEASED, late=late)


def set_others_aside(events: Sequence[int]) -> None:
    """Keeps all other suspense from being charged, in a transaction that is undone afterwards."""
    others = Suspense.objects.filter(state=RejectState.OPEN).exclude(
        usage_id__in=events, code=RELEASED
    )
    others.update(state=RejectState.DISCARDED)
