"""Mail into a folder: each reminder becomes a message file that any mail program opens."""

from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Final

from tallystick.base.courier import DeliveryFailed, PlacedOrder

_WORDS: Final = {
    "remind": (
        "Your account {account}: payment reminder",
        "{overdue} {currency} on your account {account} has been overdue for {days} days.\n"
        "If you have paid meanwhile, thank you: nothing more is to be done.\n",
    ),
    "payment_declined": (
        "Your account {account}: a payment was declined",
        "{amount} {currency} for {for} could not be taken ({reason}).\n"
        "Please see to your card or bank account, or pay by transfer.\n",
    ),
    "confirm_payment": (
        "Your account {account}: please confirm a payment",
        "{amount} {currency} for {for} waits for you to confirm it with your bank.\n{url}\n",
    ),
}
"""What is said, by what was ordered."""


class _Said(dict[str, object]):
    """What an order says; what it does not say is left out."""

    def __missing__(self, key: str) -> str:
        return ""


class MailFolder:
    """Writes `<hash of the key>.eml`, so the same order is one message however often it comes."""

    def __init__(self, folder: Path, *, sender: str) -> None:
        self._folder, self._sender = folder, sender

    def deliver(self, order: PlacedOrder) -> str:
        """The name of the message's file.

        :raises DeliveryFailed: when the folder cannot be written
        """
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = order.payload.get("to") or "unknown@invalid"
        subject, text = _WORDS.get(order.action, _WORDS["remind"])
        said = _Said({"account": order.account, **order.payload})
        message["Subject"] = subject.format_map(said)
        message.set_content(f"Good day,\n\n{text.format_map(said)}")
        name = sha256(f"{order.operator}/{order.key}".encode()).hexdigest()[:24] + ".eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).write_bytes(bytes(message))
        except OSError as error:
            raise DeliveryFailed(reason=f"{self._folder}: {error.strerror}") from None
        return name
