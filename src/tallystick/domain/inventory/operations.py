"""Writes around identifiers: who holds them, and for how long they are kept from others then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Greatest, Least

from tallystick.base.period import day_start
from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.models import Contract, Service
from tallystick.domain.inventory.models import Assignment, EarlyRelease, Identifier
from tallystick.domain.tenants.models import Tenant

OPEN = Q(valid_to__isnull=True)


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


@dataclass
class IdentifierQuarantined(Refusal):
    code = "identifier_quarantined"
    kind: str = ""
    value: str = ""
    given_back: str = ""
    until: str = ""

    def sentence(self) -> str:
        return (
            f"{self.kind} {self.value} was given back on {self.given_back} and is in quarantine "
            f"until {self.until}, so that nobody is taken for who had it before; choose another, "
            f"let it begin on {self.until}, or free it early: tallystick inventory release "
            f"{self.value} --reason TEXT"
        )


@dataclass
class NotQuarantined(Refusal):
    code = "not_quarantined"
    kind: str = ""
    value: str = ""
    held: bool = False

    def sentence(self) -> str:
        why = "somebody holds it" if self.held else "it is free"
        return f"{self.kind} {self.value} is not in quarantine: {why}"


def assign_identifier(
    service: Service,
    *,
    kind: str,
    value: str,
    valid_from: datetime,
    valid_to: datetime | None = None,
) -> Assignment:
    """Gives an identifier (made where it is new) to a service for a time.

    The account that had it last may have it back in its quarantine; nobody else.

    :raises IdentifierHeld: when another service holds it in that time
    :raises IdentifierQuarantined: when it is kept from other accounts as that time begins
    """
    identifier, _ = Identifier.objects.get_or_create(
        tenant_id=service.tenant_id, kind=kind, value=value
    )
    Identifier.objects.select_for_update().get(id=identifier.id)
    tenant = Tenant.objects.get(id=service.tenant_id)
    require_free(identifier, account_id=service.account_id, since=valid_from, until=valid_to)
    assignment = Assignment.objects.create(
        tenant_id=service.tenant_id,
        identifier=identifier,
        account_id=service.account_id,
        service=service,
        valid_from=valid_from,
        valid_to=valid_to,
        kept_until=valid_to,
    )
    if valid_to is not None:
        _keep(Assignment.objects.filter(id=assignment.id), until=valid_to, tenant=tenant)
    return assignment


def require_free(
    identifier: Identifier,
    *,
    account_id: int,
    since: datetime,
    until: datetime | None,
    but: int | None = None,
) -> None:
    """Passes when that account may hold the identifier on [since, until), but for one assignment.

    :raises IdentifierHeld: when another service holds it in that time
    :raises IdentifierQuarantined: when it is kept from other accounts as that time begins
    """
    others = Assignment.objects.filter(identifier=identifier)
    if but is not None:
        others = others.exclude(id=but)
    begun = Q(valid_from__lt=until) if until else Q()
    if others.filter(OPEN | Q(valid_to__gt=since), begun).exists():
        raise IdentifierHeld(kind=identifier.kind, value=identifier.value)
    kept = others.filter(valid_to__lte=since, kept_until__gt=since).exclude(account_id=account_id)
    last = kept.order_by("-kept_until").first()
    if last is not None and last.valid_to is not None and last.kept_until is not None:
        zone = ZoneInfo(Tenant.objects.get(id=identifier.tenant_id).zone)
        raise IdentifierQuarantined(
            kind=identifier.kind,
            value=identifier.value,
            given_back=str(last.valid_to.astimezone(zone).date()),
            until=str(last.kept_until.astimezone(zone).date()),
        )


def end_assignments(accounts: Sequence[int], *, at: datetime, tenant_id: int) -> None:
    """Takes back what the accounts' services still hold; the identifiers wait in quarantine."""
    _end(Assignment.objects.filter(account_id__in=accounts), at=at, tenant_id=tenant_id)


def end_assignments_of(service: Service, *, at: datetime) -> None:
    """Takes back what the service still holds; the identifiers wait in quarantine."""
    own = Assignment.objects.filter(account_id=service.account_id, service=service)
    _end(own, at=at, tenant_id=service.tenant_id)


def prolong_assignments(contract: Contract, *, ended: datetime) -> None:
    """What the contract was to give back at that instant stays its own, without an end.

    :raises IdentifierHeld: when another service is to hold it later
    """
    ending = Assignment.objects.filter(
        account_id=contract.account_id, service__contract=contract, valid_to=ended
    )
    for one in ending.select_related("identifier"):
        Identifier.objects.select_for_update().get(id=one.identifier_id)
        require_free(
            one.identifier,
            account_id=one.account_id,
            since=one.valid_from,
            until=None,
            but=one.id,
        )
    ending.update(valid_to=None, kept_until=None)


def begin_assignments_earlier(contract: Contract, *, began: datetime, since: datetime) -> None:
    """What the contract holds from `began` on was its own from `since` on already.

    :raises IdentifierHeld: when another service held it in that time
    :raises IdentifierQuarantined: when it was kept from other accounts then
    """
    own = Assignment.objects.filter(
        account_id=contract.account_id, service__contract=contract, valid_from=began
    )
    for one in own.select_related("identifier"):
        Identifier.objects.select_for_update().get(id=one.identifier_id)
        require_free(
            one.identifier, account_id=one.account_id, since=since, until=began, but=one.id
        )
    own.update(valid_from=since)


def set_quarantine(days: Mapping[str, int], *, tenant_id: int) -> dict[str, int]:
    """All days by kind after these are set; what is in quarantine already stays as it is.

    A kind of 0 days is not kept.
    """
    tenant = Tenant.objects.select_for_update().get(id=tenant_id)
    kept = {kind: count for kind, count in {**tenant.quarantine, **days}.items() if count}
    Tenant.objects.filter(id=tenant_id).update(quarantine=kept)
    return dict(sorted(kept.items()))


def release_identifier(
    identifier: Identifier, *, reason: str, today: date, at: datetime
) -> EarlyRelease:
    """The quarantine ended as that day begins, and noted with its reason.

    :raises NotQuarantined: when the identifier is free or held
    """
    Identifier.objects.select_for_update().get(id=identifier.id)
    now = day_start(today, ZoneInfo(Tenant.objects.get(id=identifier.tenant_id).zone))
    own = Assignment.objects.filter(identifier=identifier)
    held = own.filter(OPEN | Q(valid_to__gt=at), valid_from__lte=at).exists()
    kept = own.filter(valid_to__lte=at, kept_until__gt=Greatest(F("valid_to"), Value(now)))
    last = kept.order_by("-kept_until").first()
    if last is None or last.kept_until is None or held:
        raise NotQuarantined(kind=identifier.kind, value=identifier.value, held=held)
    until = last.kept_until
    for one in kept:
        assert one.valid_to is not None
        Assignment.objects.filter(id=one.id).update(kept_until=max(one.valid_to, now))
    return EarlyRelease.objects.create(
        tenant_id=identifier.tenant_id,
        identifier=identifier,
        account_id=last.account_id,
        kept_until=until,
        released_at=at,
        reason=reason,
    )


def _end(held: QuerySet[Assignment], *, at: datetime, tenant_id: int) -> None:
    held.filter(valid_from__gte=at).delete()
    _keep(held.filter(OPEN | Q(valid_to__gt=at)), until=at, tenant=Tenant.objects.get(id=tenant_id))


def _keep(ending: QuerySet[Assignment], *, until: datetime, tenant: Tenant) -> None:
    """Ends these at that instant and begins their quarantine, as long as their kinds say.

    Where somebody else is to have the identifier before it would be over, it ends with that.
    """
    zone = ZoneInfo(tenant.zone)
    day = until.astimezone(zone).date()
    of_kind = [
        When(
            identifier_id__in=Identifier.objects.filter(kind=kind).values("id"),
            then=Value(day_start(day + timedelta(days=days), zone)),
        )
        for kind, days in tenant.quarantine.items()
    ]
    next_holder = Assignment.objects.filter(
        identifier_id=OuterRef("identifier_id"), valid_from__gte=until
    ).exclude(id=OuterRef("id"))
    own = Case(*of_kind, default=Value(until), output_field=DateTimeField())
    first = Subquery(next_holder.order_by("valid_from").values("valid_from")[:1])
    ending.update(valid_to=until, kept_until=Least(own, first))
