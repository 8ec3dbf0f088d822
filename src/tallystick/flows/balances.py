"""What becomes of balances by hand: terms, top-ups, corrections, transfers, ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tallystick.base.money import amount_of, plain, round_minor
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal
from tallystick.core.charge.balance import ended
from tallystick.core.post import chart
from tallystick.core.tariff.words import Mistake, read_filter
from tallystick.domain.balances.buckets import (
    Grant,
    SourceKeyReused,
    fill_bucket,
    lock_account,
    lock_buckets,
    lock_terms,
    move_bucket,
    state_of,
)
from tallystick.domain.balances.models import (
    Bucket,
    BucketMovement,
    MovementKind,
    Origin,
    Terms,
)
from tallystick.domain.balances.queries import accounts_to_expire, money_left
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.draw import draw_money, restore_filled, tell_fact
from tallystick.flows.prepaid import post_accounts
from tallystick.flows.receive import check_payable


@dataclass
class BalanceTooSmall(Refusal):
    code = "balance_too_small"
    account: str = ""
    wanted: str = ""
    left: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} has {self.left}; {self.wanted} cannot be taken from it, "
            "fill it first or take less"
        )


@dataclass
class NotACondition(Refusal):
    code = "not_a_condition"
    problem: str = ""

    def sentence(self) -> str:
        return (
            f"{self.problem}; write a condition as a price list does: zone = home and band = peak"
        )


@dataclass
class SameAccount(Refusal):
    code = "same_account"
    account: str = ""

    def sentence(self) -> str:
        return f"{self.account} cannot give to itself; name another account"


@dataclass
class UnknownBucket(Refusal):
    code = "unknown_bucket"
    account: str = ""
    bucket: int = 0

    def sentence(self) -> str:
        return (
            f"account {self.account} has no bucket {self.bucket}; see them with: "
            f"tallystick balance show {self.account}"
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of a top-up or a transfer: the money left, services that are back."""

    repeated: bool
    left: Decimal
    restored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpiryReport:
    """What ended: buckets, and money lost by currency or quantity by unit."""

    buckets: int
    lost: dict[str, Decimal]


def set_terms(*, tenant_id: int, account: str, changes: Mapping[str, Any]) -> Terms:
    """How the account pays from now on; what is not named stays as it is.

    :raises UnknownAccount: when no account has the number
    """
    with acting_for(tenant_id):
        holder = account_numbered(account)
        first = {"mode": "prepaid"}
        Terms.objects.get_or_create(tenant_id=tenant_id, account_id=holder.id, defaults=first)
        terms = lock_account(holder)
        for name, value in changes.items():
            setattr(terms, name, value)
        Terms.objects.filter(account_id=holder.id).update(**changes)
        return terms


def top_up(
    receipt: Receipt,
    *,
    tenant_id: int,
    account: str,
    at: datetime,
    valid_to: datetime | None = None,
) -> Filled:
    """Puts money that was paid into a new bucket, makes credit good and brings services back.

    The same key again changes nothing.

    :raises UnknownAccount: when no account has the number
    :raises NoBalance: when the account keeps no balance
    :raises AmountNotPayable: when the amount is not above zero or too fine for its currency
    :raises OtherCurrency: when the account is kept in another currency
    :raises SourceKeyReused: when the key stands for another top-up
    """
    with acting_for(tenant_id):
        payer = account_numbered(account)
        check_payable(receipt, payer=payer)
        said = {
            "method": receipt.method, "processor": receipt.processor,
            "reference": receipt.reference, "payer": receipt.payer,
        }  # fmt: skip
        reason = {name: word for name, word in said.items() if word}
        grant = Grant(
            receipt.currency, receipt.amount, Origin.TOP_UP, f"top-up:{receipt.key}", at, valid_to,
            reason=reason,
        )  # fmt: skip
        return fill_account(payer, grant=grant, on=receipt.received_on, at=at)


def give_grant(grant: Grant, *, tenant_id: int, account: str, on: date, at: datetime) -> Filled:
    """Puts money or a quantity into a new bucket for nothing.

    :raises UnknownAccount: when no account has the number
    :raises NoBalance: when the account keeps no balance
    :raises NotACondition: when its condition cannot be read
    :raises SourceKeyReused: when the key stands for another bucket
    """
    if grant.condition:
        try:
            read_filter(grant.condition)
        except Mistake as mistake:
            raise NotACondition(problem=str(mistake)) from None
    with acting_for(tenant_id):
        return fill_account(account_numbered(account), grant=grant, on=on, at=at)


def fill_account(payer: Account, *, grant: Grant, on: date, at: datetime) -> Filled:
    """A new bucket of the account and all that follows; part of the caller's transaction.

    :raises NoBalance: when the account keeps no balance
    :raises SourceKeyReused: when the key stands for another bucket
    """
    terms = lock_account(payer)
    buckets = lock_buckets(payer.id)
    bucket, is_new = fill_bucket(terms, grant=grant, at=at)
    if not is_new:
        return Filled(True, money_left(payer.id, currency=payer.currency))
    if grant.unit == payer.currency:
        _make_good(bucket, buckets, at=at)
    restored = restore_filled(payer, terms=terms, on=on, at=at)
    post_accounts([payer.id], tenant_id=payer.tenant_id, on=on, at=at)
    tell_fact(payer, action="recharged", of=f"bucket {bucket.id}", key=str(bucket.id), at=at)
    return Filled(False, money_left(payer.id, currency=payer.currency), restored)


def _make_good(filled: Bucket, buckets: list[Bucket], *, at: datetime) -> None:
    """Moves money from the new bucket to those below zero, which were used on credit.

    The ledger does not know what was granted for nothing: there it is goodwill that pays.
    """
    given = filled.origin == Origin.GRANT
    paid = MovementKind.CORRECT if given else MovementKind.TRANSFER_IN
    for bucket in buckets:
        amount = min(-bucket.remaining, filled.remaining)
        if bucket.unit == filled.unit and amount > 0:
            for one, kind, quantity in (
                (filled, MovementKind.TRANSFER_OUT, -amount),
                (bucket, paid, amount),
            ):
                move_bucket(
                    one, kind=kind, quantity=quantity, at=at, reason={"why": "credit made good"},
                    source_key=f"made-good:{filled.id}:{bucket.id}",
                )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A correction of one bucket by hand; `key` makes it count once."""

    bucket: int
    quantity: Decimal
    why: str
    key: str


def adjust_bucket(
    wish: Adjustment, *, tenant_id: int, account: str, on: date, at: datetime
) -> Decimal:
    """What remains in the bucket after the quantity was added (negative: taken).

    :raises UnknownAccount: when no account has the number
    :raises UnknownBucket: when the account has no such bucket
    :raises BalanceTooSmall: when more would be taken than is free
    :raises SourceKeyReused: when the key stands for another correction of the bucket
    """
    with acting_for(tenant_id):
        holder = account_numbered(account)
        lock_account(holder)
        held = {bucket.id: bucket for bucket in lock_buckets(holder.id)}
        bucket = held.get(wish.bucket)
        if bucket is None:
            raise UnknownBucket(account=account, bucket=wish.bucket)
        known = BucketMovement.objects.filter(
            account_id=holder.id, bucket_id=bucket.id, source_key=f"correct:{wish.key}"
        ).first()
        if known is not None:
            if known.quantity != wish.quantity:
                raise SourceKeyReused(key=wish.key)
            return Decimal(bucket.remaining)
        free = bucket.remaining - bucket.reserved
        if wish.quantity < 0 and free + wish.quantity < 0:
            raise BalanceTooSmall(
                account=account, wanted=f"{plain(-wish.quantity)} {bucket.unit}",
                left=f"{plain(free)} {bucket.unit} free in it",
            )  # fmt: skip
        move_bucket(
            bucket, kind=MovementKind.CORRECT, quantity=wish.quantity, at=at,
            source_key=f"correct:{wish.key}", reason={"why": wish.why},
        )  # fmt: skip
        post_accounts([holder.id], tenant_id=tenant_id, on=on, at=at)
        return Decimal(bucket.remaining)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money from one account's balance to another's; the fee is taken from the giver."""

    giver: str
    taker: str
    amount: Decimal
    key: str
    fee: Decimal = Decimal(0)


def transfer_balance(wish: Transfer, *, tenant_id: int, on: date, at: datetime) -> Filled:
    """Moves money between two balances at once; `left` is the giver's.

    What was granted for nothing cannot be given away. The same key again changes nothing.

    :raises UnknownAccount: when no account has one of the numbers
    :raises SameAccount: when both are the same
    :raises NoBalance: when one of them keeps no balance
    :raises OtherCurrency: when they are kept in different currencies
    :raises AmountNotPayable: when the amount or the fee is too fine for the currency
    :raises BalanceTooSmall: when the giver's own money does not suffice
    :raises SourceKeyReused: when the key stands for another transfer
    """
    with acting_for(tenant_id):
        giver, taker = account_numbered(wish.giver), account_numbered(wish.taker)
        if giver.id == taker.id:
            raise SameAccount(account=giver.number)
        check_payable(Receipt(wish.key, "transfer", wish.amount, giver.currency, on), payer=taker)
        if wish.fee:
            check_payable(Receipt(wish.key, "transfer", wish.fee, giver.currency, on), payer=giver)
        lock_terms([giver.id, taker.id])
        for account in sorted((giver, taker), key=lambda one: one.id):
            lock_account(account)
            lock_buckets(account.id)
        key = f"transfer:{giver.id}:{wish.key}"
        grant = Grant(
            taker.currency, wish.amount, Origin.TRANSFER, key, at, reason={"from": giver.number}
        )
        if Bucket.objects.filter(account_id=taker.id, source_key=key).exists():
            fill_bucket(lock_account(taker), grant=grant, at=at)
            return Filled(True, money_left(giver.id, currency=giver.currency))
        _give(giver, wish, key=key, at=at)
        fill_account(taker, grant=grant, on=on, at=at)
        post_accounts([giver.id], tenant_id=tenant_id, on=on, at=at)
        return Filled(False, money_left(giver.id, currency=giver.currency))


def _give(giver: Account, wish: Transfer, *, key: str, at: datetime) -> None:
    own = [bucket for bucket in lock_buckets(giver.id) if bucket.origin != Origin.GRANT]
    for amount, kind, reason in (
        (wish.amount, MovementKind.TRANSFER_OUT, {"to": wish.taker}),
        (wish.fee, MovementKind.DEBIT, {"to": wish.taker, "revenue": chart.FEES}),
    ):
        short = draw_money(
            giver, amount=amount, buckets=own, kind=kind, key=f"{key}:{kind}", reason=reason, at=at
        )
        if short:
            wanted = round_minor(wish.amount + wish.fee, currency=giver.currency)
            free = amount_of(sum(state_of(one).free for one in own))
            raise BalanceTooSmall(
                account=giver.number, wanted=f"{wanted} {giver.currency}",
                left=f"{plain(free)} {giver.currency} of its own",
            )  # fmt: skip


def expire_balances(
    *, tenant_id: int, on: date, at: datetime, progress: Progress = silent
) -> ExpiryReport:
    """Ends what has reached its end: the rest is lost to the customer and told.

    An account is one transaction; the same instant again ends nothing twice.

    :raises AlreadyRunning: while another such run of the operator goes on
    """
    with only_one("ending buckets", tenant_id=tenant_id):
        with acting_for(tenant_id):
            ids = accounts_to_expire(at=at)
        count, lost = 0, dict[str, Decimal]()
        for done, account_id in enumerate(ids, start=1):
            with acting_for(tenant_id):
                account = Account.objects.get(id=account_id)
                lock_account(account)
                held = {bucket.id: bucket for bucket in lock_buckets(account_id)}
                over = ended(map(state_of, held.values()), at=at)
                for bucket_id, rest in over:
                    bucket, quantity = held[bucket_id], amount_of(rest)
                    move_bucket(
                        bucket, kind=MovementKind.EXPIRE, quantity=-quantity, at=at,
                        source_key=f"expire:{at.isoformat()}",
                        reason={"valid_to": str(bucket.valid_to)},
                    )  # fmt: skip
                    lost[bucket.unit] = lost.get(bucket.unit, Decimal(0)) + quantity
                    key = f"{bucket_id}:{at.isoformat()}"
                    tell_fact(account, action="expired", of=f"bucket {bucket_id}", key=key, at=at)
                count += len(over)
                if over:
                    post_accounts([account_id], tenant_id=tenant_id, on=on, at=at)
            progress("ending buckets", done=done, total=len(ids))
        return ExpiryReport(count, lost)
