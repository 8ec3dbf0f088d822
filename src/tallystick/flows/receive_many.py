"""Many payments at once: recorded, set against what is owed and posted in one transaction.

The same rules as `receive_payment`, on sets: a statement of the bank brings thousands.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from tallystick.base.money import EXACT
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post.entry import (
    BusinessEvent,
    Entry,
    post_allocation,
    post_event,
    post_payment,
)
from tallystick.core.post.rules import EventKind
from tallystick.core.receive.allocate import OpenItem, allocate_payment
from tallystick.domain.collections.queries import accounts_in_collection
from tallystick.domain.ledger.tables import store_many_entries
from tallystick.domain.parties.models import Account
from tallystick.domain.payments import tables
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.bulk import insert_rows, new_ids
from tallystick.flows.recover import restore_paid

_ENTRIES: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "source_key": pl.String(),
        "description": pl.String(),
        "kind": pl.String(),
        "occurred_on": pl.Date(),
        "currency": pl.String(),
        "ledger_account": pl.String(),
        "amount": MONEY,
    }
)


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
    shares: list[tuple[int, int, int, Decimal, date]] = []
    entries: list[tuple[Any, ...]] = []
    credit = Decimal(0)
    for payment_id, one in zip(ids, incoming, strict=True):
        owed = items[one.account_id]
        spread = allocate_payment(
            one.receipt.amount,
            currency=one.receipt.currency,
            open_items=owed,
            references=one.references,
        )
        credit = EXACT.add(credit, spread.credit)
        entries += _rows(_posted(one, settled=settled), one, f"payment {one.receipt.key}")
        for share in spread.allocations:
            at_hand = next(n for n, item in enumerate(owed) if item.invoice_id == share.invoice_id)
            item = owed[at_hand]
            left = EXACT.subtract(item.open_amount, share.amount)
            owed[at_hand] = replace(item, open_amount=left)
            invoice_id, day = int(share.invoice_id), one.receipt.received_on
            shares.append((one.account_id, payment_id, invoice_id, share.amount, day))
            entry = post_allocation(
                share.amount,
                source_key=f"allocation:{payment_id}:{share.invoice_id}",
                on=day,
                currency=one.receipt.currency,
            )
            entries += _rows([entry], one, f"payment {one.receipt.key} for {item.number}")
    _store(incoming, ids=ids, shares=shares, tenant_id=tenant_id, at=at)
    frame = pl.DataFrame(entries, schema=_ENTRIES, orient="row")
    store_many_entries(frame, tenant_id=tenant_id, posted_at=at)
    restored = _restore(incoming, at=at)
    return ManyReport(len(incoming), len(shares), credit, restored)


def _items_by_account(frame: pl.DataFrame) -> dict[int, list[OpenItem]]:
    found: dict[int, list[OpenItem]] = defaultdict(list)
    for account_id, invoice_id, number, due_on, currency, left in frame.iter_rows():
        found[account_id].append(OpenItem(str(invoice_id), number, due_on, currency, left))
    return found


def _posted(one: Incoming, *, settled: bool) -> list[Entry]:
    receipt = one.receipt
    key, on, currency = f"payment:{receipt.key}", receipt.received_on, receipt.currency
    posted = [post_payment(receipt.amount, source_key=key, on=on, currency=currency)]
    if settled:
        event = BusinessEvent(
            EventKind.PAYMENT_SETTLED,
            f"settled:{receipt.key}",
            on,
            currency,
            {"amount": receipt.amount, "costs": Decimal(0)},
        )
        posted.append(post_event(event))
    return posted


def _rows(entries: Iterable[Entry], one: Incoming, said: str) -> list[tuple[Any, ...]]:
    return [
        (
            one.account_id, entry.source_key, said, entry.kind.value, entry.on, entry.currency,
            posting.ledger_account, posting.amount,
        )
        for entry in entries
        for posting in entry.postings
    ]  # fmt: skip


def _store(
    incoming: Sequence[Incoming],
    *,
    ids: Sequence[int],
    shares: Sequence[tuple[int, int, int, Decimal, date]],
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
        list(shares),
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
