"""Many payments at once: recorded, set against what is owed and posted in one transaction.

The same rules as `receive_payment`, on sets: a statement of the bank brings thousands.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from tallystick.base.money import EXACT
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post.facts import FACTS, post_facts_batch
from tallystick.core.post.rules import EventKind
from tallystick.core.receive.allocate import Allocated, OpenItem, allocate_payment
from tallystick.domain.collections.queries import accounts_in_collection
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.ledger.tables import store_many_entries
from tallystick.domain.parties.models import Account
from tallystick.domain.payments import tables
from tallystick.domain.payments.models import Payment
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.bulk import insert_rows, new_ids
from tallystick.flows.recover import restore_paid
from tallystick.flows.write_off import recover_loss

_RECEIVED: Final = EventKind.PAYMENT_RECEIVED.value
_SETTLED: Final = EventKind.PAYMENT_SETTLED.value
_ALLOCATED: Final = EventKind.PAYMENT_ALLOCATED.value


@dataclass(frozen=True, slots=True)
class Incoming:
    """A payment that is known to be this account's, with the invoices that it names."""

    account_id: int
    receipt: Receipt
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ManyReport:
    """What many payments did: how many there were, invoices paid, credit left, services back."""

    payments: int
    allocations: int
    credit: Decimal
    restored: tuple[str, ...]


def receive_many(
    incoming: Sequence[Incoming], *, tenant_id: int, at: datetime, settled: bool
) -> ManyReport:
    """Records payments of new keys; part of the caller's transaction, whose keys are claimed.

    `settled` says that the money is on the bank account already, and posts that too.
    """
    accounts = sorted({one.account_id for one in incoming})
    tables.hold_accounts(accounts)
    items = _items_by_account(tables.read_open_items(accounts))
    ids = new_ids("payments_payment", count=len(incoming)).to_list()
    shares: list[_Share] = []
    facts: list[tuple[Any, ...]] = []
    credit = Decimal(0)
    overdrawn = tables.read_overdrawn(accounts)
    for payment_id, one in zip(ids, incoming, strict=True):
        receipt, owed = one.receipt, items[one.account_id]
        free = receipt.amount
        if lacking := overdrawn.get(one.account_id):  # it is made good first
            free = max(EXACT.subtract(free, lacking), Decimal(0))
            overdrawn[one.account_id] = EXACT.subtract(lacking, receipt.amount - free)
        spread = Allocated((), Decimal(0))
        if free:
            spread = allocate_payment(
                free, currency=receipt.currency, open_items=owed, references=one.references
            )
        credit = EXACT.add(credit, spread.credit)
        said = f"payment {receipt.key}"
        head = (one.account_id, receipt.received_on, receipt.currency)
        facts.append((*head, f"payment:{receipt.key}", said, _RECEIVED, receipt.amount))
        if settled:
            facts.append((*head, f"settled:{receipt.key}", said, _SETTLED, receipt.amount))
        for share in spread.allocations:
            at_hand = next(n for n, item in enumerate(owed) if item.invoice_id == share.invoice_id)
            item = owed[at_hand]
            left = EXACT.subtract(item.open_amount, share.amount)
            owed[at_hand] = replace(item, open_amount=left)
            shares.append(_Share(one, payment_id, int(share.invoice_id), share.amount, item))
            key = f"allocation:{payment_id}:{share.invoice_id}"
            facts.append((*head, key, f"{said} for {item.number}", _ALLOCATED, share.amount))
    _store(incoming, ids=ids, shares=shares, tenant_id=tenant_id, at=at)
    frame = pl.DataFrame(facts, schema=FACTS, orient="row")
    store_many_entries(post_facts_batch(frame), tenant_id=tenant_id, posted_at=at)
    _recover(shares, at=at)
    restored = _restore(incoming, at=at)
    return ManyReport(len(incoming), len(shares), credit, restored)


@dataclass(frozen=True, slots=True)
class _Share:
    """A part of a payment set against an item, as that stood before."""

    incoming: Incoming
    payment_id: int
    invoice_id: int
    amount: Decimal
    item: OpenItem


def _items_by_account(frame: pl.DataFrame) -> dict[int, list[OpenItem]]:
    found: dict[int, list[OpenItem]] = defaultdict(list)
    for account_id, invoice_id, number, due_on, currency, left, held, lost in frame.iter_rows():
        item = OpenItem(str(invoice_id), number, due_on, currency, left, held, "", lost)
        found[account_id].append(item)
    return found


def _recover(shares: Sequence[_Share], *, at: datetime) -> None:
    """Posts what came for debts that were written off, which is rare, one by one."""
    for share in shares:
        if share.item.written_off:
            payment = Payment.objects.get(id=share.payment_id)
            day = share.incoming.receipt.received_on
            entry = recover_loss(payment, invoice_id=share.invoice_id, amount=share.amount, on=day)
            store_entry(
                entry, tenant_id=payment.tenant_id, account_id=payment.account_id,
                description=f"payment {payment.key} for {share.item.number}", at=at,
            )  # fmt: skip


def _store(
    incoming: Sequence[Incoming],
    *,
    ids: Sequence[int],
    shares: Sequence[_Share],
    tenant_id: int,
    at: datetime,
) -> None:
    receipts = [(one.account_id, one.receipt) for one in incoming]
    payments = pl.DataFrame(
        [
            (
                tenant_id, payment_id, account_id, receipt.key, receipt.method, receipt.currency,
                receipt.amount, receipt.received_on, receipt.reference[:140], receipt.payer[:200],
            )
            for payment_id, (account_id, receipt) in zip(ids, receipts, strict=True)
        ],
        schema={
            "tenant_id": pl.Int64, "id": pl.Int64, "account_id": pl.Int64, "key": pl.String,
            "method": pl.String, "currency": pl.String, "amount": MONEY, "received_on": pl.Date,
            "reference": pl.String, "payer": pl.String,
        },
        orient="row",
    )  # fmt: skip
    insert_rows(
        payments.with_columns(
            pl.lit(at).alias("recorded_at"), pl.col("reference", "payer").fill_null("")
        ),
        table="payments_payment",
    )
    allocations = pl.DataFrame(
        [
            (
                share.incoming.account_id, share.payment_id, share.invoice_id, share.amount,
                share.incoming.receipt.received_on,
            )
            for share in shares
        ],
        schema={
            "account_id": pl.Int64, "payment_id": pl.Int64, "invoice_id": pl.Int64,
            "amount": MONEY, "allocated_on": pl.Date,
        },
        orient="row",
    )  # fmt: skip
    insert_rows(
        allocations.with_columns(pl.lit(tenant_id).alias("tenant_id")),
        table="payments_allocation",
    )
    tables.settle_items(
        allocations.group_by("account_id", "invoice_id", maintain_order=True).agg(
            pl.col("amount").sum()
        )
    )


def _restore(incoming: Sequence[Incoming], *, at: datetime) -> tuple[str, ...]:
    """Gives back what was cut off to those who have paid for it."""
    last = {one.account_id: one.receipt.received_on for one in incoming}
    late = accounts_in_collection(list(last))
    restored: list[str] = []
    for account in Account.objects.filter(id__in=late).order_by("id"):
        restored += restore_paid(account, on=last[account.id], at=at)
    return tuple(restored)
