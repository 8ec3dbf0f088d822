"""The columns that every noun shares: the tenant, exact numbers, and foreign keys by tenant."""

from typing import Any

from django.db import models


class TenantRow(models.Model):
    """A row that belongs to one operator; the migration adds row-level security to its table.

    Django sees `id` as the key; the table's real primary key is (tenant_id, ..., id), as
    `schema.HoldByTenant` declares it.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )

    class Meta:
        abstract = True


def belongs_to(to: str, **options: Any) -> Any:
    """A foreign key whose database constraint is composite with the tenant (see `schema`)."""
    options.setdefault("related_name", "+")
    return models.ForeignKey(to, models.PROTECT, db_constraint=False, db_index=False, **options)


def money_column(**options: Any) -> Any:
    """An amount rounded to its currency's minor unit (0, 2 or 3 decimals)."""
    return models.DecimalField(max_digits=24, decimal_places=3, **options)


def amount_column(**options: Any) -> Any:
    """An exact amount or price, 12 decimals."""
    return models.DecimalField(max_digits=38, decimal_places=12, **options)


def quantity_column(**options: Any) -> Any:
    """An exact quantity in a canonical unit, 9 decimals."""
    return models.DecimalField(max_digits=38, decimal_places=9, **options)


def one_of(states: Any) -> Any:
    """The choices of a StrEnum's column."""
    return [(state.value, state.value.replace("_", " ")) for state in states]
