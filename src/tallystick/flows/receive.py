"""Money in: recorded once, set against what is owed, posted; what was cut off comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tallystick.base.money import EXACT, round_minor
from tallystick.base.refusal import Refusal
from tallystick.core.post.entry import post_allocation, post_payment
from tallystick.core.receive import allocate
from tallystick.core.receive.exchange import Exchanged
from tallystick.domain.invoices.queries import items_to_pay, items_to_receive
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import Payment
from tallystick.domain.payments.operations import (
    PaymentKeyReused,
    Receipt,
    record_payment,
    settle_item,
)
from tallystick.domain.payments.queries import credit_of, unallocated_payments
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.exchange import exchange_receipt, keep_exchange, repeats_exchange
from tallystick.flows.recover import restore_paid
from tallystick.flows.write_off import recover_loss


@dataclass
class AmountNotPayable(Refusal):
    code = "amount_not_payable"
    amount: str = ""
    currency: str = ""

    def sentence(self) -> str:
        return (
            f"{self.amount} is not an amount of {self.currency}: "
            "it must be above zero and have no more decimals than the currency"
        )


@dataclass
class OtherCurrency(Refusal):
    code = "other_currency"
    currency: str = ""
    account_currency: str = ""

    def sentence(self) -> str:
        return f"the account is kept in {self.account_currency}; {self.currency} cannot pay it"


@dataclass(frozen=True, slots=True)
class PaymentReport:
    """What a payment did: the invoices it paid, what is left as credit, services restored."""

    payment_id: int
    repeated: bool
    allocations: tuple[tuple[str, Decimal], ...]
    credit: Decimal
    restored: tuple[str, ...]
    exchanged: Exchanged | None = None


def receive_payment(
    receipt: Receipt, *, tenant_id: int, account: str, at: datetime
) -> PaymentReport:
    """Records a payment, pays invoices with it and restores what was cut off for their sake.

    Money of another currency counts at a dated rate. The same key again changes nothing.

    :raises UnknownAccount: when no account has the number
    :raises AmountNotPayable: when the amount is not above zero or too fine for its currency
    :raises NoExchangeRate: when it is of another currency and no rate holds on a day needed
    :raises PaymentKeyReused: when the key stands for another payment
    """
    with acting_for(tenant_id):
        payer = Account.objects.select_for_update().get(id=account_numbered(account).id)
        exchanged = None
        if receipt.currency != payer.currency:
            if known := repeats_exchange(receipt, payer=payer):
                return PaymentReport(known.id, True, (), Decimal(0), ())
            check_amount(receipt)
            receipt, exchanged = exchange_receipt(
                receipt, payer=payer, references=_references(receipt)
            )
        check_payable(receipt, payer=payer)
        payment, is_new = record_payment(receipt, account=payer, at=at)
        if not is_new:
            if exchanged is not None:
                raise PaymentKeyReused(key=receipt.key)
            return PaymentReport(payment.id, True, (), Decimal(0), ())
        entry = post_payment(
            receipt.amount,
            source_key=f"payment:{receipt.key}",
            on=receipt.received_on,
            currency=receipt.currency,
            method=receipt.moved,
        )
        store_entry(
            entry,
            tenant_id=tenant_id,
            account_id=payer.id,
            description=f"payment {receipt.key}",
            at=at,
        )
        if exchanged is not None:
            keep_exchange(payment, exchanged=exchanged, at=at)
        # What was refunded and came back after is made good first.
        free = min(receipt.amount, max(credit_of(payer.id), Decimal(0)))
        spread = _spread(payment, free, references=_references(receipt), at=at)
        restored = restore_paid(payer, on=receipt.received_on, at=at)
        return PaymentReport(
            payment_id=payment.id,
            repeated=False,
            allocations=spread[0],
            credit=spread[1],
            restored=restored,
            exchanged=exchanged,
        )


def allocate_credit(*, tenant_id: int, accounts: Sequence[int], on: date, at: datetime) -> None:
    """Sets standing credit of these accounts against what they owe; part of a bill task."""
    net: dict[int, Decimal] = {}
    for payment, left in unallocated_payments(accounts):
        assert payment.tenant_id == tenant_id
        account_id = payment.account_id
        free = net.setdefault(account_id, credit_of(account_id))
        net[account_id] -= left
        if free > 0:
            _spread(payment, min(left, free), references=(), at=at, on=on)


def check_payable(receipt: Receipt, *, payer: Account) -> None:
    """Whether the account can be paid that amount.

    :raises AmountNotPayable: when it is not above zero or too fine for its currency
    :raises OtherCurrency: when the account is kept in another currency
    """
    check_amount(receipt)
    if receipt.currency != payer.currency:
        raise OtherCurrency(currency=receipt.currency, account_currency=payer.currency)


def check_amount(receipt: Receipt) -> None:
    """Whether it is an amount of money.

    :raises AmountNotPayable: when it is not above zero or too fine for its currency
    """
    payable = receipt.amount > 0 and receipt.amount == round_minor(
        receipt.amount, currency=receipt.currency
    )
    if not payable:
        raise AmountNotPayable(amount=str(receipt.amount), currency=receipt.currency)


def _references(receipt: Receipt) -> tuple[str, ...]:
    return tuple(part for part in receipt.reference.replace(",", " ").split() if part)


def _spread(
    payment: Payment,
    amount: Decimal,
    *,
    references: Sequence[str],
    at: datetime,
    on: date | None = None,
) -> tuple[tuple[tuple[str, Decimal], ...], Decimal]:
    """Pays open items with that part of a payment; ((invoice number, amount)..., what is left)."""
    # Credit that stands pays what is owed; what was written off is only paid by new money.
    items = (items_to_receive if on is None else items_to_pay)(payment.account_id)
    if not amount:
        return (), amount
    lost = {item.invoice_id for item in items if item.written_off}
    numbers = {item.invoice_id: item.number for item in items}
    spread = allocate.allocate_payment(
        amount, currency=payment.currency, open_items=items, references=references
    )
    day = on or payment.received_on
    for share in spread.allocations:
        invoice_id = int(share.invoice_id)
        entries = []
        if share.invoice_id in lost:
            entries.append(
                recover_loss(payment, invoice_id=invoice_id, amount=share.amount, on=day)
            )
        settle_item(payment, invoice_id=invoice_id, amount=share.amount, on=day)
        allocation = post_allocation(
            share.amount,
            source_key=f"allocation:{payment.id}:{share.invoice_id}",
            on=day,
            currency=payment.currency,
        )
        for entry in (*entries, allocation):
            store_entry(
                entry,
                tenant_id=payment.tenant_id,
                account_id=payment.account_id,
                description=f"payment {payment.key} for {numbers[share.invoice_id]}",
                at=at,
            )
    paid = tuple((numbers[share.invoice_id], share.amount) for share in spread.allocations)
    assert EXACT.add(sum((amount for _, amount in paid), Decimal(0)), spread.credit) == amount
    return paid, spread.credit
