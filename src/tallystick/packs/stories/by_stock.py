"""Steps of a story about what is handed out, and what is then to be seen of it."""

from datetime import datetime

from tallystick.domain.inventory.operations import release_identifier
from tallystick.domain.inventory.queries import find_identifier, standing_of
from tallystick.domain.tenants.scope import acting_for
from tallystick.packs.stories.step import Step
from tallystick.packs.stories.stock_steps import ExpectIdentifier, ReleaseIdentifier


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
        case _:
            raise AssertionError(f"nobody plays {type(step).__name__}")


def look_at_stock(step: Step, *, at: datetime) -> tuple[str, str]:
    """What the step expects and what is found; part of the caller's `acting_for`.

    :raises UnknownIdentifier: when there is none of that value
    """
    match step:
        case ExpectIdentifier():
            one = find_identifier(step.value, kind=None)
            return step.state, standing_of(one, at=at).state
        case _:
            raise AssertionError(f"nobody looks for {type(step).__name__}")
