"""The steps of a story about bills: what is done, and what is then to be seen."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from tallystick.base.money import plain
from tallystick.domain.invoices.drafts import Waits, set_rules
from tallystick.domain.invoices.models import OVER, BillDraft, Invoice
from tallystick.domain.invoices.queries import invoice_numbered
from tallystick.domain.invoices.voids import void_of
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.approve import approve_bills, redo_bills, reject_bills
from tallystick.flows.bill_now import ANY_REVENUE, Charge, bill_charge, bill_over_threshold
from tallystick.flows.hold import Choice
from tallystick.flows.invoice import BillReport, run_bills
from tallystick.flows.pay_for import bill_account_over, choose_payer, split_account
from tallystick.flows.statement import statement_of
from tallystick.flows.void import rebill_invoice, void_invoice
from tallystick.packs.stories.bill_steps import (
    ApproveBills,
    BillThreshold,
    ChargeAtOnce,
    ChoosePayer,
    DraftBills,
    ExpectDraft,
    ExpectNoDraft,
    ExpectNumber,
    ExpectStatement,
    ExpectVoid,
    HoldBills,
    RebillInvoice,
    RedoBills,
    RejectBills,
    SetThreshold,
    SplitBills,
    VoidInvoice,
)
from tallystick.packs.stories.step import Expectation, Step

NO_DRAFT = "no draft"


def play_bill_step(step: Step, *, tenant: Tenant, at: datetime) -> str:
    """Does the step and says what it did, in a few words.

    :raises Refusal: when it is refused
    """
    match step:
        case ChoosePayer():
            payer = None if step.payer == step.account else step.payer
            choose_payer(step.account, payer=payer, tenant_id=tenant.id)
            return f"billed to {step.payer}"
        case SplitBills():
            split_account(step.account, by=step.by, tenant_id=tenant.id)
            return f"an invoice each {step.by}"
        case HoldBills():
            waits = Waits(over=step.over, off_percent=step.off, new=False, void_sent=False)
            with acting_for(tenant.id):
                set_rules(waits, tenant_id=tenant.id)
            return "done"
        case DraftBills():
            choice = Choice(hold_all=True)
            return _said(run_bills(tenant_id=tenant.id, on=step.day, at=at, choice=choice))
        case ApproveBills():
            done = approve_bills([step.account], tenant_id=tenant.id, at=at)
            return "; ".join(map(_said, done.reports))
        case RejectBills():
            reject_bills([step.account], reason=step.reason, tenant_id=tenant.id, at=at)
            return "rejected"
        case RedoBills():
            redo_bills([step.account], tenant_id=tenant.id, at=at)
            return "drawn up again"
        case VoidInvoice() | RebillInvoice():
            return _take_back(step, tenant=tenant, at=at)
        case SetThreshold():
            bill_account_over(step.account, amount=step.amount, tenant_id=tenant.id)
            return "done"
        case BillThreshold():
            billed = bill_over_threshold(tenant_id=tenant.id, on=step.day, at=at)
            return f"{len(billed)} billed"
        case ChargeAtOnce():
            charge = Charge(
                step.account, step.key, step.description, step.amount, "standard", ANY_REVENUE
            )
            charged = bill_charge(charge, tenant_id=tenant.id, on=step.day, at=at)
            return ", ".join(charged.invoices)
        case _:
            raise AssertionError(f"nobody plays {type(step).__name__}")


def _take_back(step: VoidInvoice | RebillInvoice, *, tenant: Tenant, at: datetime) -> str:
    with acting_for(tenant.id):
        own = Invoice.objects.filter(account=account_numbered(step.account), kind="invoice")
        invoice = own.filter(issued_on=step.invoiced).order_by("id").last()
        number = invoice.number if invoice else f"of {step.account} on {step.invoiced}"
    if isinstance(step, VoidInvoice):
        void_invoice(number, reason=step.reason, tenant_id=tenant.id, on=step.day, at=at)
        return f"{number} is void"
    done = rebill_invoice(number, reason=step.reason, tenant_id=tenant.id, on=step.day, at=at)
    how = f"credited by {done.credit_note}" if done.credit_note else "void"
    return f"{number} is {how}; {_said(done.bill)}"


def _said(report: BillReport) -> str:
    totals = ", ".join(f"{plain(sum_)} {code}" for code, sum_ in report.totals.items())
    waiting = f", {report.drafts} wait" if report.drafts else ""
    return f"{report.invoices} invoices{f' of {totals}' if totals else ''}{waiting}"


def look_at_bills(
    step: Expectation, *, tenant_id: int, money: Callable[[Decimal], str]
) -> tuple[str, str]:
    """What the step expects and what is found; `money` writes an amount.

    It is part of the caller's `acting_for`.

    :raises UnknownAccount: when no account has the number
    :raises UnknownInvoice: when no invoice has the number
    """
    match step:
        case ExpectNumber():
            own = Invoice.objects.filter(account=account_numbered(step.account))
            issued = own.filter(issued_on=step.day).order_by("id").values_list("number", flat=True)
            return step.number, ", ".join(issued) or "no invoice of that day"
        case ExpectVoid():
            void = void_of(invoice_numbered(step.number))
            return "void", "void" if void else "not void"
        case ExpectStatement():
            found = statement_of(
                step.account, since=step.since, until=step.until, tenant_id=tenant_id
            )
            said = "opening {} charged {} paid {} closing {}"
            expected = (step.opening, step.charged, step.paid, step.closing)
            seen = (found.opening, found.charged, -found.credited, found.closing)
            return said.format(*map(money, expected)), said.format(*map(money, seen))
        case ExpectDraft() | ExpectNoDraft():
            living = BillDraft.objects.exclude(state__in=OVER)
            drafts = living.filter(account=account_numbered(step.account)).order_by("currency")
            waits = "; ".join(f"{money(one.total)}, {one.cause}" for one in drafts) or NO_DRAFT
            if isinstance(step, ExpectNoDraft):
                return NO_DRAFT, waits
            return f"{money(step.total)}, {step.cause}", waits
        case _:
            raise AssertionError(f"nobody looks for {type(step).__name__}")
