"""Bill runs: what is due and unbilled -> numbered, posted invoices, an account range at a time.

A task is one transaction: it loads, computes with no I/O, numbers, stores and posts. It can be
stopped anywhere and given again: a contract is due once for each of its bill days, and a line's key
(contract, component, period, purpose) stands once in the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Final

import polars as pl

from tallystick.base.frames import REJECTS
from tallystick.base.money import RoundingMode
from tallystick.base.progress import Progress, silent
from tallystick.core.invoice.assemble_batch import MONEY, AssembledBatch, assemble_batch
from tallystick.core.invoice.read_taxes import read_taxes
from tallystick.core.invoice.tax import (
    Rounding,
    TaxPosition,
    TaxRates,
    TaxRounding,
    rates_frame,
)
from tallystick.core.post.batch import post_invoices_batch
from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.invoices import operations, tables
from tallystick.domain.invoices.models import BillRun
from tallystick.domain.ledger.tables import store_deferrals, store_entries
from tallystick.domain.parties.queries import exemptions_of
from tallystick.domain.tenants.bulk import new_ids
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.tables import OWING, refresh_statistics
from tallystick.flows.agreed import do_agreed
from tallystick.flows.charge import CHARGING
from tallystick.flows.due import DueTask, due_task
from tallystick.flows.own_prices import load_own_prices
from tallystick.flows.periods import store_closed
from tallystick.flows.receive import allocate_credit
from tallystick.flows.tasks import WORKERS, work_off

CONTRACTS_PER_TASK: Final = 20_000
SERIES: Final = "INV"
_ISSUED: Final = pl.Schema({"account_id": pl.Int64(), "invoice_id": pl.Int64()})

FindRates = Callable[[Tenant], TaxRates]
"""Who says what taxes an operator's customers owe."""


@dataclass(frozen=True, slots=True)
class BillReport:
    """What a bill run did: invoices issued, their totals by currency, invoices held and why."""

    bill_date: date
    invoices: int
    totals: dict[str, Decimal]
    held: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """The invoices of some accounts before they have numbers, with what they were made from."""

    task: DueTask
    batches: dict[str, AssembledBatch]  # by currency

    @property
    def held(self) -> pl.DataFrame:
        """REJECTS of the lines that no invoice could take."""
        none = pl.DataFrame(schema=REJECTS)
        return pl.concat([none, *(batch.rejects for batch in self.batches.values())])


def of_own_table(tenant: Tenant) -> TaxRates:
    """The taxes of the operator's own table; an outside engine stands in its place."""
    return partial(rates_frame, table=read_taxes(tenant.taxes, name="taxes"))


def run_bills(
    *,
    tenant_id: int,
    on: date,
    at: datetime,
    find_rates: FindRates = of_own_table,
    workers: int = WORKERS,
    progress: Progress = silent,
) -> BillReport:
    """Bills every account that is due on that day or was due before it.

    What was agreed for that day is done first (see `flows/agreed.py`).

    The same date again bills only what was left, held or has become due since.

    :raises AlreadyRunning: while another bill run or a charge run of the operator runs
    """
    # A total stored between reading what is unbilled and marking it would be marked unread.
    with only_one("a bill run", tenant_id=tenant_id), only_one(CHARGING, tenant_id=tenant_id):
        do_agreed(tenant_id=tenant_id, on=on, at=at)
        with acting_for(tenant_id):
            for table in OWING:
                refresh_statistics(table)
            run = operations.open_bill_run(tenant_id=tenant_id, on=on, at=at)
            due = tables.count_due(on=on)
            operations.plan_tasks(run, due=due, contracts_per_task=CONTRACTS_PER_TASK)
            task_ids = operations.open_task_ids(run_id=run.id)
        reports = work_off(
            task_ids,
            work=lambda task_id: _bill_task(run, task_id=task_id, at=at, find_rates=find_rates),
            workers=workers,
            what="billing",
            progress=progress,
        )
        with acting_for(tenant_id):
            operations.close_run(run_id=run.id, at=at)
    return _add_up(on, reports)


def _add_up(on: date, reports: list[BillReport]) -> BillReport:
    totals: dict[str, Decimal] = {}
    for report in reports:
        for currency, total in report.totals.items():
            totals[currency] = totals.get(currency, Decimal(0)) + total
    return BillReport(
        bill_date=on,
        invoices=sum(report.invoices for report in reports),
        totals=totals,
        held=tuple(held for report in reports for held in report.held),
    )


def draft_invoices(
    tenant: Tenant,
    *,
    accounts: tuple[int, int],
    on: date,
    find_rates: FindRates = of_own_table,
) -> Draft:
    """What would be billed to these accounts on that day; nothing is stored."""
    own = load_own_prices()
    task = due_task(accounts, plans=dated_plans(own.variants), own=own, on=on)
    rounding = Rounding(
        mode=RoundingMode(tenant.rounding),
        tax=TaxRounding(tenant.tax_rounding),
        inclusive=tenant.prices_include_tax,
    )
    rates = _rates(task, tenant=tenant, on=on, find_rates=find_rates)
    return Draft(
        task=task,
        batches={
            currency: assemble_batch(
                lines,
                rates=rates,
                currency=currency,
                rounding=rounding,
            )
            for currency, lines in task.lines_by_currency()
        },
    )


def _rates(task: DueTask, *, tenant: Tenant, on: date, find_rates: FindRates) -> pl.DataFrame:
    """The taxes of all positions of the task (RATES)."""
    exempt = task.contracts.filter("exempt")["account_id"].unique().to_list()
    held = exemptions_of(exempt)
    columns = ("tax_position", "tax_place", "customer_kind")
    owner = pl.when("exempt").then("account_id").alias("owner")
    positions = [
        TaxPosition(
            name=name,
            jurisdiction=place,
            customer_kind=kind,
            reverse_charge=kind == "reverse_charge",
            exemptions=tuple(held.get(account_id, ())),
            seller_region=tenant.tax_place,
        )
        for name, place, kind, account_id in task.contracts.select(*columns, owner)
        .unique()
        .sort("tax_position")
        .iter_rows()
    ]
    categories = task.lines["tax_category"].unique().to_list()
    return find_rates(tenant)(positions=positions, categories=categories, on=on)


def _bill_task(run: BillRun, *, task_id: int, at: datetime, find_rates: FindRates) -> BillReport:
    with acting_for(run.tenant_id):
        claimed = operations.take_task(task_id)
        if claimed is None:
            return BillReport(run.bill_date, 0, {}, ())
        tenant = Tenant.objects.get(id=run.tenant_id)
        accounts = (claimed.account_from, claimed.account_to)
        draft = draft_invoices(tenant, accounts=accounts, on=run.bill_date, find_rates=find_rates)
        totals: dict[str, Decimal] = {}
        invoices = [_ISSUED.to_frame()]
        for currency, batch in draft.batches.items():
            invoices.append(_issue(run, draft=draft, batch=batch, currency=currency, at=at))
            totals[currency] = Decimal(batch.invoices["total"].sum() or 0)
        ids = pl.concat(invoices)
        tables.mark_billed(draft.task.counted.join(ids, on="account_id"))
        store_closed(draft.task.closed, invoices=ids, held=_held_accounts(draft), run=run)
        tables.move_bill_days(draft.task.next_bill_days(held=draft.held), on=run.bill_date)
        operations.close_task(task_id, invoices=ids.height)
        return BillReport(run.bill_date, ids.height, totals, tuple(_held(draft)))


def _held_accounts(draft: Draft) -> list[int]:
    named = pl.col("parameters").str.json_path_match("$.account_id").cast(pl.Int64)
    return draft.held.select(named).to_series().unique().to_list()


def _held(draft: Draft) -> list[dict[str, str]]:
    return [
        {"code": code, "parameters": parameters}
        for code, parameters in draft.held.select("code", "parameters").unique().iter_rows()
    ]


def _issue(
    run: BillRun, *, draft: Draft, batch: AssembledBatch, currency: str, at: datetime
) -> pl.DataFrame:
    """Numbers, stores and posts the invoices of a batch (_ISSUED); the numbers are taken last."""
    if batch.invoices.is_empty():
        return _ISSUED.to_frame()
    heads = _invoice_rows(run, draft=draft, batch=batch, currency=currency, at=at)
    ids = heads.select("account_id", pl.col("id").alias("invoice_id"))
    lines = draft.task.as_invoice_lines(batch.lines).join(ids, on="account_id")
    tenant = pl.lit(run.tenant_id).alias("tenant_id")
    taxes = batch.taxes.select(
        tenant,
        pl.col("account_id").cast(pl.Int64),
        pl.col("tax").alias("name"),
        "code",
        pl.col("percent").alias("rate"),
        "taxable",
        pl.col("amount").alias("tax"),
    ).join(ids, on="account_id")
    open_items = heads.filter(pl.col("total") != 0).select(
        tenant,
        "account_id",
        pl.col("id").alias("invoice_id"),
        "due_on",
        "currency",
        "total",
        pl.lit(Decimal(0)).alias("settled"),
        pl.lit("open").alias("state"),
    )
    tables.store_invoices(
        invoices=heads,
        lines=lines.drop("cycle_start", "one_off_id").with_columns(tenant),
        taxes=taxes,
        open_items=open_items,
    )
    _defer(run, lines=lines, currency=currency)
    tables.mark_one_offs(
        lines.filter(pl.col("one_off_id").is_not_null())
        .select("one_off_id", "invoice_id")
        .rename({"one_off_id": "id"})
    )
    billed = lines.filter(pl.col("purpose").str.starts_with("usage"))
    tables.mark_billed(
        billed.select(
            "account_id",
            "contract_id",
            "component_id",
            pl.col("cycle_start"),
            "invoice_id",
        ).unique()
    )
    _post(run, batch=batch, heads=heads, currency=currency, at=at)
    billed_accounts = heads["account_id"].to_list()
    operations.offset_credits(billed_accounts, on=run.bill_date)
    allocate_credit(tenant_id=run.tenant_id, accounts=billed_accounts, on=run.bill_date, at=at)
    return ids


def _defer(run: BillRun, *, lines: pl.DataFrame, currency: str) -> None:
    """Keeps what is earned after the day of issue, to be released day by day."""
    later = pl.col("period_to") > pl.lit(run.bill_date).dt.offset_by("1d")
    store_deferrals(
        lines.filter(later & (pl.col("net") != 0)).select(
            pl.lit(run.tenant_id).alias("tenant_id"),
            "account_id",
            "invoice_id",
            "line_no",
            "revenue_account",
            pl.lit(currency).alias("currency"),
            "period_from",
            "period_to",
            pl.col("net").alias("amount"),
            pl.lit(0).cast(MONEY).alias("released"),
        )
    )


def _post(
    run: BillRun, *, batch: AssembledBatch, heads: pl.DataFrame, currency: str, at: datetime
) -> None:
    """Posts one entry an invoice; `heads` are the stored invoices."""
    postings = post_invoices_batch(batch, issued_on=run.bill_date, first_entry_no=1)
    store_entries(
        postings,
        heads=heads.select(
            pl.col("account_id").cast(postings.schema["account_id"]),
            pl.format("invoice:{}", "number").alias("source_key"),
            pl.format("invoice {}", "number").alias("description"),
        ),
        tenant_id=run.tenant_id,
        kind="invoice_issued",
        occurred_on=run.bill_date,
        currency=currency,
        posted_at=at,
    )


def _invoice_rows(
    run: BillRun, *, draft: Draft, batch: AssembledBatch, currency: str, at: datetime
) -> pl.DataFrame:
    heads = batch.invoices.with_columns(pl.col("account_id").cast(pl.Int64)).join(
        draft.task.contracts.select("account_id", "payment_days").unique("account_id"),
        on="account_id",
        how="left",
        maintain_order="left",
    )
    numbers = operations.take_numbers(
        tenant_id=run.tenant_id, series=SERIES, year=run.bill_date.year, count=heads.height
    )
    return heads.select(
        pl.lit(run.tenant_id).alias("tenant_id"),
        "account_id",
        new_ids("invoices_invoice", count=heads.height).alias("id"),
        pl.lit(run.id).alias("bill_run_id"),
        pl.lit("invoice").alias("kind"),
        pl.Series("number", numbers),
        pl.lit(run.bill_date).alias("issued_on"),
        (pl.lit(run.bill_date) + pl.duration(days="payment_days")).alias("due_on"),
        pl.lit(currency).alias("currency"),
        "net",
        "tax",
        "total",
        pl.lit(at).alias("issued_at"),
    )
