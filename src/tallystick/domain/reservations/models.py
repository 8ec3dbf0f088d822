"""What online charging holds and has charged: sessions and events, answers given, what is owed.

The tables are declared by SQL in the first migration; the service reads and writes them by sets.
"""

from django.db import models

from tallystick.domain.tenants.columns import amount_column, quantity_column


class Reservation(models.Model):
    """A session, or an event that was opened and committed at once; `detail` is its record."""

    session = models.TextField(primary_key=True)
    tenant_id = models.IntegerField()
    account_id = models.BigIntegerField()
    contract_id = models.BigIntegerField()
    service_id = models.BigIntegerField()
    offer_id = models.BigIntegerField()
    cycle_start = models.DateField()
    tab_start = models.DateField()
    state = models.TextField()
    kind = models.TextField()
    unit = models.TextField()
    started_at = models.DateTimeField()
    called = models.TextField(null=True)
    zone = models.TextField(null=True)
    attributes = models.TextField(null=True)
    used = quantity_column()
    granted = quantity_column()
    amount = amount_column()
    refunded = amount_column()
    detail = models.TextField()
    """As JSON: rated lines, what was taken of which counter and bucket, what is owed."""
    held = models.TextField(null=True)
    """As JSON: what is held beyond that."""
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    valid_s = models.IntegerField()
    organisation_id = models.BigIntegerField(null=True)
    """The account at the top, where the offer shares beyond its own account; else null."""
    pool_id = models.BigIntegerField(null=True)
    digest = models.TextField(null=True)
    """Of an event, what was asked under its key; the same is answered alike."""
    charge_run_id = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "reservations_reservation"


class Request(models.Model):
    """A request that was answered, and the answer: the same key is answered alike.

    An event is none of them: it stands under its key itself.
    """

    key = models.TextField(primary_key=True)
    tenant_id = models.IntegerField()
    digest = models.TextField()
    code = models.TextField()
    answer = models.TextField()
    answered_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "reservations_request"


class Tab(models.Model):
    """What online charging left for the invoice in an account's month, and what is held."""

    account_id = models.BigIntegerField(primary_key=True)
    tenant_id = models.IntegerField()
    month = models.DateField()
    charged = amount_column()
    held = amount_column()

    class Meta:
        managed = False
        db_table = "reservations_tab"
