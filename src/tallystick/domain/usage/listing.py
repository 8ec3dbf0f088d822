"""The usage that an invoice bills, event by event, as a frame."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from tallystick.domain.tenants.bulk import read_frame
from tallystick.domain.usage.queries import LINES_OF_TOTAL

LISTED: Final = pl.Schema(
    {
        "account": pl.String(),
        "contract": pl.String(),
        "subject": pl.String(),  # the first identifier of its service
        "usage_id": pl.Int64(),
        "started_at": pl.String(),  # in the account's zone, with its offset
        "kind": pl.String(),
        "called": pl.String(),
        "zone": pl.String(),
        "component": pl.String(),
        "band": pl.String(),
        "tier": pl.Int64(),
        "quantity": pl.String(),
        "unit": pl.String(),
        "billed": pl.String(),
        "allowed": pl.String(),
        "unit_price": pl.String(),
        "per": pl.String(),
        "fee": pl.String(),
        "amount": pl.String(),
    }
)
"""A row for each rated line; numbers as they are written, exact and without trailing zeros."""

_NUMBERS: Final = ("quantity", "billed", "allowed", "unit_price", "per", "fee", "amount")


def read_listing(
    *, account_id: int, invoice_id: int, since: datetime, until: datetime
) -> pl.DataFrame:
    """The rated lines (LISTED) of an account whose totals an invoice has billed, by start.

    They began in [since, until) or were moved to their cycle.
    """
    query = f"""
        SELECT p.number, c.number, coalesce(n.value, ''), r.usage_id,
            to_char(z.local, 'YYYY-MM-DD"T"HH24:MI:SS')
                || CASE WHEN z.ahead < interval '0' THEN '-' ELSE '+' END
                || to_char(greatest(z.ahead, -z.ahead), 'HH24:MI'),
            u.kind, coalesce(u.called, ''), coalesce(u.zone, ''), k.code, coalesce(r.band, ''),
            r.tier, r.measured, u.unit, r.billed, r.allowed, r.unit_price, r.per, r.fee, r.amount
        FROM usage_chargetotal t
        JOIN {LINES_OF_TOTAL}
        JOIN usage_usage u ON u.tenant_id = r.tenant_id AND u.account_id = r.account_id
            AND u.started_at = r.started_at AND u.id = r.usage_id
        JOIN parties_account p ON p.tenant_id = t.tenant_id AND p.id = t.account_id
        CROSS JOIN LATERAL (
            SELECT r.started_at AT TIME ZONE p.zone AS local,
                (r.started_at AT TIME ZONE p.zone) - (r.started_at AT TIME ZONE 'UTC') AS ahead
        ) z
        JOIN contracts_contract c ON c.tenant_id = t.tenant_id AND c.id = t.contract_id
        JOIN catalog_component k ON k.tenant_id = t.tenant_id AND k.id = t.component_id
        LEFT JOIN (
            SELECT DISTINCT ON (a.service_id) a.service_id, i.value
            FROM inventory_assignment a JOIN inventory_identifier i
                ON i.tenant_id = a.tenant_id AND i.id = a.identifier_id
            WHERE a.account_id = %s ORDER BY a.service_id, a.id
        ) n ON n.service_id = u.service_id
        WHERE t.account_id = %s AND t.invoice_id = %s
            AND r.started_at >= least(%s::timestamptz, (
                SELECT min(l.started_at) FROM usage_lateusage l WHERE l.account_id = t.account_id
                    AND l.cycle_start = t.cycle_start))
            AND r.started_at < %s
        ORDER BY r.started_at, r.usage_id, r.component_id, r.charge_run_id, r.seq
    """
    frame = read_frame(query, [account_id, account_id, invoice_id, since, until], schema=LISTED)
    return frame.with_columns(_shortest(name) for name in _NUMBERS)


def join_listings(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The listings of several accounts as one (LISTED)."""
    return pl.concat([LISTED.to_frame(), *parts])


def _shortest(name: str) -> pl.Expr:
    """A number without trailing zeros."""
    number = pl.col(name)
    short = number.str.strip_chars_end("0").str.strip_suffix(".")
    return pl.when(number.str.contains(".", literal=True)).then(short).otherwise(number).alias(name)
