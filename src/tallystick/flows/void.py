"""Voiding and billing again: a wrong invoice is taken back, and its cycle billed once more.

An invoice that nobody has seen or paid is void: its entry is reversed, its number stays. Any other
is credited whole. Either way its lines are freed, so that their periods may be billed again: once,
for the unique key of lines holds among those that are not free.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl
from django.db import transaction

from tallystick.base.refusal import Refusal
from tallystick.core.post.reverse import reverse_entry
from tallystick.core.post.rules import EventKind
from tallystick.domain.contracts.billing import billed_since, last_billed, unbill_contracts
from tallystick.domain.documents.operations import DocumentSent, keep_back
from tallystick.domain.invoices import drafts, voids
from tallystick.domain.invoices.models import Invoice, InvoiceKind
from tallystick.domain.invoices.queries import invoice_numbered
from tallystick.domain.ledger.deferrals import end_deferrals
from tallystick.domain.ledger.queries import postings_of
from tallystick.domain.ledger.tables import ENTRY_ROWS, store_many_entries
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.organisations import whole_organisations
from tallystick.domain.payments.queries import money_on_its_way
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.freeing import free_totals, reverse_periods
from tallystick.flows.bill_now import draft_again, issue_again
from tallystick.flows.credit import CreditReport, NotAnInvoice, credit_within
from tallystick.flows.drafting import Draft, draft_invoices
from tallystick.flows.hold import Choice
from tallystick.flows.invoice import BILLING, BillReport, run_bills
from tallystick.flows.issue import Stamp
from tallystick.flows.let_go import let_go
from tallystick.flows.tasks import CHARGING


@dataclass
class BilledAgain(Refusal):
    code = "billed_again"
    number: str = ""
    contract: str = ""

    def sentence(self) -> str:
        return (
            f"{self.number} is not the last bill of contract {self.contract}, so its cycle cannot "
            f"be billed anew; credit what was wrong: tallystick invoice credit {self.number}"
        )


@dataclass
class MoneyOnItsWay(Refusal):
    code = "money_on_its_way"
    number: str = ""

    def sentence(self) -> str:
        return (
            f"what is owed on {self.number} is being collected; void it when the money has come "
            f"back, or credit it and bill again with: tallystick invoice rebill {self.number}"
        )


@dataclass
class AlreadyRebilled(Refusal):
    code = "already_rebilled"
    number: str = ""

    def sentence(self) -> str:
        return f"what {self.number} billed was billed again already; see the account's next invoice"


@dataclass
class LastBilled(Refusal):
    code = "last_billed"
    number: str = ""
    contract: str = ""

    def sentence(self) -> str:
        return (
            f"contract {self.contract} has had its last bill, so nothing of {self.number} can be "
            f"billed again; credit what was wrong: tallystick invoice credit {self.number}"
        )


@dataclass(frozen=True, slots=True)
class VoidReport:
    """An invoice that is void, or would be."""

    number: str
    account: str
    currency: str
    total: Decimal


@dataclass(frozen=True, slots=True)
class RebillReport:
    """How an invoice was taken back (void, or by a credit note), and what was billed instead."""

    number: str
    account: str
    currency: str
    total: Decimal
    void: bool
    credit_note: str | None
    """What gave it back where it is not void; a rehearsal gives no number."""
    bill: BillReport


def void_invoice(
    number: str, *, reason: str, tenant_id: int, on: date, at: datetime, rehearse: bool = False
) -> VoidReport:
    """The invoice is void; its contracts are due again and the next bill run bills their cycle.

    :raises UnknownInvoice: when there is none of that number
    :raises NotAnInvoice: when it is a credit note
    :raises AlreadyVoid: when it is void
    :raises InvoiceSettled: when something of it is paid, set against it or credited
    :raises MoneyOnItsWay: when it is being collected
    :raises DocumentSent: when it was sent, and the operator's rules do not let it void such
    :raises BilledAgain: when one of its contracts was billed after it
    :raises BooksClosed: when that day lies in a closed period
    :raises AlreadyRunning: while a bill run or a charge run runs
    """
    with (
        only_one(BILLING, tenant_id=tenant_id),
        only_one(CHARGING, tenant_id=tenant_id),
        acting_for(tenant_id),
    ):
        invoice = _held(number)
        _void(invoice, reason=reason, on=on, at=at)
        transaction.set_rollback(rehearse)
        return VoidReport(number, invoice.account.number, invoice.currency, invoice.total)


def rebill_invoice(
    number: str, *, reason: str, tenant_id: int, on: date, at: datetime, rehearse: bool = False
) -> RebillReport:
    """Takes the invoice back and bills what it billed again, dated that day.

    It is void where it may be, else a credit note gives back all that is left of it. Told again
    after a stop it goes on; when all is done it is refused.

    :raises UnknownInvoice: when there is none of that number
    :raises NotAnInvoice: when it is a credit note
    :raises AlreadyRebilled: when that was done before
    :raises LastBilled: when it is one within a cycle, and its contracts have no bill to come
    :raises BilledAgain: when one of its contracts was billed after it
    :raises BooksClosed: when that day lies in a closed period
    :raises AlreadyRunning: while a bill run or a charge run runs
    """
    with only_one(BILLING, tenant_id=tenant_id), only_one(CHARGING, tenant_id=tenant_id):
        with acting_for(tenant_id):
            tenant = Tenant.objects.get(id=tenant_id)
            invoice = _held(number)
            note = _take_back(invoice, reason=reason, on=on, at=at)
            is_void = voids.void_of(invoice) is not None
            report = None
            if invoice.bill_run_id is None:
                report = _bill_within(invoice, tenant=tenant, on=on, at=at)
            elif rehearse:
                payer = invoice.account_id
                report = _say(draft_invoices(tenant, accounts=(payer, payer + 1), on=on), on=on)
            transaction.set_rollback(rehearse)
        if report is None:
            choice = Choice(payers=frozenset({invoice.account_id}))
            report = run_bills(tenant_id=tenant_id, on=on, at=at, choice=choice)
    return RebillReport(
        number=number,
        account=invoice.account.number,
        currency=invoice.currency,
        total=invoice.total,
        void=is_void,
        credit_note=None if note is None or rehearse else note.number,
        bill=report,
    )


def _bill_within(invoice: Invoice, *, tenant: Tenant, on: date, at: datetime) -> BillReport:
    """Bills again what an invoice within the cycle had: no bill day would bring it.

    :raises AlreadyRebilled: when nothing of it waits
    :raises LastBilled: when its contracts have no bill to come
    """
    draft = draft_again(invoice, tenant=tenant, on=on)
    if draft.task.lines.is_empty():
        over = last_billed([one for one, _, _ in voids.contracts_on(invoice)])
        if over:
            raise LastBilled(number=invoice.number, contract=over[0])
        raise AlreadyRebilled(number=invoice.number)
    issue_again(draft, stamp=Stamp(tenant.id, on, at))
    return _say(draft, on=on)


def _say(draft: Draft, *, on: date) -> BillReport:
    heads = draft.heads()
    totals = dict(
        heads.group_by("currency").agg(pl.col("total").sum()).sort("currency").iter_rows()
    )
    return BillReport(on, int(heads["invoices"].sum()), totals, ())


def _held(number: str) -> Invoice:
    invoice = invoice_numbered(number)
    Account.objects.select_for_update().get(id=invoice.account_id)
    if invoice.kind == InvoiceKind.CREDIT_NOTE:
        raise NotAnInvoice(number=number)
    return invoice


def _take_back(invoice: Invoice, *, reason: str, on: date, at: datetime) -> CreditReport | None:
    """Makes the invoice void, or credits it; gives the credit note. Nothing where that was done."""
    if voids.lines_are_free(invoice):
        if invoice.bill_run_id is None:
            return None
        contracts = [one for one, _, _ in voids.contracts_on(invoice)]
        if not billed_since(invoice.issued_on, contracts=contracts).waiting:
            raise AlreadyRebilled(number=invoice.number)
        return None
    try:
        _void(invoice, reason=reason, on=on, at=at)
    except (voids.InvoiceSettled, MoneyOnItsWay, DocumentSent):
        note = credit_within(invoice, on=on, at=at)
        _free(invoice)
        return note
    return None


def _void(invoice: Invoice, *, reason: str, on: date, at: datetime) -> None:
    tenant = Tenant.objects.get(id=invoice.tenant_id)
    voids.require_voidable(invoice)
    if money_on_its_way(invoice.account_id, invoice_id=invoice.id):
        raise MoneyOnItsWay(number=invoice.number)
    keep_back(invoice.id, number=invoice.number, even_sent=drafts.rules_of(tenant).void_sent)
    _free(invoice)
    voids.note_void(invoice, reason=reason, on=on, at=at)
    released = end_deferrals(invoice.account_id, invoice_id=invoice.id)
    postings = postings_of(invoice.account_id, source_key=f"invoice:{invoice.number}")
    rows = [
        (invoice.account_id, f"void:{invoice.number}", f"invoice {invoice.number} void",
         EventKind.INVOICE_VOIDED.value, on, invoice.currency, code, amount, detail)
        for (code, detail), amount in reverse_entry(postings, released=released).items()
    ]  # fmt: skip
    entries = pl.DataFrame(rows, schema=ENTRY_ROWS, orient="row")
    store_many_entries(entries, tenant_id=invoice.tenant_id, posted_at=at)
    let_go(invoice, why=f"{invoice.number} is void: {reason}", on=on, at=at)


def _free(invoice: Invoice) -> None:
    """What the invoice billed is unbilled again, and its contracts due as on its day."""
    contracts = voids.contracts_on(invoice)
    owners = whole_organisations([owner for _, _, owner in contracts]).joining
    if invoice.bill_run_id is not None:
        ids = [one for one, _, _ in contracts]
        since = billed_since(invoice.issued_on, contracts=ids)
        unknown = voids.billed_earlier(invoice, contracts=sorted(since.unknown))
        for contract_id, contract, _ in contracts:
            if contract_id in since.later | unknown:
                raise BilledAgain(number=invoice.number, contract=contract)
        unbill_contracts(ids, on=invoice.issued_on)
    voids.free_lines(invoice)
    voids.free_one_offs(invoice, owners=owners)
    free_totals(owners, invoice_id=invoice.id)
    reverse_periods(owners, invoice_id=invoice.id)
