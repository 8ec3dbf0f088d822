"""Accounts with usage to issued, posted invoices, beside merely storing as many rows.

Every account has five recurring lines and twenty of usage, each taxed and posted.
"""

from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl
from django.db import connection, connections, transaction

from bench.business import AT, look_again, open_operator, own_database, storing_unchecked
from bench.measure import Figure, timed, weighed

RECURRING: Final = 5
USAGE: Final = 20
LINES: Final = RECURRING + USAGE
FIRST, BILLED = date(2026, 1, 1), date(2026, 2, 1)
CATALOGUE: Final = """
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
""" + "".join(
    f"      calls-{n:02}:  {{of: voice, where: zone = z{n:02}, price: 0.{n:02}7 per min}}\n"
    for n in range(1, USAGE + 1)
)
ACCOUNTS_AT_ONCE: Final = 40_000
NOT_RATED_HERE: Final = "usage totals = rated lines"
"""The totals are made as a charge run leaves them, without the events they are of."""


def run(rows: int = 100_000) -> Figure:
    """Two bill days, the second one timed: then every account has all lines of a month."""
    with own_database() as home:
        from tallystick.flows.invoice import run_bills

        with timed() as setup:
            tenant_id = open_operator(catalogue=CATALOGUE, files={}, accounts=rows)
            run_bills(tenant_id=tenant_id, on=FIRST, at=AT)
            total = use(tenant_id)
            look_again()
        with timed() as limit:
            _merely_store(rows)
        with weighed(home) as memory, timed() as work:
            report = run_bills(tenant_id=tenant_id, on=BILLED, at=AT)
        assert (report.invoices, report.held, report.drafts) == (rows, (), 0)
        check(tenant_id, rows=rows, used=total, told=report.totals["EUR"])
    return Figure(
        "billrun", rows, work.seconds, limit.seconds, all_mb=memory.all_mb, setup_s=setup.seconds
    )


def use(tenant_id: int) -> Decimal:
    """Usage of January for every contract, as a charge run totals it; its net to the cent."""
    from tallystick.domain.tenants.scope import acting_for

    with acting_for(tenant_id), storing_unchecked(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO usage_chargetotal (tenant_id, account_id, contract_id, component_id,
                version_id, charge_run_id, cycle_start, unit_price, per, events, measured, billed,
                allowed, fees, amount)
            SELECT c.tenant_id, c.account_id, c.id, p.id, v.id, 1, %s, p.price, 1, p.place,
                60 * minutes, minutes, 0, 0, minutes * p.price
            FROM contracts_contract c
            CROSS JOIN (SELECT id, substr(code, 7)::integer AS place,
                (substr(code, 7) || '7')::numeric / 1000 AS price
                FROM catalog_component WHERE code LIKE 'calls-%%') p
            CROSS JOIN (SELECT max(id) AS id FROM catalog_catalogversion) v
            CROSS JOIN LATERAL (SELECT 5 + (c.id * 7 + p.place * 3) %% 90 AS minutes) m
            ORDER BY c.account_id, p.place
            """,
            [FIRST],
        )
        cursor.execute("SELECT sum(round(amount, 2)) FROM usage_chargetotal")
        return Decimal(cursor.fetchone()[0])


def check(tenant_id: int, *, rows: int, used: Decimal, told: Decimal) -> None:
    """Counts, totals and books hold."""
    from tallystick.domain.tenants.scope import acting_for
    from tallystick.flows.reconcile import reconcile

    with acting_for(tenant_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(total), sum(net) FROM invoices_invoice WHERE issued_on = %s",
            [BILLED],
        )
        invoices, total, net = cursor.fetchone()
        cursor.execute(
            "SELECT count(*), sum(l.net), sum(l.net) FILTER (WHERE l.purpose = 'usage'),"
            " count(*) FILTER (WHERE l.purpose = 'usage') FROM invoices_invoiceline l"
            " JOIN invoices_invoice i ON i.tenant_id = l.tenant_id"
            " AND i.account_id = l.account_id AND i.id = l.invoice_id WHERE i.issued_on = %s",
            [BILLED],
        )
        lines, of_lines, of_usage, usage_lines = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM usage_chargetotal WHERE invoice_id IS NULL")
        left = cursor.fetchone()[0]
    assert (invoices, lines, usage_lines, left) == (rows, rows * LINES, rows * USAGE, 0)
    assert (total, net, of_usage) == (told, of_lines, used)
    wrong = [one for one in reconcile(tenant_id=tenant_id) if not one.ok]
    assert [one.name for one in wrong] in ([], [NOT_RATED_HERE]), wrong


def _merely_store(accounts: int) -> None:
    """The limit: as many lines, sorted and copied into one bare table."""
    names = pl.DataFrame({"line": range(LINES), "name": ["a line of an invoice"] * LINES})
    owner = connections["owner"]
    with transaction.atomic(using="owner"):
        with owner.cursor() as cursor:
            cursor.execute("CREATE TABLE bare (account bigint, line int, name text)")
        with (
            owner.connection.cursor() as cursor,
            cursor.copy("COPY bare FROM STDIN (FORMAT csv)") as copy,
        ):
            for first in range(0, accounts, ACCOUNTS_AT_ONCE):
                some = range(first, min(first + ACCOUNTS_AT_ONCE, accounts))
                rows = pl.DataFrame({"account": some}).join(names, how="cross")
                text = rows.sort("account", "line").write_csv(include_header=False)
                copy.write(text.encode())
    with owner.cursor() as cursor:
        cursor.execute("DROP TABLE bare")
