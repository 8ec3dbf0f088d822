"""Reads of usage: batches with their figures, what was refused, events with their rated lines."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Min, QuerySet

from tallystick.domain.usage.models import (
    Batch,
    ChargeTotal,
    LateUsage,
    Reject,
    RejectState,
    Suspense,
)

LINES_OF_TOTAL: Final = """usage_ratedline r
    ON r.tenant_id = t.tenant_id AND r.account_id = t.account_id
    AND r.contract_id = t.contract_id AND r.component_id = t.component_id
    AND r.version_id = t.version_id AND r.charge_run_id = t.charge_run_id
    AND r.cycle_start = t.cycle_start
    AND (t.unit_price IS NULL AND r.rate_key IS NOT NULL
        OR r.unit_price = t.unit_price AND r.per = t.per AND r.rate_key IS NULL)
    AND r.band IS NOT DISTINCT FROM t.band
    AND r.tier IS NOT DISTINCT FROM t.tier"""
"""The rated lines `r` that a total `t` is the sum of, as what is joined to it."""


@dataclass(frozen=True, slots=True)
class RatedEvent:
    """One rated line with the event it prices; quantities in canonical units."""

    usage_id: int
    contract_id: int
    component_id: int
    version_id: int
    service_id: int
    seq: int
    cycle_start: date
    started_at: datetime
    kind: str
    quantity: Decimal
    unit: str
    called: str | None
    zone: str | None
    attributes: str | None
    band: str | None
    tier: int | None
    rate_key: str | None
    measured: Decimal
    billed: Decimal
    allowed: Decimal
    unit_price: Decimal
    per: Decimal
    fee: Decimal
    amount: Decimal


_OF_EVENT = ("service_id", "kind", "quantity", "unit", "called", "zone", "attributes")


def recent_batches(*, count: int) -> list[Batch]:
    """The files taken in last, with their sources."""
    return list(Batch.objects.select_related("source").order_by("-id")[:count])


def open_rejects() -> list[tuple[str, int]]:
    """(code, rows) of the rejects that wait for a decision, most first."""
    return _by_code(Reject.objects.filter(state=RejectState.OPEN))


def open_suspense() -> list[tuple[str, int]]:
    """(code, events) of what no price could be put on yet, most first."""
    return _by_code(Suspense.objects.filter(state=RejectState.OPEN))


def _by_code(rows: QuerySet[Any]) -> list[tuple[str, int]]:
    return list(rows.values_list("code").annotate(rows=Count("id")).order_by("-rows", "code"))


def billed_totals(*, account_id: int, invoice_id: int) -> list[ChargeTotal]:
    """The usage totals that an invoice has billed."""
    return list(
        ChargeTotal.objects.filter(account_id=account_id, invoice_id=invoice_id).order_by("id")
    )


def rated_events(
    totals: Sequence[ChargeTotal],
    *,
    since: datetime,
    until: datetime,
    usage_id: int | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[RatedEvent]:
    """The rated lines that these totals sum up, by start; all, or of one event.

    `since` and `until` must hold all their events but those that were moved to their cycle; the
    nearer, the fewer partitions are read.
    """
    if not totals:
        return []
    accounts = sorted({total.account_id for total in totals})
    moved = LateUsage.objects.filter(
        account_id__in=accounts, cycle_start__in={total.cycle_start for total in totals}
    )
    since = min(since, moved.aggregate(first=Min("started_at"))["first"] or since)
    ids = [total.id for total in totals]
    names = [field.name for field in fields(RatedEvent)]
    columns = ", ".join(f"{'u' if name in _OF_EVENT else 'r'}.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {columns}
            FROM usage_chargetotal t
            JOIN {LINES_OF_TOTAL}
            JOIN usage_usage u ON u.tenant_id = r.tenant_id AND u.account_id = r.account_id
                AND u.started_at = r.started_at AND u.id = r.usage_id
            WHERE t.account_id = ANY(%s) AND t.id = ANY(%s)
                AND r.started_at >= %s AND r.started_at < %s
                AND r.usage_id = coalesce(%s, r.usage_id)
            ORDER BY r.started_at, r.usage_id, r.component_id, r.charge_run_id, r.seq
            LIMIT %s OFFSET %s
            """,
            [accounts, ids, since, until, usage_id, limit, offset],
        )
        return [RatedEvent(*row) for row in cursor.fetchall()]


def rated_between(
    *,
    account_id: int | None,
    usage_id: int | None,
    since: datetime | None,
    until: datetime | None,
    count: int,
) -> list[RatedEvent]:
    """Rated lines by start, of one account or event or all, in [since, until) where given."""
    wanted = {
        "r.account_id = %s": account_id,
        "r.usage_id = %s": usage_id,
        "r.started_at >= %s": since,
        "r.started_at < %s": until,
    }
    given = {condition: value for condition, value in wanted.items() if value is not None}
    names = [field.name for field in fields(RatedEvent)]
    columns = ", ".join(f"{'u' if name in _OF_EVENT else 'r'}.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {columns}
            FROM usage_ratedline r
            JOIN usage_usage u ON u.tenant_id = r.tenant_id AND u.account_id = r.account_id
                AND u.started_at = r.started_at AND u.id = r.usage_id
            WHERE {" AND ".join(given) or "true"}
            ORDER BY r.started_at, r.usage_id, r.component_id, r.charge_run_id, r.seq
            LIMIT %s
            """,
            [*given.values(), count],
        )
        return [RatedEvent(*row) for row in cursor.fetchall()]
