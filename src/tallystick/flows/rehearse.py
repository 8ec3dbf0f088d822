"""A bill run without a trace: what would be billed, held against what was billed last."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

import polars as pl

from tallystick.base.progress import Progress, silent
from tallystick.domain.invoices import tables
from tallystick.domain.invoices.history import read_last_bills, read_numbers
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import Batch
from tallystick.flows.drafting import HEADS, draft_invoices
from tallystick.flows.home_tax import LackingRate, add_up_lacking, lacking_of
from tallystick.flows.invoice import CONTRACTS_PER_TASK

TOLERATED_PERCENT: Final = 20
"""A bill that is further from the last one than this is worth a look."""


class Difference(StrEnum):
    """Why an account is worth a look before it is billed."""

    NEW = "new"  # it was never billed
    MISSING = "missing"  # it was billed a cycle ago and would not be now
    OFF = "off"  # its bill is far from the last one


@dataclass(frozen=True, slots=True)
class Compared:
    """An account that differs: its total now and then, each None where there is none."""

    account: str
    difference: Difference
    currency: str
    total: Decimal | None
    before: Decimal | None
    before_number: str | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a bill run of that day would do; `waiting_batches` are loaded and not charged yet."""

    bill_date: date
    invoices: int
    totals: dict[str, Decimal]
    compared: tuple[Compared, ...]
    held: tuple[dict[str, str], ...]
    waiting_batches: int
    lacking_rates: tuple[LackingRate, ...] = ()


def rehearse_bills(*, tenant_id: int, on: date, progress: Progress = silent) -> Rehearsal:
    """Drafts every bill that is due by that day and compares it; nothing is stored."""
    drafts: list[pl.DataFrame] = []
    held: list[pl.DataFrame] = []
    lacking: list[LackingRate] = []
    with acting_for(tenant_id):
        tenant = Tenant.objects.get(id=tenant_id)
        ranges = due_ranges(tables.count_due(on=on))
        waiting = Batch.objects.filter(state="loaded", charge_run_id__isnull=True).count()
    for done, accounts in enumerate(ranges, start=1):
        with acting_for(tenant_id):
            draft = draft_invoices(tenant, accounts=accounts, on=on)
            lacking += lacking_of(draft, tenant=tenant)
        drafts.append(draft.heads())
        if draft.batches:
            held.append(draft.rejects.select("code", "parameters").unique(maintain_order=True))
        progress("rehearsing", done=done, total=len(ranges))
    billed = pl.concat(drafts) if drafts else HEADS.to_frame()
    with acting_for(tenant_id):
        last = read_last_bills(until=on)
        numbers = read_numbers()
    return Rehearsal(
        bill_date=on,
        invoices=int(billed["invoices"].sum()),
        totals={
            str(currency): Decimal(part["total"].sum())
            for (currency,), part in billed.group_by("currency", maintain_order=True)
        },
        compared=_compare(billed, last=last, numbers=numbers, on=on),
        held=tuple(
            {"code": code, "parameters": parameters}
            for part in held
            for code, parameters in part.iter_rows()
        ),
        waiting_batches=waiting,
        lacking_rates=add_up_lacking(lacking),
    )


def due_ranges(due: pl.DataFrame) -> list[tuple[int, int]]:
    """Accounts [first, end) with about as many due contracts each as a bill task has."""
    part = (pl.col("due").cum_sum() - pl.col("due")) // CONTRACTS_PER_TASK
    cuts = due.group_by(part.alias("part")).agg(
        pl.col("account_id").min().alias("first"), pl.col("account_id").max().alias("last")
    )
    return [(first, last + 1) for _, first, last in cuts.sort("part").iter_rows()]


def _compare(
    billed: pl.DataFrame, *, last: pl.DataFrame, numbers: pl.DataFrame, on: date
) -> tuple[Compared, ...]:
    before = last.select(
        "account_id", "currency", before="total", before_number="number", before_on="issued_on"
    )
    both = (
        billed.join(before, on=["account_id", "currency"], how="full", coalesce=True)
        .join(numbers, on="account_id", how="left")
        .sort("account", "currency")
    )
    # Billed in the cycle that ended by now, not earlier: who left long ago is not missed.
    due_again = pl.col("before_on").dt.offset_by("1mo") <= on
    recent = pl.col("before_on").dt.offset_by("2mo") > on
    off = (pl.col("total") - pl.col("before")).abs() * 100
    far = off > pl.col("before").abs() * TOLERATED_PERCENT
    difference = (
        pl.when(pl.col("before").is_null())
        .then(pl.lit(Difference.NEW.value))
        .when(pl.col("total").is_null() & due_again & recent)
        .then(pl.lit(Difference.MISSING.value))
        .when(pl.col("total").is_not_null() & far)
        .then(pl.lit(Difference.OFF.value))
    )
    told = both.with_columns(difference.alias("difference")).filter(
        pl.col("difference").is_not_null()
    )
    columns = ["account", "difference", "currency", "total", "before", "before_number"]
    return tuple(
        Compared(account, Difference(name), *rest)
        for account, name, *rest in told.select(columns).iter_rows()
    )
