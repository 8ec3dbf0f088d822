"""Money that a processor took, given back to the card or bank account it came from."""

from datetime import datetime
from decimal import Decimal

from tallystick.base.money import plain
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import Payment, Pull, Refund
from tallystick.domain.payments.pulls import moved_by, pull_of
from tallystick.domain.payments.queries import unallocated_payments
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.free_money import RefundOf, Wanted, set_free
from tallystick.flows.give_back import (
    MoreThanCredit,
    RefundKeyReused,
    UnknownPayment,
    check_refundable,
)
from tallystick.flows.kept_by_processor import keep_refund
from tallystick.flows.pull import local_day


def refund_pulled(
    payment_key: str, *, amount: Decimal, key: str, tenant_id: int, at: datetime,
    of: RefundOf = RefundOf.CREDIT,
) -> tuple[Refund, bool]:  # fmt: skip
    """Gives back what no invoice has of a payment; the refund, and whether it is new.

    `of` says what makes it free: credit that it is, a credit note of what it had paid, or, of a
    top-up, the money that is left of it. The processor is told by an order, once for the key.

    :raises UnknownPayment: when no processor brought a payment of that key
    :raises AccountClosed: when its account is closed
    :raises MoreThanCredit: when less of it is free, or the amount is none
    :raises MoreThanThere: when notes, or what is left of the top-up, come to less
    :raises PrepaidKept: when the rules give no top-up back
    :raises RefundKeyReused: when the key stands for another refund
    """
    with acting_for(tenant_id):
        pull = _pull_named(payment_key)
        payment = Payment.objects.select_related("account__party").filter(key=payment_key).first()
        if pull is None or (payment is None) != (of is RefundOf.PREPAID):
            raise UnknownPayment(reference=payment_key)
        account = Account.objects.select_for_update().get(id=pull.account_id)
        known = Refund.objects.filter(key=key).first()
        if known is not None:
            if (known.account_id, known.amount) != (account.id, amount):
                raise RefundKeyReused(key=key)
            return known, False
        check_refundable(account, amount=amount, currency="")
        on = local_day(account, at=at)
        if of is not RefundOf.CREDIT:
            wanted = Wanted(account, amount, key, on, payment_key)
            ((payment, _),) = set_free(wanted, of=of, at=at)
        assert payment is not None
        free = {one.id: left for one, left in unallocated_payments([account.id])}
        credit = free.get(payment.id, Decimal(0))
        if amount > credit:
            raise MoreThanCredit(
                account=account.number, credit=plain(credit), currency=payment.currency
            )
        refund = keep_refund(
            payment, amount=amount, key=key, processor=pull.instrument.processor,
            moved=moved_by(payment, pull), at=at,
        )  # fmt: skip
        _order(refund, pull, at=at)
        return refund, True


def _pull_named(payment_key: str) -> Pull | None:
    """The pull that brought the payment or top-up of that key."""
    processor, _, reference = payment_key.partition(":")
    return pull_of(reference.partition(":")[0], processor=processor)


def _order(refund: Refund, pull: Pull, *, at: datetime) -> None:
    place_order(
        tenant_id=refund.tenant_id,
        account_id=refund.account_id,
        port="payment",
        action="refund",
        key=f"refund:{refund.key}"[:120],
        payload={
            "reference": pull.reference,
            "amount": format(refund.amount, "f"),
            "currency": refund.currency,
        },
        at=at,
    )
