"""Payouts of processors: told by their events, explained by their report, booked at the bank.

A payout is booked when both are there: its sum at the bank, and a report whose every movement is
something of ours. Whichever comes last books it; what comes again changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction

from tallystick.base.money import plain, total_of
from tallystick.base.processor import Fact, FactKind, PayoutFact
from tallystick.base.refusal import Refusal
from tallystick.core.post.entry import BusinessEvent, post_event
from tallystick.core.post.rules import EventKind
from tallystick.core.receive.payout import (
    Explained,
    Movement,
    MovementKind,
    PayoutState,
    explain_payout,
    sum_payout,
)
from tallystick.core.receive.statement import Matched, Rule, StatementLine, Waiting
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.parties.models import Account
from tallystick.domain.payments import payouts
from tallystick.domain.payments.models import FactState, ProcessorFact
from tallystick.domain.payments.payout_models import Payout
from tallystick.domain.payments.pulls import pull_of
from tallystick.domain.payments.told_refunds import PAYOUT_LINE
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.pull_facts import look_again as take_waiting
from tallystick.flows.pull_facts import take_fact

DAYS_LATE: Final = timedelta(days=7)
"""How far from its day a payout that the bank's line does not name may arrive."""

NO_REPORT: Final = "the processor's report of it is missing: tallystick payout import"
UNKNOWN_SHOWN: Final = 3
BOOKING: Final = "booking payouts"


@dataclass(frozen=True, slots=True)
class ReportTaken:
    """What a report brought: movements that are new, and what became of its payouts."""

    movements: int
    new: int
    payouts: tuple[tuple[str, str, str], ...]  # name, state, why it waits


def take_payout_fact(
    fact: PayoutFact, *, processor: str, tenant_id: int, at: datetime
) -> FactState:
    """What became of an event about a payout; one that comes again, or late, changes nothing."""
    with acting_for(tenant_id):
        stored, is_new = ProcessorFact.objects.get_or_create(
            tenant_id=tenant_id, processor=processor, event_id=fact.event_id[:80],
            defaults={
                "kind": payouts.FACT_KIND, "told": fact.told[:60], "reference": fact.name[:80],
                "amount": fact.amount, "currency": fact.currency, "reason": fact.reason[:100],
                "costs": Decimal(0), "happened_at": fact.happened_at, "received_at": at,
                "state": FactState.TAKEN,
            },
        )  # fmt: skip
        if not is_new:
            return FactState(stored.state)
        payout = payouts.expect_payout(
            fact.name, processor=processor, amount=fact.amount, currency=fact.currency,
            expected_on=fact.expected_on, tenant_id=tenant_id,
        )  # fmt: skip
        old = payout.told_at is not None and fact.happened_at < payout.told_at
        settled = payout.state in (PayoutState.ARRIVED, PayoutState.BOOKED)
        if old or (settled and not fact.failed):
            stored.state = FactState.OLD_NEWS
        elif settled:
            stored.state = FactState.WAITING
            stored.note = f"it failed and is {payout.state}: correct it by hand"
        else:
            payout.amount, payout.currency = fact.amount, fact.currency
            payout.expected_on, payout.told_at = fact.expected_on, fact.happened_at
            payout.state = PayoutState.FAILED if fact.failed else PayoutState.ANNOUNCED
            payout.note = fact.reason[:300] if fact.failed else ""
            payout.save()
        stored.save(update_fields=["state", "note"])
        return FactState(stored.state)


def take_report(
    movements: Sequence[Movement], *, processor: str, tenant_id: int, at: datetime
) -> ReportTaken:
    """Keeps the movements of a processor's report and books the payouts that can be now.

    A payout that no event told of is known from now on, with the sum of its movements.

    :raises AlreadyRunning: while payouts of the operator are booked
    """
    own: dict[tuple[str, str], list[Movement]] = defaultdict(list)
    for one in movements:
        own[one.payout, one.currency].append(one)
    with only_one(BOOKING, tenant_id=tenant_id), acting_for(tenant_id):
        new = payouts.store_movements(movements, processor=processor, tenant_id=tenant_id)
        told = []
        for (name, currency), parts in own.items():
            payout = payouts.expect_payout(
                name, processor=processor, amount=total_of(part.net for part in parts),
                currency=currency, expected_on=max(part.happened_on for part in parts),
                tenant_id=tenant_id,
            )  # fmt: skip
            _try(payout, at=at)
            told.append((name, payout.state, payout.note or why_waiting(payout)))
        return ReportTaken(len(movements), new, tuple(told))


def arrive(name: str, *, on: date, tenant_id: int, at: datetime) -> Payout:
    """A person says that a payout is at the bank since that day; booked if it is explained.

    :raises UnknownPayout: when no payout has the name
    :raises PayoutSettled: when it arrived before, or failed
    :raises AlreadyRunning: while payouts of the operator are booked
    """
    with only_one(BOOKING, tenant_id=tenant_id), acting_for(tenant_id):
        payout = payouts.payout_named(name)
        payouts.note_arrival(payout, on=on, bank_key="", at=at)
        _try(payout, at=at)
        return payout


def look_again(*, tenant_id: int, at: datetime) -> tuple[Payout, ...]:
    """Books what has arrived and can be explained now; gives what arrived and was not booked."""
    with only_one(BOOKING, tenant_id=tenant_id), acting_for(tenant_id):
        waiting = Payout.objects.select_for_update().filter(state=PayoutState.ARRIVED)
        found = tuple(waiting.order_by("arrived_on", "id"))
        for payout in found:
            _try(payout, at=at)
        return found


def payout_of_line(line: StatementLine) -> Payout | Waiting | None:
    """The payout that a line of the bank is, by its name or else by its processor and amount.

    None where it is no payout's; waiting where that needs a person. Part of the caller's
    transaction.
    """
    held = Payout.objects.select_for_update().filter(currency=line.currency)
    return match_payout(line, announced=held.filter(state=PayoutState.ANNOUNCED).order_by("id"))


def match_payout(line: StatementLine, *, announced: Iterable[Payout]) -> Payout | Waiting | None:
    """Which of the payouts that are announced the line is; as `payout_of_line` has it."""
    text = f"{line.text} {line.payer}".upper()
    open_ones = [one for one in announced if one.currency == line.currency]
    named = [one for one in open_ones if one.name.upper() in text]
    if named:
        fits = [one for one in named if one.amount == line.amount]
        return fits[0] if len(fits) == len(named) == 1 else Waiting.PAYOUT
    alike = [
        one
        for one in open_ones
        if one.amount == line.amount
        and one.processor.upper() in text
        and (one.expected_on is None or abs(line.booked_on - one.expected_on) <= DAYS_LATE)
    ]
    if not alike:
        return None
    return alike[0] if len(alike) == 1 else Waiting.PAYOUT


def take_payout_line(line: StatementLine, *, at: datetime) -> Matched | Waiting | None:
    """Takes a line that is a payout; part of the caller's transaction, which keeps the line."""
    found = payout_of_line(line)
    if not isinstance(found, Payout):
        return found
    payouts.note_arrival(found, on=line.booked_on, bank_key=line.key, at=at)
    _try(found, at=at)
    return Matched(None, Rule.PAYOUT)


def why_waiting(payout: Payout) -> str:
    """Why a payout is not booked, in words; empty where it only has not arrived."""
    if payout.state in (PayoutState.BOOKED, PayoutState.FAILED):
        return payout.note
    found = _explain(payout)
    return found if isinstance(found, str) else ""


def _explain(payout: Payout) -> tuple[list[Movement], Explained] | str:
    """The movements of a payout with what of ours they are, or why they cannot be told."""
    movements = payouts.movements_of(payout)
    if not movements:
        return NO_REPORT
    net = total_of(one.net for one in movements)
    if net != payout.amount:
        return f"its movements come to {plain(net)}, not {plain(payout.amount)}"
    items = payouts.items_in_clearing(processor=payout.processor)
    explained = explain_payout(movements, items=items)
    unknown = explained.unknown
    if not unknown:
        return movements, explained
    shown = ", ".join(
        f"{one.name} ({one.told or one.kind} {plain(one.gross)} of {one.reference or 'nothing'})"
        for one in unknown[:UNKNOWN_SHOWN]
    )
    more = f" and {len(unknown) - UNKNOWN_SHOWN} more" if len(unknown) > UNKNOWN_SHOWN else ""
    return f"nothing of ours is {shown}{more}"


def _try(payout: Payout, *, at: datetime) -> None:
    """Books a payout that has arrived and is explained, or notes why not.

    Refunds of ours that nobody ordered here are taken first.
    """
    if payout.state in (PayoutState.ANNOUNCED, PayoutState.ARRIVED):
        _take_refunds(payout, at=at)
    if payout.state != PayoutState.ARRIVED:
        return
    found, why = _explain(payout), ""
    if isinstance(found, str):
        why = found
    else:
        try:
            with transaction.atomic():
                _book(payout, movements=found[0], explained=found[1], at=at)
        except Refusal as refusal:
            why = refusal.sentence()
    if why:
        payout.note = why[:300]
        payout.save(update_fields=["note"])


def _take_refunds(payout: Payout, *, at: datetime) -> None:
    """What a payout's lines say of refunds that nothing here is, where the payment is ours."""
    lines = payouts.movements_of(payout)
    refunds = [one for one in lines if one.kind is MovementKind.REFUND and one.gross < 0]
    if not refunds:
        return
    items = payouts.items_in_clearing(processor=payout.processor)
    for one in explain_payout(refunds, items=items).unknown:
        if not pull_of(one.reference, processor=payout.processor):
            continue
        fact = Fact(
            f"payout:{one.name}", FactKind.REFUNDED, one.reference,
            datetime.combine(one.happened_on, time(), UTC), -one.gross, one.currency,
            told=PAYOUT_LINE,
        )  # fmt: skip
        state = take_fact(fact, processor=payout.processor, tenant_id=payout.tenant_id, at=at)
        if state is FactState.WAITING:
            take_waiting(one.reference, at=at)


def _book(
    payout: Payout, *, movements: Sequence[Movement], explained: Explained, at: datetime
) -> None:
    sums = sum_payout(movements, explained=explained, processor=payout.processor)
    assert sums.amount == payout.amount, "a payout is its movements"
    assert payout.arrived_on is not None, "it is at the bank"
    event = BusinessEvent(
        EventKind.PAYOUT_ARRIVED, f"payout:{payout.processor}:{payout.name}", payout.arrived_on,
        payout.currency, {"amount": sums.amount},
        details={"held": sums.held, "costs": sums.costs}, method=f"bank/{payout.processor}",
    )  # fmt: skip
    store_entry(
        post_event(event), tenant_id=payout.tenant_id,
        account_id=Account.objects.get(house=True).id,
        description=f"payout {payout.name} of {payout.processor}", at=at,
    )  # fmt: skip
    payouts.note_items(payout, items=[(name, item.key) for name, item in explained.items.items()])
    payout.state, payout.note = PayoutState.BOOKED, ""
    payout.save(update_fields=["state", "note"])
