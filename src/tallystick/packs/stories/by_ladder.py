"""Steps of a story about money that does not come."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from tallystick.base.money import round_minor
from tallystick.domain.collections.disputes import protect_account
from tallystick.domain.collections.models import Dispute, ProtectionKind
from tallystick.domain.invoices.queries import items_to_pay
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import Payment
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.dispute import (
    accept_dispute,
    dispute_invoice,
    promise_payment,
    refuse_dispute,
    restore_by_hand,
)
from tallystick.flows.give_back import Comeback, return_payment
from tallystick.flows.write_off import write_off_debt
from tallystick.packs.stories.late_steps import (
    AcceptDispute,
    DisputeInvoice,
    LateStep,
    PromisePayment,
    ProtectAccount,
    RefuseDispute,
    RestoreByHand,
    ReturnPayment,
    TaxRelief,
    WriteOffDebt,
)


def hold_back(step: LateStep, *, tenant: Tenant, at: datetime) -> str:
    """What the step did, in a few words.

    :raises Refusal: when it cannot be done
    """
    now: dict[str, Any] = {"tenant_id": tenant.id, "on": step.day, "at": at}
    match step:
        case DisputeInvoice():
            with acting_for(tenant.id):
                owed = items_to_pay(account_numbered(step.account).id)
            number = owed[0].number if owed else "none"
            done = dispute_invoice(number, amount=step.amount, reason="a story", **now)
            return ", ".join([number, *(f"restored {name}" for name in done.restored)])
        case AcceptDispute():
            disputed = _dispute(step.account, tenant)
            decided = accept_dispute(disputed, decision="a story", parts=None, **now)
            return f"{decided.dispute.credit_note} {_money(decided.credited, decided.currency)}"
        case RefuseDispute():
            refuse_dispute(_dispute(step.account, tenant), decision="a story", **now)
        case PromisePayment():
            promise_payment(
                step.account, amount=step.amount, until=step.until, tenant_id=tenant.id,
                on=step.day,
            )  # fmt: skip
        case ProtectAccount():
            with acting_for(tenant.id):
                kind = ProtectionKind.VULNERABLE if step.action else ProtectionKind.EXEMPT
                actions = (step.action.value,) if step.action else ()
                protect_account(
                    account_numbered(step.account), kind=kind, actions=actions,
                    reason="a story", on=step.day, until=step.until,
                )  # fmt: skip
        case WriteOffDebt():
            relieved = step.tax is TaxRelief.RELIEVED
            lost = write_off_debt(
                step.account, invoice=None, reason="a story", relieve_tax=relieved, **now
            )
            return f"{lost.height} invoices"
        case RestoreByHand():
            return ", ".join(restore_by_hand(step.account, **now)) or "nothing"
        case ReturnPayment():
            return _return(step, tenant_id=tenant.id, at=at)
    return "done"


def _dispute(account: str, tenant: Tenant) -> int:
    """The number of the account's last dispute."""
    with acting_for(tenant.id):
        own = Dispute.objects.filter(account=account_numbered(account)).order_by("-id")
        return own.values_list("id", flat=True).first() or 0


def _return(step: ReturnPayment, *, tenant_id: int, at: datetime) -> str:
    """The account's last payment is taken back by the bank."""
    with acting_for(tenant_id):
        own = Payment.objects.filter(account=account_numbered(step.account)).order_by("-id")
        key = own.values_list("key", flat=True).first() or ""
    report = return_payment(Comeback(key, "returned", step.day), tenant_id=tenant_id, at=at)
    return f"{_money(report.owed_again, report.currency)} owed again"


def _money(amount: Decimal, currency: str) -> str:
    return format(round_minor(amount, currency=currency), "f")
