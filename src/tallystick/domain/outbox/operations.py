"""Writes of orders to the outside: placed with their cause, settled when the port has answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from tallystick.base.refusal import Refusal
from tallystick.domain.outbox.models import Order, OrderState

ATTEMPTS_MAX = 10


def place_order(
    *,
    tenant_id: int,
    account_id: int,
    port: str,
    action: str,
    key: str,
    payload: dict[str, Any],
    at: datetime,
) -> None:
    """An order to be delivered after commit; the same key is ordered once."""
    Order.objects.get_or_create(
        tenant_id=tenant_id,
        key=key,
        defaults={
            "account_id": account_id,
            "port": port,
            "action": action,
            "payload": payload,
            "state": OrderState.PENDING,
            "ordered_at": at,
        },
    )


@dataclass
class UnknownOrder(Refusal):
    code = "unknown_order"
    order: int = 0

    def sentence(self) -> str:
        return f"no payment order {self.order} waits for a person; see: tallystick card worklist"


def settle_order(order_id: int, *, delivered: bool, answer: str, at: datetime) -> bool:
    """What the port answered; after ten refusals the order fails, which is True, for a person."""
    order = Order.objects.get(id=order_id)
    failed = not delivered and order.attempts + 1 >= ATTEMPTS_MAX
    state = OrderState.DELIVERED if delivered else OrderState.PENDING
    Order.objects.filter(id=order_id).update(
        state=OrderState.FAILED if failed else state,
        attempts=F("attempts") + 1,
        delivered_at=at if delivered else None,
        answer=answer[:300],
    )
    return failed


def failed_order(number: int, *, port: str) -> Order:
    """The order of that number that failed, held, with its account.

    :raises UnknownOrder: when no order to that port with the number failed
    """
    found = Order.objects.select_related("account").select_for_update(of=("self",))
    order = found.filter(id=number, port=port, state=OrderState.FAILED).first()
    if order is None:
        raise UnknownOrder(order=number)
    return order


def send_order_again(order: Order) -> None:
    """A failed order waits to be delivered once more, with all its tries before it."""
    Order.objects.filter(id=order.id).update(state=OrderState.PENDING, attempts=0)


def give_order_up(order: Order, *, reason: str) -> None:
    """A failed order is not delivered any more, for the reason that is given."""
    said = f"{reason}; {order.answer}"[:300]
    Order.objects.filter(id=order.id).update(state=OrderState.GIVEN_UP, answer=said)


def answer_failed_order(key: str, *, answer: str, at: datetime) -> None:
    """What a failed order wanted was told of otherwise: it no longer waits for a person."""
    Order.objects.filter(key=key, state=OrderState.FAILED).update(
        state=OrderState.DELIVERED, delivered_at=at, answer=answer[:300]
    )
