"""Orders to the outside in bulk."""

from datetime import datetime

import polars as pl

from tallystick.domain.tenants.bulk import insert_rows


def store_orders(orders: pl.DataFrame, *, tenant_id: int, at: datetime) -> None:
    """Places orders (`account_id`, `port`, `action`, `key`, `payload` as JSON) of new keys."""
    insert_rows(
        orders.select(
            "account_id", "port", "action", "key", "payload",
            tenant_id=pl.lit(tenant_id), state=pl.lit("pending"), attempts=pl.lit(0),
            ordered_at=pl.lit(at), answer=pl.lit(""),
        ),
        table="outbox_order",
    )  # fmt: skip
