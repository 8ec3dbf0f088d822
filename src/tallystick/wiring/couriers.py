"""Who delivers what is told to the outside, by port."""

import os
from pathlib import Path
from typing import Final

from tallystick.base.courier import Courier
from tallystick.base.sender import Sender
from tallystick.gates.dispatch.folder import FolderSender
from tallystick.gates.dispatch.smtp import SmtpSender
from tallystick.gates.dispatch.webhook import WebhookSender
from tallystick.gates.documents.electronic.cii import write_cii
from tallystick.gates.documents.electronic.facturx import render_facturx
from tallystick.gates.documents.electronic.ubl import write_ubl
from tallystick.gates.documents.render import render_invoice
from tallystick.gates.elements.simulator import LoggingElement
from tallystick.gates.mail.folder import MailFolder

SENDER = "billing@tallystick.example"


PRINTERS: Final = {
    "pdf": render_invoice,
    "factur-x": render_facturx,
    "ubl": write_ubl,
    "cii": write_cii,
}
"""What makes a document of each format."""


def senders_of(home: Path) -> dict[str, Sender]:
    """Who sends documents, by channel: a folder always; mail and web where they are set up.

    `TALLYSTICK_SMTP` is the mail server's address, `TALLYSTICK_MAIL_FROM` who it is from,
    `TALLYSTICK_WEBHOOK_SECRET` what web addresses know us by.

    :raises MailServerWrong: when the address is none of a mail server
    """
    senders: dict[str, Sender] = {"folder": FolderSender(home / "documents")}
    if server := os.environ.get("TALLYSTICK_SMTP"):
        sender = os.environ.get("TALLYSTICK_MAIL_FROM", SENDER)
        senders["mail"] = SmtpSender(server, sender=sender)
    if secret := os.environ.get("TALLYSTICK_WEBHOOK_SECRET"):
        senders["webhook"] = WebhookSender(secret=secret)
    return senders


def couriers_of(home: Path) -> dict[str, Courier]:
    """The simulated network element and the mail folder, both under the home."""
    return {
        "network": LoggingElement(home / "network.log"),
        "mail": MailFolder(home / "mail", sender=SENDER),
    }
