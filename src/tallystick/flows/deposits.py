"""Deposits: money held as a security, with interest where agreed, that pays the last bills.

A deposit that ends becomes a payment of its own and pays what is owed; the rest is credit, to be
given back as any other.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tallystick.base.refusal import Refusal
from tallystick.core.post.entry import Entry, post_deposit, post_deposit_end
from tallystick.core.receive.interest import interest_on
from tallystick.domain.contracts.models import Contract
from tallystick.domain.inventory.models import Loan
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import Deposit, PaymentMethod
from tallystick.domain.payments.operations import Receipt, record_payment
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.receive import allocate_credit, check_payable
from tallystick.flows.recover import restore_paid


@dataclass
class DepositKeyReused(Refusal):
    code = "deposit_key_reused"
    key: str = ""

    def sentence(self) -> str:
        return f"the key {self.key!r} stands for another deposit; give each one a key of its own"


@dataclass
class NoDeposit(Refusal):
    code = "no_deposit"
    account: str = ""

    def sentence(self) -> str:
        return f"account {self.account!r} has no deposit that is held"


@dataclass(frozen=True, slots=True)
class DepositEnded:
    """A deposit that ended: what it was, what was added, and what of it is credit now."""

    account: str
    amount: Decimal
    interest: Decimal
    currency: str


def hold_deposit(
    receipt: Receipt, *, rate: Decimal, tenant_id: int, account: str, at: datetime
) -> Deposit:
    """Money taken as a security, at `rate` percent a year; the same key again changes nothing.

    :raises UnknownAccount: when no account has the number
    :raises AmountNotPayable: when the amount is not above zero or too fine for its currency
    :raises OtherCurrency: when the account is kept in another currency
    :raises DepositKeyReused: when the key stands for another deposit
    """
    with acting_for(tenant_id):
        giver = Account.objects.select_for_update().get(id=account_numbered(account).id)
        check_payable(receipt, payer=giver)
        known = Deposit.objects.filter(key=receipt.key).first()
        if known is not None:
            if (known.account_id, known.amount) != (giver.id, receipt.amount):
                raise DepositKeyReused(key=receipt.key)
            return known
        held = Deposit.objects.create(
            tenant_id=tenant_id,
            account=giver,
            key=receipt.key,
            currency=receipt.currency,
            amount=receipt.amount,
            rate=rate,
            held_on=receipt.received_on,
            recorded_at=at,
        )
        entry = post_deposit(
            receipt.amount,
            source_key=f"deposit:{receipt.key}",
            on=receipt.received_on,
            currency=receipt.currency,
            method=receipt.moved,
        )
        _store(entry, held, at=at, said=f"deposit {receipt.key}")
        return held


def end_deposits(
    account: str, *, tenant_id: int, on: date, at: datetime
) -> tuple[DepositEnded, ...]:
    """Ends the account's deposits: with their interest they pay what it owes, oldest first.

    :raises UnknownAccount: when no account has the number
    :raises NoDeposit: when none is held
    """
    with acting_for(tenant_id):
        giver = Account.objects.select_for_update().get(id=account_numbered(account).id)
        ended = _end(giver, on=on, at=at)
        if not ended:
            raise NoDeposit(account=account)
        return ended


def end_deposits_of_the_gone(*, tenant_id: int, on: date, at: datetime) -> tuple[DepositEnded, ...]:
    """Ends the deposits of accounts whose contracts have all had their last bill.

    They are held while equipment is out that may still be charged.
    """
    with acting_for(tenant_id):
        held = Deposit.objects.filter(ended_on__isnull=True, held_on__lte=on)
        contracts = Contract.objects.filter(account_id__in=held.values("account_id"))
        billed = contracts.filter(next_bill_on__isnull=False).values("account_id")
        out = Loan.objects.filter(returned_on__isnull=True, charged_on__isnull=True)
        gone = (
            contracts.exclude(account_id__in=billed)
            .exclude(account_id__in=out.values("account_id"))
            .values_list("account_id", flat=True)
        )
        accounts = sorted(set(gone))
    ended: list[DepositEnded] = []
    for account_id in accounts:
        with acting_for(tenant_id):
            giver = Account.objects.select_for_update().get(id=account_id)
            ended += _end(giver, on=on, at=at)
    return tuple(ended)


def _end(giver: Account, *, on: date, at: datetime) -> tuple[DepositEnded, ...]:
    ended = []
    held = Deposit.objects.select_for_update().filter(
        account=giver, ended_on__isnull=True, held_on__lte=on
    )
    for deposit in held.order_by("held_on", "id"):
        interest = interest_on(
            deposit.amount,
            rate=deposit.rate,
            held_on=deposit.held_on,
            ended_on=on,
            currency=deposit.currency,
        )
        deposit.ended_on, deposit.interest = on, interest
        deposit.save(update_fields=["ended_on", "interest"])
        receipt = Receipt(
            key=f"deposit:{deposit.key}",
            method=PaymentMethod.DEPOSIT,
            amount=deposit.amount + interest,
            currency=deposit.currency,
            received_on=on,
        )
        record_payment(receipt, account=giver, at=at)
        entry = post_deposit_end(
            deposit.amount,
            interest=interest,
            source_key=f"deposit-end:{deposit.key}",
            on=on,
            currency=deposit.currency,
        )
        _store(entry, deposit, at=at, said=f"deposit {deposit.key} ended")
        ended.append(DepositEnded(giver.number, deposit.amount, interest, deposit.currency))
    if ended:
        allocate_credit(tenant_id=giver.tenant_id, accounts=[giver.id], on=on, at=at)
        restore_paid(giver, on=on, at=at)
    return tuple(ended)


def _store(entry: Entry, deposit: Deposit, *, at: datetime, said: str) -> None:
    store_entry(
        entry,
        tenant_id=deposit.tenant_id,
        account_id=deposit.account_id,
        description=said,
        at=at,
    )
