"""Acting for one operator: the transaction in which only that operator's rows exist."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from tallystick.base.refusal import Refusal


@dataclass
class UnknownTenant(Refusal):
    code = "unknown_tenant"
    tenant: str = ""
    known: str = ""

    def sentence(self) -> str:
        known = f"known operators: {self.known}" if self.known else "there is no operator yet"
        return f"no operator has the code {self.tenant!r}; {known}"


@contextmanager
def acting_for(tenant_id: int) -> Iterator[None]:
    """One transaction in which row-level security shows and accepts this tenant's rows only.

    Nested use must name the same tenant: one transaction never serves two operators.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('tallystick.tenant', true)")
            before = cursor.fetchone()[0] or ""
            assert before in ("", str(tenant_id)), "one transaction serves one operator"
            cursor.execute("SELECT set_config('tallystick.tenant', %s, true)", [str(tenant_id)])
        yield
        if before == "" and connection.in_atomic_block and len(connection.savepoint_ids):
            # Inside an outer transaction the setting would outlive this block.
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('tallystick.tenant', '', true)")


def list_tenants() -> list[tuple[int, str, str]]:
    """(id, code, name) of every operator of this installation, by code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, code, name FROM tenants_directory() ORDER BY code")
        return list(cursor.fetchall())


def tenant_id_of(code: str) -> int:
    """The id of the operator with that code.

    :raises UnknownTenant: when there is none
    """
    tenants = list_tenants()
    for tenant_id, found, _ in tenants:
        if found == code:
            return tenant_id
    raise UnknownTenant(tenant=code, known=", ".join(found for _, found, _ in tenants))
