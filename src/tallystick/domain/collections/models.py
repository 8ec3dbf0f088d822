"""Collections: the ladder of each segment, who stands on it, and every step taken."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to, money_column, one_of


class EpisodeState(StrEnum):
    OPEN = "open"
    CURED = "cured"
    LOST = "lost"  # what was owed was written off


class Ladder(TenantRow):
    """The steps for accounts of a segment that do not pay, as text."""

    segment = models.CharField(max_length=40)
    source = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "segment"], name="ladder_segment_once")
        ]


class Episode(TenantRow):
    """An account on the ladder, from its first step until it has paid or is given up."""

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


class DisputeState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Dispute(TenantRow):
    """A part of an invoice that its account does not agree to; it is not collected while open."""

    account = belongs_to("parties.Account")
    invoice = belongs_to("invoices.Invoice")
    amount = money_column()
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=one_of(DisputeState))
    opened_on = models.DateField()
    decided_on = models.DateField(null=True)
    decision = models.CharField(max_length=300, blank=True)
    credit_note = models.CharField(max_length=40, blank=True)
    """What gave it back where it was accepted."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "invoice"],
                condition=models.Q(state=DisputeState.OPEN),
                name="dispute_one_open",
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="dispute_positive"),
        ]


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"  # what was promised is no longer owed


class Promise(TenantRow):
    """An account's word to pay an amount by a day; the ladder waits until then."""

    account = belongs_to("parties.Account")
    amount = money_column()
    made_on = models.DateField()
    until = models.DateField()
    state = models.CharField(max_length=10, choices=one_of(PromiseState))
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account"],
                condition=models.Q(state=PromiseState.OPEN),
                name="promise_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, until__gte=models.F("made_on")),
                name="promise_sound",
            ),
        ]


class ProtectionKind(StrEnum):
    EXEMPT = "exempt"  # no step at all
    VULNERABLE = "vulnerable"  # some steps are not taken


class Protection(TenantRow):
    """Why an account is left alone, or is not taken some steps, on [valid_from, valid_to)."""

    account = belongs_to("parties.Account")
    kind = models.CharField(max_length=10, choices=one_of(ProtectionKind))
    actions = models.JSONField(default=list)
    """The actions that a vulnerable customer is spared."""
    reason = models.CharField(max_length=300)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account"],
                condition=models.Q(valid_to__isnull=True),
                name="protection_one_open",
            )
        ]


class WriteOff(TenantRow):
    """What was given up of an invoice: the loss, and the tax that the law gave back."""

    account = belongs_to("parties.Account")
    invoice = belongs_to("invoices.Invoice")
    loss = money_column()
    tax = money_column()
    reason = models.CharField(max_length=300)
    written_off_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(loss__gte=0, tax__gte=0), name="write_off_positive"
            ),
        ]


class Recovery(TenantRow):
    """Money that came after all for what was written off: what was lost, the tax owed again."""

    account = belongs_to("parties.Account")
    invoice = belongs_to("invoices.Invoice")
    payment = belongs_to("payments.Payment")
    loss = money_column()
    tax = money_column()
    recovered_on = models.DateField()


class Interest(TenantRow):
    """The day up to which (it not included) interest on an overdue invoice was charged."""

    account = belongs_to("parties.Account")
    invoice = belongs_to("invoices.Invoice")
    charged_to = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account", "invoice"], name="interest_once")
        ]
