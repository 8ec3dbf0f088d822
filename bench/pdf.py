"""How many invoice PDFs a second are rendered."""

from dataclasses import replace

from bench.measure import Figure, timed
from tallystick.gates.documents.content import content_of
from tallystick.gates.documents.render import render_invoice
from tests.gates.documents.samples import METERED


def run(rows: int = 200) -> Figure:
    """Invoices of a page of summary and one of charges with a chart, on one core.

    The limit is the same invoices merely turned into what the typesetter is given.
    """
    document = METERED
    invoices = [replace(document, number=f"BENCH-{n}") for n in range(rows)]
    render_invoice(document)
    with timed() as limit:
        for invoice in invoices:
            content_of(invoice)
    with timed() as work:
        for invoice in invoices:
            render_invoice(invoice)
    return Figure("pdf", rows, work.seconds, limit.seconds)
