"""Reads of collections: the ladders, and where an account stands on its own."""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from tallystick.domain.collections.models import Action, Episode, EpisodeState, Ladder
from tallystick.domain.collections.operations import RESTORE


def ladder_text(segment: str) -> str | None:
    """The text of a segment's ladder, if it has one."""
    return Ladder.objects.filter(segment=segment).values_list("source", flat=True).first()


def ladder_texts() -> list[tuple[str, str]]:
    """(segment, text) of every ladder."""
    return list(Ladder.objects.order_by("segment").values_list("segment", "source"))


def open_episode(account_id: int) -> Episode | None:
    """The account's stay on the ladder, if it is on it."""
    return Episode.objects.filter(account_id=account_id, state=EpisodeState.OPEN).first()


def standing_steps(episode_id: int) -> tuple[tuple[str, date], ...]:
    """(step, day taken) of the steps that no restoration undid, in the order they were taken."""
    standing: dict[str, date] = {}
    actions = Action.objects.filter(episode_id=episode_id).order_by("id")
    for step, action, taken_on in actions.values_list("step", "action", "taken_on"):
        if action == RESTORE:
            standing.pop(step, None)
        else:
            standing[step] = taken_on
    return tuple(standing.items())


def accounts_in_collection(account_ids: Sequence[int]) -> list[int]:
    """Those of the accounts that are on their ladder."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id FROM collections_episode"
            " WHERE account_id = ANY(%s) AND state = %s ORDER BY account_id",
            [list(account_ids), EpisodeState.OPEN.value],
        )
        return [account_id for (account_id,) in cursor.fetchall()]
