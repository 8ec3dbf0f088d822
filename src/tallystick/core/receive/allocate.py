"""Allocation of money to open invoices: by reference, else oldest due first; the rest is credit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tallystick.base.money import EXACT
from tallystick.base.refusal import Refusal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice with an amount still to be paid, of which a part may be disputed."""

    invoice_id: str
    number: str
    due_on: date
    currency: str
    open_amount: Decimal
    disputed_amount: Decimal = ZERO
    payment_reference: str = ""
    written_off: bool = False

    @property
    def undisputed(self) -> Decimal:
        """What may be collected of it, never negative."""
        return max(EXACT.subtract(self.open_amount, self.disputed_amount), ZERO)


@dataclass(frozen=True, slots=True)
class Allocation:
    invoice_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Allocated:
    """Allocations and what is left; together they are the money that came in."""

    allocations: tuple[Allocation, ...]
    credit: Decimal


@dataclass
class NothingToAllocate(Refusal):
    code = "nothing_to_allocate"
    amount: str = ""

    def sentence(self) -> str:
        return f"{self.amount} cannot be allocated; only an amount above zero pays an invoice"


@dataclass
class AllocationInOtherCurrency(Refusal):
    code = "allocation_in_other_currency"
    currency: str = ""
    invoice_id: str = ""
    invoice_currency: str = ""

    def sentence(self) -> str:
        return (
            f"{self.currency} cannot pay invoice {self.invoice_id} in {self.invoice_currency}; "
            "exchange the money first and keep both amounts and the rate"
        )


def allocate_payment(
    amount: Decimal,
    *,
    currency: str,
    open_items: Iterable[OpenItem],
    references: Sequence[str] = (),
) -> Allocated:
    """The payment spread over open items.

    Items that a reference names (invoice id, number or payment reference, whatever its spaces and
    case) are paid first and whole, in the order of the references. What is left pays the
    undisputed parts of all others, oldest due first, then by number; what was written off comes
    after all that is owed. The rest is credit.

    :raises NothingToAllocate: when the amount is not above zero
    :raises AllocationInOtherCurrency: when a referenced item is in another currency
    """
    if amount <= 0:
        raise NothingToAllocate(amount=str(amount))
    allocations, left = [], amount
    for item, most in items_in_order(open_items, currency=currency, references=references):
        share = min(left, most)
        if share > 0:
            allocations.append(Allocation(item.invoice_id, share))
            left = EXACT.subtract(left, share)
    return Allocated(tuple(allocations), left)


def items_in_order(
    open_items: Iterable[OpenItem], *, currency: str, references: Sequence[str] = ()
) -> list[tuple[OpenItem, Decimal]]:
    """The items in the order in which money pays them, and how much of each.

    :raises AllocationInOtherCurrency: when a referenced item is in another currency
    """
    items = sorted(
        open_items, key=lambda item: (item.written_off, item.due_on, item.number, item.invoice_id)
    )
    named = _named(items, references)
    for item in named:
        if item.currency != currency:
            raise AllocationInOtherCurrency(
                currency=currency, invoice_id=item.invoice_id, invoice_currency=item.currency
            )
    others = [item for item in items if item not in named and item.currency == currency]
    wanted = [(item, item.open_amount) for item in named]
    return wanted + [(item, item.undisputed) for item in others]


def allocate_credit(credit: Decimal, *, currency: str, open_items: Iterable[OpenItem]) -> Allocated:
    """Standing credit of an account spread over its open items, oldest due first.

    No credit allocates nothing, so that it may be called for every account after a bill run.
    """
    if credit <= 0:
        return Allocated((), max(credit, ZERO))
    return allocate_payment(credit, currency=currency, open_items=open_items)


def _named(items: Sequence[OpenItem], references: Sequence[str]) -> list[OpenItem]:
    found: list[OpenItem] = []
    for reference in references:
        wanted = _plain(reference)
        for item in items:
            own = {_plain(item.invoice_id), _plain(item.number), _plain(item.payment_reference)}
            if wanted and wanted in own and item not in found:
                found.append(item)
    return found


def _plain(reference: str) -> str:
    return "".join(reference.split()).upper()
