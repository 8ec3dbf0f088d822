"""What becomes of a contract while it runs: other offers and quantities, rests, second thoughts."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from tallystick.base.refusal import Refusal
from tallystick.core.invoice.cycle import CycleRule, cycle_of, monthly, turned_of
from tallystick.domain.catalog.models import Offer
from tallystick.domain.contracts.models import (
    Contract,
    ContractOffer,
    ContractState,
    Pause,
    PauseState,
)


@dataclass
class ContractNotRunning(Refusal):
    code = "contract_not_running"
    number: str = ""
    on: str = ""
    starts_on: str = ""
    ends_on: str = ""

    def sentence(self) -> str:
        until = f" to {self.ends_on}" if self.ends_on else " on"
        return (
            f"contract {self.number!r} runs from {self.starts_on}{until}; "
            f"nothing of it can be changed on {self.on}"
        )


@dataclass
class DaysClosed(Refusal):
    code = "days_closed"
    number: str = ""
    on: str = ""
    first: str = ""

    def sentence(self) -> str:
        return (
            f"the days of contract {self.number!r} before {self.first} are billed and closed; "
            f"change it from {self.first} on instead of {self.on}, and settle the days before "
            "with a single charge or credit"
        )


@dataclass
class NothingChanges(Refusal):
    code = "nothing_changes"
    number: str = ""
    offer: str = ""
    quantity: int = 0

    def sentence(self) -> str:
        return f"contract {self.number!r} holds {self.quantity} x {self.offer} on that day already"


@dataclass
class ChangeAhead(Refusal):
    code = "change_ahead"
    number: str = ""
    on: str = ""

    def sentence(self) -> str:
        return (
            f"contract {self.number!r} changes on {self.on} already; take that back first "
            "with: tallystick contract take-back"
        )


@dataclass
class BillDayTurns(Refusal):
    code = "bill_day_turns"
    number: str = ""
    on: str = ""
    bill_on: str = ""

    def sentence(self) -> str:
        return (
            f"the bill day of contract {self.number!r} changed on {self.on}, and the first bill "
            f"since is still to come; change it again after the bill of {self.bill_on}"
        )


@dataclass
class NoChangeAhead(Refusal):
    code = "no_change_ahead"
    number: str = ""
    on: str = ""

    def sentence(self) -> str:
        return f"no change of contract {self.number!r} is planned after {self.on}"


@dataclass
class RestsAlready(Refusal):
    code = "rests_already"
    number: str = ""
    since: str = ""

    def sentence(self) -> str:
        return f"contract {self.number!r} rests from {self.since}; resume it first"


@dataclass
class DoesNotRest(Refusal):
    code = "does_not_rest"
    number: str = ""
    on: str = ""

    def sentence(self) -> str:
        return f"contract {self.number!r} does not rest on {self.on}, so it cannot be resumed then"


def change_held(
    contract: Contract, *, offer: Offer, quantity: int, on: date
) -> tuple[ContractOffer, ContractOffer]:
    """What the contract held and what it holds from that day on.

    Of several changes on one day the last counts.

    :raises ContractNotRunning: when the contract does not run on that day
    :raises DaysClosed: when the day lies in a cycle that is billed and closed
    :raises NothingChanges: when it holds just that
    :raises ChangeAhead: when a later change is planned
    """
    _require_running(contract, on)
    later = ContractOffer.objects.filter(contract=contract, valid_from__gt=on)
    if (ahead := later.order_by("valid_from").first()) is not None:
        raise ChangeAhead(number=contract.number, on=str(ahead.valid_from))
    held = held_on(contract, on)
    before = ContractOffer(offer=held.offer, quantity=held.quantity, valid_from=held.valid_from)
    if (held.offer_id, held.quantity) == (offer.id, quantity):
        raise NothingChanges(number=contract.number, offer=offer.code, quantity=quantity)
    if held.valid_from == on:
        held.offer, held.quantity = offer, quantity
        held.save(update_fields=["offer", "quantity"])
        return before, held
    ends = held.valid_to
    held.valid_to = on
    held.save(update_fields=["valid_to"])
    return before, ContractOffer.objects.create(
        tenant_id=contract.tenant_id,
        account_id=contract.account_id,
        contract=contract,
        offer=offer,
        quantity=quantity,
        valid_from=on,
        valid_to=ends,
    )


def take_change_back(contract: Contract, *, after: date) -> tuple[ContractOffer, date]:
    """Takes back the change that is planned last; what goes on, and the day it would have been.

    :raises NoChangeAhead: when none is planned
    """
    later = ContractOffer.objects.filter(contract=contract, valid_from__gt=after)
    planned = later.order_by("-valid_from").first()
    if planned is None:
        raise NoChangeAhead(number=contract.number, on=str(after))
    held = ContractOffer.objects.get(contract=contract, valid_to=planned.valid_from)
    ends, planned_on = planned.valid_to, planned.valid_from
    planned.delete()
    held.valid_to = ends
    held.save(update_fields=["valid_to"])
    return held, planned_on


def pause_contract(
    contract: Contract, *, on: date, until: date | None = None, today: date
) -> Pause:
    """The contract rests from that day on, until another or until it is resumed.

    A day to come is only planned.

    :raises ContractNotRunning: when the contract does not run on that day
    :raises DaysClosed: when the day lies in a cycle that is billed and closed
    :raises RestsAlready: when it rests then or will
    """
    _require_running(contract, on)
    rests = Pause.objects.filter(contract=contract).filter(
        Q(paused_to__isnull=True) | Q(paused_to__gt=on)
    )
    if until is not None:
        rests = rests.filter(paused_from__lt=until)
    if (known := rests.order_by("paused_from").first()) is not None:
        raise RestsAlready(number=contract.number, since=str(known.paused_from))
    return Pause.objects.create(
        tenant_id=contract.tenant_id,
        account_id=contract.account_id,
        contract=contract,
        paused_from=on,
        paused_to=until,
        state=PauseState.RESTING if on <= today else PauseState.PLANNED,
    )


def resume_contract(contract: Contract, *, on: date, today: date) -> Pause:
    """The contract goes on from that day, which may be one to come.

    :raises DoesNotRest: when it does not rest the day before
    :raises DaysClosed: when the day lies in a cycle that is billed and closed
    """
    rests = Pause.objects.filter(contract=contract, paused_from__lt=on).filter(
        Q(paused_to__isnull=True) | Q(paused_to__gt=on)
    )
    pause = rests.first()
    if pause is None:
        raise DoesNotRest(number=contract.number, on=str(on))
    _require_open_days(contract, on)
    pause.paused_to = on
    if on <= today:
        pause.state = PauseState.OVER
    pause.save(update_fields=["paused_to", "state"])
    return pause


def pauses_due(on: date, *, limit: int) -> list[Pause]:
    """Pauses that begin or end by that day and have not yet, held, oldest first."""
    begins = Q(state=PauseState.PLANNED, paused_from__lte=on)
    ends = Q(state=PauseState.RESTING, paused_to__lte=on)
    due = Pause.objects.filter(begins | ends).select_for_update(of=("self",))
    running = due.filter(contract__state=ContractState.ACTIVE)
    return list(running.select_related("contract__account").order_by("id")[:limit])


def held_on(contract: Contract, on: date) -> ContractOffer:
    """What the contract holds on that day.

    :raises ContractNotRunning: when the contract does not run then
    """
    held = ContractOffer.objects.select_related("offer").filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=on), contract=contract, valid_from__lte=on
    )
    found = held.first()
    if found is None:
        raise _not_running(contract, on)
    return found


def _require_running(contract: Contract, on: date) -> None:
    over = contract.ends_on is not None and contract.ends_on <= on
    if contract.state != ContractState.ACTIVE or on < contract.starts_on or over:
        raise _not_running(contract, on)
    _require_open_days(contract, on)


def _not_running(contract: Contract, on: date) -> ContractNotRunning:
    return ContractNotRunning(
        number=contract.number,
        on=str(on),
        starts_on=str(contract.starts_on),
        ends_on=str(contract.ends_on or ""),
    )


def _require_open_days(contract: Contract, on: date) -> None:
    """Cycles that are billed and over are closed: nothing of them is charged or credited again."""
    if contract.billed_to is None:
        return
    first = cycle_of(contract.billed_to, rule=cycle_rule(contract)).start
    if on < first:
        raise DaysClosed(number=contract.number, on=str(on), first=str(first))


def cycle_rule(contract: Contract) -> CycleRule:
    """The monthly cycles of the contract."""
    turned = turned_of(since=contract.cycle_since, bill_day=contract.cycle_day_before)
    return monthly(contract.cycle_day, turned=turned)


def _turn_back(contract: Contract) -> None:
    """Its bill day is that of before the turn that is to come, and it is due as it was."""
    turned_on, before = contract.cycle_since, contract.cycle_day_before
    assert turned_on is not None
    assert before is not None
    if contract.next_bill_on is not None and contract.next_bill_on > turned_on:
        contract.next_bill_on = turned_on  # the first short cycle was to be billed with the next
    contract.cycle_day, contract.cycle_since, contract.cycle_day_before = before, None, None


def turn_bill_day(contract: Contract, *, day: int, today: date, long: bool) -> date:
    """The contract's cycles begin on another day of the month, from the day that is given.

    That is where its present cycle ends, or the day of the bill that is due. The first cycle there
    is short and is billed then; with `long` it is billed with the one that follows it. A turn that
    is still to come is turned once more, on the same day; to the day it came from there is none.

    :raises BillDayTurns: when they turned to another day before today, and no bill came to it yet
    """
    since, billed = contract.cycle_since, contract.billed_to
    if since is not None and (billed is None or billed < since):
        if since < today:
            raise BillDayTurns(
                number=contract.number, on=str(since), bill_on=str(contract.next_bill_on)
            )
        _turn_back(contract)
    due = contract.next_bill_on
    old = cycle_rule(contract)
    turns_on = due if due is not None and due >= today else cycle_of(today, rule=old).end
    if day != contract.cycle_day:
        contract.cycle_since, contract.cycle_day_before = turns_on, contract.cycle_day
        contract.cycle_day = day
        if long and due == turns_on:
            contract.next_bill_on = cycle_of(turns_on, rule=cycle_rule(contract)).end
    contract.save(update_fields=["cycle_since", "cycle_day_before", "cycle_day", "next_bill_on"])
    return turns_on
