"""Orders out: what was written with its cause is told to the network, the mail, the agency."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tallystick.base.courier import Courier, DeliveryFailed, PlacedOrder
from tallystick.domain.outbox.operations import settle_order
from tallystick.domain.outbox.queries import pending_orders
from tallystick.domain.payments.pulls import fail_pull
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for


@dataclass(frozen=True, slots=True)
class DeliverReport:
    """Orders delivered, orders that will be tried again, and orders no courier is bound for."""

    delivered: int
    failed: int
    unbound: int


def deliver_orders(
    *, tenant_id: int, couriers: Mapping[str, Courier], at: datetime
) -> DeliverReport:
    """Delivers the operator's pending orders in the order they were placed.

    An order is told before it is noted as told, so a crash between the two tells it again: the
    receiver knows it by its key. After a failure later orders of that account wait their turn.

    :raises AlreadyRunning: while another delivery of the operator runs
    """
    delivered = failed = unbound = 0
    with only_one("delivering orders", tenant_id=tenant_id):
        with acting_for(tenant_id):
            operator = Tenant.objects.get(id=tenant_id).code
            pending = pending_orders()
        waiting: set[int] = set()
        for order in pending:
            courier = couriers.get(order.port)
            if courier is None:
                unbound += 1
                continue
            if order.account_id in waiting:
                failed += 1
                continue
            placed = PlacedOrder(
                key=order.key,
                operator=operator,
                account=order.account.number,
                action=order.action,
                payload=order.payload,
                ordered_at=order.ordered_at,
                told_at=at,
            )
            try:
                answer, told = courier.deliver(placed), True
            except DeliveryFailed as failure:
                answer, told = failure.reason, False
                waiting.add(order.account_id)
            with acting_for(tenant_id):
                if settle_order(order.id, delivered=told, answer=answer, at=at):
                    fail_pull(order.key, reason=answer)
            delivered += told
            failed += not told
    return DeliverReport(delivered, failed, unbound)
