"""A rehearsal's customers out of a table: one line a customer, columns as `COLUMNS` names them."""

import csv
import io
from datetime import date
from typing import Final

from tallystick.packs.pack import PayingHabit, RehearsedCustomer

COLUMNS: Final = (
    "number", "name", "kind", "email", "address", "bill_day", "segment", "habit",
    "offer", "options", "starts_on", "ends_on", "service", "identifiers", "tax_number",
)  # fmt: skip
"""`address` and `options` hold several parts split by ` | `, `identifiers` as `kind=value`."""


def read_customers(text: str, *, country: str) -> tuple[RehearsedCustomer, ...]:
    """The customers of a CSV text, all of one country; a fault in it is a bug and crashes."""
    table = csv.DictReader(io.StringIO(text), strict=True)
    assert tuple(table.fieldnames or ()) == COLUMNS, f"columns are {table.fieldnames}"
    return tuple(_customer(row, country) for row in table)


def _customer(row: dict[str, str], country: str) -> RehearsedCustomer:
    assert row["kind"] in ("person", "organisation"), row
    return RehearsedCustomer(
        number=row["number"],
        name=row["name"],
        kind=row["kind"],
        email=row["email"],
        address=_parts(row["address"]),
        country=country,
        bill_day=int(row["bill_day"]),
        customer_kind="consumer" if row["kind"] == "person" else "business",
        segment=row["segment"],
        habit=PayingHabit(row["habit"]),
        offer=row["offer"],
        options=_parts(row["options"]),
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
        service_kind=row["service"],
        identifiers=tuple(_pair(part) for part in _parts(row["identifiers"])),
        tax_number=row["tax_number"],
    )


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _pair(part: str) -> tuple[str, str]:
    kind, mark, value = part.partition("=")
    assert "" not in (kind, mark, value), f"{part!r} is not kind=value"
    return kind, value
