"""Writes of buckets: locked with their account, every change a movement.

Locks are taken in one order by everybody: the terms of each account, ascending, then its buckets,
ascending (decision 18).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F

from tallystick.base.money import AMOUNT_SCALE
from tallystick.base.refusal import Refusal
from tallystick.core.charge import balance
from tallystick.core.tariff.plan_terms import scaled
from tallystick.domain.balances.draw_tables import filter_of
from tallystick.domain.balances.models import Bucket, BucketMovement, MovementKind, Origin, Terms
from tallystick.domain.parties.models import Account


@dataclass
class NoBalance(Refusal):
    code = "no_balance"
    account: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} keeps no balance yet; say how it pays with: "
            f"tallystick balance terms {self.account} --mode prepaid"
        )


@dataclass
class SourceKeyReused(Refusal):
    code = "source_key_reused"
    key: str = ""

    def sentence(self) -> str:
        return (
            f"the key {self.key!r} stands for another change of this balance; give each change "
            "a key of its own, and a repeated one the same values"
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """What is put into a new bucket."""

    unit: str
    quantity: Decimal
    origin: str
    source_key: str
    valid_from: datetime
    valid_to: datetime | None = None
    priority: int = 100
    kinds: Sequence[str] | None = None
    condition: str = ""
    reason: Mapping[str, Any] = field(default_factory=dict)


def lock_terms(account_ids: Iterable[int]) -> dict[int, Terms]:
    """The terms of these accounts, locked; an account without terms is not among them."""
    wanted = Terms.objects.filter(account_id__in=sorted(set(account_ids)))
    locked = wanted.order_by("account_id").select_for_update(no_key=True)
    return {terms.account_id: terms for terms in locked}


def lock_account(account: Account) -> Terms:
    """The account's terms, locked.

    :raises NoBalance: when it has none
    """
    terms = lock_terms([account.id]).get(account.id)
    if terms is None:
        raise NoBalance(account=account.number)
    return terms


def lock_buckets(account_id: int) -> list[Bucket]:
    """The account's buckets, locked, by id; the caller holds its terms."""
    buckets = Bucket.objects.filter(account_id=account_id).order_by("id")
    return list(buckets.select_for_update(no_key=True))


def state_of(bucket: Bucket) -> balance.Bucket:
    """The bucket as the rules see it."""
    return balance.Bucket(
        id=bucket.id,
        contract_id=bucket.contract_id,
        unit=bucket.unit,
        priority=bucket.priority,
        quantity=scaled(bucket.quantity, scale=AMOUNT_SCALE),
        remaining=scaled(bucket.remaining, scale=AMOUNT_SCALE),
        reserved=scaled(bucket.reserved, scale=AMOUNT_SCALE),
        kinds=None if bucket.kinds is None else frozenset(bucket.kinds),
        where=filter_of(bucket.condition),
        valid_from=bucket.valid_from,
        valid_to=bucket.valid_to,
        on_credit=bucket.origin == Origin.CREDIT,
    )


def fill_bucket(terms: Terms, *, grant: Grant, at: datetime) -> tuple[Bucket, bool]:
    """The bucket of that source key, and whether it is new.

    :raises SourceKeyReused: when the key stands for a bucket with other values
    """
    here = {"tenant_id": terms.tenant_id, "account_id": terms.account_id}
    known = Bucket.objects.filter(**here, source_key=grant.source_key).first()
    if known is not None:
        if (known.unit, known.quantity, known.origin) != (
            grant.unit, grant.quantity, grant.origin,
        ):  # fmt: skip
            raise SourceKeyReused(key=grant.source_key)
        return known, False
    bucket = Bucket.objects.create(
        **here,
        unit=grant.unit,
        origin=grant.origin,
        source_key=grant.source_key,
        priority=grant.priority,
        kinds=None if grant.kinds is None else list(grant.kinds),
        condition=grant.condition,
        valid_from=grant.valid_from,
        valid_to=grant.valid_to,
        quantity=grant.quantity,
        remaining=Decimal(0),
    )
    arrived = MovementKind.TRANSFER_IN if grant.origin == Origin.TRANSFER else MovementKind.CREDIT
    if grant.quantity:
        move_bucket(
            bucket, kind=arrived, quantity=grant.quantity, source_key=grant.source_key,
            reason=grant.reason, at=at,
        )  # fmt: skip
    return bucket, True


def credit_bucket(account: Account, *, buckets: Iterable[Bucket], at: datetime) -> Bucket:
    """The account's bucket for what is on credit, of these that are locked, or a new one."""
    for bucket in buckets:
        if bucket.origin == Origin.CREDIT:
            return bucket
    return Bucket.objects.create(
        tenant_id=account.tenant_id,
        account_id=account.id,
        unit=account.currency,
        origin=Origin.CREDIT,
        source_key=Origin.CREDIT,
        priority=balance.CREDIT_PRIORITY,
        valid_from=at,
        quantity=Decimal(0),
        remaining=Decimal(0),
    )


def move_bucket(
    bucket: Bucket,
    *,
    kind: MovementKind,
    quantity: Decimal,
    source_key: str,
    at: datetime,
    reason: Mapping[str, Any],
) -> None:
    """Adds the quantity (negative: takes it) and keeps it as a movement; the bucket is locked."""
    BucketMovement.objects.create(
        tenant_id=bucket.tenant_id,
        account_id=bucket.account_id,
        bucket=bucket,
        kind=kind,
        quantity=quantity,
        source_key=source_key,
        occurred_at=at,
        reason=dict(reason),
    )
    here = Bucket.objects.filter(account_id=bucket.account_id, id=bucket.id)
    here.update(remaining=F("remaining") + quantity)
    bucket.remaining += quantity


def note_posted(through: Mapping[int, int]) -> None:
    """Notes the last movement of each account that the ledger has; the terms are locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE balances_terms t SET posted_through = n.movement"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS n (account, movement)"
            " WHERE t.account_id = n.account",
            [list(through), list(through.values())],
        )
