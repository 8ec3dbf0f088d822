"""Counters: what a contract has drawn of an allowance or moved through tiers in a cycle."""

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to, quantity_column


class Counter(TenantRow):
    """Sum of a component's movements in one cycle; `contract_id` 0 where the account shares it."""

    account = belongs_to("parties.Account")
    contract_id = models.BigIntegerField()
    component = belongs_to("catalog.Component")
    cycle_start = models.DateField()
    used = quantity_column()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "contract_id", "component", "cycle_start"],
                name="counter_once",
            )
        ]


class Movement(TenantRow):
    """What one charge run added to a counter; never changed."""

    account = belongs_to("parties.Account")
    contract_id = models.BigIntegerField()
    component = belongs_to("catalog.Component")
    cycle_start = models.DateField()
    charge_run_id = models.BigIntegerField()
    quantity = quantity_column()
