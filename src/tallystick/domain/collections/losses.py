"""What was written off and what came of it after all: rows, and what may be given up."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl
from django.db import connection
from django.db.models import Sum

from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.recover.loss import Loss
from tallystick.domain.collections.models import Episode, EpisodeState, Recovery, WriteOff
from tallystick.domain.invoices.models import OpenItem, OpenState
from tallystick.domain.payments.models import Allocation, Payment
from tallystick.domain.tenants.bulk import insert_rows, read_frame

TO_GIVE_UP: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "number": pl.String(),
        "currency": pl.String(),
        "open": MONEY,
        "tax": MONEY,
        "total": MONEY,
        "times": pl.Int64(),  # how often some of it was written off before
    }
)
"""Open items that are not in dispute, with the taxes of their invoices."""

GIVEN_UP: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "number": pl.String(),
        "currency": pl.String(),
        "loss": MONEY,
        "tax": MONEY,
    }
)
"""Invoices written off: what was lost, and the tax that came back."""


def read_to_give_up(accounts: Sequence[int], *, invoice_id: int | None) -> pl.DataFrame:
    """TO_GIVE_UP of these accounts, or of one invoice of theirs."""
    return read_frame(
        "SELECT o.account_id, o.invoice_id, i.number, o.currency, o.total - o.settled, i.tax,"
        " i.total, (SELECT count(*) FROM collections_writeoff w WHERE w.tenant_id = o.tenant_id"
        " AND w.account_id = o.account_id AND w.invoice_id = o.invoice_id)"
        " FROM invoices_openitem o JOIN invoices_invoice i ON i.tenant_id = o.tenant_id"
        " AND i.account_id = o.account_id AND i.id = o.invoice_id"
        " WHERE o.account_id = ANY(%s) AND (%s::bigint IS NULL OR o.invoice_id = %s)"
        " AND o.state IN ('open', 'part_paid') AND o.total > o.settled AND o.total > 0"
        " AND NOT EXISTS (SELECT 1 FROM collections_dispute d WHERE d.tenant_id = o.tenant_id"
        " AND d.account_id = o.account_id AND d.invoice_id = o.invoice_id AND d.state = 'open')"
        " ORDER BY o.account_id, o.due_on, o.invoice_id",
        [list(accounts), invoice_id, invoice_id],
        schema=TO_GIVE_UP,
    )


def store_given_up(given_up: pl.DataFrame, *, reason: str, tenant_id: int, on: date) -> None:
    """Stores GIVEN_UP and closes the open items."""
    insert_rows(
        given_up.select(
            "account_id", "invoice_id", "loss", "tax",
            tenant_id=pl.lit(tenant_id), reason=pl.lit(reason[:300]), written_off_on=pl.lit(on),
        ),
        table="collections_writeoff",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE invoices_openitem SET state = 'written_off'"
            " WHERE account_id = ANY(%s) AND invoice_id = ANY(%s)",
            [given_up["account_id"].unique().to_list(), given_up["invoice_id"].to_list()],
        )


def close_lost(accounts: Sequence[int], *, on: date) -> None:
    """Ends the stay on the ladder of those of the accounts that owe nothing any more."""
    owing = OpenItem.objects.filter(
        account_id__in=accounts, state__in=(OpenState.OPEN, OpenState.PART_PAID), total__gt=0
    )
    held = Episode.objects.filter(account_id__in=accounts, state=EpisodeState.OPEN)
    held.exclude(account_id__in=owing.values("account_id")).update(
        state=EpisodeState.LOST, closed_on=on
    )


def left_to_recover(account_id: int, *, invoice_id: int) -> Loss:
    """What was written off of an invoice and has not come after all."""
    of_it = {"account_id": account_id, "invoice_id": invoice_id}
    lost = WriteOff.objects.filter(**of_it).aggregate(net=Sum("loss"), tax=Sum("tax"))
    back = Recovery.objects.filter(**of_it).aggregate(net=Sum("loss"), tax=Sum("tax"))
    return Loss(
        (lost["net"] or Decimal(0)) - (back["net"] or Decimal(0)),
        (lost["tax"] or Decimal(0)) - (back["tax"] or Decimal(0)),
    )


def note_recovery(payment: Payment, *, invoice_id: int, loss: Loss, on: date) -> None:
    """Notes what a payment brought for an invoice that was written off."""
    Recovery.objects.create(
        tenant_id=payment.tenant_id,
        account_id=payment.account_id,
        invoice_id=invoice_id,
        payment=payment,
        loss=loss.net,
        tax=loss.tax,
        recovered_on=on,
    )


def recovered_by(payment: Payment, *, invoice_id: int) -> Loss:
    """What the payment brought for what was written off of the invoice."""
    own = Recovery.objects.filter(
        account_id=payment.account_id, payment=payment, invoice_id=invoice_id
    )
    sums = own.aggregate(net=Sum("loss"), tax=Sum("tax"))
    return Loss(sums["net"] or Decimal(0), sums["tax"] or Decimal(0))


def set_against_lost(payment: Payment) -> list[tuple[int, Decimal]]:
    """(invoice id, amount) of what the payment was set against and is written off now."""
    own = Allocation.objects.filter(account_id=payment.account_id, payment=payment)
    sums = dict(own.values_list("invoice_id").annotate(sum=Sum("amount")))
    lost = OpenItem.objects.filter(
        account_id=payment.account_id, invoice_id__in=sums, state=OpenState.WRITTEN_OFF
    )
    return [(one, sums[one]) for one in lost.order_by("id").values_list("invoice_id", flat=True)]


def note_lost_again(payment: Payment, *, invoice_id: int, loss: Loss, on: date) -> None:
    """Notes that what a payment had been set against is lost once more, as it came back."""
    WriteOff.objects.create(
        tenant_id=payment.tenant_id,
        account_id=payment.account_id,
        invoice_id=invoice_id,
        loss=loss.net,
        tax=loss.tax,
        reason=f"payment {payment.key} came back"[:300],
        written_off_on=on,
    )
