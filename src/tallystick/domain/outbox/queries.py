"""Reads of orders to the outside."""

from tallystick.domain.outbox.models import Order, OrderState


def pending_orders() -> list[Order]:
    """Orders that wait to be delivered, in the order they were placed, their accounts with them."""
    pending = Order.objects.filter(state=OrderState.PENDING)
    return list(pending.select_related("account").order_by("id"))
