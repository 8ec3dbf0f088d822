"""Sending a document: a port to a mail server, a web address, a folder."""

from dataclasses import dataclass
from typing import Protocol

from tallystick.base.refusal import Refusal


@dataclass
class SentPerhaps(Refusal):
    """The line broke after the letter had begun: it may have arrived."""

    code = "sent_perhaps"
    reason: str = ""

    def sentence(self) -> str:
        return f"it may have arrived: {self.reason}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A document on its way; `key` names it, so that a receiver knows it when it comes again."""

    key: str
    address: str
    sender: str  # the operator, as people know it
    subject: str
    text: str
    filename: str
    media_type: str
    content: bytes


class Sender(Protocol):
    """Sends letters; `repeatable` says that one sent twice does no harm."""

    repeatable: bool

    def send(self, letter: Letter) -> str:
        """The receiver's answer.

        :raises DeliveryFailed: when it did not arrive and may go through later
        :raises SentPerhaps: when nobody knows whether it arrived
        """
        ...
