"""Sending a document: a port to a mail server, a web address, a folder."""

from dataclasses import dataclass
from typing import Protocol


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

        :raises DeliveryFailed: when it may go through later
        """
        ...
