"""How many lines of a bank statement a second become payments, from the file to the ledger."""

import tempfile
from datetime import date
from pathlib import Path

from bench.business import AT, open_operator, own_database
from bench.measure import Figure, timed
from tests.gates.bank.statements import Booked, statement_of

CATALOGUE = """
currency: EUR
zone: Europe/Berlin
offers:
  line:
    components:
      access: {every: month, in: advance, price: 10.00}
"""
TOTAL = "11.90"


def run(rows: int = 100_000) -> Figure:
    """Every line pays one invoice of its own; the limit is the file merely read."""
    with own_database(), tempfile.TemporaryDirectory() as folder:
        from tallystick.domain.invoices.models import Invoice
        from tallystick.domain.tenants.scope import acting_for
        from tallystick.flows.bank import import_statement
        from tallystick.flows.invoice import run_bills
        from tallystick.gates.bank.camt053 import read_camt053

        tenant_id = open_operator(catalogue=CATALOGUE, files={}, accounts=rows)
        run_bills(tenant_id=tenant_id, on=date(2026, 2, 1), at=AT)
        with acting_for(tenant_id):
            owed = list(Invoice.objects.order_by("number").values_list("number", "total")[:rows])
        entries = [
            Booked(f"{total:.2f}", number, reference=f"R{n}")
            for n, (number, total) in enumerate(owed)
        ]
        file = Path(folder) / "statement.xml"
        file.write_text(statement_of(entries), encoding="utf-8")
        with timed() as limit:
            read_camt053(file)
        with timed() as work:
            (statement,) = read_camt053(file)
            done = import_statement(statement, tenant_id=tenant_id, filename="bench", at=AT)
    assert done.matched == len(entries) == rows
    return Figure("statement", rows, work.seconds, limit.seconds)
