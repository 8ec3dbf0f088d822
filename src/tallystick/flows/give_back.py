"""Money back: payments that a bank takes back, and credit given back to a customer."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from tallystick.base.money import plain, round_minor
from tallystick.base.refusal import Refusal
from tallystick.core.post import chart
from tallystick.core.post.detail import MethodDetail
from tallystick.core.post.entry import BusinessEvent, post_event
from tallystick.core.post.rules import EventKind
from tallystick.core.receive.returned import REASONS, Following, ReturnTerms, follow_return
from tallystick.domain.collections.losses import set_against_lost
from tallystick.domain.invoices.operations import charge_once
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.mandates import checked_iban, debit_terms
from tallystick.domain.payments.models import (
    DebitRun,
    DebitState,
    DebitTerms,
    DirectDebit,
    Mandate,
    MandateState,
    Payment,
    PaymentMethod,
    Refund,
)
from tallystick.domain.payments.operations import PaymentReturned, record_refund, take_back
from tallystick.domain.payments.queries import credit_of, unallocated_payments
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.debit import CURRENCY, payment_key
from tallystick.flows.exchange import undo_exchange
from tallystick.flows.recover import FEE_TAX
from tallystick.flows.write_off import give_up_again

NOTHING: Final = Following(None, Decimal(0), False)


@dataclass
class UnknownPayment(Refusal):
    code = "unknown_payment"
    reference: str = ""

    def sentence(self) -> str:
        return f"no direct debit and no payment has the reference {self.reference!r}"


@dataclass
class UnknownReason(Refusal):
    code = "unknown_return_reason"
    reason: str = ""

    def sentence(self) -> str:
        return f"{self.reason!r} is no reason of a return; banks say {', '.join(REASONS)}"


@dataclass
class ReturnedEarly(Refusal):
    code = "returned_early"
    reference: str = ""
    received_on: str = ""

    def sentence(self) -> str:
        return f"{self.reference} came in on {self.received_on}; it cannot come back before"


@dataclass
class MoreThanCredit(Refusal):
    code = "more_than_credit"
    account: str = ""
    credit: str = ""
    currency: str = ""

    def sentence(self) -> str:
        return (
            f"the credit of account {self.account} is {self.credit} {self.currency}; "
            "no more than that can be refunded"
        )


@dataclass
class RefundNotPayable(Refusal):
    code = "refund_not_payable"
    amount: str = ""
    currency: str = ""

    def sentence(self) -> str:
        return (
            f"{self.amount} {self.currency} cannot be refunded by a bank file: "
            "it takes euros and whole cents above zero"
        )


@dataclass
class NoBankAccount(Refusal):
    code = "no_bank_account"
    account: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} has no mandate that names a bank account; give --iban, "
            "and --name when it is not the customer's own"
        )


@dataclass
class RefundKeyReused(Refusal):
    code = "refund_key_reused"
    key: str = ""

    def sentence(self) -> str:
        return f"the key {self.key!r} stands for another refund; give each refund its own"


@dataclass(frozen=True, slots=True)
class Comeback:
    """Money that came back: which, why, when, and what the operator's bank took for it."""

    reference: str
    reason: str
    on: date
    costs: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ReturnReport:
    """What a return did; `booked` says that the money had been booked before."""

    account: str
    amount: Decimal
    currency: str
    booked: bool
    owed_again: Decimal
    following: Following = field(default=NOTHING)


def returnable(reference: str) -> Decimal:
    """The amount of that direct debit (by its end-to-end id) or payment (by its key).

    Part of the caller's `acting_for`.

    :raises UnknownPayment: when the reference is neither
    """
    debits = DirectDebit.objects.filter(end_to_end=reference)
    payments = Payment.objects.filter(key=reference)
    for found in (debits, payments):
        amount: Decimal | None = found.values_list("amount", flat=True).first()
        if amount is not None:
            return amount
    raise UnknownPayment(reference=reference)


def return_payment(comeback: Comeback, *, tenant_id: int, at: datetime) -> ReturnReport:
    """Takes back a direct debit (by its end-to-end id) or any payment (by its key).

    :raises UnknownPayment: when the reference is neither
    :raises UnknownReason: when a direct debit's reason is none that banks give
    :raises PaymentReturned: when it came back before
    :raises ReturnedEarly: when it came in later
    """
    with acting_for(tenant_id):
        found = DirectDebit.objects.filter(end_to_end=comeback.reference).first()
        if found is not None:
            return _return_debit(found, comeback, at)
        payment = Payment.objects.filter(key=comeback.reference).first()
        if payment is None:
            raise UnknownPayment(reference=comeback.reference)
        debit = DirectDebit.objects.filter(end_to_end=payment.key.removeprefix("debit:")).first()
        if debit is not None:
            return _return_debit(debit, comeback, at)
        account = Account.objects.select_for_update().get(id=payment.account_id)
        owed_again = _take_back(payment, comeback, at)
        return ReturnReport(account.number, payment.amount, payment.currency, True, owed_again)


def _return_debit(found: DirectDebit, comeback: Comeback, at: datetime) -> ReturnReport:
    """A direct debit comes back: before its run was booked nothing is to be taken back."""
    if comeback.reason not in REASONS:
        raise UnknownReason(reason=comeback.reason)
    # The run first, as its confirmation does, so that the two never wait in turn.
    run = DebitRun.objects.select_for_update().get(id=found.run_id)
    account = Account.objects.select_for_update().get(id=found.account_id)
    debit = DirectDebit.objects.get(id=found.id)
    if debit.state == DebitState.RETURNED:
        raise PaymentReturned(key=debit.end_to_end, on="an earlier day")
    if comeback.on < run.collect_on and debit.state == DebitState.COLLECTED:
        raise ReturnedEarly(reference=debit.end_to_end, received_on=run.collect_on.isoformat())
    booked = debit.state == DebitState.COLLECTED
    owed_again = Decimal(0)
    if booked:
        payment = Payment.objects.get(key=payment_key(debit.end_to_end))
        owed_again = _take_back(payment, comeback, at)
    following = _follow(debit, account, comeback)
    debit.state, debit.retry_on = DebitState.RETURNED, following.retry_on
    debit.save(update_fields=["state", "retry_on"])
    return ReturnReport(account.number, debit.amount, CURRENCY, booked, owed_again, following)


def _take_back(payment: Payment, comeback: Comeback, at: datetime) -> Decimal:
    if comeback.on < payment.received_on:
        raise ReturnedEarly(reference=payment.key, received_on=payment.received_on.isoformat())
    lost = set_against_lost(payment)
    returned, owed_again = take_back(
        payment, reason=comeback.reason, costs=comeback.costs, on=comeback.on, at=at
    )
    event = BusinessEvent(
        EventKind.PAYMENT_RETURNED,
        f"returned:{payment.key}",
        comeback.on,
        payment.currency,
        {
            "reopened": owed_again,
            "unallocated": returned.amount - owed_again,
            "costs": comeback.costs,
        },
        method=payment.moved,
    )
    store_entry(
        post_event(event),
        tenant_id=payment.tenant_id,
        account_id=payment.account_id,
        description=f"payment {payment.key} came back: {comeback.reason}",
        at=at,
    )
    undo_exchange(payment, on=comeback.on, at=at)
    return owed_again - give_up_again(payment, lost=lost, on=comeback.on, at=at)


def _follow(debit: DirectDebit, account: Account, comeback: Comeback) -> Following:
    terms = debit_terms()
    same = DirectDebit.objects.filter(account_id=account.id, invoice_id=debit.invoice_id)
    following = follow_return(
        comeback.reason,
        on=comeback.on,
        tries=same.filter(mandate_id=debit.mandate_id).count(),
        terms=ReturnTerms(terms.return_fee, terms.retry_days, terms.tries),
    )
    if following.fee:
        charge_once(
            account,
            key=f"returned:{debit.end_to_end}",
            description="Returned direct debit",
            amount=following.fee,
            tax_category=FEE_TAX,
            revenue_account=chart.FEES,
            on=comeback.on,
        )
    if following.ends_mandate:
        Mandate.objects.filter(
            account_id=account.id, id=debit.mandate_id, state=MandateState.ACTIVE
        ).update(
            state=MandateState.REVOKED,
            revoked_on=comeback.on,
            reason=f"{comeback.reason}: {REASONS[comeback.reason].said}",
        )
    return following


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What is to be given back; without `iban` to the bank account that a mandate names."""

    account: str
    amount: Decimal
    key: str
    on: date
    iban: str = ""
    name: str = ""


def refund_credit(wish: RefundWish, *, tenant_id: int, at: datetime) -> tuple[Refund, bool]:
    """Gives credit back, oldest payments first; the refund, and whether it is new.

    :raises UnknownAccount: when no account has the number
    :raises RefundNotPayable: when it is not whole cents of euros above zero
    :raises MoreThanCredit: when the account's credit is less
    :raises NoBankAccount: when nobody knows where to
    :raises BankNumberWrong: when the IBAN is none
    :raises RefundKeyReused: when the key stands for another refund
    :raises DebitNotSet: when the operator has no bank account to pay from
    """
    with acting_for(tenant_id):
        account = (
            Account.objects.select_related("party")
            .select_for_update(of=("self",))
            .get(id=account_numbered(wish.account).id)
        )
        known = Refund.objects.filter(key=wish.key).first()
        if known is not None:
            if (known.account_id, known.amount) != (account.id, wish.amount):
                raise RefundKeyReused(key=wish.key)
            return known, False
        cents = round_minor(wish.amount, currency=CURRENCY)
        if account.currency != CURRENCY or wish.amount <= 0 or wish.amount != cents:
            raise RefundNotPayable(amount=plain(wish.amount), currency=account.currency)
        credit = credit_of(account.id)
        if wish.amount > credit:
            said = format(max(round_minor(credit, currency=CURRENCY), Decimal("0.00")), "f")
            raise MoreThanCredit(account=account.number, credit=said, currency=CURRENCY)
        iban, name = _bank_account(wish, account)
        refund = record_refund(
            _refund(wish, account, payer=debit_terms(), iban=iban, name=name, at=at),
            parts=_parts(account.id, wish.amount),
        )
        _post_refund(refund, at=at)
        return refund, True


def _refund(
    wish: RefundWish, account: Account, *, payer: DebitTerms, iban: str, name: str, at: datetime
) -> Refund:
    return Refund(
        tenant_id=account.tenant_id,
        account=account,
        key=wish.key,
        currency=CURRENCY,
        amount=wish.amount,
        refunded_on=wish.on,
        recorded_at=at,
        payer=payer.creditor,
        payer_iban=payer.iban,
        payer_bic=payer.bic,
        name=name[:70],
        iban=iban,
    )


def _bank_account(wish: RefundWish, account: Account) -> tuple[str, str]:
    """(IBAN, name): as wished, or else of the account's active mandate."""
    if wish.iban:
        return checked_iban(wish.iban), wish.name or account.party.name
    mandate = Mandate.objects.filter(account_id=account.id, state=MandateState.ACTIVE).first()
    if mandate is None:
        raise NoBankAccount(account=account.number)
    return mandate.iban, wish.name or mandate.debtor


def _parts(account_id: int, amount: Decimal) -> list[tuple[Payment, Decimal]]:
    parts, left = [], amount
    for payment, credit in unallocated_payments([account_id]):
        if left > 0:
            parts.append((payment, min(left, credit)))
            left -= min(left, credit)
    assert left == 0, "the credit is at least the refund"
    return parts


def _post_refund(refund: Refund, *, at: datetime) -> None:
    event = BusinessEvent(
        EventKind.CREDIT_REFUNDED,
        f"refund:{refund.key}",
        refund.refunded_on,
        refund.currency,
        {"amount": refund.amount},
        method=str(MethodDetail(PaymentMethod.BANK)),
    )
    store_entry(
        post_event(event),
        tenant_id=refund.tenant_id,
        account_id=refund.account_id,
        description=f"refund {refund.key}",
        at=at,
    )
