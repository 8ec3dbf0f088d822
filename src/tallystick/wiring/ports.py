"""Which gate answers which port."""

from typing import Final

from tallystick.base.ports import InvoicePrinter
from tallystick.core.invoice.document import InvoiceDocument
from tallystick.gates.documents.render import render_invoice

INVOICE_PRINTER: Final[InvoicePrinter[InvoiceDocument]] = render_invoice
