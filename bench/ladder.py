"""How many late accounts a second a collection run takes up their ladder, from rows to orders."""

from datetime import date

import polars as pl

from bench.business import AT, open_operator, own_database
from bench.measure import Figure, timed

CATALOGUE = """
currency: EUR
zone: Europe/Berlin
offers:
  line:
    components:
      access: {every: month, in: advance, price: 10.00}
"""
LADDER = """
ladder: consumer
currency: EUR
minimum: 5.00
steps:
  - {after: 3 days, remind: mail}
  - {after: 14 days, remind: letter, fee: 5.00}
  - {after: 30 days, suspend: all, reconnect: 15.00}
"""
DUE = date(2026, 2, 15)
REMINDED, QUIET, SUSPENDED = date(2026, 2, 18), date(2026, 2, 19), date(2026, 3, 17)


def run(rows: int = 200_000) -> list[Figure]:
    """Every account is late: a day that reminds all, one with nothing to do, one that suspends all.

    The limit is to read what they owe and to write as many rows as a reminder is.
    """
    with own_database():
        from tallystick.domain.collections import tables
        from tallystick.domain.outbox.tables import store_orders
        from tallystick.domain.tenants.scope import acting_for
        from tallystick.flows.acquire import set_ladder
        from tallystick.flows.recover import collect

        tenant_id = open_operator(catalogue=CATALOGUE, files={}, accounts=rows)
        set_ladder(tenant_id=tenant_id, segment="consumer", text=LADDER)
        with acting_for(tenant_id):
            _owe(tenant_id)
        with timed() as limit, acting_for(tenant_id):
            read = tables.read_debts((0, 2**62), on=REMINDED)
            order = read.select(
                "account_id", port=pl.lit("bench"), action=pl.lit("remind"),
                key=pl.format("bench:{}", "account_id"), payload=pl.lit("{}"),
            )  # fmt: skip
            store_orders(order, tenant_id=tenant_id, at=AT)
        figures = []
        for name, on, steps in (
            ("ladder-remind", REMINDED, rows),
            ("ladder-quiet", QUIET, 0),
            ("ladder-letter", date(2026, 3, 1), rows),
            ("ladder-suspend", SUSPENDED, rows),
        ):
            with timed() as work:
                done = collect(tenant_id=tenant_id, on=on, at=AT)
            assert (done.late, done.taken.height) == (rows, steps)
            figures.append(Figure(name, rows, work.seconds, limit.seconds))
    return figures


def _owe(tenant_id: int) -> None:
    """An invoice of 11.90 to every account, due on one day."""
    from tallystick.domain.tenants.bulk import insert_rows, new_ids, read_frame

    accounts = read_frame(
        "SELECT id FROM parties_account WHERE NOT house ORDER BY id", schema={"a": pl.Int64}
    )["a"]
    owed = pl.DataFrame({"account_id": accounts}).with_columns(
        new_ids("invoices_invoice", count=len(accounts)).alias("invoice_id"),
        tenant_id=pl.lit(tenant_id),
        due_on=pl.lit(DUE),
        currency=pl.lit("EUR"),
        total=pl.lit("11.90").cast(pl.Decimal(38, 3)),
    )
    insert_rows(
        owed.select(
            "tenant_id", "account_id", "due_on", "currency", "total", id="invoice_id",
            kind=pl.lit("invoice"), number=pl.format("INV-{}", "invoice_id"),
            issued_on=pl.lit(date(2026, 2, 1)), net=pl.lit("10.00").cast(pl.Decimal(38, 3)),
            tax=pl.lit("1.90").cast(pl.Decimal(38, 3)), issued_at=pl.lit(AT),
        ),
        table="invoices_invoice",
    )  # fmt: skip
    insert_rows(
        owed.with_columns(settled=pl.lit(0), state=pl.lit("open")), table="invoices_openitem"
    )
