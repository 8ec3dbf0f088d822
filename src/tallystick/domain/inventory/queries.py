"""Reads of identifiers: what there is, who holds it, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from tallystick.base.refusal import Refusal
from tallystick.domain.inventory.models import Identifier


class Standing(StrEnum):
    """What an identifier is at an instant, as its assignments say."""

    ASSIGNED = "assigned"
    QUARANTINED = "quarantined"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class IdentifierNow:
    """An identifier at an instant; whose it is, or was last, and since when; None = nobody's yet.

    `given_back` is when it is or was given back, `kept_until` when others may have it.
    """

    kind: str
    value: str
    state: Standing
    account: str | None
    contract: str | None
    since: datetime | None
    given_back: datetime | None
    kept_until: datetime | None


@dataclass(frozen=True, slots=True)
class Happening:
    """What became of an identifier: assigned, given back, released early, out of quarantine."""

    at: datetime
    what: str
    account: str
    contract: str | None
    reason: str


_LAST: Final = """
    SELECT i.kind, i.value,
        CASE WHEN a.id IS NULL THEN 'free'
            WHEN a.valid_to IS NULL OR a.valid_to > %(at)s THEN 'assigned'
            WHEN a.kept_until > %(at)s THEN 'quarantined' ELSE 'free' END AS state,
        c.number AS account, k.number AS contract, a.valid_from, a.valid_to, a.kept_until
    FROM inventory_identifier i
    LEFT JOIN LATERAL (SELECT * FROM inventory_assignment o WHERE o.tenant_id = i.tenant_id
        AND o.identifier_id = i.id AND o.valid_from <= %(at)s
        ORDER BY o.valid_from DESC LIMIT 1) a ON true
    LEFT JOIN parties_account c ON c.tenant_id = a.tenant_id AND c.id = a.account_id
    LEFT JOIN contracts_service s ON s.tenant_id = a.tenant_id AND s.account_id = a.account_id
        AND s.id = a.service_id
    LEFT JOIN contracts_contract k ON k.tenant_id = s.tenant_id AND k.id = s.contract_id
"""

_HISTORY: Final = """
    SELECT h.happened_at, h.what, c.number, k.number, h.reason FROM (
        SELECT valid_from AS happened_at, 'assigned' AS what, account_id, service_id,
            '' AS reason, 3 AS place FROM inventory_assignment WHERE identifier_id = %(id)s
        UNION ALL SELECT valid_to, 'given back', account_id, service_id, '', 0
            FROM inventory_assignment WHERE identifier_id = %(id)s AND valid_to IS NOT NULL
        UNION ALL SELECT released_at, 'released early', account_id, NULL, reason, 1
            FROM inventory_earlyrelease WHERE identifier_id = %(id)s
        UNION ALL SELECT kept_until, 'out of quarantine', account_id, service_id, '', 2
            FROM inventory_assignment WHERE identifier_id = %(id)s AND kept_until > valid_to) h
    JOIN parties_account c ON c.id = h.account_id
    LEFT JOIN contracts_service s ON s.account_id = h.account_id AND s.id = h.service_id
    LEFT JOIN contracts_contract k ON k.id = s.contract_id
    ORDER BY h.happened_at, h.place
"""


@dataclass
class UnknownIdentifier(Refusal):
    code = "unknown_identifier"
    value: str = ""

    def sentence(self) -> str:
        return f"nothing is known as {self.value!r}; see: tallystick inventory list"


@dataclass
class SeveralIdentifiers(Refusal):
    code = "several_identifiers"
    value: str = ""
    kinds: str = ""

    def sentence(self) -> str:
        return f"{self.value!r} is {self.kinds}; say --kind with one of them"


def find_identifier(value: str, *, kind: str | None) -> Identifier:
    """The identifier of that value, and of that kind where one is named.

    :raises UnknownIdentifier: when there is none
    :raises SeveralIdentifiers: when there are several kinds and none is named
    """
    alike = Identifier.objects.filter(value=value).order_by("kind")
    found = list(alike.filter(kind=kind) if kind else alike)
    if not found:
        raise UnknownIdentifier(value=value)
    if len(found) > 1:
        raise SeveralIdentifiers(value=value, kinds=" and ".join(one.kind for one in found))
    return found[0]


def list_identifiers(
    *, at: datetime, kind: str | None, state: Standing | None, count: int
) -> list[IdentifierNow]:
    """Identifiers by kind and value, as they are at that instant."""
    return _read(
        f"SELECT * FROM ({_LAST}) o WHERE (%(kind)s::text IS NULL OR kind = %(kind)s)"
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " ORDER BY kind, value LIMIT %(count)s",
        {"at": at, "kind": kind, "state": state, "count": count},
    )


def standing_of(identifier: Identifier, *, at: datetime) -> IdentifierNow:
    """The identifier as it is at that instant."""
    (found,) = _read(f"{_LAST} WHERE i.id = %(id)s", {"at": at, "id": identifier.id})
    return found


def history_of(identifier: Identifier) -> list[Happening]:
    """What became of the identifier, oldest first, and what is agreed for days to come."""
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, {"id": identifier.id})
        return [Happening(*row) for row in cursor.fetchall()]


def _read(query: str, parameters: dict[str, Any]) -> list[IdentifierNow]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [
            IdentifierNow(kind, value, Standing(state), *rest)
            for kind, value, state, *rest in cursor.fetchall()
        ]
