"""What a processor pays out, and the movements that a payout is made of."""

from django.db import models

from tallystick.core.receive.payout import MovementKind, PayoutState
from tallystick.domain.tenants.columns import TenantRow, money_column, one_of


class Payout(TenantRow):
    """A sum that a processor sends to the operator's bank, once for its name."""

    processor = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    amount = money_column()
    """What arrives; below zero where the processor takes it from the bank."""
    currency = models.CharField(max_length=3)
    expected_on = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=one_of(PayoutState))
    told_at = models.DateTimeField(null=True)
    """When what was told of it last happened; what is older changes nothing."""
    arrived_on = models.DateField(null=True)
    bank_key = models.CharField(max_length=110, blank=True)
    """The line of a bank statement that it arrived by; empty where a person said so."""
    note = models.CharField(max_length=300, blank=True)
    """Why it is not booked, or why it failed."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "processor", "name"], name="payout_once"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["arrived", "booked"])
                | models.Q(arrived_on__isnull=False),
                name="payout_arrived_on_a_day",
            ),
        ]


class ProcessorMovement(TenantRow):
    """A movement of what a processor holds, as its report says; what it is of ours, once known."""

    processor = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=one_of(MovementKind))
    told = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    gross = money_column()
    fee = money_column()
    currency = models.CharField(max_length=3)
    happened_on = models.DateField()
    payout = models.CharField(max_length=80)
    """The name of the payout that it is part of."""
    item = models.CharField(max_length=140, blank=True)
    """What of ours it is, once its payout is booked."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "processor", "name"], name="processor_movement_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "item"],
                condition=~models.Q(item=""),
                name="clearing_item_paid_out_once",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "payout"], name="movement_of_payout")]
