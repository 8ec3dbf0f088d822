"""What an invoice that is taken back lets go: its dispute, a promise to pay it, what it cut off."""

from datetime import date, datetime

from tallystick.domain.collections.disputes import accept_disputes_of, ease_promise
from tallystick.domain.invoices.models import Invoice, OpenItem, OpenState
from tallystick.domain.parties.models import Account
from tallystick.flows.recover import restore_paid


def let_go(
    invoice: Invoice, *, why: str, on: date, at: datetime, credit_note: str = ""
) -> tuple[str, ...]:
    """Ends what hung on what the invoice no longer asks for; the services that are restored.

    Where nothing of it is left open a dispute about it is accepted, for the reason that is given.
    It is part of the caller's transaction, which holds the account and has posted what there is to
    post.
    """
    unpaid = OpenItem.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    if not unpaid.filter(state__in=(OpenState.OPEN, OpenState.PART_PAID)).exists():
        accept_disputes_of(invoice, decision=why, on=on, credit_note=credit_note)
    ease_promise(invoice.account_id, on=on)
    return restore_paid(Account.objects.get(id=invoice.account_id), on=on, at=at)
