"""Money that a processor took, given back to the card or bank account it came from."""

from datetime import datetime
from decimal import Decimal

from tallystick.base.money import plain, round_minor
from tallystick.core.post.entry import BusinessEvent, post_event
from tallystick.core.post.rules import EventKind
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import Payment, Pull, Refund
from tallystick.domain.payments.operations import record_refund
from tallystick.domain.payments.queries import unallocated_payments
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.give_back import MoreThanCredit, RefundKeyReused, UnknownPayment
from tallystick.flows.pull import local_day
from tallystick.flows.pull_facts import settle_kept


def refund_pulled(
    payment_key: str, *, amount: Decimal, key: str, tenant_id: int, at: datetime
) -> tuple[Refund, bool]:
    """Gives back what no invoice has of a payment; the refund, and whether it is new.

    The processor is told by an order, once for the key.

    :raises UnknownPayment: when no processor brought a payment of that key
    :raises MoreThanCredit: when less of it is free, or the amount is none
    :raises RefundKeyReused: when the key stands for another refund
    """
    with acting_for(tenant_id):
        payment = Payment.objects.select_related("account__party").filter(key=payment_key).first()
        pull = None if payment is None else _pull_of(payment)
        if payment is None or pull is None:
            raise UnknownPayment(reference=payment_key)
        account = Account.objects.select_for_update().get(id=payment.account_id)
        known = Refund.objects.filter(key=key).first()
        if known is not None:
            if (known.account_id, known.amount) != (account.id, amount):
                raise RefundKeyReused(key=key)
            return known, False
        free = {one.id: left for one, left in unallocated_payments([account.id])}
        credit = free.get(payment.id, Decimal(0))
        if not 0 < amount <= credit or amount != round_minor(amount, currency=payment.currency):
            raise MoreThanCredit(
                account=account.number, credit=plain(credit), currency=payment.currency
            )
        refund = Refund(
            tenant_id=tenant_id, account=account, key=key, currency=payment.currency,
            amount=amount, refunded_on=local_day(account, at=at), recorded_at=at,
            payer=pull.instrument.processor, payer_iban="", payer_bic="",
            name=payment.account.party.name[:70], iban="",
        )  # fmt: skip
        record_refund(refund, parts=[(payment, amount)])
        _post(refund, payment, at=at)
        _order(refund, pull, at=at)
        return refund, True


def _pull_of(payment: Payment) -> Pull | None:
    """The pull that brought the payment."""
    processor, _, reference = payment.key.partition(":")
    own = Pull.objects.select_related("instrument").filter(account_id=payment.account_id)
    return own.filter(
        instrument__processor=processor, reference=reference.partition(":")[0]
    ).first()


def _post(refund: Refund, payment: Payment, *, at: datetime) -> None:
    settle_kept(payment, amount=refund.amount, key=f"kept:refund:{refund.key}", at=at)
    event = BusinessEvent(
        EventKind.CREDIT_REFUNDED, f"refund:{refund.key}", refund.refunded_on, refund.currency,
        {"amount": refund.amount}, method=payment.moved,
    )  # fmt: skip
    store_entry(
        post_event(event), tenant_id=refund.tenant_id, account_id=refund.account_id,
        description=f"refund {refund.key}", at=at,
    )  # fmt: skip


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
