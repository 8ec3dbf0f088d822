"""Usage of a past period read again; what was replaced, held or refused is left out."""

import polars as pl

from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.tenants.bulk import read_frame
from tallystick.domain.usage.charge_tables import EVENTS

_OF_DAYS = (
    "FROM usage_usage u WHERE u.started_at >= %s AND u.started_at < %s"
    " AND NOT EXISTS (SELECT 1 FROM usage_replacedusage x WHERE x.tenant_id = u.tenant_id"
    " AND x.account_id = u.account_id AND x.usage_id = u.id)"
    " AND NOT EXISTS (SELECT 1 FROM usage_lateusage l WHERE l.tenant_id = u.tenant_id"
    " AND l.account_id = u.account_id AND l.usage_id = u.id AND l.state IN ('held', 'refused'))"
)


def count_past_events(span: tuple[object, object]) -> pl.DataFrame:
    """`account_id` and `events` of all usage that started in `[from, to)`, by top account."""
    return read_frame(
        "SELECT COALESCE(a.organisation_id, a.id), sum(events)::bigint FROM ("
        f"SELECT u.account_id, count(*) AS events {_OF_DAYS} GROUP BY 1) used "
        "JOIN parties_account a ON a.id = used.account_id GROUP BY 1 ORDER BY 1",
        list(span),
        schema={"account_id": pl.Int64, "events": pl.Int64},
    )


def read_past_events(*, accounts: AccountRange, span: tuple[object, object]) -> pl.DataFrame:
    """The usage (EVENTS) of the accounts that started in `[from, to)`."""
    within, values = accounts.within("u.account_id")
    return read_frame(
        "SELECT u.id, u.account_id, u.contract_id, u.kind, micros(u.started_at), u.quantity,"
        f" u.unit, u.called, u.zone, u.attributes {_OF_DAYS}"
        f" AND {within}",
        [*span, *values],
        schema=EVENTS,
    )
