"""What charge and bill tasks read in bulk of what contracts have beyond their offers."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl
from django.db import connection

from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.tenants.bulk import read_frame

OVERRIDES: Final = pl.Schema(
    {
        "contract_id": pl.Int64(),
        "offer_id": pl.Int64(),
        "offer": pl.String(),
        "component_id": pl.Int64(),
        "component": pl.String(),
        "words": pl.String(),
        "valid_from": pl.Date(),
        "valid_to": pl.Date(),
    }
)
"""Contracts' own prices, by contract and component."""

MOVED: Final = pl.Schema({"account_id": pl.Int64(), "service_id": pl.Int64(), "name": pl.String()})
"""Services whose state has changed."""

GRANTED: Final = pl.Schema(
    {
        "grant_id": pl.Int64(),
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),  # null = the whole account
        "kind": pl.String(),
        "name": pl.String(),
        "words": pl.String(),
        "valid_from": pl.Date(),
        "valid_to": pl.Date(),
    }
)
"""Discounts, coupons and commitments that contracts and accounts have of their own."""


def read_overrides() -> pl.DataFrame:
    """Every contract's own prices (OVERRIDES)."""
    return read_frame(
        "SELECT p.contract_id, c.offer_id, o.code, p.component_id, c.code, p.words,"
        " p.valid_from, p.valid_to FROM contracts_priceoverride p"
        " JOIN catalog_component c ON c.tenant_id = p.tenant_id AND c.id = p.component_id"
        " JOIN catalog_offer o ON o.tenant_id = c.tenant_id AND o.id = c.offer_id"
        " ORDER BY p.contract_id, c.offer_id, c.id, p.valid_from",
        schema=OVERRIDES,
    )


def move_services(accounts: Sequence[int], *, states: Sequence[str], becomes: str) -> pl.DataFrame:
    """Moves these accounts' services that are in one of the states; MOVED, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contracts_service SET state = %s WHERE account_id = ANY(%s)"
            " AND state = ANY(%s) RETURNING account_id, id, name",
            [becomes, list(accounts), list(states)],
        )
        moved = pl.DataFrame(cursor.fetchall(), schema=MOVED, orient="row")
    return moved.sort("account_id", "service_id")


def read_granted(accounts: AccountRange, *, on: date) -> pl.DataFrame:
    """Grants of these accounts that began by that day, oldest first (GRANTED)."""
    within, values = accounts.within("account_id")
    return read_frame(
        "SELECT id, account_id, contract_id, kind, name, words, valid_from, valid_to"
        f" FROM contracts_grant WHERE {within} AND valid_from <= %s ORDER BY account_id, id",
        [*values, on],
        schema=GRANTED,
    )
