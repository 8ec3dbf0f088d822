"""What holds collection back and lets it go on: disputes decided, promises, protection."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from tallystick.base.frames import AMOUNT
from tallystick.base.money import EXACT, plain
from tallystick.base.refusal import Refusal
from tallystick.domain.collections.disputes import (
    decide_dispute,
    make_promise,
    open_dispute,
    open_dispute_numbered,
)
from tallystick.domain.collections.models import Dispute, DisputeState, Promise
from tallystick.domain.invoices.models import CreditedLine, Invoice, InvoiceLine
from tallystick.domain.invoices.queries import invoice_numbered
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.credit import credit_invoice
from tallystick.flows.receive import allocate_credit
from tallystick.flows.recover import restore_paid

STEP: Final = Decimal(1).scaleb(-AMOUNT.scale)
TRIES: Final = 4


@dataclass
class NotCreditable(Refusal):
    code = "not_creditable"
    invoice: str = ""
    amount: str = ""

    def sentence(self) -> str:
        return (
            f"no credit note for all lines of {self.invoice} in proportion comes to {self.amount}; "
            "name the lines and their parts: --part 2=4.50"
        )


@dataclass(frozen=True, slots=True)
class Disputed:
    """A dispute that was opened, and the services it gave back."""

    dispute: Dispute
    currency: str
    restored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """A dispute that was decided; the credit note's number and total where it was accepted."""

    dispute: Dispute
    currency: str
    credited: Decimal = Decimal(0)


def dispute_invoice(
    number: str, *, amount: Decimal | None, reason: str, tenant_id: int, on: date, at: datetime
) -> Disputed:
    """Holds an amount of an invoice (else all that is open) out of collection until decided.

    What was cut off for its sake comes back.

    :raises UnknownInvoice: when no invoice has the number
    :raises NotDisputable: when so much is not open
    :raises DisputedAlready: when a dispute about it runs
    """
    with acting_for(tenant_id):
        invoice = invoice_numbered(number)
        account = Account.objects.select_for_update().get(id=invoice.account_id)
        dispute = open_dispute(invoice, amount=amount, reason=reason, on=on)
        restored = restore_paid(account, on=on, at=at)
        return Disputed(dispute, invoice.currency, restored)


def accept_dispute(
    number: int, *, decision: str, parts: Mapping[int, Decimal | None] | None, tenant_id: int,
    on: date, at: datetime,
) -> Decided:  # fmt: skip
    """The customer was right: a credit note gives it back, the rest is due as before.

    `parts` are lines and what of them is credited (see `credit_invoice`); without them all lines
    in proportion, so that the note comes to the disputed amount.

    :raises UnknownDispute: when there is none of that number
    :raises DisputeDecided: when it was decided before
    :raises NotCreditable: when no note in proportion comes to the amount
    :raises Refusal: when the parts cannot be credited (see `credit_invoice`)
    """
    with acting_for(tenant_id):
        dispute = open_dispute_numbered(number)
        invoice = dispute.invoice
        account = Account.objects.select_for_update().get(id=dispute.account_id)
        credited = parts or _in_proportion(dispute, tenant_id=tenant_id, on=on, at=at)
        note = credit_invoice(invoice.number, parts=credited, tenant_id=tenant_id, on=on, at=at)
        decide_dispute(
            dispute, state=DisputeState.ACCEPTED, decision=decision, on=on,
            credit_note=note.number,
        )  # fmt: skip
        restore_paid(account, on=on, at=at)
        return Decided(dispute, invoice.currency, note.total)


def _in_proportion(
    dispute: Dispute, *, tenant_id: int, on: date, at: datetime
) -> dict[int, Decimal | None]:
    """What of each line a note of the disputed amount gives back.

    Lines are cut in the proportion of the amount to the invoice; what rounding makes of it is set
    right on the largest line.
    """
    invoice: Invoice = dispute.invoice
    left = _left(invoice)
    if dispute.amount == invoice.total and all(
        left[one.line_no] == one.exact for one in _lines(invoice)
    ):
        return dict.fromkeys(left)
    parts = {line: (exact * dispute.amount / invoice.total).quantize(STEP)
             for line, exact in left.items()}  # fmt: skip
    largest = max(parts, key=lambda line: abs(parts[line]))
    for _ in range(TRIES):
        said: dict[int, Decimal | None] = {line: part for line, part in parts.items() if part}
        total = credit_invoice(
            invoice.number, parts=said, tenant_id=tenant_id, on=on, at=at, rehearse=True
        ).total
        off = EXACT.subtract(dispute.amount, total)
        if not off:
            return said
        parts[largest] += (off * invoice.net / invoice.total).quantize(STEP)
    raise NotCreditable(invoice=invoice.number, amount=plain(dispute.amount))


def _lines(invoice: Invoice) -> list[InvoiceLine]:
    own = InvoiceLine.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    return list(own.order_by("line_no"))


def _left(invoice: Invoice) -> dict[int, Decimal]:
    """What of each line's exact amount was not credited before."""
    left = {line.line_no: line.exact for line in _lines(invoice)}
    before = CreditedLine.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    for line_no, exact in before.values_list("line_no", "exact"):
        left[line_no] = EXACT.subtract(left[line_no], exact)
    return left


def refuse_dispute(
    number: int, *, decision: str, tenant_id: int, on: date, at: datetime
) -> Decided:
    """The bill was right: the amount is due again, and the ladder goes on where it was.

    Credit of the account that waited pays it.

    :raises UnknownDispute: when there is none of that number
    :raises DisputeDecided: when it was decided before
    """
    with acting_for(tenant_id):
        dispute = open_dispute_numbered(number)
        Account.objects.select_for_update().get(id=dispute.account_id)
        decide_dispute(dispute, state=DisputeState.REFUSED, decision=decision, on=on)
        allocate_credit(tenant_id=tenant_id, accounts=[dispute.account_id], on=on, at=at)
        return Decided(dispute, dispute.invoice.currency)


def promise_payment(
    account: str, *, amount: Decimal, until: date, tenant_id: int, on: date
) -> Promise:
    """Notes a promise to pay: no step of the ladder is taken through its day.

    :raises UnknownAccount: when no account has the number
    :raises NotPromisable: when the day has passed or the amount is none
    :raises PromiseRuns: when another promise runs
    """
    with acting_for(tenant_id):
        debtor = Account.objects.select_for_update().get(id=account_numbered(account).id)
        return make_promise(debtor, amount=amount, until=until, on=on)


def restore_by_hand(account: str, *, tenant_id: int, on: date, at: datetime) -> tuple[str, ...]:
    """Gives back what the ladder took and has `restore: by hand`, where it is paid for.

    :raises UnknownAccount: when no account has the number
    """
    with acting_for(tenant_id):
        debtor = Account.objects.select_for_update().get(id=account_numbered(account).id)
        return restore_paid(debtor, on=on, at=at, by_hand=True)
