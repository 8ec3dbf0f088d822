"""Collections: late accounts climb their segment's ladder; payment brings them down at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from tallystick.base.money import round_minor
from tallystick.base.progress import Progress, silent
from tallystick.core.post import chart
from tallystick.core.post.entry import post_write_off
from tallystick.core.recover.ladder import (
    RESTORED,
    Action,
    CollectionCase,
    Ladder,
    Step,
    TakenStep,
    climb_down,
    next_steps,
)
from tallystick.core.recover.read import read_ladder
from tallystick.domain.collections import operations as episodes
from tallystick.domain.collections.models import Episode
from tallystick.domain.collections.queries import (
    ladder_text,
    late_accounts,
    open_episode,
    standing_steps,
)
from tallystick.domain.contracts.models import Service, ServiceState
from tallystick.domain.contracts.operations import end_contracts, move_service
from tallystick.domain.contracts.queries import running_contracts, services_in
from tallystick.domain.inventory.operations import end_assignments
from tallystick.domain.invoices.operations import charge_once, write_off_items
from tallystick.domain.invoices.queries import items_to_pay
from tallystick.domain.ledger.operations import store_entry
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.leave import charge_leaving

FEE_TAX: Final = "standard"

_TAKEN_FROM: Final = {
    Action.RESTRICT: (ServiceState.ACTIVE,),
    Action.SUSPEND: (ServiceState.ACTIVE, ServiceState.RESTRICTED),
    Action.DISCONNECT: (ServiceState.ACTIVE, ServiceState.RESTRICTED),
    Action.TERMINATE: (ServiceState.ACTIVE, ServiceState.RESTRICTED, ServiceState.SUSPENDED),
}
_SERVICE_ACTION: Final = {
    Action.RESTRICT: "restrict",
    Action.SUSPEND: "suspend",
    Action.DISCONNECT: "suspend",
    Action.TERMINATE: "end",
}


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
    """What a collection run did; `without_ladder` are late accounts whose segment has none."""

    late: int
    steps: tuple[StepTaken, ...]
    without_ladder: tuple[str, ...]


def collect(
    *, tenant_id: int, on: date, at: datetime, progress: Progress = silent
) -> CollectReport:
    """Takes every late account the steps that its ladder says on that day.

    An account is one transaction; the same day again takes no step twice.

    :raises AlreadyRunning: while another collection run of the operator runs
    """
    with only_one("collections", tenant_id=tenant_id):
        with acting_for(tenant_id):
            late = late_accounts(on=on)
        steps: list[StepTaken] = []
        without: list[str] = []
        for done, account_id in enumerate(late, start=1):
            with acting_for(tenant_id):
                account = Account.objects.select_for_update().get(id=account_id)
                ladder = _ladder_of(account)
                if ladder is None:
                    without.append(account.number)
                else:
                    steps += _climb(account, ladder=ladder, on=on, at=at)
            progress("collecting", done=done, total=len(late))
        return CollectReport(len(late), tuple(steps), tuple(without))


def restore_paid(account: Account, *, on: date, at: datetime) -> tuple[str, ...]:
    """What a payment makes good: services restored (their names); part of its transaction."""
    episode = open_episode(account.id)
    ladder = _ladder_of(account)
    if episode is None or ladder is None:
        return ()
    down = climb_down(
        _case(account, episode), open_items=items_to_pay(account.id), ladder=ladder, on=on
    )
    restored: list[str] = []
    for restoration in down.restorations:
        if not restoration.automatic:
            continue
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
                tax_category=FEE_TAX,
                revenue_account=chart.FEES,
                on=on,
            )
    if down.restorations and not _still_cut(down.standing, ladder):
        restored = _restore_services(account, ladder=ladder, episode=episode, at=at)
    if down.closed:
        episodes.close_episode(episode, on=on)
    return tuple(restored)


def _still_cut(standing: Sequence[TakenStep], ladder: Ladder) -> bool:
    names = {taken.name for taken in standing}
    return any(step.name in names and step.action in RESTORED for step in ladder.steps)


def _reached(account: Account, ladder: Ladder) -> list[Account]:
    """Whose services the account's debts cost: its own, and of those that it pays for."""
    paid_for = Account.objects.filter(payer_id=account.id) if ladder.reaches_paid_for else ()
    return [account, *paid_for]


def _is_cut(account: Account) -> bool:
    """Whether debts of its own keep service from the account."""
    episode, ladder = open_episode(account.id), _ladder_of(account)
    if episode is None or ladder is None:
        return False
    return _still_cut(_case(account, episode).taken, ladder)


def _restore_services(
    account: Account, *, ladder: Ladder, episode: Episode, at: datetime
) -> list[str]:
    """Restores what nobody else's debts still keep away: its owner's or the owner's payer's."""
    free = []
    for owner in _reached(account, ladder):
        others = Account.objects.filter(id__in=[owner.id, owner.payer_id]).exclude(id=account.id)
        if not any(_is_cut(one) for one in others):
            free.append(owner.id)
    restored = []
    for service in services_in(free, (ServiceState.RESTRICTED, ServiceState.SUSPENDED)):
        _tell_network(move_service(service.id, action="restore"), "restore", episode, at)
        restored.append(service.name)
    return restored


def _ladder_of(account: Account) -> Ladder | None:
    text = ladder_text(account.segment)
    return None if text is None else _read(text, account.segment)


@lru_cache(maxsize=64)
def _read(text: str, segment: str) -> Ladder:
    return read_ladder(text, source=segment)


def _case(account: Account, episode: Episode | None) -> CollectionCase:
    taken = standing_steps(episode.id) if episode else ()
    return CollectionCase(
        account_id=str(account.id), taken=tuple(TakenStep(name, on) for name, on in taken)
    )


def _climb(account: Account, *, ladder: Ladder, on: date, at: datetime) -> list[StepTaken]:
    episode = open_episode(account.id)
    items = items_to_pay(account.id)
    steps = next_steps(_case(account, episode), open_items=items, ladder=ladder, on=on)
    if not steps:
        return []
    if episode is None:
        episode = episodes.open_episode_of(
            account, oldest_due_on=min(item.due_on for item in items), on=on
        )
    for step in steps:
        episodes.note_action(
            episode,
            step=step.step.name,
            action=step.step.action,
            on=on,
            detail=f"{_written(step.overdue_amount, ladder.currency)} {ladder.currency}"
            f" overdue for {step.overdue_days} days",
        )
        _act(account, ladder=ladder, step=step, episode=episode, on=on, at=at)
    return [
        StepTaken(
            account.number,
            step.step.name,
            step.step.action,
            step.overdue_amount,
            step.overdue_days,
        )
        for step in steps
    ]


def _act(
    account: Account, *, ladder: Ladder, step: Step, episode: Episode, on: date, at: datetime
) -> None:
    action = step.step.action
    reached = [one.id for one in _reached(account, ladder)]
    if step.step.fee:
        charge_once(
            account,
            key=f"fee:{episode.id}:{step.step.name}:{on}",
            description="Late payment fee",
            amount=step.step.fee,
            tax_category=FEE_TAX,
            revenue_account=chart.FEES,
            on=on,
        )
    if action in (Action.REMIND, Action.HAND_OVER):
        place_order(
            tenant_id=account.tenant_id,
            account_id=account.id,
            port="mail" if action is Action.REMIND else "agency",
            action=action.value,
            key=f"{action}:{episode.id}:{step.step.name}:{on}",
            payload={
                "to": account.party.email,
                "how": step.step.how,
                "overdue": _written(step.overdue_amount, account.currency),
                "currency": account.currency,
                "days": step.overdue_days,
            },
            at=at,
        )
    for service in services_in(reached, _TAKEN_FROM.get(action, ())):
        moved = move_service(service.id, action=_SERVICE_ACTION[action])
        _tell_network(moved, _SERVICE_ACTION[action], episode, at)
    if action is Action.TERMINATE:
        for account_id in reached:
            for contract in running_contracts(account_id, on=on):
                charge_leaving(contract, on=on)
            end_contracts(account_id, on=on)
            end_assignments(account_id, at=at)
    if action is Action.WRITE_OFF:
        _write_off(account, episode=episode, on=on, at=at)


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


def _write_off(account: Account, *, episode: Episode, on: date, at: datetime) -> None:
    """Gives up what the account owes, whole; tax already paid on it is not claimed back here."""
    for invoice_id, amount in write_off_items(account.id):
        entry = post_write_off(
            loss=amount,
            tax=Decimal(0),
            source_key=f"write-off:{episode.id}:{invoice_id}",
            on=on,
            currency=account.currency,
        )
        store_entry(
            entry,
            tenant_id=account.tenant_id,
            account_id=account.id,
            description="written off",
            at=at,
        )


def _written(amount: Decimal, currency: str) -> str:
    return str(round_minor(amount, currency=currency))
