"""Steps of a story that collect money by direct debit, and give it back."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from tallystick.base.money import round_minor
from tallystick.core.receive.returned import ReturnTerms
from tallystick.domain.invoices.drafts import set_refundable
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.mandates import Creditor, Signed, add_mandate, set_debit_terms
from tallystick.domain.payments.models import DirectDebit
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.debit import CURRENCY, confirm_debits, prepare_debits
from tallystick.flows.free_money import RefundOf
from tallystick.flows.give_back import Comeback, RefundWish, refund_credit, return_payment
from tallystick.packs.stories.steps import (
    GiveMandate,
    RefundCredit,
    RefundWay,
    ReturnDebit,
    RunDebits,
    SetDebitTerms,
    SetRefundable,
)

MoneyStep = SetDebitTerms | GiveMandate | RunDebits | ReturnDebit | RefundCredit | SetRefundable

CREDITOR: Final = ("DE98ZZZ09999999999", "DE02120300000000202051")
"""Creditor identifier and IBAN as banks print them in examples."""


def move_money(step: MoneyStep, *, tenant: Tenant, at: datetime) -> str:
    """What the step did, in a few words.

    :raises Refusal: when it cannot be done
    """
    match step:
        case SetDebitTerms():
            terms = ReturnTerms(step.fee, step.days, step.tries)
            with acting_for(tenant.id):
                creditor = Creditor(tenant.name, *CREDITOR)
                set_debit_terms(creditor, terms=terms, tenant_id=tenant.id)
            return "done"
        case GiveMandate():
            with acting_for(tenant.id):
                account = account_numbered(step.account)
                signed = Signed(step.reference, account.party.name, step.iban, "", step.day)
                add_mandate(account, signed, on=step.day)
            return "done"
        case RunDebits():
            return _run(step, tenant_id=tenant.id, at=at)
        case ReturnDebit():
            return _return(step, tenant_id=tenant.id, at=at)
        case RefundCredit():
            wish = RefundWish(
                step.account, step.amount, f"line-{step.line}", step.day,
                of=step.of or RefundOf.CREDIT, cash=step.way is RefundWay.CASH,
            )  # fmt: skip
            given, _ = refund_credit(wish, tenant_id=tenant.id, at=at)
            return f"{_money(given.amount)} to {given.iban or given.name}"
        case SetRefundable():
            with acting_for(tenant.id):
                set_refundable([step.origin], tenant_id=tenant.id)
            return "done"


def _run(step: RunDebits, *, tenant_id: int, at: datetime) -> str:
    """Prepared for that day and paid by the bank on it."""
    run = prepare_debits(tenant_id=tenant_id, collect_on=step.day, today=step.day, at=at)
    if run is None:
        return "nothing to collect"
    confirm_debits(run.number, tenant_id=tenant_id, on=step.day, at=at)
    return ", ".join(f"{line.account} {_money(line.amount)} {line.sequence}" for line in run.lines)


def _return(step: ReturnDebit, *, tenant_id: int, at: datetime) -> str:
    """The account's last direct debit comes back."""
    with acting_for(tenant_id):
        last = DirectDebit.objects.filter(account=account_numbered(step.account)).order_by("id")
        reference = getattr(last.last(), "end_to_end", "")
    comeback = Comeback(reference, step.reason, step.day)
    report = return_payment(comeback, tenant_id=tenant_id, at=at)
    retry = report.following.retry_on
    return f"{_money(report.amount)} came back" + (f", again from {retry} on" if retry else "")


def _money(amount: Decimal) -> str:
    return format(round_minor(amount, currency=CURRENCY), "f")
