"""Writes around identifiers and who holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.models import Service
from tallystick.domain.inventory.models import Assignment, Identifier, IdentifierState


@dataclass
class IdentifierHeld(Refusal):
    code = "identifier_held"
    kind: str = ""
    value: str = ""

    def sentence(self) -> str:
        return (
            f"{self.kind} {self.value} is held by another service in that time; "
            "end that assignment first"
        )


def assign_identifier(
    service: Service,
    *,
    kind: str,
    value: str,
    valid_from: datetime,
    valid_to: datetime | None = None,
) -> Assignment:
    """Gives an identifier (made where it is new) to a service for a time.

    :raises IdentifierHeld: when another service holds it in that time
    """
    identifier, _ = Identifier.objects.get_or_create(
        tenant_id=service.tenant_id,
        kind=kind,
        value=value,
        defaults={"state": IdentifierState.AVAILABLE},
    )
    Identifier.objects.select_for_update().get(id=identifier.id)
    still = Q(valid_to__isnull=True) | Q(valid_to__gt=valid_from)
    begun = Q(valid_from__lt=valid_to) if valid_to else Q()
    if Assignment.objects.filter(still, begun, identifier=identifier).exists():
        raise IdentifierHeld(kind=kind, value=value)
    Identifier.objects.filter(id=identifier.id).update(state=IdentifierState.ASSIGNED)
    return Assignment.objects.create(
        tenant_id=service.tenant_id,
        identifier=identifier,
        account_id=service.account_id,
        service=service,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def end_assignments(accounts: Sequence[int], *, at: datetime) -> None:
    """Takes back what the accounts' services still hold; the identifiers wait in quarantine."""
    _end(Assignment.objects.filter(account_id__in=accounts), at=at)


def end_assignments_of(service: Service, *, at: datetime) -> None:
    """Takes back what the service still holds; the identifiers wait in quarantine."""
    _end(Assignment.objects.filter(account_id=service.account_id, service=service), at=at)


def _end(held: QuerySet[Assignment], *, at: datetime) -> None:
    held.filter(valid_from__gte=at).delete()
    ending = held.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=at))
    given_back = list(ending.values_list("identifier_id", flat=True))
    ending.update(valid_to=at)
    held_since = Assignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at))
    Identifier.objects.filter(id__in=given_back).exclude(
        id__in=held_since.values("identifier_id")
    ).update(state=IdentifierState.QUARANTINED)
