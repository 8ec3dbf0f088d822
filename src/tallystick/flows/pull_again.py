"""Payment orders that nobody answered ten times: a person has them sent again, or gives them up."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tallystick.base.money import EXACT, plain
from tallystick.base.refusal import Refusal
from tallystick.core.receive.pull import PullState
from tallystick.domain.invoices.models import OpenItem, OpenState
from tallystick.domain.outbox.models import Order
from tallystick.domain.outbox.operations import failed_order, give_order_up, send_order_again
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import Pull
from tallystick.domain.payments.pulls import pull_keyed
from tallystick.domain.tenants.scope import acting_for

PORT = "payment"


@dataclass
class LessIsOpen(Refusal):
    code = "less_is_open"
    order: int = 0
    invoice: str = ""
    asked: str = ""
    open: str = ""

    def sentence(self) -> str:
        return (
            f"order {self.order} asks for {self.asked}, but {self.open} of {self.invoice} is open "
            f"now; when nothing was taken: tallystick card give-up {self.order}"
        )


@dataclass
class RefundIsBooked(Refusal):
    code = "refund_is_booked"
    order: int = 0

    def sentence(self) -> str:
        return (
            f"order {self.order} is a refund that is in the books, so it has to be sent: "
            f"tallystick card send-again {self.order}"
        )


def send_again(number: int, *, tenant_id: int) -> Order:
    """The failed payment order is delivered again, under the key it had.

    :raises UnknownOrder: when no payment order of that number failed
    :raises LessIsOpen: when the invoice owes less than the order asks for
    """
    with acting_for(tenant_id):
        order = _held(number)
        pull = pull_keyed(order.key)
        if pull is not None:
            left = _open_of(pull)
            if left < pull.amount:
                said = pull.invoice.number if pull.invoice else ""
                raise LessIsOpen(number, said, plain(pull.amount), plain(left))
            _move(pull, PullState.ASKED, reason="")
        send_order_again(order)
        return order


def give_up(number: int, *, reason: str, tenant_id: int, on: date) -> Order:
    """The failed payment order is not delivered any more; its invoice may be paid otherwise.

    :raises UnknownOrder: when no payment order of that number failed
    :raises RefundIsBooked: when it gives money back
    """
    with acting_for(tenant_id):
        order = _held(number)
        if order.action == "refund":
            raise RefundIsBooked(order=number)
        pull = pull_keyed(order.key)
        if pull is not None:
            _move(pull, PullState.GIVEN_UP, reason=f"{on}: {reason}")
        give_order_up(order, reason=reason)
        return order


def _held(number: int) -> Order:
    order = failed_order(number, port=PORT)
    Account.objects.select_for_update().get(id=order.account_id)
    return order


def _move(pull: Pull, state: PullState, *, reason: str) -> None:
    if pull.state == PullState.FAILED:
        pull.state, pull.reason = state, reason[:100]
        pull.save(update_fields=["state", "reason"])


def _open_of(pull: Pull) -> Decimal:
    """What the pull may ask for: what its invoice still owes, or a top-up's own amount."""
    if pull.invoice_id is None:
        return Decimal(pull.amount)
    item = OpenItem.objects.filter(
        account_id=pull.account_id,
        invoice_id=pull.invoice_id,
        state__in=(OpenState.OPEN, OpenState.PART_PAID),
    ).first()
    return Decimal(0) if item is None else EXACT.subtract(item.total, item.settled)
