"""Writes around operators: opening one, and moving its rehearsal clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from tallystick.base.refusal import Refusal
from tallystick.domain.tenants.models import ClockKind, Tenant
from tallystick.domain.tenants.scope import acting_for, list_tenants


@dataclass
class TenantExists(Refusal):
    code = "tenant_exists"
    tenant: str = ""

    def sentence(self) -> str:
        return f"there is already an operator {self.tenant!r}; choose another code"


@dataclass
class ClockGoesForward(Refusal):
    code = "clock_goes_forward"
    now: str = ""
    asked: str = ""

    def sentence(self) -> str:
        return f"the rehearsal clock stands at {self.now}; it cannot go back to {self.asked}"


@dataclass
class NotRehearsing(Refusal):
    code = "not_rehearsing"
    tenant: str = ""

    def sentence(self) -> str:
        return f"operator {self.tenant!r} lives by the wall clock, which cannot be moved"


def open_tenant(*, code: str, at: datetime, **columns: Any) -> Tenant:
    """A new operator; `columns` are those of the model.

    :raises TenantExists: when the code is taken
    """
    if any(code == known for _, known, _ in list_tenants()):
        raise TenantExists(tenant=code)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('tenants_tenant_id_seq')")
            tenant_id = cursor.fetchone()[0]
        with acting_for(tenant_id):
            return Tenant.objects.create(id=tenant_id, code=code, created_at=at, **columns)


def move_clock(*, tenant_id: int, to: datetime) -> None:
    """Moves the operator's rehearsal clock forward.

    :raises NotRehearsing: when the operator lives by the wall clock
    :raises ClockGoesForward: when that instant is past
    """
    with acting_for(tenant_id):
        tenant = Tenant.objects.select_for_update().get(id=tenant_id)
        if tenant.clock != ClockKind.REHEARSAL or tenant.rehearsal_at is None:
            raise NotRehearsing(tenant=tenant.code)
        if to < tenant.rehearsal_at:
            raise ClockGoesForward(now=tenant.rehearsal_at.isoformat(), asked=to.isoformat())
        Tenant.objects.filter(id=tenant_id).update(rehearsal_at=to)
