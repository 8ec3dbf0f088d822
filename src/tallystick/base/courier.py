"""Telling the outside: a port to a network element, a mail server, an agency."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tallystick.base.refusal import Refusal


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What is to be told, under a key that makes telling it twice harmless."""

    key: str
    operator: str
    account: str
    action: str
    payload: dict[str, Any]
    ordered_at: datetime
    told_at: datetime


@dataclass
class DeliveryFailed(Refusal):
    code = "delivery_failed"
    reason: str = ""

    def sentence(self) -> str:
        return f"it could not be delivered: {self.reason}; it will be tried again"


class Courier(Protocol):
    """Delivers an order and gives the receiver's answer."""

    def deliver(self, order: PlacedOrder) -> str:
        """The receiver's answer.

        :raises DeliveryFailed: when it may go through later
        """
        ...
