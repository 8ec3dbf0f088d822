"""The collection ladder: which step follows for a late account, and what a payment restores.

Nobody is taken over a rung. Steps follow in order and keep their distance in days even when the
ladder was not climbed for a while, because what stands between them is time to pay.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tallystick.base.money import EXACT
from tallystick.base.working_days import SATURDAY, is_working_day, nearest_known
from tallystick.core.receive.allocate import OpenItem
from tallystick.core.recover.interest import YearlyRate

ZERO = Decimal(0)


class Action(StrEnum):
    REMIND = "remind"
    CHARGE = "charge"
    RESTRICT = "restrict"
    SUSPEND = "suspend"
    DISCONNECT = "disconnect"
    TERMINATE = "terminate"
    HAND_OVER = "hand over"
    WRITE_OFF = "write off"


class ActingDays(StrEnum):
    """When steps are taken; a restoration comes on any day."""

    ANY = "any"
    WEEKDAYS = "weekdays"
    WORKING = "working days"


WHERE_THEY_LIVE: Final = "account"
"""As a ladder's calendar: that of the place each account lives in."""

RESTORED: Final = frozenset({Action.RESTRICT, Action.SUSPEND, Action.DISCONNECT})
"""Actions that a payment undoes."""

FINAL: Final = frozenset({Action.TERMINATE, Action.HAND_OVER, Action.WRITE_OFF})
"""Actions that no payment undoes; after one of them nothing is restored by itself."""


@dataclass(frozen=True, slots=True)
class LadderStep:
    """A rung: `after_days` of being overdue, what is done and how (by mail, outgoing calls...).

    `minimum` is the overdue amount below which the climb stops here. A step that takes service
    away is restored by payment, at once if `automatic`, for its reconnection fee.
    """

    after_days: int
    action: Action
    how: str
    fee: Decimal = ZERO
    minimum: Decimal = ZERO
    automatic: bool = True
    reconnection_fee: Decimal = ZERO
    relieve_tax: bool = False  # the law gives back the tax of what is written off

    @property
    def name(self) -> str:
        """Unique within its ladder."""
        return f"{self.after_days} {self.action} {self.how}"


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps in the order of their days; amounts are in the ladder's currency.

    What takes service away takes it from those that the account pays for as well, or from its own
    services only. On working days steps are taken by a calendar: a country, a part of one, or
    `account`. `former` are steps that it had before it was changed and has no longer: who has taken
    one stands as high as its days say, and payment restores what it took away.
    """

    name: str
    currency: str
    steps: tuple[LadderStep, ...]
    minimum: Decimal = ZERO
    days: ActingDays = ActingDays.ANY
    calendar: str = ""
    reaches_paid_for: bool = True
    fee_tax: str = "standard"  # the tax category of fees and interest
    interest: tuple[YearlyRate, ...] = ()
    former: tuple[LadderStep, ...] = ()

    @property
    def known(self) -> dict[str, LadderStep]:
        """Every step that somebody may have taken, by its name."""
        return {step.name: step for step in (*self.former, *self.steps)}

    def places(self) -> dict[str, int]:
        """Where the climb goes on after each of them; after a former step with those above it."""
        own = {step.name: place for place, step in enumerate(self.steps, start=1)}
        return {
            name: own.get(name, sum(one.after_days <= step.after_days for one in self.steps))
            for name, step in self.known.items()
        }


@dataclass(frozen=True, slots=True)
class TakenStep:
    name: str
    on: date


@dataclass(frozen=True, slots=True)
class CollectionCase:
    """What is known of a late account besides its open items.

    An exempt account is left alone; one that is exempt from some actions is taken past them. No
    step is taken up to and including the day of a promise to pay. It lives in a place such as GB
    or US-NY/Kings.
    """

    account_id: str
    taken: tuple[TakenStep, ...] = ()
    exempt: bool = False
    exempt_from: frozenset[Action] = frozenset()
    promised_until: date | None = None
    lives_in: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step to be taken now, and the debt it is taken for."""

    step: LadderStep
    overdue_amount: Decimal
    overdue_days: int


@dataclass(frozen=True, slots=True)
class Restoration:
    """What a taken step took away and is given back."""

    step: LadderStep
    taken_on: date
    automatic: bool
    fee: Decimal


@dataclass(frozen=True, slots=True)
class ClimbedDown:
    """Restorations, newest first, and the taken steps that still stand; closed if none is owed."""

    restorations: tuple[Restoration, ...]
    standing: tuple[TakenStep, ...]
    closed: bool


def next_steps(
    case: CollectionCase,
    *,
    open_items: Iterable[OpenItem],
    ladder: Ladder,
    on: date,
) -> tuple[Step, ...]:
    """The steps to take on that day: none, one, or several that stand on the same rung."""
    promised = case.promised_until is not None and on <= case.promised_until
    if case.exempt or promised or not may_act(ladder, on=on, lives_in=case.lives_in):
        return ()
    overdue, oldest = _overdue(open_items, ladder, on)
    if oldest is None:
        return ()
    days = (on - oldest).days
    place, last = _last_taken(case, ladder)
    found: list[Step] = []
    for step in ladder.steps[place:]:
        ready = oldest + timedelta(days=step.after_days)
        if last is not None:
            taken, taken_on = last
            ready = max(ready, taken_on + timedelta(days=step.after_days - taken.after_days))
        if on < ready or overdue < max(step.minimum, ladder.minimum):
            break
        if step.action in case.exempt_from:
            continue
        found.append(Step(step, overdue, days))
        last = step, on
    return tuple(found)


def climb_down(
    case: CollectionCase, *, open_items: Iterable[OpenItem], ladder: Ladder, on: date
) -> ClimbedDown:
    """What a payment (or a dispute) makes good again.

    A taken step stands while what is still overdue is old enough and high enough for it. After a
    final action nothing is restored by itself.
    """
    items = tuple(open_items)
    overdue, oldest = _overdue(items, ladder, on)
    days = 0 if oldest is None else (on - oldest).days
    steps = ladder.known
    standing: list[TakenStep] = []
    fallen: list[Restoration] = []
    for taken in case.taken:
        step = steps.get(taken.name)
        if step is None:  # no ladder that was ever known has it; a person decides
            standing.append(taken)
            continue
        owed = oldest is not None and overdue >= max(step.minimum, ladder.minimum)
        if (owed and days >= step.after_days) or step.action in FINAL:
            standing.append(taken)
        elif step.action in RESTORED:
            fallen.append(Restoration(step, taken.on, step.automatic, step.reconnection_fee))
    own = {step.name for step in ladder.steps}
    if any(one.step.name in own for one in fallen):  # what is given back once is paid once
        fallen = [one if one.step.name in own else replace(one, fee=ZERO) for one in fallen]
    final = any(steps[t.name].action in FINAL for t in standing if t.name in steps)
    return ClimbedDown(
        restorations=() if final else tuple(reversed(fallen)),
        standing=tuple(standing),
        closed=not _in_arrears(items, ladder, on) and all(t.name in steps for t in standing),
    )


def _overdue(
    open_items: Iterable[OpenItem], ladder: Ladder, on: date
) -> tuple[Decimal, date | None]:
    """What is overdue and undisputed, and since when."""
    amount, oldest = ZERO, None
    for item in open_items:
        if item.currency == ladder.currency and item.due_on < on and item.undisputed > 0:
            amount = EXACT.add(amount, item.undisputed)
            oldest = item.due_on if oldest is None else min(oldest, item.due_on)
    return amount, oldest


def _in_arrears(items: Iterable[OpenItem], ladder: Ladder, on: date) -> bool:
    """Whether anything is overdue, in dispute or not: then the climb may go on where it was."""
    return any(item.currency == ladder.currency and item.due_on < on for item in items)


def _last_taken(case: CollectionCase, ladder: Ladder) -> tuple[int, tuple[LadderStep, date] | None]:
    """Where the climb goes on, and the highest step taken with its day."""
    places, known = ladder.places(), ladder.known
    taken = [
        (places[one.name], known[one.name].after_days, one.name, one.on)
        for one in case.taken
        if one.name in known
    ]
    if not taken:
        return 0, None
    place, _, name, on = max(taken)
    return place, (known[name], on)


def may_act(ladder: Ladder, *, on: date, lives_in: str) -> bool:
    """Whether the ladder takes steps on that day for an account that lives there."""
    if ladder.days is ActingDays.ANY:
        return True
    if ladder.days is ActingDays.WEEKDAYS:
        return on.weekday() < SATURDAY
    own = ladder.calendar == WHERE_THEY_LIVE
    return is_working_day(on, calendar=nearest_known(lives_in) if own else ladder.calendar)
