"""Reads of invoices and open items."""

from dataclasses import dataclass

from tallystick.base.money import EXACT
from tallystick.base.refusal import Refusal
from tallystick.core.receive.allocate import OpenItem as ItemToPay
from tallystick.domain.invoices.models import Invoice, OpenItem, OpenState


@dataclass
class UnknownInvoice(Refusal):
    code = "unknown_invoice"
    number: str = ""

    def sentence(self) -> str:
        return f"no invoice has the number {self.number!r}"


def invoice_numbered(number: str) -> Invoice:
    """The invoice of that number, its account and party with it.

    :raises UnknownInvoice: when there is none
    """
    invoice = Invoice.objects.select_related("account__party").filter(number=number).first()
    if invoice is None:
        raise UnknownInvoice(number=number)
    return invoice


def items_to_pay(account_id: int) -> list[ItemToPay]:
    """What an account owes, as the allocation rules want it, oldest due first."""
    items = OpenItem.objects.select_related("invoice").filter(
        account_id=account_id, state__in=(OpenState.OPEN, OpenState.PART_PAID), total__gt=0
    )
    return [
        ItemToPay(
            invoice_id=str(item.invoice_id),
            number=item.invoice.number,
            due_on=item.due_on,
            currency=item.currency,
            open_amount=EXACT.subtract(item.total, item.settled),
        )
        for item in items.order_by("due_on", "invoice_id")
    ]
