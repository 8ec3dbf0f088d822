"""Steps of a story in which a contract changes: other offers, rests, ends, agreed days."""

from datetime import datetime

from tallystick.flows.agreed import do_agreed
from tallystick.flows.alter import change_contract, rest_contract, take_back, wake_contract
from tallystick.flows.bill_day import change_bill_day
from tallystick.flows.end import give_notice, keep, stop_contract
from tallystick.packs.stories.steps import (
    ChangeBillDay,
    ChangeContract,
    EndContract,
    FirstCycle,
    GiveNotice,
    KeepContract,
    PauseContract,
    ResumeContract,
    RunContracts,
    TakeChangeBack,
)

ContractStep = (
    ChangeContract
    | TakeChangeBack
    | PauseContract
    | ResumeContract
    | EndContract
    | GiveNotice
    | KeepContract
    | RunContracts
    | ChangeBillDay
)


def alter_contract(step: ContractStep, *, tenant_id: int, at: datetime) -> str:
    """What the step did, in a few words.

    :raises Refusal: when it cannot be done
    """
    match step:
        case ChangeContract():
            done = change_contract(
                step.number,
                offer=step.offer,
                quantity=step.quantity,
                on=step.since or step.day,
                tenant_id=tenant_id,
                at=at,
            )
            return f"{done.after_quantity} x {done.after} from {done.on}"
        case TakeChangeBack():
            return f"{take_back(step.number, after=step.day, tenant_id=tenant_id)} goes on"
        case PauseContract():
            rest_contract(
                step.number, on=step.since or step.day, until=step.until, tenant_id=tenant_id, at=at
            )
            return "done"
        case ResumeContract():
            wake_contract(step.number, on=step.since or step.day, tenant_id=tenant_id, at=at)
            return "done"
        case EndContract():
            on, waived = step.since or step.day, step.charge is not None
            ended = stop_contract(step.number, tenant_id=tenant_id, on=on, at=at, waived=waived)
            return f"ends on {ended.ends_on}"
        case GiveNotice():
            ended = give_notice(step.number, tenant_id=tenant_id, on=step.day, at=at)
            return f"ends on {ended.ends_on}"
        case KeepContract():
            return f"does not end on {keep(step.number, tenant_id=tenant_id)}"
        case ChangeBillDay():
            turned = change_bill_day(
                step.account,
                day=step.bill_day,
                long=step.first is FirstCycle.LONG,
                tenant_id=tenant_id,
                at=at,
            )
            return "; ".join(f"{number} from {since}" for number, since in turned.contracts)
        case RunContracts():
            ran = do_agreed(tenant_id=tenant_id, on=step.day, at=at)
            return (
                f"{ran.ended} ended, {ran.rested} began to rest, {ran.resumed} go on, "
                f"{ran.charged} charged"
            )
