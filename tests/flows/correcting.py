"""Records that are corrected and taken back: files of them, and what all of it comes to."""

from hashlib import sha256
from pathlib import Path

from django.db import connection

from tallystick.core.capture.conserve import Manifest
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.gates.files.formats import find_format
from tallystick.gates.files.usage import open_usage
from tests.flows.businesses import AT

MAPPING = """
format: delimited
corrections: accept
cancel: {status: [void]}
columns:
  record_id: id
  subject: {from: msisdn, kind: msisdn}
  kind: {constant: voice}
  started_at: {from: start, format: iso}
  quantity: {from: seconds, unit: s}
  revision: revision
"""
HEADER = "id,msisdn,start,seconds,status,revision"

# What all comes to, by account, component and cycle; what was only ever taken back is nothing.
SUMS = """
    SELECT a.number, c.code, t.cycle_start, sum(t.measured), sum(t.billed), sum(t.allowed),
        sum(t.amount)
    FROM usage_ratedline t
    JOIN parties_account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
    JOIN catalog_component c ON c.tenant_id = t.tenant_id AND c.id = t.component_id
    GROUP BY 1, 2, 3 HAVING sum(abs(t.measured)) <> 0 AND sum(t.measured) <> 0
    ORDER BY 1, 2, 3
"""
COUNTERS = """
    SELECT a.number, c.code, t.cycle_start, t.used FROM balances_counter t
    JOIN parties_account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
    JOIN catalog_component c ON c.tenant_id = t.tenant_id AND c.id = t.component_id
    WHERE t.used <> 0 ORDER BY 1, 2, 3
"""
PERIODS = """
    SELECT a.number, c.code, t.cycle_start, t.tier, sum(t.measured), sum(t.billed), sum(t.amount)
    FROM usage_periodline t
    JOIN parties_account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
    JOIN catalog_component c ON c.tenant_id = t.tenant_id AND c.id = t.component_id
    GROUP BY 1, 2, 3, 4 HAVING sum(t.billed) <> 0 OR sum(t.amount) <> 0 ORDER BY 1, 2, 3, 4
"""


def call(
    record: str,
    day: str,
    seconds: int | str,
    *,
    customer: int = 1,
    status: str = "",
    revision: int | str = "",
) -> str:
    """A row; `day` as `01-05`, at ten."""
    return f"{record},4917000000{customer:02d},2026-{day}T10:00:00Z,{seconds},{status},{revision}"


def void(record: str, *, revision: int | str = "") -> str:
    return f"{record},,,,void,{revision}"


def load(
    tenant_id: int,
    folder: Path,
    *rows: str,
    accept: bool | None = None,
    chunk_rows: int = 100_000,
) -> Manifest:
    """Takes the rows in as a file of their own; the mapping accepts corrections."""
    (folder / "calls.yaml").write_text(MAPPING)
    text = "\n".join([HEADER, *rows]) + "\n"
    path = folder / f"{sha256(text.encode()).hexdigest()[:12]}.csv"
    path.write_text(text)
    name = str(folder / "calls.yaml")
    format = find_format(name)
    report = capture_usage(
        Delivery("switch", path.name, name, sha256(text.encode()).hexdigest()),
        tenant_id=tenant_id,
        chunks=open_usage(path, format=format, chunk_rows=chunk_rows),
        at=AT,
        corrections=format.corrections if accept is None else accept,
    )
    return report.manifest


def sums(tenant_id: int) -> list[tuple]:
    """What was measured, billed, allowed and charged, by account, component and cycle."""
    return _ask(tenant_id, SUMS)


def counters(tenant_id: int) -> list[tuple]:
    return _ask(tenant_id, COUNTERS)


def periods(tenant_id: int) -> list[tuple]:
    """What periods were billed at, all bills together."""
    return _ask(tenant_id, PERIODS)


def _ask(tenant_id: int, query: str) -> list[tuple]:
    with acting_for(tenant_id), connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()
