"""What processors hold and pay out: rows, and what of ours is in clearing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import connection

from tallystick.base.refusal import Refusal
from tallystick.core.receive.payout import ClearingItem, Movement, MovementKind, PayoutState
from tallystick.domain.payments.payout_models import Payout, ProcessorMovement

FACT_KIND: Final = "payout"
"""The kind of a stored fact that is about a payout and not about a payment."""

CLEARING_ITEMS: Final = """
    SELECT p.tenant_id, p.processor, 'payment:' || p.key AS item,
        CASE WHEN p.key LIKE '%%:again%%' THEN 'reinstated' ELSE 'payment' END AS kind,
        split_part(p.key, ':', 2) AS reference, p.amount AS gross, p.amount AS held, p.currency,
        p.method, p.received_on AS happened_on, p.account_id
    FROM payments_payment p WHERE p.processor <> ''
    UNION ALL
    SELECT p.tenant_id, p.processor, 'return:' || p.key, 'taken_back', split_part(p.key, ':', 2),
        -r.amount, -r.amount - r.costs, p.currency, p.method, r.returned_on, p.account_id
    FROM payments_paymentreturn r JOIN payments_payment p ON p.tenant_id = r.tenant_id
        AND p.account_id = r.account_id AND p.id = r.payment_id
    WHERE p.processor <> ''
    UNION ALL
    SELECT p.tenant_id, p.processor, 'refund:' || f.key, 'refund', split_part(p.key, ':', 2),
        -f.amount, -f.amount, f.currency, p.method, f.refunded_on, f.account_id
    FROM payments_refund f JOIN payments_refundpart x ON x.tenant_id = f.tenant_id
        AND x.account_id = f.account_id AND x.refund_id = f.id
    JOIN payments_payment p ON p.tenant_id = x.tenant_id AND p.account_id = x.account_id
        AND p.id = x.payment_id
    WHERE p.processor <> '' AND f.payer = p.processor AND f.payer_iban = ''
    UNION ALL
    SELECT p.tenant_id, f.payer, 'refund:' || f.key, 'refund', split_part(p.reference, ':', 2),
        -f.amount, -f.amount, f.currency, m.reason->>'method', f.refunded_on, f.account_id
    FROM payments_refund f JOIN payments_refundpart x ON x.tenant_id = f.tenant_id
        AND x.account_id = f.account_id AND x.refund_id = f.id
    JOIN payments_payment p ON p.tenant_id = x.tenant_id AND p.account_id = x.account_id
        AND p.id = x.payment_id AND p.method = 'prepaid' AND p.reference <> ''
    JOIN balances_bucket b ON b.tenant_id = p.tenant_id AND b.account_id = p.account_id
        AND b.source_key = 'top-up:' || p.reference
    JOIN balances_bucketmovement m ON m.tenant_id = b.tenant_id AND m.account_id = b.account_id
        AND m.bucket_id = b.id AND m.kind = 'credit'
    UNION ALL
    SELECT m.tenant_id, m.reason->>'processor', m.source_key, 'payment',
        split_part(m.source_key, ':', 3), m.quantity, m.quantity, b.unit, m.reason->>'method',
        m.occurred_at::date, m.account_id
    FROM balances_bucketmovement m JOIN balances_bucket b ON b.tenant_id = m.tenant_id
        AND b.account_id = m.account_id AND b.id = m.bucket_id
    JOIN balances_terms t ON t.tenant_id = m.tenant_id AND t.account_id = m.account_id
        AND t.posted_through >= m.id
    WHERE m.kind = 'credit' AND m.reason ? 'processor'
"""
"""All that ever was in clearing, with what it does to the account; top-ups once they are posted."""


@dataclass
class UnknownPayout(Refusal):
    code = "unknown_payout"
    payout: str = ""

    def sentence(self) -> str:
        return f"no payout is named {self.payout!r}; see: tallystick payout list"


@dataclass
class PayoutSettled(Refusal):
    code = "payout_settled"
    payout: str = ""
    state: str = ""

    def sentence(self) -> str:
        return f"the payout {self.payout} is {self.state} already, so nothing was changed"


def items_in_clearing(*, processor: str | None = None) -> list[ClearingItem]:
    """What processors hold, by the books, or have kept and will take off: no payout has it yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.item, i.kind, i.reference, i.gross, i.held, i.currency,"
            " i.method || '/' || i.processor, i.happened_on, a.number"
            f" FROM ({CLEARING_ITEMS}) i"
            " JOIN parties_account a ON a.tenant_id = i.tenant_id AND a.id = i.account_id"
            " WHERE (%s::text IS NULL OR i.processor = %s) AND NOT EXISTS ("
            " SELECT 1 FROM payments_processormovement m WHERE m.tenant_id = i.tenant_id"
            " AND m.item = i.item) ORDER BY i.happened_on, i.item",
            [processor, processor],
        )
        return [
            ClearingItem(item, MovementKind(kind), *rest) for item, kind, *rest in cursor.fetchall()
        ]


def payout_named(name: str) -> Payout:
    """The payout of that name, held.

    :raises UnknownPayout: when there is none
    """
    found = Payout.objects.select_for_update().filter(name=name).first()
    if found is None:
        raise UnknownPayout(payout=name)
    return found


def movements_of(payout: Payout) -> list[Movement]:
    """What the processor's report says that the payout is made of."""
    own = ProcessorMovement.objects.filter(processor=payout.processor, payout=payout.name)
    return [
        Movement(
            one.name, MovementKind(one.kind), one.reference, one.gross, one.fee, one.currency,
            one.happened_on, one.payout, one.told,
        )
        for one in own.order_by("happened_on", "id")
    ]  # fmt: skip


def store_movements(movements: Iterable[Movement], *, processor: str, tenant_id: int) -> int:
    """Keeps movements that are new, by name; how many were."""
    rows = [
        ProcessorMovement(
            tenant_id=tenant_id, processor=processor, name=one.name, kind=one.kind,
            told=one.told[:60], reference=one.reference, gross=one.gross, fee=one.fee,
            currency=one.currency, happened_on=one.happened_on, payout=one.payout,
        )
        for one in movements
    ]  # fmt: skip
    names = [row.name for row in rows]
    known = set(
        ProcessorMovement.objects.filter(processor=processor, name__in=names).values_list(
            "name", flat=True
        )
    )
    new = [row for row in rows if row.name not in known]
    ProcessorMovement.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def note_items(payout: Payout, *, items: Sequence[tuple[str, str]]) -> None:
    """Notes what of ours each movement of a payout is: (movement, item)."""
    names = dict(items)
    own = list(
        ProcessorMovement.objects.filter(
            processor=payout.processor, payout=payout.name, name__in=names
        )
    )
    for one in own:
        one.item = names[one.name]
    ProcessorMovement.objects.bulk_update(own, ["item"])


def expect_payout(
    name: str,
    *,
    processor: str,
    amount: Decimal,
    currency: str,
    expected_on: date | None,
    tenant_id: int,
) -> Payout:
    """The payout of that name, held; announced with these values where it is new."""
    payout, _ = Payout.objects.select_for_update().get_or_create(
        tenant_id=tenant_id, processor=processor, name=name,
        defaults={
            "amount": amount, "currency": currency, "expected_on": expected_on,
            "state": PayoutState.ANNOUNCED,
        },
    )  # fmt: skip
    return payout


def note_arrival(payout: Payout, *, on: date, bank_key: str, at: datetime) -> None:
    """Notes that the sum of a payout is at the bank.

    :raises PayoutSettled: when it arrived before, or failed
    """
    if payout.state != PayoutState.ANNOUNCED:
        raise PayoutSettled(payout=payout.name, state=payout.state)
    payout.state, payout.arrived_on, payout.bank_key = PayoutState.ARRIVED, on, bank_key
    payout.told_at = max(payout.told_at or at, at)
    payout.save(update_fields=["state", "arrived_on", "bank_key", "told_at"])
