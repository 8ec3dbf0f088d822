"""Refunds of a payment that a processor tells of, and those that are known."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import Q

from tallystick.base.processor import FactKind
from tallystick.core.receive.payout import MovementKind
from tallystick.domain.payments.models import FactState, ProcessorFact, Pull, RefundPart
from tallystick.domain.payments.payout_models import ProcessorMovement

PAYOUT_LINE: Final = "payout line"
"""What a fact is told by that is taken from a payout's report."""


@dataclass(frozen=True, slots=True)
class ToldRefunds:
    """Amounts of one payment's refunds: as each way tells them, what was said in all, and known."""

    told: tuple[tuple[Decimal, ...], ...]
    in_all: Decimal
    known: tuple[Decimal, ...]


def told_refunds(pull: Pull, *, now: ProcessorFact) -> ToldRefunds:
    """What was told and taken of the refunds of that payment, with the fact that is taken now."""
    processor = pull.instrument.processor
    facts = ProcessorFact.objects.filter(processor=processor, reference=pull.reference)
    counted = facts.filter(Q(state=FactState.TAKEN) | Q(id=now.id))
    each = counted.filter(kind=FactKind.REFUNDED).exclude(told=PAYOUT_LINE)
    in_all = counted.filter(kind=FactKind.REFUNDED_ALL).values_list("amount", flat=True)
    lines = ProcessorMovement.objects.filter(
        processor=processor, reference=pull.reference, kind=MovementKind.REFUND
    )
    key = f"{processor}:{pull.reference}"
    own = Q(payment__key=key) | Q(payment__key__startswith=f"{key}:")
    known = RefundPart.objects.filter(
        own | Q(payment__reference=key), account_id=pull.account_id,
        refund__payer=processor, refund__payer_iban="",
    )  # fmt: skip
    return ToldRefunds(
        told=(
            tuple(each.values_list("amount", flat=True)),
            tuple(-gross for gross in lines.values_list("gross", flat=True)),
        ),
        in_all=max(in_all, default=Decimal(0)),
        known=tuple(known.values_list("amount", flat=True)),
    )
