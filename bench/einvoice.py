"""How many electronic invoices a second are written."""

from dataclasses import replace

from bench.measure import Figure, timed
from tallystick.gates.documents.electronic.meaning import understand
from tallystick.gates.documents.electronic.ubl import write_ubl
from tests.gates.documents.test_electronic import CASES


def run(rows: int = 2_000) -> Figure:
    """UBL of an invoice with a page of lines, on one core; the limit is its terms alone."""
    invoices = [replace(CASES["long"], number=f"BENCH-{n}") for n in range(rows)]
    with timed() as limit:
        for invoice in invoices:
            understand(invoice)
    with timed() as work:
        for invoice in invoices:
            write_ubl(invoice)
    return Figure("einvoice", rows, work.seconds, limit.seconds)
