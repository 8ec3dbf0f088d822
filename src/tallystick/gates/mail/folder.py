"""Mail into a folder: each reminder becomes a message file that any mail program opens."""

from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

from tallystick.base.courier import DeliveryFailed, PlacedOrder


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
        message["Subject"] = f"Your account {order.account}: payment reminder"
        message.set_content(
            "Good day,\n\n"
            f"{order.payload.get('overdue')} {order.payload.get('currency')} on your account "
            f"{order.account} has been overdue for {order.payload.get('days')} days.\n"
            "If you have paid meanwhile, thank you: nothing more is to be done.\n"
        )
        name = sha256(f"{order.operator}/{order.key}".encode()).hexdigest()[:24] + ".eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).write_bytes(bytes(message))
        except OSError as error:
            raise DeliveryFailed(reason=f"{self._folder}: {error.strerror}") from None
        return name
