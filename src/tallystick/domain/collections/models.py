"""Collections: the ladder of each segment, who stands on it, and every step taken."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to, one_of


class EpisodeState(StrEnum):
    OPEN = "open"
    CURED = "cured"


class Ladder(TenantRow):
    """The steps for accounts of a segment that do not pay, as text."""

    segment = models.CharField(max_length=40)
    source = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "segment"], name="ladder_segment_once")
        ]


class Episode(TenantRow):
    """An account on the ladder, from its first step until it has paid."""

    account = belongs_to("parties.Account")
    state = models.CharField(max_length=10, choices=one_of(EpisodeState))
    oldest_due_on = models.DateField()
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account"],
                condition=models.Q(state=EpisodeState.OPEN),
                name="episode_one_open",
            )
        ]


class Action(TenantRow):
    """A step of the ladder that was taken, or the restoration that followed payment; once each."""

    account = belongs_to("parties.Account")
    episode = belongs_to("collections.Episode")
    step = models.CharField(max_length=60)
    action = models.CharField(max_length=30)
    taken_on = models.DateField()
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "episode", "step", "action", "taken_on"],
                name="action_step_once_a_day",
            )
        ]
