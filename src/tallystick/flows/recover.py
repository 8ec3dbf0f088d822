"""Collections: late accounts climb their segment's ladder; payment brings them down at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

import polars as pl

from tallystick.base.progress import Progress, silent
from tallystick.core.post import chart
from tallystick.core.recover.ladder import (
    RESTORED,
    Action,
    ClimbedDown,
    CollectionCase,
    Ladder,
    Restoration,
    TakenStep,
    climb_down,
)
from tallystick.core.recover.read import read_ladder
from tallystick.domain.collections import operations as episodes
from tallystick.domain.collections.disputes import keep_promise
from tallystick.domain.collections.models import Episode
from tallystick.domain.collections.queries import (
    ladder_text,
    ladder_texts,
    open_episode,
    standing_steps,
)
from tallystick.domain.collections.tables import cut_spans, end_promises, read_late
from tallystick.domain.contracts.models import Service, ServiceState
from tallystick.domain.contracts.operations import move_service
from tallystick.domain.contracts.queries import resting_contracts, services_in
from tallystick.domain.invoices.operations import charge_once
from tallystick.domain.invoices.queries import items_to_pay
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.tenants.settings import of_ladder, texts_of
from tallystick.flows.arrears import charge_interest
from tallystick.flows.climb import CUTS, STEPS_TAKEN, Climbed, climb_span
from tallystick.flows.tasks import WORKERS, work_off

FEE_TAX: Final = "standard"


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step that was taken for a late account."""

    account: str
    step: str
    action: str
    overdue: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What a collection run did; `without_ladder` are late accounts whose segment has none.

    `taken` are STEPS_TAKEN, `interest` how many accounts were charged interest.
    """

    late: int
    taken: pl.DataFrame
    without_ladder: tuple[str, ...]
    interest: int = 0

    @property
    def steps(self) -> Iterator[StepTaken]:
        """The steps one by one."""
        rows = self.taken.select("account", "step", "action", "overdue", "days").iter_rows()
        return (StepTaken(*row) for row in rows)


def collect(
    *, tenant_id: int, on: date, at: datetime, workers: int = WORKERS, progress: Progress = silent
) -> CollectReport:
    """Takes every late account the steps that its ladder says on that day.

    Interest is charged in the first run of a month, for the days of the months before. Some
    thousands of accounts are one transaction; the same day again takes no step twice.

    :raises AlreadyRunning: while another collection run of the operator runs
    """
    with only_one("collections", tenant_id=tenant_id):
        with acting_for(tenant_id):
            end_promises(on=on)
            country = Tenant.objects.get(id=tenant_id).country
            ladders = {
                segment: _with_former(_read(text, segment, country), segment)
                for segment, text in ladder_texts()
            }
            spans = cut_spans(read_late(on=on)["account_id"])
        charged = charge_interest(ladders, tenant_id=tenant_id, on=on)

        def climb(place: int) -> Climbed:
            return climb_span(spans[place], ladders=ladders, tenant_id=tenant_id, on=on, at=at)

        if len(spans) == 1:  # most days of most operators; a second connection would be idle
            climbed = [climb(0)]
        else:
            climbed = work_off(
                range(len(spans)), work=climb, workers=workers, what="collecting", progress=progress
            )
    taken = pl.concat([STEPS_TAKEN.to_frame(), *(one.taken for one in climbed)])
    return CollectReport(
        sum(one.late for one in climbed),
        taken,
        tuple(sorted(number for one in climbed for number in one.without_ladder)),
        charged,
    )


def restore_paid(
    account: Account, *, on: date, at: datetime, by_hand: bool = False
) -> tuple[str, ...]:
    """What a payment makes good: services restored (their names); part of its transaction.

    So does a dispute. What the ladder gives back by hand alone comes with `by_hand`. A contract
    that rests stays at rest.
    """
    keep_promise(account.id, on=on)
    episode = open_episode(account.id)
    ladder = None if episode is None else ladder_of(account)
    if episode is None or ladder is None:
        return ()
    down = _climb_down(account, episode, ladder, on=on)
    fallen = [one for one in down.restorations if one.automatic or by_hand]
    for restoration in fallen:
        _note_restored(account, restoration, episode=episode, ladder=ladder, on=on)
    kept = [one.step for one in down.restorations if one not in fallen]
    restored: list[str] = []
    if fallen:
        cut = _strictest([*_steps_of(ladder, down.standing), *(step.action for step in kept)])
        restored = _restore_services(account, cut=cut, ladder=ladder, episode=episode, at=at)
    if down.closed and not kept:
        episodes.close_episode(episode, on=on)
    return tuple(restored)


def standing_cut(account: Account) -> Action | None:
    """The strictest action that stands between the account and its services, whoever owes."""
    return _cut_of(account)


def _cut_of(owner: Account, *, but: int | None = None) -> Action | None:
    """The strictest cut of the owner's own debts and its payer's, but for one account's."""
    payers = [one for one in (owner.id, owner.payer_id) if one is not None]
    found = []
    for account in Account.objects.filter(id__in=payers):
        episode, ladder = open_episode(account.id), ladder_of(account)
        if episode is None or ladder is None or account.id == but:
            continue
        if account.id == owner.id or ladder.reaches_paid_for:
            taken = tuple(TakenStep(name, on) for name, on in standing_steps(episode.id))
            found.append(_strictest(_steps_of(ladder, taken)))
    return _strictest(found)


def _climb_down(account: Account, episode: Episode, ladder: Ladder, *, on: date) -> ClimbedDown:
    taken = standing_steps(episode.id)
    case = CollectionCase(
        account_id=str(account.id), taken=tuple(TakenStep(name, day) for name, day in taken)
    )
    return climb_down(case, open_items=items_to_pay(account.id), ladder=ladder, on=on)


def _note_restored(
    account: Account, restoration: Restoration, *, episode: Episode, ladder: Ladder, on: date
) -> None:
    episodes.note_action(
        episode,
        step=restoration.step.name,
        action=episodes.RESTORE,
        on=on,
        detail=f"paid; taken on {restoration.taken_on}",
    )
    if restoration.fee:
        charge_once(
            account,
            key=f"reconnection:{episode.id}:{restoration.step.name}:{on}",
            description="Reconnection fee",
            amount=restoration.fee,
            tax_category=ladder.fee_tax,
            revenue_account=chart.FEES,
            on=on,
        )


def _steps_of(ladder: Ladder, standing: tuple[TakenStep, ...]) -> list[Action]:
    names = {taken.name for taken in standing}
    return [step.action for name, step in ladder.known.items() if name in names]


def _reached(account: Account, ladder: Ladder) -> list[Account]:
    """Whose services the account's debts cost: its own, and of those that it pays for."""
    paid_for = Account.objects.filter(payer_id=account.id) if ladder.reaches_paid_for else ()
    return [account, *paid_for]


def _strictest(actions: Iterable[Action | None]) -> Action | None:
    found = list(actions)
    if any(action in RESTORED and action is not Action.RESTRICT for action in found):
        return Action.SUSPEND
    return Action.RESTRICT if Action.RESTRICT in found else None


def _restore_services(
    account: Account, *, cut: Action | None, ladder: Ladder, episode: Episode, at: datetime
) -> list[str]:
    """Gives back all that no standing step takes away, the account's own or another payer's.

    The names of what is better off.
    """
    restored = []
    for owner in _reached(account, ladder):
        kept = _strictest([cut, _cut_of(owner, but=account.id)])
        if kept is Action.SUSPEND:
            continue
        states = [ServiceState.SUSPENDED]
        if kept is None:
            states.append(ServiceState.RESTRICTED)
        said = CUTS[kept][0] if kept else "restore"
        resting = resting_contracts(owner.id)
        for service in services_in([owner.id], states):
            if service.contract_id not in resting:
                _tell_network(move_service(service.id, action=said), said, episode, at)
                restored.append(service.name)
    return restored


def ladder_of(account: Account) -> Ladder | None:
    """The ladder of the account's segment, if it has one."""
    text = ladder_text(account.segment)
    return None if text is None else _with_former(_read(text, account.segment, ""), account.segment)


def _with_former(ladder: Ladder, segment: str) -> Ladder:
    """The ladder with the steps that its segment had before it was changed, if it was."""
    before = [_read(text, segment, "") for text in texts_of(of_ladder(segment)) if text]
    former = {step.name: step for one in before for step in one.steps}
    own = {step.name for step in ladder.steps}
    return replace(ladder, former=tuple(s for name, s in former.items() if name not in own))


@lru_cache(maxsize=64)
def _read(text: str, segment: str, country: str) -> Ladder:
    return read_ladder(text, source=segment, country=country)


def _tell_network(service: Service, action: str, episode: Episode, at: datetime) -> None:
    place_order(
        tenant_id=service.tenant_id,
        account_id=service.account_id,
        port="network",
        action=action,
        key=f"{action}:{service.id}:{episode.id}:{at.isoformat()}",
        payload={"service": service.id, "name": service.name, "state": service.state},
        at=at,
    )
