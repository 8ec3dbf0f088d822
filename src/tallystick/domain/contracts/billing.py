"""When contracts were billed last, and taking that back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q

from tallystick.domain.contracts.models import Contract, ContractOffer


@dataclass(frozen=True, slots=True)
class BilledSince:
    """Of contracts that a bill of a day was for: who is due from that day on, who was billed later.

    Of some the day of the bill before is not known: their last bill was taken back before.
    """

    waiting: frozenset[int]
    later: frozenset[int]
    unknown: frozenset[int]


def billed_since(on: date, *, contracts: Sequence[int]) -> BilledSince:
    """How these contracts stand after the bill of that day; they are held for this transaction."""
    rows = Contract.objects.filter(id__in=contracts).select_for_update()
    waiting, later, unknown = set(), set(), set()
    for one in rows:
        if one.next_bill_on is not None and one.next_bill_on <= on:
            waiting.add(one.id)
        if one.billed_to != on:
            later.add(one.id)
        elif one.billed_before is None:
            unknown.add(one.id)
    return BilledSince(frozenset(waiting), frozenset(later), frozenset(unknown))


def last_billed(contracts: Sequence[int]) -> list[str]:
    """The numbers of those of these contracts that no bill will come for any more."""
    over = Contract.objects.filter(id__in=contracts, next_bill_on=None)
    return list(over.order_by("id").values_list("number", flat=True))


def end_for_a_look(contracts: Sequence[int], *, on: date) -> None:
    """These contracts end, and are due, on that day: for a look that the caller rolls back."""
    Contract.objects.filter(id__in=contracts).update(ends_on=on, next_bill_on=on)
    held = ContractOffer.objects.filter(contract_id__in=contracts, valid_from__lt=on)
    held.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on)).update(valid_to=on)


def unbill_contracts(contracts: Sequence[int], *, on: date) -> None:
    """The bill of that day, their last, was none: they are due again from it on."""
    billed = Contract.objects.filter(id__in=contracts, billed_to=on)
    billed.update(billed_to=F("billed_before"), billed_before=None, next_bill_on=on)
