"""Accounts of five lines each to issued, posted invoices, beside merely storing as many rows."""

import polars as pl
from django.db import connections, transaction

from bench.business import AT, open_operator, own_database
from bench.measure import Figure, timed

LINES = 5
CATALOGUE = """
currency: EUR
zone: Europe/Berlin
offers:
  bundle:
    from: 2026-01-01
    components:
      line:      {every: month, in: advance, price: 12.00}
      data:      {every: month, in: advance, price: 7.99}
      abroad:    {every: month, in: advance, price: 2.4950}
      insurance: {every: month, in: arrears, price: 3.333}
      paper:     {every: month, in: arrears, price: 1.005}
"""


def run(rows: int = 100_000) -> Figure:
    """Two bill days, the second one timed: then every account has all five lines."""
    from datetime import date

    with own_database():
        from tallystick.domain.invoices.models import Invoice, InvoiceLine
        from tallystick.domain.tenants.scope import acting_for
        from tallystick.flows.invoice import run_bills

        tenant_id = open_operator(catalogue=CATALOGUE, files={}, accounts=rows)
        run_bills(tenant_id=tenant_id, on=date(2026, 1, 1), at=AT)
        with timed() as limit:
            _merely_store(rows)
        with timed() as work:
            report = run_bills(tenant_id=tenant_id, on=date(2026, 2, 1), at=AT)
        with acting_for(tenant_id):
            billed = Invoice.objects.filter(issued_on=date(2026, 2, 1))
            assert report.invoices == billed.count() == rows
            lines = InvoiceLine.objects.filter(
                invoice_id__in=billed.order_by("id")[:100].values("id")
            )
            assert lines.count() == 100 * LINES
    return Figure("billrun", rows, work.seconds, limit.seconds)


def _merely_store(accounts: int) -> None:
    """The limit: as many lines read from one bare table, sorted and copied into another."""
    rows = pl.DataFrame({"account": range(accounts)}).join(
        pl.DataFrame({"line": range(LINES), "name": ["a line of an invoice"] * LINES}), how="cross"
    )
    owner = connections["owner"]
    with transaction.atomic(using="owner"):
        with owner.cursor() as cursor:
            cursor.execute("CREATE TABLE bare (account bigint, line int, name text)")
        text = rows.sort("account", "line").write_csv(include_header=False).encode()
        with (
            owner.connection.cursor() as cursor,
            cursor.copy("COPY bare FROM STDIN (FORMAT csv)") as copy,
        ):
            copy.write(text)
    with owner.cursor() as cursor:
        cursor.execute("DROP TABLE bare")
