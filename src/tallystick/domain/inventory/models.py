"""Identifiers (numbers, SIMs, user names, meters), who holds them when, and their quarantine."""

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to


class Identifier(TenantRow):
    """One MSISDN, user name, meter, serial number; unique by kind and value."""

    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "value"], name="identifier_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Assignment(TenantRow):
    """An identifier in the hands of a service during [valid_from, valid_to); never two at once.

    Until `kept_until`, when its quarantine is over, no other account may have it.
    """

    identifier = belongs_to("inventory.Identifier")
    account = belongs_to("parties.Account")
    service = belongs_to("contracts.Service")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    kept_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True, kept_until__isnull=True)
                | models.Q(
                    valid_to__isnull=False,
                    kept_until__isnull=False,
                    kept_until__gte=models.F("valid_to"),
                ),
                name="assignment_kept_after_it_ends",
            )
        ]


class EarlyRelease(TenantRow):
    """A quarantine that was ended before its time, and why."""

    identifier = belongs_to("inventory.Identifier")
    account = belongs_to("parties.Account")
    """Who held it last."""
    kept_until = models.DateTimeField()
    """When the quarantine would have been over."""
    released_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
