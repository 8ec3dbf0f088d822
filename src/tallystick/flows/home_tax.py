"""The tax of an invoice in the operator's own currency, where it was issued in another."""

from tallystick.core.invoice.document import HomeTax
from tallystick.core.receive.exchange import NoExchangeRate, find_way
from tallystick.domain.currencies.queries import rates_on
from tallystick.domain.invoices.models import CreditedLine, Invoice, InvoiceKind
from tallystick.domain.tenants.models import Tenant


def home_tax_of(invoice: Invoice, *, tenant: Tenant) -> HomeTax | None:
    """The tax at the rate of the day of issue, as it was known then; none where none is needed, or
    no rate was known.

    A credit note goes by the day of the first invoice that it corrects.
    """
    if invoice.currency == tenant.currency or not invoice.tax:
        return None
    issued = _corrected(invoice) if invoice.kind == InvoiceKind.CREDIT_NOTE else invoice
    rates = rates_on(issued.issued_on, known_at=issued.issued_at)
    try:
        way = find_way(rates, base=invoice.currency, quote=tenant.currency, on=issued.issued_on)
    except NoExchangeRate:
        return None
    return HomeTax(tenant.currency, way.convert(invoice.tax, currency=tenant.currency), way.said)


def _corrected(note: Invoice) -> Invoice:
    credited = CreditedLine.objects.filter(account_id=note.account_id, credit_note_id=note.id)
    first = Invoice.objects.filter(
        account_id=note.account_id, id__in=credited.values_list("invoice_id", flat=True)
    )
    return first.order_by("id").first() or note
