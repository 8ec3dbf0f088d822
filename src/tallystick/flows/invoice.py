"""Bill runs: what is due and unbilled -> numbered, posted invoices, an account range at a time.

A task is one transaction: it loads, computes with no I/O, numbers, stores and posts. It can be
stopped anywhere and given again: a contract is due once for each of its bill days, and a line's key
(contract, component, period, purpose) stands once in the database.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.progress import Progress, silent
from tallystick.domain.invoices import operations, tables
from tallystick.domain.invoices.drafts import drop_spent
from tallystick.domain.invoices.models import BillRun
from tallystick.domain.tenants.bulk import give_room
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.tables import OWING, refresh_statistics
from tallystick.flows.agreed import do_agreed
from tallystick.flows.drafting import Draft, FindRates, draft_invoices, of_own_table
from tallystick.flows.hold import NOTHING_ASKED, Choice, hold_for_approval
from tallystick.flows.home_tax import LackingRate, add_up_lacking, lacking_of
from tallystick.flows.issue import ISSUED, Stamp, issue_batch
from tallystick.flows.periods import store_closed
from tallystick.flows.tasks import CHARGING, WORKERS, work_off

CONTRACTS_PER_TASK: Final = 2_500
BILLING: Final = "a bill run"


@dataclass(frozen=True, slots=True)
class BillReport:
    """What a bill run did: invoices issued, their totals by currency, invoices held and why."""

    bill_date: date
    invoices: int
    totals: dict[str, Decimal]
    held: tuple[dict[str, str], ...]
    drafts: int = 0
    """How many payers' bills wait for approval."""
    dropped: tuple[str, ...] = ()
    """Accounts whose bill waited and is taken away: nothing is left to bill."""
    lacking_rates: tuple[LackingRate, ...] = ()
    """The rates without which invoices do not say their tax in the operator's own currency."""


def run_bills(
    *,
    tenant_id: int,
    on: date,
    at: datetime,
    choice: Choice = NOTHING_ASKED,
    find_rates: FindRates = of_own_table,
    workers: int = WORKERS,
    progress: Progress = silent,
) -> BillReport:
    """Bills every account that is due on that day or was due before it.

    What was agreed for that day is done first (see `flows/agreed.py`). What the `choice` or the
    operator's rules hold waits as a draft until it is approved.

    The same date again bills only what was left, held or has become due since.

    :raises AlreadyRunning: while another bill run or a charge run of the operator runs
    """
    # A total stored between reading what is unbilled and marking it would be marked unread.
    with only_one(BILLING, tenant_id=tenant_id), only_one(CHARGING, tenant_id=tenant_id):
        do_agreed(tenant_id=tenant_id, on=on, at=at)
        with acting_for(tenant_id):
            for table in OWING:
                refresh_statistics(table)
            gone = drop_spent(choice.payers, at=at)
            run = operations.open_bill_run(tenant_id=tenant_id, on=on, at=at)
            due = choice.among(tables.count_due(on=on))
            operations.plan_tasks(run, due=due, contracts_per_task=CONTRACTS_PER_TASK)
            task_ids = operations.open_task_ids(run_id=run.id)
        reports = work_off(
            task_ids,
            work=lambda task_id: _bill_task(
                run, task_id=task_id, at=at, choice=choice, find_rates=find_rates
            ),
            workers=workers,
            what="billing",
            progress=progress,
        )
        with acting_for(tenant_id):
            operations.close_run(run_id=run.id, at=at)
    return _add_up(on, reports, gone=gone)


def _add_up(on: date, reports: list[BillReport], *, gone: list[str]) -> BillReport:
    totals: dict[str, Decimal] = {}
    for report in reports:
        for currency, total in report.totals.items():
            totals[currency] = totals.get(currency, Decimal(0)) + total
    return BillReport(
        bill_date=on,
        invoices=sum(report.invoices for report in reports),
        totals=totals,
        held=tuple(held for report in reports for held in report.held),
        drafts=sum(report.drafts for report in reports),
        dropped=(*gone, *(number for report in reports for number in report.dropped)),
        lacking_rates=add_up_lacking(one for report in reports for one in report.lacking_rates),
    )


def _bill_task(
    run: BillRun, *, task_id: int, at: datetime, choice: Choice, find_rates: FindRates
) -> BillReport:
    with acting_for(run.tenant_id):
        claimed = operations.take_task(task_id)
        if claimed is None:
            return BillReport(run.bill_date, 0, {}, ())
        give_room()
        tenant = Tenant.objects.get(id=run.tenant_id)
        accounts = (claimed.account_from, claimed.account_to)
        draft = draft_invoices(tenant, accounts=accounts, on=run.bill_date, find_rates=find_rates)
        draft, drafts, gone = hold_for_approval(draft, choice=choice, tenant=tenant, at=at)
        stamp = Stamp(run.tenant_id, run.bill_date, at, run.id)
        totals: dict[str, Decimal] = {}
        invoices = [ISSUED.to_frame()]
        for currency, batch in draft.batches.items():
            invoices.append(issue_batch(batch, task=draft.task, currency=currency, stamp=stamp))
            if not batch.invoices.is_empty():
                totals[currency] = Decimal(batch.invoices["total"].sum())
        issued = pl.concat(invoices)
        contracts = draft.task.contracts
        billed = contracts.join(issued, on="bill").select("contract_id", "invoice_id")
        on_invoice = billed.rename({"contract_id": "payer"})
        tables.mark_billed(draft.task.counted.join(on_invoice, on="payer").drop("payer"))
        held = contracts.filter(pl.col("payer").is_in(draft.held))["contract_id"].to_list()
        store_closed(draft.task.closed, billed=billed, held=held, run=run)
        tables.move_bill_days(draft.task.next_bill_days(held=draft.held), on=run.bill_date)
        operations.close_task(task_id, invoices=issued.height)
        return BillReport(
            run.bill_date, issued.height, totals, tuple(_held(draft)), drafts, tuple(gone),
            tuple(lacking_of(draft, tenant=tenant)),
        )  # fmt: skip


def _held(draft: Draft) -> list[dict[str, str]]:
    return [
        {"code": code, "parameters": parameters}
        for code, parameters in draft.rejects.select("code", "parameters").unique().iter_rows()
    ]
