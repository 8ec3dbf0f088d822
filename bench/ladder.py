"""How many late accounts a second a collection run takes up their ladder, from rows to orders."""

from dataclasses import replace
from datetime import date

import polars as pl

from bench.business import AT, look_again, open_operator, own_database, storing_unchecked
from bench.measure import Figure, timed, weighed

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
    with own_database() as home:
        from tallystick.domain.collections import tables
        from tallystick.domain.outbox.tables import store_orders
        from tallystick.domain.tenants.scope import acting_for
        from tallystick.flows.acquire import set_ladder
        from tallystick.flows.recover import collect

        with timed() as setup:
            tenant_id = open_operator(catalogue=CATALOGUE, files={}, accounts=rows)
            set_ladder(tenant_id=tenant_id, segment="consumer", text=LADDER)
            with acting_for(tenant_id), storing_unchecked():
                _owe(tenant_id)
            look_again()
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
            with weighed(home) as memory, timed() as work:
                done = collect(tenant_id=tenant_id, on=on, at=AT)
            assert (done.late, done.taken.height) == (rows, steps)
            made = Figure(name, rows, work.seconds, limit.seconds)
            figures.append(replace(made, all_mb=memory.all_mb, setup_s=setup.seconds))
        with acting_for(tenant_id):
            _check(rows)
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


def _check(rows: int) -> None:
    """Every step was noted once, every reminder and suspension is ordered, no service is left."""
    from tallystick.domain.collections.models import Action
    from tallystick.domain.contracts.models import Service
    from tallystick.domain.outbox.models import Order

    assert Action.objects.count() == 3 * rows
    assert Service.objects.exclude(state="suspended").count() == 0
    ordered = {port: Order.objects.filter(port=port).count() for port in ("mail", "network")}
    assert ordered == {"mail": 2 * rows, "network": rows}
