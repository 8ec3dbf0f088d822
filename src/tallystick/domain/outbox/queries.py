"""Reads of orders to the outside."""

from tallystick.domain.outbox.models import Order, OrderState


def pending_orders() -> list[Order]:
    """Orders that wait to be delivered, in the order they were placed, their accounts with them."""
    pending = Order.objects.filter(state=OrderState.PENDING)
    return list(pending.select_related("account").order_by("id"))


def failed_orders(port: str) -> list[Order]:
    """Orders to a port that a person decides on, the oldest first, their accounts with them."""
    failed = Order.objects.select_related("account").filter(port=port, state=OrderState.FAILED)
    return list(failed.order_by("id"))


def recent_orders(*, state: str | None, account_id: int | None, count: int) -> list[Order]:
    """Orders placed last, the latest first, their accounts with them."""
    orders = Order.objects.select_related("account").order_by("-id")
    if state is not None:
        orders = orders.filter(state=state)
    if account_id is not None:
        orders = orders.filter(account_id=account_id)
    return list(orders[:count])


def orders_like(account_id: int, *, prefix: str) -> int:
    """How many orders of the account have a key that begins so."""
    return Order.objects.filter(account_id=account_id, key__startswith=prefix).count()
