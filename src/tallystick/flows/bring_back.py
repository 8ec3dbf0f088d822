"""Equipment that comes back: in time it costs nothing, after its charge that is given back.

The charge is dropped where no invoice has it yet, else its line is credited.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tallystick.domain.inventory.loans import bring_back
from tallystick.domain.inventory.models import Loan
from tallystick.domain.invoices.models import InvoiceLine, OneOff
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.credit import NothingToCredit, credit_invoice


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """A device that came back; what it had been charged, and the credit note that gives it back.

    `charged` is before tax and zero where it came in time. No note: no invoice has the charge.
    """

    loan: Loan
    charged: Decimal
    credit_note: str


def take_equipment_back(serial: str, *, tenant_id: int, on: date, at: datetime) -> BroughtBack:
    """The device returned on that day, and what it was charged given back.

    :raises NotLent: when nobody has it
    :raises ReturnedBeforeLent: when it was lent after that day
    :raises BooksClosed: when a credit note of that day would lie in a closed period
    """
    with acting_for(tenant_id):
        loan = bring_back(serial, on=on)
        if loan.charged_on is None:
            return BroughtBack(loan, Decimal(0), "")
        Account.objects.select_for_update().get(id=loan.account_id)
        charge = OneOff.objects.get(account_id=loan.account_id, key=f"not_returned:{loan.id}")
        if charge.invoice_id is None:
            charge.delete()
            return BroughtBack(loan, charge.amount, "")
        line = InvoiceLine.objects.select_related("invoice").get(
            invoice_id=charge.invoice_id, purpose=f"one_off:{charge.id}"
        )
        try:
            note = credit_invoice(
                line.invoice.number, parts={line.line_no: None}, tenant_id=tenant_id, on=on, at=at
            )
        except NothingToCredit:  # it was given back by hand
            return BroughtBack(loan, Decimal(0), "")
        return BroughtBack(loan, charge.amount, note.number)
