"""Invoices as they were issued: the latest ones, one with its lines, the last of each account."""

from datetime import date
from typing import Final

import polars as pl

from tallystick.base.frames import AMOUNT
from tallystick.domain.invoices.models import (
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceTax,
    OpenItem,
    OpenState,
)
from tallystick.domain.tenants.bulk import read_frame

LAST_BILLS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "account": pl.String(),
        "number": pl.String(),
        "issued_on": pl.Date(),
        "currency": pl.String(),
        "total": AMOUNT,
    }
)
"""What the latest bill run billed each account in a currency; a number of its first invoice."""


def read_last_bills(*, until: date, accounts: list[int] | None = None) -> pl.DataFrame:
    """LAST_BILLS of those issued through that day, of these accounts or of all."""
    return read_frame(
        "SELECT DISTINCT ON (i.account_id, i.currency)"
        " i.account_id, a.number, min(i.number), i.issued_on, i.currency, sum(i.total)"
        " FROM invoices_invoice i"
        " JOIN parties_account a ON a.tenant_id = i.tenant_id AND a.id = i.account_id"
        " LEFT JOIN invoices_voidedinvoice v ON v.tenant_id = i.tenant_id"
        " AND v.account_id = i.account_id AND v.invoice_id = i.id"
        " WHERE i.kind = %s AND i.issued_on <= %s AND i.bill_run_id IS NOT NULL"
        " AND v.id IS NULL AND (%s::bigint[] IS NULL OR i.account_id = ANY(%s))"
        " GROUP BY i.account_id, a.number, i.bill_run_id, i.issued_on, i.currency"
        " ORDER BY i.account_id, i.currency, i.issued_on DESC",
        [InvoiceKind.INVOICE.value, until, accounts, accounts],
        schema=LAST_BILLS,
    )


def read_numbers() -> pl.DataFrame:
    """The number of every account (`account_id`, `account`)."""
    return read_frame(
        "SELECT id, number FROM parties_account",
        schema={"account_id": pl.Int64, "account": pl.String},
    )


def recent_invoices(
    *, account_id: int | None, only_open: bool, count: int
) -> list[tuple[Invoice, OpenItem | None]]:
    """The invoices issued last, the latest first, each with what is open of it."""
    invoices = Invoice.objects.select_related("account__party").order_by("-issued_on", "-id")
    if account_id is not None:
        invoices = invoices.filter(account_id=account_id)
    if only_open:
        owing = OpenItem.objects.filter(state__in=(OpenState.OPEN, OpenState.PART_PAID))
        invoices = invoices.filter(id__in=owing.values("invoice_id"))
    found = list(invoices[:count])
    items = OpenItem.objects.filter(invoice_id__in=[invoice.id for invoice in found])
    by_invoice = {item.invoice_id: item for item in items}
    return [(invoice, by_invoice.get(invoice.id)) for invoice in found]


def lines_and_taxes(invoice: Invoice) -> tuple[list[InvoiceLine], list[InvoiceTax]]:
    """What an invoice consists of, its lines in order, with their contracts and whose they are."""
    taxes = InvoiceTax.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    return lines_of(invoice), list(taxes.order_by("id"))


def lines_of(invoice: Invoice) -> list[InvoiceLine]:
    """The lines of an invoice in order, with their contracts and whose they are."""
    lines = InvoiceLine.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    return list(lines.select_related("contract__account__party").order_by("line_no"))
