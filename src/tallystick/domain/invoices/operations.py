"""Writes around bill runs and invoice numbers."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import polars as pl
from django.db import connection
from django.db.models import Case, F, When

from tallystick.domain.invoices.models import (
    BillRun,
    BillTask,
    NumberSeries,
    Offset,
    OneOff,
    OpenItem,
    OpenState,
    RunState,
)
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.bulk import insert_rows


def open_bill_run(*, tenant_id: int, on: date, at: datetime) -> BillRun:
    """The run of that date: the one begun before, or a new one."""
    run, _ = BillRun.objects.get_or_create(
        tenant_id=tenant_id, bill_date=on, defaults={"state": RunState.OPEN, "started_at": at}
    )
    return run


def plan_tasks(run: BillRun, *, due: pl.DataFrame, contracts_per_task: int) -> None:
    """Cuts the due accounts (`account_id`, `due`) that no open task covers into tasks."""
    covered = BillTask.objects.filter(bill_run=run, state=RunState.OPEN)
    for first, end in covered.values_list("account_from", "account_to"):
        due = due.filter(~pl.col("account_id").is_between(first, end - 1))
    part = (pl.col("due").cum_sum() - pl.col("due")) // contracts_per_task
    cuts = due.group_by(part.alias("part")).agg(
        pl.col("account_id").min().alias("first"), pl.col("account_id").max().alias("last")
    )
    for _, first, last in cuts.sort("part").iter_rows():
        BillTask.objects.update_or_create(
            tenant_id=run.tenant_id,
            bill_run=run,
            account_from=first,
            defaults={"account_to": last + 1, "state": RunState.OPEN},
        )


def open_task_ids(*, run_id: int) -> list[int]:
    """The run's tasks that are not done, in order of account."""
    tasks = BillTask.objects.filter(bill_run_id=run_id, state=RunState.OPEN)
    return list(tasks.order_by("account_from").values_list("id", flat=True))


def take_task(task_id: int) -> BillTask | None:
    """The task, held for this transaction; None when it was done meanwhile."""
    task = BillTask.objects.select_for_update().get(id=task_id)
    return task if task.state == RunState.OPEN else None


def close_task(task_id: int, *, invoices: int) -> None:
    """Marks a task done, in the transaction that issued its invoices."""
    BillTask.objects.filter(id=task_id).update(
        state=RunState.DONE, invoices=F("invoices") + invoices
    )


def close_run(*, run_id: int, at: datetime) -> None:
    """Marks a run done; all its tasks are."""
    assert not BillTask.objects.filter(bill_run_id=run_id, state=RunState.OPEN).exists()
    BillRun.objects.filter(id=run_id).update(state=RunState.DONE, done_at=at)


def take_numbers(*, tenant_id: int, series: str, year: int, count: int) -> list[str]:
    """The next numbers of a series, gap-free: they come back if the transaction does not commit.

    The series stays locked until the transaction ends, so take them last.
    """
    NumberSeries.objects.get_or_create(tenant_id=tenant_id, code=series, year=year)
    row = NumberSeries.objects.select_for_update().get(code=series, year=year)
    first = row.next_number
    NumberSeries.objects.filter(id=row.id).update(next_number=first + count)
    return [f"{series}-{year}-{number:06d}" for number in range(first, first + count)]


def charge_once(
    account: Account,
    *,
    key: str,
    description: str,
    amount: Decimal,
    tax_category: str,
    revenue_account: str,
    on: date,
) -> None:
    """A single charge for the account's next invoice; the same key is charged once."""
    OneOff.objects.get_or_create(
        tenant_id=account.tenant_id,
        account=account,
        key=key,
        defaults={
            "description": description,
            "amount": amount,
            "tax_category": tax_category,
            "revenue_account": revenue_account,
            "charged_on": on,
        },
    )


def store_one_offs(charges: pl.DataFrame, *, tenant_id: int) -> None:
    """Single charges for the next invoices of many accounts, of keys that are new.

    `account_id`, `key`, `description`, `amount`, `tax_category`, `revenue_account`, `charged_on`.
    """
    insert_rows(charges.with_columns(pl.lit(tenant_id).alias("tenant_id")), table="invoices_oneoff")


def offset_credits(accounts: Sequence[int], *, on: date, corrected: int | None = None) -> None:
    """Sets negative invoices of these accounts against what the same account owes, oldest first.

    What they correct, an invoice's id, goes before everything else.
    """
    holders = _with_negative(accounts)
    if not holders:
        return
    credits = OpenItem.objects.filter(account_id__in=holders, total__lt=0)
    done = (OpenState.PAID, OpenState.VOID)
    for credit in credits.exclude(state__in=done).order_by("account_id", "due_on", "id"):
        left = credit.settled - credit.total
        owed = OpenItem.objects.filter(
            account_id=credit.account_id,
            currency=credit.currency,
            state__in=(OpenState.OPEN, OpenState.PART_PAID),
            total__gt=0,
        )
        first = Case(When(invoice_id=corrected, then=0), default=1)
        for item in owed.order_by(first, "due_on", "invoice_id"):
            amount = min(left, item.total - item.settled)
            if not amount:
                break
            _settle(item, by=amount)
            _settle(credit, by=-amount)
            Offset.objects.create(
                tenant_id=credit.tenant_id,
                account_id=credit.account_id,
                credit_invoice_id=credit.invoice_id,
                invoice_id=item.invoice_id,
                amount=amount,
                offset_on=on,
            )
            left -= amount


def _with_negative(accounts: Sequence[int]) -> list[int]:
    """Those of the accounts with a negative invoice that is not used up, which are few."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id FROM invoices_openitem WHERE account_id = ANY(%s)"
            " AND total < 0 AND state NOT IN ('paid', 'void')",
            [list(accounts)],
        )
        return [account_id for (account_id,) in cursor.fetchall()]


def _settle(item: OpenItem, *, by: Decimal) -> None:
    item.settled += by
    item.state = OpenState.PAID if item.settled == item.total else OpenState.PART_PAID
    item.save(update_fields=["settled", "state"])
