"""Orders to the outside (network, mail), written with their cause and delivered after it."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to, one_of


class OrderState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # the last try was in vain: a person decides
    GIVEN_UP = "given_up"


class Order(TenantRow):
    """One thing that a port must be told, once for each key, retried until it answers."""

    account = belongs_to("parties.Account")
    port = models.CharField(max_length=20)
    action = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=one_of(OrderState))
    attempts = models.SmallIntegerField(default=0)
    ordered_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="outbox_order_once")]
