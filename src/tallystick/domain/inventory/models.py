"""Identifiers (numbers, SIMs, user names, meters, routers) and who holds them when."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to, one_of


class IdentifierState(StrEnum):
    AVAILABLE = "available"
    RESERVED = "reserved"
    ASSIGNED = "assigned"
    QUARANTINED = "quarantined"
    RETIRED = "retired"


class Identifier(TenantRow):
    """One MSISDN, user name, meter, serial number; unique by kind and value."""

    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=100)
    state = models.CharField(max_length=12, choices=one_of(IdentifierState))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "value"], name="identifier_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Assignment(TenantRow):
    """An identifier in the hands of a service during [valid_from, valid_to); never two at once."""

    identifier = belongs_to("inventory.Identifier")
    account = belongs_to("parties.Account")
    service = belongs_to("contracts.Service")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
