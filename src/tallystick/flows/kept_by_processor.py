"""What a processor gives back of money that it took: from what it holds, not by the bank."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tallystick.core.post.entry import BusinessEvent, post_event
from tallystick.core.post.rules import EventKind
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.payments.models import Payment, Refund
from tallystick.domain.payments.operations import record_refund


def settle_kept(
    payment: Payment, *, amount: Decimal, key: str, at: datetime, moved: str | None = None
) -> None:
    """Moves what the processor holds of a payment to the bank, from where it goes back.

    A return and a refund are posted from the bank's account; what a processor keeps never came
    there, so that both together take it from cash in transit. `moved`: how, where not as the
    payment.
    """
    account = payment.account
    event = BusinessEvent(
        EventKind.PAYMENT_SETTLED, key, at.astimezone(ZoneInfo(account.zone)).date(),
        payment.currency, {"amount": amount, "costs": Decimal(0)}, method=moved or payment.moved,
    )  # fmt: skip
    store_entry(
        post_event(event), tenant_id=payment.tenant_id, account_id=payment.account_id,
        description=f"kept by the processor: {payment.key}", at=at,
    )  # fmt: skip


def keep_refund(
    payment: Payment, *, amount: Decimal, key: str, processor: str, moved: str, at: datetime
) -> Refund:
    """Stores and posts a refund of a payment's credit that goes back through its processor.

    `moved` is how the money came. Part of the caller's transaction, which holds the account.
    """
    account = payment.account
    refund = Refund(
        tenant_id=payment.tenant_id, account=account, key=key, currency=payment.currency,
        amount=amount, refunded_on=at.astimezone(ZoneInfo(account.zone)).date(), recorded_at=at,
        payer=processor, payer_iban="", payer_bic="", name=account.party.name[:70], iban="",
    )  # fmt: skip
    record_refund(refund, parts=[(payment, amount)])
    settle_kept(payment, amount=amount, key=f"kept:refund:{key}", moved=moved, at=at)
    event = BusinessEvent(
        EventKind.CREDIT_REFUNDED, f"refund:{key}", refund.refunded_on, refund.currency,
        {"amount": amount}, method=moved,
    )  # fmt: skip
    store_entry(
        post_event(event), tenant_id=refund.tenant_id, account_id=refund.account_id,
        description=f"refund {key}", at=at,
    )  # fmt: skip
    return refund
