"""How many invoice PDFs a second one core renders, by the processor's time and by the wall's."""

import os
from dataclasses import replace
from time import perf_counter, process_time

from tests.gates.documents.samples import LONG, METERED, SHORT

from tallystick.core.invoice.document import InvoiceDocument
from tallystick.gates.documents.render import render_invoice


def bench_pdf(document: InvoiceDocument, *, count: int) -> tuple[float, float]:
    """PDFs a processor second and PDFs a wall second, all of them different invoices."""
    invoices = [replace(document, number=f"BENCH-{n}") for n in range(count)]
    render_invoice(document)
    wall, processor = perf_counter(), process_time()
    for invoice in invoices:
        render_invoice(invoice)
    return count / (process_time() - processor), count / (perf_counter() - wall)


if __name__ == "__main__":
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    for name, sample in (("1 page", SHORT), ("2 pages, chart", METERED), ("3 pages", LONG)):
        rates = [bench_pdf(sample, count=60) for _ in range(3)]
        best = max(one for one, _ in rates)
        print(f"{name:<16}{best:>7.0f} PDFs/cpu-s {max(two for _, two in rates):>7.0f} PDFs/s")
