"""Debts given up, and money that comes for them after all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from tallystick.base.money import EXACT
from tallystick.base.refusal import Refusal
from tallystick.core.post.entry import Entry, post_recovery, post_write_off
from tallystick.core.recover.loss import Loss, split_loss, split_recovery
from tallystick.domain.collections import losses
from tallystick.domain.collections.losses import GIVEN_UP
from tallystick.domain.collections.lost_taxes import (
    TaxMove,
    owe_taxes_again,
    relieve_taxes,
    relieve_taxes_again,
)
from tallystick.domain.invoices.queries import invoice_numbered
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.ledger.tables import ENTRY_ROWS, store_many_entries
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import Payment
from tallystick.domain.tenants.scope import acting_for


@dataclass
class NothingToWriteOff(Refusal):
    code = "nothing_to_write_off"
    account: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} owes nothing that could be written off; "
            "what is in dispute is decided first: tallystick dispute list"
        )


@dataclass(frozen=True, slots=True)
class Given:
    """What is given up: all that these accounts owe and do not dispute, or one invoice of theirs.

    `relieve_tax` says that the law gives the tax back.
    """

    accounts: Sequence[int]
    reason: str
    relieve_tax: bool
    on: date
    invoice_id: int | None = None


def write_off_debt(
    account: str, *, invoice: str | None, reason: str, relieve_tax: bool, tenant_id: int, on: date,
    at: datetime,
) -> pl.DataFrame:  # fmt: skip
    """Gives up what the account owes, or one of its invoices, by hand; GIVEN_UP.

    :raises UnknownAccount: when no account has the number
    :raises UnknownInvoice: when no invoice has the number
    :raises NothingToWriteOff: when nothing is open that is not in dispute
    :raises BooksClosed: when that day lies in a closed period
    """
    with acting_for(tenant_id):
        debtor = Account.objects.select_for_update().get(id=account_numbered(account).id)
        invoice_id = None if invoice is None else invoice_numbered(invoice).id
        given = Given([debtor.id], reason, relieve_tax, on, invoice_id)
        done = write_off(given, tenant_id=tenant_id, at=at)
        if done.is_empty():
            raise NothingToWriteOff(account=account)
        return done


def write_off(given: Given, *, tenant_id: int, at: datetime) -> pl.DataFrame:
    """Gives it up and posts it, part of the caller's transaction; GIVEN_UP."""
    open_items = losses.read_to_give_up(given.accounts, invoice_id=given.invoice_id)
    rows, entries = [], []
    for item in open_items.iter_rows(named=True):
        loss, taxes = Loss(item["open"], Decimal(0)), dict[str, Decimal]()
        key = f"write-off:{item['invoice_id']}:{item['times']}"
        if given.relieve_tax:
            loss = split_loss(
                item["open"], invoice_tax=item["tax"], invoice_total=item["total"],
                currency=item["currency"],
            )  # fmt: skip
            moved = TaxMove(item["account_id"], item["invoice_id"], key, given.on, item["currency"])
            taxes = relieve_taxes(moved, loss=loss, tenant_id=tenant_id)
        rows.append(
            (item["account_id"], item["invoice_id"], item["number"], item["currency"], loss.net,
             loss.tax)
        )  # fmt: skip
        entry = post_write_off(
            loss=loss.net, tax=taxes, source_key=key, on=given.on, currency=item["currency"]
        )
        entries += _rows(entry, item["account_id"], f"written off: {item['number']}")
    found = pl.DataFrame(rows, schema=GIVEN_UP, orient="row")
    if not found.is_empty():
        losses.store_given_up(found, reason=given.reason, tenant_id=tenant_id, on=given.on)
        frame = pl.DataFrame(entries, schema=ENTRY_ROWS, orient="row")
        store_many_entries(frame, tenant_id=tenant_id, posted_at=at)
    losses.close_lost(given.accounts, on=given.on)
    return found


def _rows(entry: Entry, account_id: int, said: str) -> list[tuple[object, ...]]:
    return [
        (
            account_id, entry.source_key, said, entry.kind.value, entry.on, entry.currency,
            posting.ledger_account, posting.amount, posting.detail,
        )
        for posting in entry.postings
    ]  # fmt: skip


def recover_loss(payment: Payment, *, invoice_id: int, amount: Decimal, on: date) -> Entry:
    """Notes money that came for what was written off; the entry that makes it a receivable again.

    The caller sets the payment against the invoice, which it then is a receivable of.
    """
    left = losses.left_to_recover(payment.account_id, invoice_id=invoice_id)
    loss = split_recovery(amount, left=left, currency=payment.currency)
    losses.note_recovery(payment, invoice_id=invoice_id, loss=loss, on=on)
    key = f"recovery:{payment.id}:{invoice_id}"
    moved = TaxMove(payment.account_id, invoice_id, key, on, payment.currency)
    taxes = owe_taxes_again(moved, loss=loss, tenant_id=payment.tenant_id)
    return post_recovery(
        loss=loss.net,
        tax=taxes,
        source_key=key,
        on=on,
        currency=payment.currency,
    )


def give_up_again(
    payment: Payment, *, lost: Sequence[tuple[int, Decimal]], on: date, at: datetime
) -> Decimal:
    """A payment came back that had been set against what is written off: it is lost again.

    What it recovered is lost with its tax, what it paid before the write-off without. `lost` are
    invoices and amounts; gives their sum, which is not owed again.
    """
    whole = Decimal(0)
    for invoice_id, amount in lost:
        loss = losses.recovered_by(payment, invoice_id=invoice_id)
        loss = Loss(EXACT.subtract(amount, loss.tax), loss.tax)
        losses.note_lost_again(payment, invoice_id=invoice_id, loss=loss, on=on)
        key = f"write-off:{invoice_id}:again:{payment.id}"
        moved = TaxMove(payment.account_id, invoice_id, key, on, payment.currency)
        taxes = relieve_taxes_again(moved, loss=loss, payment=payment)
        entry = post_write_off(
            loss=loss.net, tax=taxes, source_key=key, on=on, currency=payment.currency
        )
        store_entry(
            entry, tenant_id=payment.tenant_id, account_id=payment.account_id,
            description=f"written off again: payment {payment.key} came back", at=at,
        )  # fmt: skip
        whole = EXACT.add(whole, amount)
    return whole
