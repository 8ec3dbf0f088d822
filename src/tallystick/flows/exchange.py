"""Money given in another currency than the account's: what it counts for, kept with its rates."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db.models import Sum

from tallystick.base.money import EXACT, total_of
from tallystick.core.post.entry import BusinessEvent, post_event
from tallystick.core.post.entry import Entry as BalancedEntry
from tallystick.core.post.rules import EventKind
from tallystick.core.receive.allocate import items_in_order
from tallystick.core.receive.exchange import (
    ExchangeAt,
    Exchanged,
    Way,
    exchange_for_items,
    exchange_whole,
    find_way,
)
from tallystick.domain.currencies.queries import rates_on
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.invoices.queries import items_to_receive
from tallystick.domain.ledger.models import Entry
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import ExchangedPart, Payment
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.payments.queries import credit_of
from tallystick.domain.tenants.models import Tenant

SAID_MAX: Final = 400


def exchange_receipt(
    receipt: Receipt, *, payer: Account, references: tuple[str, ...]
) -> tuple[Receipt, Exchanged]:
    """The receipt in the account's currency, and how that was found.

    By the rate of the day on which the money came; where the operator exchanges at the day of the
    invoice, what pays an invoice counts at the rate of the day on which that was issued.

    :raises NoExchangeRate: when no rate holds on a day that is needed
    """
    given_currency, currency = receipt.currency, payer.currency
    way = _way(given_currency, currency, on=receipt.received_on)
    tenant = Tenant.objects.get(id=payer.tenant_id)
    # What was refunded and came back after is made good first, which is no invoice's.
    by_invoice = tenant.exchange_at == ExchangeAt.INVOICE_DAY and credit_of(payer.id) >= 0
    if not by_invoice:
        exchanged = exchange_whole(
            receipt.amount, given_currency=given_currency, currency=currency, way=way
        )
    else:
        wanted = items_in_order(
            items_to_receive(payer.id), currency=currency, references=references
        )
        issued = Invoice.objects.filter(id__in=[int(item.invoice_id) for item, _ in wanted])
        days = dict(issued.values_list("id", "issued_on"))
        by_day = {day: _way(given_currency, currency, on=day) for day in set(days.values())}
        exchanged = exchange_for_items(
            receipt.amount, given_currency=given_currency, currency=currency, way=way,
            wanted=wanted, ways={str(number): by_day[day] for number, day in days.items()},
        )  # fmt: skip
    return replace(receipt, amount=exchanged.amount, currency=currency), exchanged


def _way(base: str, quote: str, *, on: date) -> Way:
    return find_way(rates_on(on), base=base, quote=quote, on=on)


def _post_exchange(
    difference: Decimal, *, source_key: str, on: date, payment: Payment
) -> BalancedEntry | None:
    """What the exchange gained, below zero lost, between what money counts for and is worth."""
    if not difference:
        return None
    part = "gain" if difference > 0 else "loss"
    event = BusinessEvent(
        EventKind.EXCHANGE_DIFFERED, source_key, on, payment.currency, {part: abs(difference)},
        method=payment.moved,
    )  # fmt: skip
    return post_event(event)


def keep_exchange(payment: Payment, *, exchanged: Exchanged, at: datetime) -> None:
    """Keeps the parts of a payment that was exchanged, and posts what that gained or lost."""
    ExchangedPart.objects.bulk_create([
        ExchangedPart(
            tenant_id=payment.tenant_id, account_id=payment.account_id, payment=payment,
            part_no=number, given=part.given, given_currency=exchanged.given_currency,
            amount=part.amount, worth=part.worth, rate=part.way.rate,
            said=part.way.said[:SAID_MAX],
        )
        for number, part in enumerate(exchanged.parts, start=1)
    ])  # fmt: skip
    _post(payment, exchanged.difference, key="exchange", on=payment.received_on, at=at)


def settle_exchanged(payment_id: int, *, at: datetime) -> None:
    """Posts that a foreign payment is on the bank account, at what it is worth."""
    payment = Payment.objects.get(id=payment_id)
    parts = ExchangedPart.objects.filter(payment=payment)
    worth = parts.aggregate(sum=Sum("worth"))["sum"]
    event = BusinessEvent(
        EventKind.PAYMENT_SETTLED, f"settled:{payment.key}", payment.received_on,
        payment.currency, {"amount": worth}, method=payment.moved,
    )  # fmt: skip
    _store(post_event(event), payment=payment, at=at)


def undo_exchange(payment: Payment, *, on: date, at: datetime) -> None:
    """Takes back what the exchange of a payment gained or lost, since the money goes back."""
    kept = ExchangedPart.objects.filter(payment=payment)
    difference = total_of(EXACT.subtract(part.worth, part.amount) for part in kept)
    _post(payment, -difference, key="exchange-back", on=on, at=at)
    settled = Entry.objects.filter(account=payment.account_id, source_key=f"settled:{payment.key}")
    if difference and settled.exists():
        # What goes out of the bank is what the payment counted for: the rest never came in.
        parts = {"amount": -difference}
        _store(
            post_event(
                BusinessEvent(
                    EventKind.PAYMENT_SETTLED, f"settled-back:{payment.key}", on,
                    payment.currency, parts, method=payment.moved,
                )
            ),
            payment=payment, at=at,
        )  # fmt: skip


def _post(payment: Payment, difference: Decimal, *, key: str, on: date, at: datetime) -> None:
    entry = _post_exchange(difference, source_key=f"{key}:{payment.key}", on=on, payment=payment)
    if entry is not None:
        _store(entry, payment=payment, at=at)


def _store(entry: BalancedEntry, *, payment: Payment, at: datetime) -> None:
    store_entry(
        entry, tenant_id=payment.tenant_id, account_id=payment.account_id,
        description=f"exchange of payment {payment.key}", at=at,
    )  # fmt: skip


def repeats_exchange(receipt: Receipt, *, payer: Account) -> Payment | None:
    """The payment of that key and account which was given as just this foreign money."""
    known = Payment.objects.filter(key=receipt.key, account=payer).first()
    if known is None:
        return None
    parts = ExchangedPart.objects.filter(payment=known, given_currency=receipt.currency)
    return known if total_of(part.given for part in parts) == receipt.amount else None
