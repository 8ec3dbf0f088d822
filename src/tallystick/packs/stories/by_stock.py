"""Steps of a story about what is handed out, and what is then to be seen of it."""

from datetime import datetime

from tallystick.domain.inventory.loans import Device
from tallystick.domain.inventory.models import Loan
from tallystick.domain.inventory.operations import release_identifier
from tallystick.domain.inventory.queries import find_identifier, standing_of
from tallystick.domain.inventory.terms import RETURN_DAYS
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.bring_back import take_equipment_back
from tallystick.flows.equipment import lend_device
from tallystick.packs.stories.step import Step
from tallystick.packs.stories.stock_steps import (
    ExpectDevice,
    ExpectIdentifier,
    LendDevice,
    ReleaseIdentifier,
    TakeDeviceBack,
)


def handle_stock(step: Step, *, tenant_id: int, at: datetime) -> str:
    """What the step did, in a few words.

    :raises Refusal: when it cannot be done
    """
    match step:
        case ReleaseIdentifier():
            with acting_for(tenant_id):
                one = find_identifier(step.value, kind=None)
                freed = release_identifier(one, reason=step.reason, today=step.day, at=at)
            return f"was to be kept until {freed.kept_until}"
        case LendDevice():
            device = Device(
                step.kind,
                step.serial,
                step.worth,
                RETURN_DAYS if step.days is None else step.days,
                step.tax or "standard",
            )
            lend_device(device, contract=step.contract, tenant_id=tenant_id, on=step.day)
            return "lent"
        case TakeDeviceBack():
            back = take_equipment_back(step.serial, tenant_id=tenant_id, on=step.day, at=at)
            return f"{back.charged} given back {back.credit_note}" if back.charged else "in time"
        case _:
            raise AssertionError(f"nobody plays {type(step).__name__}")


def look_at_stock(step: Step, *, at: datetime) -> tuple[str, str]:
    """What the step expects and what is found; part of the caller's `acting_for`.

    :raises UnknownIdentifier: when there is none of that value
    """
    match step:
        case ExpectDevice():
            loan = Loan.objects.filter(serial=step.serial).order_by("-id").first()
            return step.state, loan.state if loan else "never lent"
        case ExpectIdentifier():
            one = find_identifier(step.value, kind=None)
            return step.state, standing_of(one, at=at).state
        case _:
            raise AssertionError(f"nobody looks for {type(step).__name__}")
