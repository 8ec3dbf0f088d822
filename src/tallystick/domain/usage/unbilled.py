"""What was used and charged by an evening and stands on no invoice yet."""

from datetime import date, datetime
from typing import Final

import polars as pl

from tallystick.base.frames import AMOUNT
from tallystick.domain.tenants.bulk import read_frame
from tallystick.domain.usage.queries import LINES_OF_TOTAL

UNBILLED_USAGE: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "currency": pl.String(),
        "version_id": pl.Int64(),
        "component_id": pl.Int64(),
        "amount": AMOUNT,
    }
)

_OF_CYCLE_OVER = "t.cycle_start + interval '1 month' <= %s::date + 1"


def read_unbilled_usage(*, through: date, before: datetime) -> pl.DataFrame:
    """UNBILLED_USAGE through that day, whose last instant is `before` (exclusive).

    Cycles that are over are read from their totals; of those that go on, the rated lines of usage
    that began by then.
    """
    return read_frame(
        f"""
        SELECT account_id, currency, version_id, component_id, sum(amount) FROM (
            SELECT t.account_id, a.currency, t.version_id, t.component_id, t.amount
            FROM usage_chargetotal t JOIN parties_account a
                ON a.tenant_id = t.tenant_id AND a.id = t.account_id
            WHERE t.invoice_id IS NULL AND {_OF_CYCLE_OVER}
            UNION ALL
            SELECT r.account_id, a.currency, r.version_id, r.component_id, r.amount
            FROM usage_chargetotal t JOIN parties_account a
                ON a.tenant_id = t.tenant_id AND a.id = t.account_id
            JOIN {LINES_OF_TOTAL}
            WHERE t.invoice_id IS NULL AND t.cycle_start <= %s AND NOT ({_OF_CYCLE_OVER})
                AND r.started_at < %s
        ) unbilled GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0 ORDER BY 1, 2, 3, 4
        """,
        [through, through, through, before],
        schema=UNBILLED_USAGE,
    )
