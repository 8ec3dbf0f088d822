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
from tallystick.domain.parties.models import Account, AccountState
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.mandates import checked_iban, debit_terms
from tallystick.domain.payments.models import (
    DebitRun,
    DebitState,
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
from tallystick.flows.free_money import AccountClosed, Parts, RefundOf, Wanted, set_free
from tallystick.flows.receive import OtherCurrency
from tallystick.flows.recover import FEE_TAX
from tallystick.flows.write_off import give_up_again

CASH: Final = "cash"
"""Who pays a refund over the counter."""

NOTHING: Final = Following(None, Decimal(0), False)


@dataclass
class UnknownPayment(Refusal):
    code = "unknown_payment"
    reference: str = ""

    def sentence(self) -> str:
        return (
            f"no direct debit and no payment has the reference {self.reference!r}; the keys of"
            " payments stand in: tallystick statement ACCOUNT --from DAY"
        )


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
            f"{self.amount} {self.currency} cannot be refunded: an amount is above zero and as "
            "fine as the currency, and a bank file takes euros; give other money by --cash"
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
    """What is to be given back; without `iban` to the bank account that a mandate names.

    `cash` gives it over the counter, in whatever currency the account has; a `currency` that is
    named must be the account's.
    """

    account: str
    amount: Decimal
    key: str
    on: date
    iban: str = ""
    name: str = ""
    of: RefundOf = RefundOf.CREDIT
    cash: bool = False
    currency: str = ""


def refund_credit(wish: RefundWish, *, tenant_id: int, at: datetime) -> tuple[Refund, bool]:
    """Gives money back, of credit oldest payments first; the refund, and whether it is new.

    :raises UnknownAccount: when no account has the number
    :raises AccountClosed: when it is closed
    :raises OtherCurrency: when it is kept in another currency than is named
    :raises RefundNotPayable: when it is no amount above zero, or a bank file of other than euros
    :raises MoreThanCredit: when the account's credit is less
    :raises MoreThanThere: when notes or prepaid money leave less
    :raises PrepaidKept: when the rules give no prepaid money back
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
        check_refundable(account, amount=wish.amount, currency=wish.currency)
        if account.currency != CURRENCY and not wish.cash:
            raise RefundNotPayable(amount=plain(wish.amount), currency=account.currency)
        refund = _refund(wish, account, at=at)
        parts = _free_parts(account, wish, at=at)
        record_refund(refund, parts=parts)
        if wish.cash:
            _take_from_desk(refund, at=at)
        _post_refund(refund, method=PaymentMethod.CASH if wish.cash else PaymentMethod.BANK, at=at)
        return refund, True


def check_refundable(account: Account, *, amount: Decimal, currency: str) -> None:
    """Whether the account may be given such an amount.

    :raises AccountClosed: when it is closed
    :raises OtherCurrency: when it is kept in another currency than is named
    :raises RefundNotPayable: when it is no amount above zero
    """
    if account.state == AccountState.CLOSED:
        raise AccountClosed(account=account.number)
    if currency and currency != account.currency:
        raise OtherCurrency(currency=currency, account_currency=account.currency)
    if amount <= 0 or amount != round_minor(amount, currency=account.currency):
        raise RefundNotPayable(amount=plain(amount), currency=account.currency)


def _free_parts(account: Account, wish: RefundWish, *, at: datetime) -> Parts:
    """Payments whose credit the refund takes, and how much of each.

    :raises MoreThanCredit: when the account's credit is less
    :raises MoreThanThere: when notes or prepaid money leave less
    :raises PrepaidKept: when the rules give no prepaid money back
    """
    freed: Parts = []
    if wish.of is not RefundOf.CREDIT:
        freed = set_free(Wanted(account, wish.amount, wish.key, wish.on), of=wish.of, at=at)
    credit = credit_of(account.id)
    if wish.amount > credit:
        said = format(max(round_minor(credit, currency=account.currency), Decimal("0.00")), "f")
        raise MoreThanCredit(account=account.number, credit=said, currency=account.currency)
    return freed or _parts(account.id, wish.amount)


def _refund(wish: RefundWish, account: Account, *, at: datetime) -> Refund:
    refund = Refund(
        tenant_id=account.tenant_id,
        account=account,
        key=wish.key,
        currency=account.currency,
        amount=wish.amount,
        refunded_on=wish.on,
        recorded_at=at,
        payer=CASH,
        payer_iban="",
        name=(wish.name or account.party.name)[:70],
        iban="",
    )
    if not wish.cash:
        iban, name = _bank_account(wish, account)
        payer = debit_terms()
        refund.payer, refund.payer_iban = payer.creditor, payer.iban
        refund.payer_bic, refund.iban, refund.name = payer.bic, iban, name[:70]
    return refund


def _take_from_desk(refund: Refund, *, at: datetime) -> None:
    """What the counter has taken in pays it: cash in transit falls, the bank's account stays."""
    event = BusinessEvent(
        EventKind.PAYMENT_SETTLED, f"desk:refund:{refund.key}", refund.refunded_on,
        refund.currency, {"amount": refund.amount, "costs": Decimal(0)},
        method=str(MethodDetail(PaymentMethod.CASH)),
    )  # fmt: skip
    store_entry(
        post_event(event), tenant_id=refund.tenant_id, account_id=refund.account_id,
        description=f"paid over the counter: refund {refund.key}", at=at,
    )  # fmt: skip


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


def _post_refund(refund: Refund, *, method: PaymentMethod, at: datetime) -> None:
    event = BusinessEvent(
        EventKind.CREDIT_REFUNDED,
        f"refund:{refund.key}",
        refund.refunded_on,
        refund.currency,
        {"amount": refund.amount},
        method=str(MethodDetail(method)),
    )
    store_entry(
        post_event(event),
        tenant_id=refund.tenant_id,
        account_id=refund.account_id,
        description=f"refund {refund.key}",
        at=at,
    )
