"""Reads of documents on their way."""

from tallystick.domain.documents.models import Dispatch, DispatchState


def waiting_dispatches(*, count: int) -> list[int]:
    """The documents that wait to be sent, those tried least first."""
    waiting = Dispatch.objects.filter(state=DispatchState.WAITING).order_by("attempts", "id")
    return list(waiting.values_list("id", flat=True)[:count])


def recent_dispatches(*, state: str | None, count: int) -> list[Dispatch]:
    """Documents on their way or sent, the latest first, with their accounts and invoices."""
    found = Dispatch.objects.select_related("account", "invoice").order_by("-id")
    if state is not None:
        found = found.filter(state=state)
    return list(found[:count])
