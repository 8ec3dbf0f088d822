"""What a bill run would issue: due lines assembled into invoices that have no number yet."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final

import polars as pl

from tallystick.base.frames import REJECTS
from tallystick.base.money import RoundingMode
from tallystick.core.invoice.assemble_batch import MONEY, AssembledBatch, assemble_batch
from tallystick.core.invoice.paid_tax import tax_paid_lines
from tallystick.core.invoice.read_taxes import read_taxes
from tallystick.core.invoice.tax import (
    Rounding,
    TaxPosition,
    TaxRates,
    TaxRounding,
    rates_frame,
)
from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.parties.organisations import payers_in
from tallystick.domain.parties.queries import exemptions_of
from tallystick.domain.tenants.models import Tenant
from tallystick.flows.due import DueTask, due_task
from tallystick.flows.own_prices import load_own_prices

FindRates = Callable[[Tenant], TaxRates]
"""Who says what taxes an operator's customers owe."""


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
    return assemble_task(task, tenant=tenant, find_rates=find_rates)


def assemble_task(task: DueTask, *, tenant: Tenant, find_rates: FindRates = of_own_table) -> Draft:
    """The invoices of these lines."""
    rounding = Rounding(
        mode=RoundingMode(tenant.rounding),
        tax=TaxRounding(tenant.tax_rounding),
        inclusive=tenant.prices_include_tax,
    )
    rates = _rates(task, tenant=tenant, find_rates=find_rates)
    if not rounding.inclusive:
        task = _with_tax_paid(task, rates=rates)
    batches = {
        currency: assemble_batch(lines, rates=rates, currency=currency, rounding=rounding)
        for currency, lines in task.lines_by_currency()
    }
    rejects = pl.concat(
        [pl.DataFrame(schema=REJECTS), *(batch.rejects for batch in batches.values())]
    )
    return hold(Draft(task, batches, rejects, ()), payers=_payers_of(rejects, task.contracts))


def _with_tax_paid(task: DueTask, *, rates: pl.DataFrame) -> DueTask:
    """The task with a line of the tax within what balances paid at once, after each contract's."""
    if not task.lines["paid"].any():
        return task
    lines = pl.concat([task.lines, tax_paid_lines(task.lines, rates=rates)])
    return replace(task, lines=lines.sort("account_id", "contract_id", maintain_order=True))


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


def _rates(task: DueTask, *, tenant: Tenant, find_rates: FindRates) -> pl.DataFrame:
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
    return find_rates(tenant)(positions=positions, categories=categories, on=task.on)
