"""Writes around charge runs and their tasks."""

from datetime import datetime

from django.db.models import Max, Min, Q

from tallystick.domain.usage.models import (
    Batch,
    BatchState,
    ChargeRun,
    ChargeTask,
    RejectState,
    ReplacedUsage,
    Rerating,
    RunState,
    Suspense,
)


def open_run_of_tenant() -> ChargeRun | None:
    """The charge run that was begun and not finished, if there is one."""
    return ChargeRun.objects.filter(state=RunState.OPEN).order_by("id").first()


def begin_run(*, tenant_id: int, at: datetime) -> ChargeRun | None:
    """A run that takes every loaded batch no run has taken, all open suspense, what was replaced by
    them or by replays, and what is to be rated again; or None."""
    loaded = Batch.objects.filter(state=BatchState.LOADED, charge_run_id__isnull=True)
    # Held, and named one by one: a batch that is loaded meanwhile is outside the span below.
    held = list(loaded.select_for_update().values_list("id", flat=True))
    waiting = Batch.objects.filter(id__in=held)
    span = waiting.aggregate(first=Min("first_at"), last=Max("last_at"))
    suspended = Suspense.objects.filter(state=RejectState.OPEN).exists()
    again = Rerating.objects.filter(charge_run_id__isnull=True)
    loaded_or_replayed = Q(batch_id__in=held) | Q(batch__charge_run_id__isnull=False)
    replaced = ReplacedUsage.objects.filter(loaded_or_replayed, charge_run_id__isnull=True)
    if not held and not suspended and not again.exists() and not replaced.exists():
        return None
    run = ChargeRun.objects.create(
        tenant_id=tenant_id,
        state=RunState.OPEN,
        first_at=span["first"] or at,
        last_at=span["last"] or at,
        started_at=at,
    )
    replaced.update(charge_run_id=run.id)
    waiting.update(charge_run_id=run.id)
    again.update(charge_run_id=run.id)
    return run


def begin_settled_run(
    *, tenant_id: int, first: datetime, last: datetime, at: datetime
) -> ChargeRun:
    """A run of what was charged already when it happened; it has no tasks."""
    return ChargeRun.objects.create(
        tenant_id=tenant_id, state=RunState.OPEN, first_at=first, last_at=last, started_at=at
    )


def take_batch(*, batch_id: int, run_id: int) -> None:
    """Gives a batch to the run that has charged it."""
    Batch.objects.filter(id=batch_id).update(charge_run_id=run_id)


def open_task_ids(*, run_id: int) -> list[int]:
    """The run's tasks that are not done, in order of account."""
    tasks = ChargeTask.objects.filter(charge_run_id=run_id, state=RunState.OPEN)
    return list(tasks.order_by("account_from").values_list("id", flat=True))


def take_task(task_id: int) -> ChargeTask | None:
    """The task, held for this transaction; None when it was done meanwhile."""
    task = ChargeTask.objects.select_for_update().get(id=task_id)
    return task if task.state == RunState.OPEN else None


def close_task(task_id: int, *, events: int, lines: int, suspended: int) -> None:
    """Marks a task done with its figures, in the transaction that stored its lines."""
    ChargeTask.objects.filter(id=task_id).update(
        state=RunState.DONE, events=events, lines=lines, suspended=suspended
    )


def close_run(*, run_id: int, at: datetime) -> None:
    """Marks a run done; all its tasks are."""
    assert not ChargeTask.objects.filter(charge_run_id=run_id, state=RunState.OPEN).exists()
    ChargeRun.objects.filter(id=run_id).update(state=RunState.DONE, done_at=at)
