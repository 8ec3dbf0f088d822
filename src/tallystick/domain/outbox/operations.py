"""Writes of orders to the outside: placed with their cause, settled when the port has answered."""

from datetime import datetime
from typing import Any

from django.db.models import F

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


def settle_order(order_id: int, *, delivered: bool, answer: str, at: datetime) -> None:
    """What the port answered; after ten refusals the order fails and waits for a person."""
    order = Order.objects.get(id=order_id)
    failed = not delivered and order.attempts + 1 >= ATTEMPTS_MAX
    state = OrderState.DELIVERED if delivered else OrderState.PENDING
    Order.objects.filter(id=order_id).update(
        state=OrderState.FAILED if failed else state,
        attempts=F("attempts") + 1,
        delivered_at=at if delivered else None,
        answer=answer[:300],
    )
