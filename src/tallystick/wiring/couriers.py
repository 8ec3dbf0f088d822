"""Who delivers what is told to the outside, by port."""

from pathlib import Path

from tallystick.base.courier import Courier
from tallystick.gates.elements.simulator import LoggingElement
from tallystick.gates.mail.folder import MailFolder

SENDER = "billing@tallystick.example"


def couriers_of(home: Path) -> dict[str, Courier]:
    """The simulated network element and the mail folder, both under the home."""
    return {
        "network": LoggingElement(home / "network.log"),
        "mail": MailFolder(home / "mail", sender=SENDER),
    }
