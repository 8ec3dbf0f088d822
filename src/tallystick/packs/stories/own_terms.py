"""Steps of a story that give a contract or an account terms of its own, or end them."""

from datetime import datetime

from tallystick.domain.contracts.grants import Wording
from tallystick.flows.grant import (
    GrantWish,
    Holder,
    give_grant,
    give_price,
    stop_grant,
    stop_price,
)
from tallystick.packs.stories.steps import (
    EndGrant,
    EndOverride,
    GrantToAccount,
    GrantToContract,
    OverridePrice,
)

OwnTerms = GrantToContract | GrantToAccount | EndGrant | OverridePrice | EndOverride


def give_terms(step: OwnTerms, *, tenant_id: int, at: datetime) -> None:
    """Does what the step says, from its day on.

    :raises Refusal: when it cannot be done
    """
    match step:
        case GrantToContract() | GrantToAccount():
            wish = GrantWish(step.kind, step.name, Wording(step.words, step.day, step.until))
            holder = (
                Holder(contract=step.contract)
                if isinstance(step, GrantToContract)
                else Holder(account=step.account)
            )
            give_grant(wish, to=holder, tenant_id=tenant_id, at=at)
        case EndGrant():
            holder = Holder(contract=step.contract)
            stop_grant(step.name, of=holder, tenant_id=tenant_id, on=step.day)
        case OverridePrice():
            give_price(
                step.contract,
                component=step.component,
                wording=Wording(step.price, step.day, step.until),
                tenant_id=tenant_id,
                at=at,
            )
        case EndOverride():
            stop_price(step.contract, component=step.component, tenant_id=tenant_id, on=step.day)
