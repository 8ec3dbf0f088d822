"""Many payments at once: recorded, set against what is owed and posted in one transaction.

The same rules as `receive_payment`, on sets: a statement of the bank brings thousands.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.money import EXACT
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post.detail import NO_DETAIL
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
        for share in spread.allocations:
            at_hand = next(n for n, item in enumerate(owed) if item.invoice_id == share.invoice_id)
            item = owed[at_hand]
            left = EXACT.subtract(item.open_amount, share.amount)
            owed[at_hand] = replace(item, open_amount=left)
            shares.append(_Share(one, payment_id, int(share.invoice_id), share.amount, item))
    payments, allocations = _payments(incoming, ids=ids), _allocations(shares)
    _store(payments, allocations=allocations, tenant_id=tenant_id, at=at)
    facts = _facts(payments, allocations=allocations, settled=settled)
    store_many_entries(post_facts_batch(facts), tenant_id=tenant_id, posted_at=at)
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


def _payments(incoming: Sequence[Incoming], *, ids: Sequence[int]) -> pl.DataFrame:
    receipts = [one.receipt for one in incoming]
    return pl.DataFrame(
        {
            "id": ids,
            "account_id": [one.account_id for one in incoming],
            "key": [receipt.key for receipt in receipts],
            "method": [str(receipt.method) for receipt in receipts],
            "currency": [receipt.currency for receipt in receipts],
            "amount": [receipt.amount for receipt in receipts],
            "received_on": [receipt.received_on for receipt in receipts],
            "reference": [receipt.reference[:140] for receipt in receipts],
            "payer": [receipt.payer[:200] for receipt in receipts],
            "processor": [receipt.processor for receipt in receipts],
            "moved": [receipt.moved for receipt in receipts],
        },
        schema=_PAYMENTS,
    )


_PAYMENTS: Final = pl.Schema(
    {
        "id": pl.Int64(), "account_id": pl.Int64(), "key": pl.String(), "method": pl.String(),
        "currency": pl.String(), "amount": MONEY, "received_on": pl.Date(),
        "reference": pl.String(), "payer": pl.String(), "processor": pl.String(),
        "moved": pl.String(),
    }
)  # fmt: skip


def _allocations(shares: Sequence[_Share]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_id": [share.incoming.account_id for share in shares],
            "payment_id": [share.payment_id for share in shares],
            "invoice_id": [share.invoice_id for share in shares],
            "amount": [share.amount for share in shares],
            "number": [share.item.number for share in shares],
        },
        schema={
            "account_id": pl.Int64, "payment_id": pl.Int64, "invoice_id": pl.Int64,
            "amount": MONEY, "number": pl.String,
        },
    )  # fmt: skip


def _facts(payments: pl.DataFrame, *, allocations: pl.DataFrame, settled: bool) -> pl.DataFrame:
    """What is posted, payment by payment: that it came, that it is there, what it paid (FACTS)."""
    said = payments.select(
        "account_id", "currency", occurred_on="received_on", payment_id="id",
        key="key", said=pl.format("payment {}", "key"),
    )  # fmt: skip
    came = said.with_columns(
        payments["amount"], source_key=pl.format("payment:{}", "key"),
        method=payments["moved"],
        description="said", kind=pl.lit(_RECEIVED), place=pl.lit(0),
    )  # fmt: skip
    there = came.with_columns(
        source_key=pl.format("settled:{}", "key"), kind=pl.lit(_SETTLED), place=pl.lit(1)
    )
    paid = allocations.join(
        said.drop("account_id"), on="payment_id", maintain_order="left"
    ).with_columns(
        source_key=pl.format("allocation:{}:{}", "payment_id", "invoice_id"),
        description=pl.format("{} for {}", "said", "number"),
        kind=pl.lit(_ALLOCATED), place=pl.lit(2), method=pl.lit(NO_DETAIL),
    )  # fmt: skip
    parts = [came, there, paid] if settled else [came, paid]
    columns = [*FACTS.names(), "payment_id", "place"]
    facts = pl.concat([part.select(columns) for part in parts])
    return facts.sort("payment_id", "place", maintain_order=True).select(FACTS.names())


def _store(
    payments: pl.DataFrame, *, allocations: pl.DataFrame, tenant_id: int, at: datetime
) -> None:
    tenant = pl.lit(tenant_id).alias("tenant_id")
    insert_rows(
        payments.drop("moved").with_columns(
            tenant, pl.lit(at).alias("recorded_at"), pl.col("reference", "payer").fill_null("")
        ),
        table="payments_payment",
    )
    days = payments.select(payment_id="id", allocated_on="received_on")
    insert_rows(
        allocations.drop("number")
        .join(days, on="payment_id", maintain_order="left")
        .with_columns(tenant),
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
