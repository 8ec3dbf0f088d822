"""Bill runs: what is due and unbilled -> numbered, posted invoices, an account range at a time.

A task is one transaction: it loads, computes with no I/O, numbers, stores and posts. It can be
stopped anywhere and given again: a contract is due once for each of its bill days, and a line's key
(contract, component, period, purpose) stands once in the database.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
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
from tallystick.domain.parties.organisations import payers_in
from tallystick.domain.parties.queries import exemptions_of
from tallystick.domain.tenants.bulk import new_ids
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.tables import OWING, refresh_statistics
from tallystick.flows.agreed import do_agreed
from tallystick.flows.due import DueTask, due_task
from tallystick.flows.own_prices import load_own_prices
from tallystick.flows.periods import store_closed
from tallystick.flows.receive import allocate_credit
from tallystick.flows.tasks import CHARGING, WORKERS, work_off

CONTRACTS_PER_TASK: Final = 20_000
SERIES: Final = "INV"
BILLING: Final = "a bill run"
_ISSUED: Final = pl.Schema(
    {"bill": pl.String(), "account_id": pl.Int64(), "invoice_id": pl.Int64()}
)

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
    """The invoices of some payers before they have numbers, with what they were made from.

    Who has a line that no invoice could take is held with all bills: they are in no batch.
    """

    task: DueTask
    batches: dict[str, AssembledBatch]  # by currency
    rejects: pl.DataFrame  # REJECTS
    held: tuple[int, ...]

    def heads(self) -> pl.DataFrame:
        """What each payer would be billed (HEADS)."""
        payers = self.task.contracts.select("bill", account_id="payer").unique("bill")
        parts = [
            batch.invoices.rename({"account_id": "bill"})
            .join(payers, on="bill", maintain_order="left")
            .group_by("account_id", maintain_order=True)
            .agg(
                pl.col("net", "tax", "total").sum(),
                currency=pl.lit(currency),
                invoices=pl.len(),
            )
            for currency, batch in self.batches.items()
        ]
        return pl.concat([HEADS.to_frame(), *(part.select(_cast(HEADS)) for part in parts)])


HEADS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "currency": pl.String(),
        "invoices": pl.Int64(),
        "net": MONEY,
        "tax": MONEY,
        "total": MONEY,
    }
)
"""What a payer is billed by a run, in how many invoices."""


def _cast(schema: pl.Schema) -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in schema.items()]


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
    with only_one(BILLING, tenant_id=tenant_id), only_one(CHARGING, tenant_id=tenant_id):
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
    """What would be billed to the payers [first, end) on that day; nothing is stored."""
    own = load_own_prices()
    task = due_task(payers_in(*accounts), plans=dated_plans(own.variants), own=own, on=on)
    rounding = Rounding(
        mode=RoundingMode(tenant.rounding),
        tax=TaxRounding(tenant.tax_rounding),
        inclusive=tenant.prices_include_tax,
    )
    rates = _rates(task, tenant=tenant, on=on, find_rates=find_rates)
    batches = {
        currency: assemble_batch(lines, rates=rates, currency=currency, rounding=rounding)
        for currency, lines in task.lines_by_currency()
    }
    rejects = pl.concat(
        [pl.DataFrame(schema=REJECTS), *(batch.rejects for batch in batches.values())]
    )
    return hold(Draft(task, batches, rejects, ()), payers=_payers_of(rejects, task.contracts))


def hold(draft: Draft, *, payers: Collection[int]) -> Draft:
    """The draft less all bills of these payers, who stay due as they are."""
    if not payers:
        return draft
    own = draft.task.contracts.filter(pl.col("payer").is_in(payers))
    bills = own["bill"].unique().to_list()
    batches = {currency: batch.without(bills) for currency, batch in draft.batches.items()}
    return replace(draft, batches=batches, held=tuple(sorted({*draft.held, *payers})))


def _payers_of(rejects: pl.DataFrame, contracts: pl.DataFrame) -> list[int]:
    if rejects.is_empty():
        return []
    bills = rejects.select(bill=pl.col("parameters").str.json_path_match("$.account_id"))
    return contracts.join(bills, on="bill", how="semi")["payer"].unique().to_list()


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
        issued = pl.concat(invoices)
        contracts = draft.task.contracts
        billed = contracts.join(issued, on="bill").select("contract_id", "invoice_id")
        on_invoice = billed.rename({"contract_id": "payer"})
        tables.mark_billed(draft.task.counted.join(on_invoice, on="payer").drop("payer"))
        held = contracts.filter(pl.col("payer").is_in(draft.held))["contract_id"].to_list()
        store_closed(draft.task.closed, billed=billed, held=held, run=run)
        tables.move_bill_days(draft.task.next_bill_days(held=draft.held), on=run.bill_date)
        operations.close_task(task_id, invoices=issued.height)
        return BillReport(run.bill_date, issued.height, totals, tuple(_held(draft)))


def _held(draft: Draft) -> list[dict[str, str]]:
    return [
        {"code": code, "parameters": parameters}
        for code, parameters in draft.rejects.select("code", "parameters").unique().iter_rows()
    ]


def _issue(
    run: BillRun, *, draft: Draft, batch: AssembledBatch, currency: str, at: datetime
) -> pl.DataFrame:
    """Numbers, stores and posts the invoices of a batch (_ISSUED); the numbers are taken last."""
    if batch.invoices.is_empty():
        return _ISSUED.to_frame()
    heads = _invoice_rows(run, draft=draft, batch=batch, currency=currency, at=at)
    ids = heads.select("bill", "account_id", pl.col("id").alias("invoice_id"))
    lines = draft.task.as_invoice_lines(batch.lines).join(ids, on="bill")
    tenant = pl.lit(run.tenant_id).alias("tenant_id")
    taxes = batch.taxes.select(
        tenant,
        pl.col("account_id").alias("bill"),
        pl.col("tax").alias("name"),
        "code",
        pl.col("percent").alias("rate"),
        "taxable",
        pl.col("amount").alias("tax"),
    ).join(ids, on="bill")
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
        invoices=heads.drop("bill"),
        lines=lines.drop("bill", "owner", "cycle_start", "one_off_id").with_columns(tenant),
        taxes=taxes.drop("bill"),
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
            pl.col("owner").alias("account_id"),
            "contract_id",
            "component_id",
            pl.col("cycle_start"),
            "invoice_id",
        ).unique()
    )
    _post(run, batch=batch, heads=heads, currency=currency, at=at)
    billed_accounts = heads["account_id"].unique(maintain_order=True).to_list()
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
        postings.rename({"account_id": "bill"}),
        heads=heads.select(
            "bill",
            "account_id",
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
    payers = draft.task.contracts.select("bill", "payment_days", account_id="payer")
    heads = batch.invoices.rename({"account_id": "bill"}).join(
        payers.unique("bill"), on="bill", how="left", maintain_order="left"
    )
    numbers = operations.take_numbers(
        tenant_id=run.tenant_id, series=SERIES, year=run.bill_date.year, count=heads.height
    )
    return heads.select(
        "bill",
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
