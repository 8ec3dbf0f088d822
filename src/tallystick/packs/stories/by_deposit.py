"""Steps of a story about deposits."""

from datetime import datetime
from decimal import Decimal

from tallystick.base.money import round_minor
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.deposits import end_deposits, end_deposits_of_the_gone, hold_deposit
from tallystick.packs.stories.steps import EndDeposits, HoldDeposit, RunDeposits

DepositStep = HoldDeposit | EndDeposits | RunDeposits


def keep_deposit(step: DepositStep, *, tenant: Tenant, at: datetime) -> str:
    """What the step did, in a few words.

    :raises Refusal: when it cannot be done
    """
    if isinstance(step, HoldDeposit):
        key = f"deposit-{step.line}"
        with acting_for(tenant.id):
            currency = account_numbered(step.account).currency
        receipt = Receipt(key, "cash", step.amount, currency, step.day)
        rate = step.rate or Decimal(0)
        hold_deposit(receipt, rate=rate, tenant_id=tenant.id, account=step.account, at=at)
        return "held"
    if isinstance(step, EndDeposits):
        ended = end_deposits(step.account, tenant_id=tenant.id, on=step.day, at=at)
    else:
        ended = end_deposits_of_the_gone(tenant_id=tenant.id, on=step.day, at=at)
    return "; ".join(
        f"{one.account} {round_minor(one.amount + one.interest, currency=one.currency):f}"
        for one in ended
    ) or "none ended"  # fmt: skip
