"""Writes around collections: a stay on the ladder and every step of it."""

from datetime import date
from typing import Final

from tallystick.domain.collections.models import Action, Episode, EpisodeState
from tallystick.domain.parties.models import Account

RESTORE: Final = "restore"
"""The action that undoes a step after payment."""


def open_episode_of(account: Account, *, oldest_due_on: date, on: date) -> Episode:
    """The account's stay on the ladder begins."""
    return Episode.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        state=EpisodeState.OPEN,
        oldest_due_on=oldest_due_on,
        opened_on=on,
    )


def note_action(episode: Episode, *, step: str, action: str, on: date, detail: str) -> None:
    """Notes a step that is taken, or undone, on that day; once a day."""
    Action.objects.create(
        tenant_id=episode.tenant_id,
        account_id=episode.account_id,
        episode=episode,
        step=step,
        action=action,
        taken_on=on,
        detail=detail[:300],
    )


def close_episode(episode: Episode, *, on: date) -> None:
    """The account has paid and leaves the ladder."""
    Episode.objects.filter(id=episode.id).update(state=EpisodeState.CURED, closed_on=on)
