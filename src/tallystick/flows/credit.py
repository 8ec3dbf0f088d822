"""Credit notes: what an issued invoice billed wrongly is given back, line by line.

An invoice never changes. A credit note takes its lines, or parts of them, below zero, with the
taxes of the day the invoice was issued; it is numbered in a series of its own, posted like an
invoice with its sides turned, and set against the invoice that it corrects before anything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl

from tallystick.base.frames import AMOUNT
from tallystick.base.money import EXACT, RoundingMode, plain
from tallystick.base.refusal import Refusal
from tallystick.core.invoice.assemble_batch import (
    DUE_LINES,
    MONEY,
    AssembledBatch,
    assemble_batch,
)
from tallystick.core.invoice.tax import Rounding, TaxPosition, TaxRounding, rates_frame
from tallystick.core.post.batch import post_credits_batch
from tallystick.domain.invoices import operations, tables
from tallystick.domain.invoices.models import CreditedLine, Invoice, InvoiceKind, InvoiceLine
from tallystick.domain.invoices.queries import invoice_numbered
from tallystick.domain.invoices.voids import void_of
from tallystick.domain.ledger.tables import store_deferrals, store_entries
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import exemptions_of
from tallystick.domain.tenants.bulk import insert_rows, new_ids
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.let_go import let_go
from tallystick.flows.tax_table import table_when

SERIES: Final = "CRN"


@dataclass
class NothingToCredit(Refusal):
    code = "nothing_to_credit"
    number: str = ""

    def sentence(self) -> str:
        return f"nothing is left of {self.number} that could be credited"


@dataclass
class MoreThanBilled(Refusal):
    code = "more_than_billed"
    number: str = ""
    line: int = 0
    left: str = ""
    asked: str = ""

    def sentence(self) -> str:
        return (
            f"line {self.line} of {self.number} has {self.left} left to credit, not {self.asked}; "
            "credit no more than was billed, and with its sign"
        )


@dataclass
class NoSuchLine(Refusal):
    code = "no_such_line"
    number: str = ""
    line: int = 0

    def sentence(self) -> str:
        return f"{self.number} has no line {self.line}; see: tallystick invoice show {self.number}"


@dataclass
class VoidNotCredited(Refusal):
    code = "void_not_credited"
    number: str = ""

    def sentence(self) -> str:
        return f"{self.number} is void: nothing is owed on it that could be credited"


@dataclass
class NotAnInvoice(Refusal):
    code = "not_an_invoice"
    number: str = ""

    def sentence(self) -> str:
        return f"{self.number} is a credit note itself; only an invoice is credited"


@dataclass(frozen=True, slots=True)
class CreditReport:
    """A credit note, or what it would be: what it gives back, above zero."""

    number: str
    """Empty in a rehearsal: a number is given when a note is issued."""
    corrects: str
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal


def credit_invoice(
    number: str,
    *,
    parts: Mapping[int, Decimal | None],
    tenant_id: int,
    on: date,
    at: datetime,
    rehearse: bool = False,
) -> CreditReport:
    """A credit note for these lines of an invoice; no lines are all of them.

    `parts` says by line what of its exact amount is given back; None is all that is left.

    :raises UnknownInvoice: when there is none of that number
    :raises NotAnInvoice: when it is a credit note itself
    :raises VoidNotCredited: when it is void
    :raises NoSuchLine: when it has no such line
    :raises MoreThanBilled: when a part is more than is left of its line
    :raises NothingToCredit: when nothing is left
    :raises BooksClosed: when that day lies in a closed period
    """
    with acting_for(tenant_id):
        invoice = invoice_numbered(number)
        Account.objects.select_for_update().get(id=invoice.account_id)
        if invoice.kind == InvoiceKind.CREDIT_NOTE:
            raise NotAnInvoice(number=number)
        return _credit(invoice, parts=parts, on=on, at=at, rehearse=rehearse)


def credit_within(invoice: Invoice, *, on: date, at: datetime) -> CreditReport | None:
    """A credit note for all that is left of an invoice; None where nothing is.

    It is part of the caller's transaction, which holds the account.

    :raises BooksClosed: when that day lies in a closed period
    """
    try:
        return _credit(invoice, parts={}, on=on, at=at)
    except NothingToCredit:
        return None


def _credit(
    invoice: Invoice,
    *,
    parts: Mapping[int, Decimal | None],
    on: date,
    at: datetime,
    rehearse: bool = False,
) -> CreditReport:
    tenant = Tenant.objects.get(id=invoice.tenant_id)
    credited = _credited(invoice, parts)
    batch = _assemble(tenant, invoice, credited)
    head = batch.invoices.row(0, named=True)
    named = "" if rehearse else _issue(tenant, invoice, credited, batch, on=on, at=at)
    if named:
        let_go(invoice, why=f"given back by {named}", on=on, at=at, credit_note=named)
    sums = {name: EXACT.minus(head[name]) for name in ("net", "tax", "total")}
    return CreditReport(named, invoice.number, invoice.currency, **sums)


def _credited(
    invoice: Invoice, parts: Mapping[int, Decimal | None]
) -> list[tuple[InvoiceLine, Decimal]]:
    """Each line with what of its exact amount is given back, by its own sign."""
    if void_of(invoice) is not None:
        raise VoidNotCredited(number=invoice.number)
    own = InvoiceLine.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    own = own.select_related("contract__account__party")
    lines = {line.line_no: line for line in own.order_by("line_no")}
    given: dict[int, Decimal] = {}
    before = CreditedLine.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    for line_no, exact in before.values_list("line_no", "exact"):
        given[line_no] = EXACT.add(given.get(line_no, Decimal(0)), exact)
    wanted = parts or dict.fromkeys(lines)
    found = []
    for line_no, part in wanted.items():
        if line_no not in lines:
            raise NoSuchLine(number=invoice.number, line=line_no)
        left = EXACT.subtract(lines[line_no].exact, given.get(line_no, Decimal(0)))
        amount = left if part is None else part
        if not min(left, Decimal(0)) <= amount <= max(left, Decimal(0)):
            raise MoreThanBilled(
                number=invoice.number, line=line_no, left=plain(left), asked=plain(amount)
            )
        if amount:
            found.append((lines[line_no], amount))
    if not found:
        raise NothingToCredit(number=invoice.number)
    return found


def _assemble(
    tenant: Tenant, invoice: Invoice, credited: Sequence[tuple[InvoiceLine, Decimal]]
) -> AssembledBatch:
    """The note's lines and taxes, by the table that was in force when the invoice was issued."""
    owners = {line.contract.account_id: line.contract.account for line, _ in credited}
    exemptions = exemptions_of(list(owners))
    positions = [
        TaxPosition(
            name=str(account.id),
            jurisdiction=account.tax_place or account.party.country,
            customer_kind=account.customer_kind,
            reverse_charge=account.customer_kind == "reverse_charge",
            exemptions=tuple(exemptions.get(account.id, ())),
            seller_region=tenant.tax_place,
        )
        for account in owners.values()
    ]
    rounding = Rounding(
        RoundingMode(tenant.rounding), TaxRounding(tenant.tax_rounding), tenant.prices_include_tax
    )
    return assemble_batch(
        pl.DataFrame([_due(line, part) for line, part in credited], schema=DUE_LINES, orient="row"),
        rates=rates_frame(
            positions=positions,
            categories=sorted({line.tax_category for line, _ in credited}),
            table=table_when(invoice, tenant=tenant),
            on=invoice.issued_on,
        ),
        currency=invoice.currency,
        rounding=rounding,
    )


def _due(line: InvoiceLine, part: Decimal) -> tuple[Any, ...]:
    """The line as it is billed below zero; a part of one is counted as one of that price."""
    whole = part == line.exact
    quantity = EXACT.minus(line.quantity) if whole else Decimal(-1)
    price = line.unit_price if whole else part
    return (
        str(line.account_id), str(line.contract.account_id), str(line.contract_id),
        str(line.component_id), "note",
        line.period_from, line.period_to, line.description, quantity,
        line.unit if whole else "unit", price, EXACT.minus(part), line.tax_category,
        line.revenue_account,
    )  # fmt: skip


def _issue(
    tenant: Tenant,
    invoice: Invoice,
    credited: Sequence[tuple[InvoiceLine, Decimal]],
    batch: AssembledBatch,
    *,
    on: date,
    at: datetime,
) -> str:
    """Numbers, stores and posts the note; gives its number."""
    (number,) = operations.take_numbers(tenant_id=tenant.id, series=SERIES, year=on.year, count=1)
    note_id = new_ids("invoices_invoice", count=1).item()
    own = {
        "tenant_id": pl.lit(tenant.id),
        "account_id": pl.lit(invoice.account_id, pl.Int64),
        "invoice_id": pl.lit(note_id, pl.Int64),
    }
    sums = batch.invoices.select("net", "tax", "total")
    per = pl.Series("per", [line.per if part == line.exact else Decimal(1)
                            for line, part in credited])  # fmt: skip
    lines = batch.lines.select(
        **own,
        contract_id=pl.col("contract_id").cast(pl.Int64),
        component_id=pl.col("component_id").cast(pl.Int64),
        line_no="line_no",
        purpose=pl.lit(f"note {number}"[:30]),
        slot=pl.col("line_no"),
        period_from="period_from",
        period_to="period_to",
        description="description",
        quantity="quantity",
        unit="unit",
        unit_price="unit_price",
        exact="amount",
        net="net",
        tax_category="tax_category",
        tax_code="tax_code",
        tax_rate="tax_percent",
        revenue_account="revenue_account",
    ).with_columns(per)
    tables.store_invoices(
        invoices=sums.select(
            "net", "tax", "total",
            tenant_id=own["tenant_id"], account_id=own["account_id"], id=own["invoice_id"],
            kind=pl.lit(InvoiceKind.CREDIT_NOTE.value), number=pl.lit(number),
            issued_on=pl.lit(on), due_on=pl.lit(on), currency=pl.lit(invoice.currency),
            issued_at=pl.lit(at),
        ),
        lines=tables.stage_lines(lines),
        taxes=batch.taxes.select(
            **own, name="tax", code="code", rate="percent", taxable="taxable", tax="amount",
            place="place", jurisdiction="jurisdiction",
        ),
        open_items=sums.filter(pl.col("total") != 0).select(
            "total", **own, due_on=pl.lit(on), currency=pl.lit(invoice.currency),
            settled=pl.lit(0).cast(MONEY), state=pl.lit("open"),
        ),
    )  # fmt: skip
    insert_rows(_links(invoice, credited, own, note_id), table="invoices_creditedline")
    _post(tenant, invoice, batch, number, lines=lines, on=on, at=at)
    operations.offset_credits([invoice.account_id], on=on, corrected=invoice.id)
    return str(number)


def _links(
    invoice: Invoice,
    credited: Sequence[tuple[InvoiceLine, Decimal]],
    own: Mapping[str, pl.Expr],
    note_id: int,
) -> pl.DataFrame:
    rows = [(line.line_no, at, part) for at, (line, part) in enumerate(credited, start=1)]
    schema = pl.Schema({"line_no": pl.Int64(), "credit_line_no": pl.Int64(), "exact": AMOUNT})
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        own["tenant_id"].alias("tenant_id"),
        own["account_id"].alias("account_id"),
        pl.lit(invoice.id, pl.Int64).alias("invoice_id"),
        pl.lit(note_id, pl.Int64).alias("credit_note_id"),
    )


def _post(
    tenant: Tenant,
    invoice: Invoice,
    batch: AssembledBatch,
    number: str,
    *,
    lines: pl.DataFrame,
    on: date,
    at: datetime,
) -> None:
    """Posts the note; of days to come it takes back what was deferred, and earns below zero."""
    postings = post_credits_batch(batch, issued_on=on, first_entry_no=1)
    store_entries(
        postings,
        heads=postings.select("account_id")
        .unique()
        .with_columns(
            source_key=pl.lit(f"credit_note:{number}"), description=pl.lit(f"credit note {number}")
        ),
        tenant_id=tenant.id,
        kind="credit_note_issued",
        occurred_on=on,
        currency=invoice.currency,
        posted_at=at,
    )
    later = pl.col("period_to") > pl.lit(on + timedelta(days=1))
    store_deferrals(
        lines.filter(later & (pl.col("net") != 0)).select(
            "tenant_id", "account_id", "invoice_id", "line_no", "revenue_account",
            "period_from", "period_to",
            currency=pl.lit(invoice.currency), amount="net", released=pl.lit(0).cast(MONEY),
        )
    )  # fmt: skip
