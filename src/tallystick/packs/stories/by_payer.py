"""The steps of a story about who pays and how the bill is cut."""

from tallystick.flows.pay_for import choose_payer, split_account
from tallystick.packs.stories.steps import ChoosePayer, SplitBills

PaySteps = ChoosePayer | SplitBills


def choose(step: PaySteps, *, tenant_id: int) -> str:
    """Does the step and says what it did.

    :raises Refusal: when it is refused
    """
    match step:
        case ChoosePayer():
            payer = None if step.payer == step.account else step.payer
            choose_payer(step.account, payer=payer, tenant_id=tenant_id)
            return f"billed to {step.payer}"
        case SplitBills():
            split_account(step.account, by=step.by, tenant_id=tenant_id)
            return f"an invoice each {step.by}"
