"""Invoices within a cycle: usage above an account's threshold, and single charges, billed at once.

Neither moves a bill day: the bill of the cycle comes as ever and has the rest only, because what an
invoice has of usage is marked, and a single charge is billed once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl
from django.db import transaction

from tallystick.base.frames import AMOUNT
from tallystick.base.money import plain
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal
from tallystick.domain.invoices import operations, tables, voids
from tallystick.domain.invoices.drafts import rules_of
from tallystick.domain.invoices.models import Invoice, OneOff
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.drafting import Draft, assemble_task
from tallystick.flows.due import DueTask, one_off_lines, read_contracts, task_of
from tallystick.flows.due_within import lines_again, part_lines
from tallystick.flows.invoice import BILLING
from tallystick.flows.issue import ISSUED, Stamp, issue_batch
from tallystick.flows.tasks import CHARGING

ACCOUNTS_PER_TASK: Final = 1_000
ANY_REVENUE: Final = "4000"
"""Where a charge is earned that names no revenue account."""


@dataclass
class NoContract(Refusal):
    code = "no_contract"
    account: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account!r} has no contract that runs, its own or one it pays for, "
            "which a charge could stand under"
        )


@dataclass
class ChargeNotPositive(Refusal):
    code = "charge_not_positive"
    amount: str = ""

    def sentence(self) -> str:
        return (
            f"{self.amount} cannot be charged; an amount is above zero, and money is given back "
            "with: tallystick invoice credit"
        )


@dataclass
class CategoryUntaxed(Refusal):
    code = "category_untaxed"
    category: str = ""

    def sentence(self) -> str:
        return f"the tax table has no rate for the category {self.category!r} on that day"


@dataclass(frozen=True, slots=True)
class PartBilled:
    """What was billed to an account within its cycle, or would be."""

    account: str
    invoices: tuple[str, ...]
    currency: str
    total: Decimal


@dataclass(frozen=True, slots=True)
class Charge:
    """A single charge: the key makes it happen once."""

    account: str
    key: str
    description: str
    amount: Decimal
    tax_category: str
    revenue_account: str


def bill_over_threshold(
    *,
    tenant_id: int,
    on: date,
    at: datetime,
    rehearse: bool = False,
    progress: Progress = silent,
) -> list[PartBilled]:
    """Bills the usage of running cycles to accounts whose unbilled usage reaches their threshold.

    An account has at most one such bill a day. Usage that waits to be charged is not in it.

    :raises AlreadyRunning: while a bill run or a charge run of the operator runs
    :raises BooksClosed: when that day lies in a closed period
    """
    found: list[PartBilled] = []
    with only_one(BILLING, tenant_id=tenant_id), only_one(CHARGING, tenant_id=tenant_id):
        with acting_for(tenant_id):
            tenant = Tenant.objects.get(id=tenant_id)
            owners = tables.read_over_threshold(otherwise=rules_of(tenant).bill_over)
        tasks = list(_tasks(owners))
        for done, accounts in enumerate(tasks, start=1):
            with acting_for(tenant_id):
                found += _bill_parts(tenant, owners.filter(pl.col("account_id").is_in(accounts)),
                                     stamp=Stamp(tenant_id, on, at), rehearse=rehearse)  # fmt: skip
            progress("billing", done=done, total=len(tasks))
    return found


def _tasks(owners: pl.DataFrame) -> Iterator[Sequence[int]]:
    ids = owners["account_id"].to_list()
    for first in range(0, len(ids), ACCOUNTS_PER_TASK):
        yield ids[first : first + ACCOUNTS_PER_TASK]


def _bill_parts(
    tenant: Tenant, owners: pl.DataFrame, *, stamp: Stamp, rehearse: bool
) -> list[PartBilled]:
    accounts = AccountRange(0, 0, joining=tuple(owners["account_id"].to_list()))
    contracts = read_contracts(accounts, on=None)
    billed = tables.read_part_billed(accounts, on=stamp.on)
    contracts = contracts.filter(~pl.col("account_id").is_in(billed))
    lines = part_lines(accounts, contracts=contracts, on=stamp.on)
    sums = lines.join(contracts.select("contract_id", "account_id"), on="contract_id")
    reached = (
        sums.group_by("account_id")
        .agg(pl.col("amount").cast(AMOUNT).sum())
        .join(owners, on="account_id")
        .filter(pl.col("amount") >= pl.col("threshold"))
    )
    chosen = contracts.join(reached, on="account_id", how="semi")
    task = task_of(
        lines.join(chosen, on="contract_id", how="semi"),
        contracts=chosen,
        on=stamp.on,
    )
    return _issue(assemble_task(task, tenant=tenant), stamp=stamp, rehearse=rehearse)


def bill_charge(
    charge: Charge, *, tenant_id: int, on: date, at: datetime, rehearse: bool = False
) -> PartBilled:
    """An invoice of that charge alone, to whoever pays for the account; the same key again is one.

    :raises UnknownAccount: when no account has the number
    :raises ChargeNotPositive: when it is not above zero
    :raises NoContract: when no contract runs that it could stand under
    :raises CategoryUntaxed: when its tax category has no rate
    :raises AlreadyRunning: while a bill run of the operator runs
    :raises BooksClosed: when that day lies in a closed period
    """
    if charge.amount <= 0:
        raise ChargeNotPositive(amount=plain(charge.amount))
    with only_one(BILLING, tenant_id=tenant_id), acting_for(tenant_id):
        tenant = Tenant.objects.get(id=tenant_id)
        account = account_numbered(charge.account)
        before = OneOff.objects.filter(account=account, key=charge.key).first()
        if before is not None and before.invoice_id is not None:
            return _billed_before(before.invoice_id)
        paid_for = Account.objects.filter(payer_id=account.id).values_list("id", flat=True)
        accounts = AccountRange(account.id, account.id + 1, joining=tuple(paid_for))
        contracts = read_contracts(accounts, on=None)
        if contracts.is_empty():
            raise NoContract(account=charge.account)
        task = _task_of_charge(charge, account, accounts=accounts, contracts=contracts, on=on)
        draft = assemble_task(task, tenant=tenant)
        if not draft.rejects.is_empty():
            raise CategoryUntaxed(category=charge.tax_category)
        (billed,) = _issue(draft, stamp=Stamp(tenant_id, on, at), rehearse=rehearse)
        transaction.set_rollback(rehearse)
        return billed


def draft_again(invoice: Invoice, *, tenant: Tenant, on: date) -> Draft:
    """What an invoice within the cycle billed and nothing bills now: a bill of it on that day.

    Usage is all that its contracts' cycles have unbilled. Part of the caller's transaction.
    """
    had = voids.billed_within(invoice)
    owners = {owner for _, _, owner in voids.contracts_on(invoice)}
    charged = OneOff.objects.filter(id__in=had.one_offs).values_list("account_id", flat=True)
    owners |= {invoice.account_id, *charged}
    accounts = AccountRange(0, 0, joining=tuple(sorted(owners)))
    contracts = read_contracts(accounts, on=None)
    cycles = pl.DataFrame(
        sorted(had.usage), schema={"contract_id": pl.Int64, "cycle_start": pl.Date}, orient="row"
    )
    charges = one_off_lines(accounts, contracts=contracts, on=date.max)
    charges = charges.filter(pl.col("one_off_id").is_in(had.one_offs))
    usage = lines_again(accounts, contracts=contracts, cycles=cycles, on=on, number=invoice.number)
    lines = pl.concat([charges, usage], how="diagonal")
    chosen = contracts.join(lines, on="contract_id", how="semi")
    return assemble_task(task_of(lines, contracts=chosen, on=on), tenant=tenant)


def issue_again(draft: Draft, *, stamp: Stamp) -> None:
    """Issues what was drafted; part of the same transaction.

    :raises CategoryUntaxed: when a line has no rate on that day
    :raises BooksClosed: when that day lies in a closed period
    """
    if not draft.rejects.is_empty():
        raise CategoryUntaxed(category=draft.task.lines["tax_category"].item(0))
    _issue(draft, stamp=stamp, rehearse=False)


def _task_of_charge(
    charge: Charge,
    account: Account,
    *,
    accounts: AccountRange,
    contracts: pl.DataFrame,
    on: date,
) -> DueTask:
    """The charge, noted, and its line."""
    operations.charge_once(
        account,
        key=charge.key,
        description=charge.description,
        amount=charge.amount,
        tax_category=charge.tax_category,
        revenue_account=charge.revenue_account,
        on=on,
    )
    noted = OneOff.objects.get(account=account, key=charge.key)
    lines = one_off_lines(accounts, contracts=contracts, on=max(on, noted.charged_on))
    return task_of(
        lines.filter(pl.col("one_off_id") == noted.id),
        contracts=contracts,
        on=on,
    )


def _billed_before(invoice_id: int) -> PartBilled:
    invoice = Invoice.objects.select_related("account").get(id=invoice_id)
    return PartBilled(invoice.account.number, (invoice.number,), invoice.currency, invoice.total)


def _issue(draft: Draft, *, stamp: Stamp, rehearse: bool) -> list[PartBilled]:
    """Issues the invoices, or says what they would be; one entry a payer and currency."""
    issued = [ISSUED.to_frame()]
    for currency, batch in draft.batches.items():
        if not rehearse:
            issued.append(issue_batch(batch, task=draft.task, currency=currency, stamp=stamp))
    ids = pl.concat(issued)["invoice_id"].to_list()
    numbers: dict[int, list[str]] = {}
    for account_id, number in (
        Invoice.objects.filter(id__in=ids).order_by("id").values_list("account_id", "number")
    ):
        numbers.setdefault(account_id, []).append(number)
    heads = draft.heads()
    names = dict(
        Account.objects.filter(id__in=heads["account_id"].to_list()).values_list("id", "number")
    )
    return [
        PartBilled(names[account], tuple(numbers.get(account, ())), currency, total)
        for account, currency, total in heads.select("account_id", "currency", "total").iter_rows()
    ]
