"""Reads of balances: what an account has, what became of it, what the ledger has yet to learn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Sum, TextField, Window
from django.db.models.functions import Cast, JSONObject

from tallystick.base.money import minor_decimals
from tallystick.domain.balances.models import Bucket, BucketMovement, Origin, Terms


@dataclass(frozen=True, slots=True)
class UnpostedPart:
    """What movements of one kind did to an account's money since the ledger was told last.

    `revenue` and `tax` are those of a debit or a refund, else empty.
    """

    account_id: int
    kind: str
    revenue: str
    tax: str
    moved: str
    """How money that came in moved, as the text of a posting's detail."""
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Unposted:
    """An account's money: what the ledger knew of it, and the parts it does not know yet."""

    known: Decimal
    through: int
    parts: tuple[UnpostedPart, ...]


def terms_of(account_id: int) -> Terms | None:
    """How the account pays; None where it keeps no balance."""
    return Terms.objects.filter(account_id=account_id).first()


def buckets_of(account_id: int) -> list[Bucket]:
    """The account's buckets that hold something, in the order of their ids."""
    held = Bucket.objects.filter(account_id=account_id).exclude(remaining=0, reserved=0)
    return list(held.order_by("id"))


def money_left(account_id: int, *, currency: str) -> Decimal:
    """All money of the account, what is on credit taken off."""
    money = Bucket.objects.filter(account_id=account_id, unit=currency)
    return money.aggregate(sum=Sum("remaining"))["sum"] or Decimal(0)


def movements_of(account_id: int, *, count: int, bucket_id: int | None = None) -> list[Any]:
    """The latest movements of the account, or of one bucket, the latest first.

    Each with its bucket, and with what the bucket held then (`left`): the sum of its movements.
    """
    moved = _moved(account_id)
    moved = moved if bucket_id is None else moved.filter(bucket_id=bucket_id)
    found = list(moved[:count])
    ids = {movement.bucket_id for movement in found}
    buckets = {b.id: b for b in Bucket.objects.filter(account_id=account_id, id__in=ids)}
    for movement in found:
        movement.bucket = buckets[movement.bucket_id]
    return found


def _moved(account_id: int) -> QuerySet[Any]:
    left = Window(Sum("quantity"), partition_by="bucket_id", order_by="id")
    own = BucketMovement.objects.filter(account_id=account_id)
    return own.annotate(left=left).order_by("-id")


def balance_of(account_id: int, *, moved: int) -> tuple[Terms | None, list[Bucket], list[Any]]:
    """How the account pays, its buckets that hold something or moved last, the last movements.

    The latest movements first, each with its bucket; two reads.
    """
    movements = _moved(account_id)[:moved]
    latest = BucketMovement.objects.filter(account_id=account_id).order_by("-id")[:moved]
    own = Bucket.objects.filter(account_id=OuterRef("account_id")).order_by("id")
    needed = own.filter(~Q(remaining=0, reserved=0) | Q(id__in=latest.values("bucket_id"))).values(
        row=JSONObject(
            id="id",
            origin="origin",
            unit="unit",
            remaining=Cast("remaining", TextField()),  # a JSON number would be a binary one
            reserved=Cast("reserved", TextField()),
            valid_to="valid_to",
        )
    )
    terms = Terms.objects.filter(account_id=account_id).annotate(held=ArraySubquery(needed)).first()
    if terms is None:
        return None, [], []
    buckets = {row["id"]: _bucket_of(row, account_id=account_id) for row in terms.held}
    found = list(movements)
    for movement in found:
        movement.bucket = buckets[movement.bucket_id]
    return terms, list(buckets.values()), found


def _bucket_of(row: Mapping[str, Any], *, account_id: int) -> Bucket:
    numbers = {name: Decimal(row[name]) for name in ("remaining", "reserved")}
    until = row["valid_to"] and datetime.fromisoformat(row["valid_to"])
    return Bucket(**{**row, **numbers, "valid_to": until, "account_id": account_id})


_PAID_MONEY = f"""
    FROM balances_terms t
    JOIN parties_account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
    JOIN balances_bucket b ON b.tenant_id = t.tenant_id AND b.account_id = t.account_id
        AND b.unit = a.currency AND b.origin <> '{Origin.GRANT.value}'
    JOIN balances_bucketmovement m ON m.tenant_id = b.tenant_id AND m.account_id = b.account_id
        AND m.bucket_id = b.id
"""
"""Movements of money that was paid for: what the prepaid liability is made of."""


def accounts_to_post() -> list[int]:
    """Accounts with movements that the ledger does not have, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT t.account_id {_PAID_MONEY} WHERE m.id > t.posted_through ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def unposted_of(account_ids: list[int]) -> dict[int, Unposted]:
    """What the ledger does not know of these accounts; the caller holds their terms.

    Credit that is made good leaves one bucket of the account for another: both are one part, so
    that the account's own cents do not go out and in by different sums.
    """
    known: dict[int, tuple[Decimal, int]] = {}
    parts: dict[int, list[UnpostedPart]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT t.account_id,
                coalesce(sum(m.quantity) FILTER (WHERE m.id <= t.posted_through), 0),
                max(m.id)
            {_PAID_MONEY} WHERE t.account_id = ANY(%s) GROUP BY t.account_id
            """,
            [account_ids],
        )
        for account_id, booked, through in cursor.fetchall():
            known[account_id] = (booked, through)
        cursor.execute(
            f"""
            SELECT t.account_id,
                CASE WHEN m.source_key LIKE 'made-good:%%' AND m.kind = 'transfer_out'
                    THEN 'transfer_in' ELSE m.kind END,
                CASE WHEN m.kind IN ('debit', 'refund')
                    THEN coalesce(nullif(m.reason->>'revenue', ''), t.revenue_account)
                    ELSE '' END,
                CASE WHEN m.kind IN ('debit', 'refund')
                    THEN coalesce(nullif(m.reason->>'tax', ''), t.tax_category) ELSE '' END,
                CASE WHEN m.kind = 'credit' THEN concat_ws('/', coalesce(
                    nullif(m.reason->>'method', ''),
                    CASE WHEN b.origin = 'voucher' THEN 'voucher' END
                ), nullif(m.reason->>'processor', '')) ELSE '' END,
                sum(m.quantity)
            {_PAID_MONEY} WHERE t.account_id = ANY(%s) AND m.id > t.posted_through
            GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
            """,
            [account_ids],
        )
        for row in cursor.fetchall():
            parts.setdefault(row[0], []).append(UnpostedPart(*row))
    return {
        account_id: Unposted(*known[account_id], tuple(found))
        for account_id, found in parts.items()
    }


def posted_money() -> Decimal:
    """The prepaid liability that the ledger should have: the rounded money of every account.

    It counts the movements that were posted, and rounds as `core.charge.balance.booked` does.
    """
    total = Decimal(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT currency FROM parties_account")
        for (currency,) in cursor.fetchall():
            decimals = minor_decimals(currency)
            cursor.execute(
                f"""
                SELECT coalesce(sum(floor(money * 10::numeric ^ %s + 0.5)), 0) FROM (
                    SELECT sum(m.quantity) AS money {_PAID_MONEY}
                    WHERE m.id <= t.posted_through AND a.currency = %s GROUP BY t.account_id
                ) each_account
                """,
                [decimals, currency],
            )
            total += Decimal(cursor.fetchone()[0]).scaleb(-decimals)
    return total


def accounts_to_expire(*, at: datetime) -> list[int]:
    """Accounts with a bucket that has reached its end with something in it, ascending."""
    over = Bucket.objects.filter(valid_to__lte=at).exclude(remaining=0)
    return list(over.order_by("account_id").values_list("account_id", flat=True).distinct())


def accounts_with_fee(*, on: date) -> list[int]:
    """Accounts whose daily fee is not settled through that day, ascending."""
    due = Terms.objects.filter(fee_amount__isnull=False, fee_from__lte=on)
    open_days = due.filter(Q(fee_through__isnull=True) | Q(fee_through__lt=on))
    return list(open_days.order_by("account_id").values_list("account_id", flat=True))
