"""What may become of a service, as a table: (state, action) -> state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.models import ServiceState

SERVICE_STATES: Final[Mapping[tuple[str, str], ServiceState]] = {
    (ServiceState.PENDING, "activate"): ServiceState.ACTIVE,
    (ServiceState.ACTIVE, "restrict"): ServiceState.RESTRICTED,
    (ServiceState.ACTIVE, "suspend"): ServiceState.SUSPENDED,
    (ServiceState.RESTRICTED, "suspend"): ServiceState.SUSPENDED,
    (ServiceState.SUSPENDED, "restrict"): ServiceState.RESTRICTED,
    (ServiceState.RESTRICTED, "restore"): ServiceState.ACTIVE,
    (ServiceState.SUSPENDED, "restore"): ServiceState.ACTIVE,
    (ServiceState.ACTIVE, "end"): ServiceState.ENDED,
    (ServiceState.RESTRICTED, "end"): ServiceState.ENDED,
    (ServiceState.SUSPENDED, "end"): ServiceState.ENDED,
}


@dataclass
class NotAllowed(Refusal):
    code = "not_allowed"
    what: str = ""
    state: str = ""
    action: str = ""

    def sentence(self) -> str:
        return f"a {self.what} that is {self.state} cannot {self.action}"


def next_state(
    state: str, action: str, *, table: Mapping[tuple[str, str], ServiceState], what: str
) -> ServiceState:
    """The state that the action leads to.

    :raises NotAllowed: when the table has no such step
    """
    try:
        return table[(state, action)]
    except KeyError:
        raise NotAllowed(what=what, state=state, action=action) from None
