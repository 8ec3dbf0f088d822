"""The addresses of the console's pages."""

from django.urls import URLPattern, path

from tallystick.base.ports import InvoicePrinter
from tallystick.core.invoice.document import InvoiceDocument
from tallystick.gates.console import accounts, drafts, invoices, overview, waiting


def console_urls(*, printer: InvoicePrinter[InvoiceDocument]) -> list[URLPattern]:
    """The pages of all operators; `printer` makes the PDF of an invoice."""
    invoice = "<slug:operator>/invoices/<str:number>"
    return [
        path("", overview.list_operators, name="operators"),
        path("<slug:operator>/", overview.show_operator, name="operator"),
        path("<slug:operator>/accounts", accounts.list_accounts, name="accounts"),
        path("<slug:operator>/accounts/<path:number>", accounts.show_account, name="account"),
        path("<slug:operator>/invoices", invoices.list_invoices, name="invoices"),
        path("<slug:operator>/waiting", waiting.show_waiting, name="waiting"),
        path("<slug:operator>/drafts", drafts.list_waiting, name="drafts"),
        path("<slug:operator>/drafts/<path:number>", drafts.show_draft, name="draft"),
        path(f"{invoice}.pdf", invoices.print_pdf, {"printer": printer}, name="invoice-pdf"),
        path(f"{invoice}/lines/<int:line_no>", invoices.explain_line, name="why"),
        path(invoice, invoices.show_invoice, name="invoice"),
    ]
