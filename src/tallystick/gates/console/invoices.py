"""Invoices: the list, one as a person reads it, its PDF, and why usage costs what it does."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tallystick.base.period import Period
from tallystick.base.ports import InvoicePrinter
from tallystick.core.charge.explain import explain_line as explain_rated
from tallystick.core.invoice.document import InvoiceDocument
from tallystick.domain.catalog.queries import plans_by_version
from tallystick.domain.invoices.models import InvoiceLine, InvoiceTax
from tallystick.domain.invoices.queries import (
    OVERDUE,
    UnknownInvoice,
    invoice_numbered,
    invoices_with_state,
)
from tallystick.domain.payments.models import Allocation
from tallystick.domain.usage.queries import RatedEvent
from tallystick.flows.document import events_of_line, is_usage, print_invoice
from tallystick.flows.why import why_priced
from tallystick.gates.console.page import (
    PAGE_ROWS,
    NoSuchLine,
    Operator,
    Slice,
    cut,
    operator_page,
    show_list,
)

STATES: Final = [
    (state, state.replace("_", " "))
    for state in ("open", OVERDUE, "part_paid", "paid", "written_off", "void")
]


@operator_page
def list_invoices(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Invoices whose number, account or name holds the search, newest first."""
    search = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    state = request.GET.get("state", "")
    state = state if state in {name for name, _ in STATES} else ""
    invoices = invoices_with_state(on=operator.today).select_related("account__party")
    if state:
        invoices = invoices.filter(state=state)
    if search:
        invoices = invoices.filter(
            Q(number__icontains=search)
            | Q(account__number__icontains=search)
            | Q(account__party__name__icontains=search)
        )
    found = cut(invoices.order_by("-issued_on", "-id"), page=request.GET.get("page", ""))
    context = {
        "operator": operator,
        "search": search,
        "state": state,
        "states": STATES,
        "slice": found,
    }
    return show_list(
        request, "console/invoices.html", context, part="console/parts/invoice_rows.html"
    )


@operator_page
def show_invoice(request: HttpRequest, operator: Operator, number: str) -> HttpResponse:
    """One invoice as a person reads it."""
    invoices = invoices_with_state(on=operator.today).select_related("account__party")
    invoice = invoices.filter(number=number).first()
    if invoice is None:
        raise UnknownInvoice(number=number)
    own = {"account_id": invoice.account_id, "invoice_id": invoice.id}
    lines = InvoiceLine.objects.filter(**own).select_related("contract").order_by("line_no")
    context = {
        "operator": operator,
        "invoice": invoice,
        "lines": [
            (line, Period(line.period_from, line.period_to), is_usage(line)) for line in lines
        ],
        "taxes": InvoiceTax.objects.filter(**own).order_by("id"),
        "payments": Allocation.objects.filter(**own).select_related("payment").order_by("id"),
    }
    return render(request, "console/invoice.html", context)


@operator_page
def explain_line(
    request: HttpRequest, operator: Operator, number: str, line_no: int
) -> HttpResponse:
    """The rated events behind a usage line, each with the steps from measured to charged."""
    invoice = invoice_numbered(number)
    line = (
        InvoiceLine.objects.select_related("contract__account")
        .filter(account_id=invoice.account_id, invoice_id=invoice.id, line_no=line_no)
        .first()
    )
    if line is None or not is_usage(line):
        raise NoSuchLine(number=number, line=line_no)
    asked = request.GET.get("page", "")
    page = max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    events = events_of_line(line, limit=PAGE_ROWS + 1, offset=(page - 1) * PAGE_ROWS)
    context = {
        "operator": operator,
        "invoice": invoice,
        "line": line,
        "slice": Slice(events[:PAGE_ROWS], page, None, more=len(events) > PAGE_ROWS),
        "rows": list(_explained(events[:PAGE_ROWS])),
        "why": why_priced(line),
    }
    return show_list(request, "console/why.html", context, part="console/parts/why_rows.html")


@operator_page
def print_pdf(
    request: HttpRequest,
    operator: Operator,
    number: str,
    printer: InvoicePrinter[InvoiceDocument],
) -> HttpResponse:
    """The invoice as the customer gets it."""
    pdf = print_invoice(number, tenant_id=operator.tenant.id, printer=printer)
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{number}.pdf"'},
    )


def _explained(events: list[RatedEvent]) -> Iterator[tuple[RatedEvent, list[str]]]:
    """Each rated event with its steps, by the catalogue version that priced it."""
    plans = plans_by_version() if events else {}
    for event in events:
        yield event, explain_rated(asdict(event), plan=plans[event.version_id])
