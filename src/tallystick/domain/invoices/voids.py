"""Invoices taken back: void before they counted, and lines whose periods are billed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection

from tallystick.base.refusal import Refusal
from tallystick.domain.invoices.models import (
    CreditedLine,
    Invoice,
    InvoiceLine,
    OneOff,
    OpenItem,
    OpenState,
    VoidedInvoice,
)

ONE_OFF: Final = "one_off:"
"""What the purpose of a single charge's line begins with; its id follows."""


@dataclass
class AlreadyVoid(Refusal):
    code = "already_void"
    number: str = ""
    on: str = ""

    def sentence(self) -> str:
        return f"{self.number} is void since {self.on}"


@dataclass
class InvoiceSettled(Refusal):
    code = "invoice_settled"
    number: str = ""

    def sentence(self) -> str:
        return (
            f"something of {self.number} is paid or set against it, so it cannot be void; "
            f"credit it and bill again with: tallystick invoice rebill {self.number}"
        )


def void_of(invoice: Invoice) -> VoidedInvoice | None:
    """When and why the invoice became void; None when it is not."""
    own = VoidedInvoice.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    return own.first()


def require_voidable(invoice: Invoice) -> None:
    """Passes when the invoice still owes all that it asked for.

    :raises AlreadyVoid: when it is void
    :raises InvoiceSettled: when something of it is settled or credited
    """
    void = void_of(invoice)
    if void is not None:
        raise AlreadyVoid(number=invoice.number, on=str(void.voided_on))
    own = {"account_id": invoice.account_id, "invoice_id": invoice.id}
    item = OpenItem.objects.select_for_update().filter(**own).first()
    touched = item is not None and (item.settled != 0 or item.state != OpenState.OPEN)
    if touched or CreditedLine.objects.filter(**own).exists():
        raise InvoiceSettled(number=invoice.number)


def note_void(invoice: Invoice, *, reason: str, on: date, at: datetime) -> None:
    """The invoice is void, and nothing is owed on it."""
    own = {"account_id": invoice.account_id, "invoice_id": invoice.id}
    VoidedInvoice.objects.create(
        tenant_id=invoice.tenant_id, **own, voided_on=on, reason=reason, voided_at=at
    )
    OpenItem.objects.filter(**own).update(state=OpenState.VOID)


def free_lines(invoice: Invoice) -> int:
    """What the invoice's lines billed may be billed again, and what notes gave back of them.

    Gives how many lines that are; none when they were free before.
    """
    notes = CreditedLine.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    ids = [invoice.id, *notes.values_list("credit_note_id", flat=True).distinct()]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE invoices_invoiceline SET freed = true WHERE tenant_id = %s AND account_id = %s"
            " AND invoice_id = ANY(%s) AND NOT freed",
            [invoice.tenant_id, invoice.account_id, ids],
        )
        freed: int = cursor.rowcount
    return freed


def free_one_offs(invoice: Invoice, *, owners: Sequence[int]) -> None:
    """The single charges on the invoice wait for the next one again."""
    charges = OneOff.objects.filter(account_id__in=[invoice.account_id, *owners])
    charges.filter(invoice_id=invoice.id).update(invoice_id=None)


def contracts_on(invoice: Invoice) -> list[tuple[int, str, int]]:
    """The contracts on an invoice: (id, number, whose account)."""
    lines = InvoiceLine.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    named = lines.values_list("contract_id", "contract__number", "contract__account_id")
    return list(named.distinct().order_by("contract_id"))


def lines_are_free(invoice: Invoice) -> bool:
    """Whether what the invoice billed may be billed again, or was."""
    lines = InvoiceLine.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    return lines.exists() and not lines.filter(freed=False).exists()


@dataclass(frozen=True, slots=True)
class WithinCycle:
    """What an invoice within a cycle billed: single charges, and usage of contracts by cycle."""

    one_offs: frozenset[int]
    usage: frozenset[tuple[int, date]]
    """(contract, first day of the cycle)"""


def billed_within(invoice: Invoice) -> WithinCycle:
    """What the invoice has, freed or not, that no bill day brings again."""
    lines = InvoiceLine.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    charges, usage = set(), set()
    for purpose, contract, start in lines.values_list("purpose", "contract_id", "period_from"):
        if purpose.startswith(ONE_OFF):
            charges.add(int(purpose.removeprefix(ONE_OFF)))
        else:
            usage.add((contract, start))
    return WithinCycle(frozenset(charges), frozenset(usage))


def billed_earlier(invoice: Invoice, *, contracts: Sequence[int]) -> set[int]:
    """Those of the contracts that an invoice before this one billed and still does."""
    earlier = InvoiceLine.objects.filter(
        contract_id__in=contracts, invoice_id__lt=invoice.id, freed=False
    )
    return set(earlier.values_list("contract_id", flat=True).distinct())
