"""Who delivers what is told to the outside, by port."""

import os
from pathlib import Path
from typing import Final

from tallystick.base.courier import Courier
from tallystick.base.sender import Sender
from tallystick.flows.dispatch import Printers
from tallystick.flows.pull import PullCourier
from tallystick.gates.dispatch.folder import FolderSender
from tallystick.gates.dispatch.smtp import SmtpSender
from tallystick.gates.dispatch.webhook import WebhookSender
from tallystick.gates.documents.electronic.cii import write_cii
from tallystick.gates.documents.electronic.facturx import render_facturx
from tallystick.gates.documents.electronic.ubl import write_ubl
from tallystick.gates.documents.render import render_invoice
from tallystick.gates.documents.usage_csv import write_usage
from tallystick.gates.elements.simulator import LoggingElement
from tallystick.gates.mail.folder import MailFolder
from tallystick.gates.processors.stripe_api import StripeProcessor

SENDER = "billing@tallystick.example"
STRIPE_KEY: Final = "TALLYSTICK_STRIPE_KEY"
STRIPE_SECRET: Final = "TALLYSTICK_STRIPE_WEBHOOK_SECRET"


PRINTERS: Final[Printers] = {
    "pdf": render_invoice,
    "factur-x": render_facturx,
    "ubl": write_ubl,
    "cii": write_cii,
    "usage-csv": write_usage,
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
    """The simulated network element and the mail folder, both under the home; Stripe with a key."""
    couriers: dict[str, Courier] = {
        "network": LoggingElement(home / "network.log"),
        "mail": MailFolder(home / "mail", sender=SENDER),
    }
    if any(name.startswith(STRIPE_KEY) for name in os.environ):
        address = os.environ.get("TALLYSTICK_STRIPE_ADDRESS")
        couriers["payment"] = PullCourier(StripeProcessor(key_of=stripe_key, address=address))
    return couriers


def stripe_key(operator: str) -> str:
    """The operator's secret key at Stripe, else that of the installation.

    `TALLYSTICK_STRIPE_KEY_HEDGEROW` is the one of operator `hedgerow`.
    """
    return _of_operator(STRIPE_KEY, operator)


def stripe_secret(operator: str) -> str:
    """What Stripe signs the operator's events with, else those of the installation."""
    return _of_operator(STRIPE_SECRET, operator)


def _of_operator(name: str, operator: str) -> str:
    own = f"{name}_{operator.upper().replace('-', '_')}"
    return os.environ.get(own) or os.environ.get(name, "")
