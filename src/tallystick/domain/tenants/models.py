"""Operators: each tenant is one billing business with its own brand, currency, zone and clock."""

from enum import StrEnum

from django.db import models

from tallystick.base.money import RoundingMode
from tallystick.core.invoice.tax import TaxRounding
from tallystick.core.receive.exchange import ExchangeAt
from tallystick.domain.tenants.columns import TenantRow, one_of


class ClockKind(StrEnum):
    WALL = "wall"
    REHEARSAL = "rehearsal"


class Tenant(models.Model):
    """An operator. Its row is visible only while acting for it (see `scope.acting_for`)."""

    id = models.AutoField(primary_key=True)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    industry = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    zone = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    rounding = models.CharField(max_length=10, choices=one_of(RoundingMode))
    payment_days = models.SmallIntegerField()
    brand = models.JSONField(default=dict)
    """Address lines, tax number, contacts, bank, colour and logo as printed on documents."""
    taxes = models.TextField(blank=True)
    """The tax table, as text."""
    tax_place = models.CharField(max_length=100, default="", db_default="", blank=True)
    """The operator's own region, where its tax depends on whether a customer lives there too."""
    tax_rounding = models.CharField(
        max_length=20, choices=one_of(TaxRounding), default="per_rate", db_default="per_rate"
    )
    """Where a tax is rounded: once per rate, on printed sums, on every line."""
    prices_include_tax = models.BooleanField(default=False, db_default=False)
    exchange_at = models.CharField(
        max_length=12,
        choices=one_of(ExchangeAt),
        default="payment_day",
        db_default="payment_day",
    )
    """Whose day says the rate at which foreign money pays an invoice."""
    quarantine = models.JSONField(default=dict, db_default={})
    """Days by kind of identifier for which one that was given back is kept from others."""
    clock = models.CharField(max_length=10, choices=one_of(ClockKind))
    rehearsal_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(clock=ClockKind.WALL) | models.Q(rehearsal_at__isnull=False),
                name="tenant_rehearsal_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(payment_days__gte=0), name="tenant_payment_days_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class SettingVersion(TenantRow):
    """One value that a setting of the operator had, as text; never changed.

    It holds from `set_at` until the next of its setting. The first is what the operator was opened
    with, and is kept when it is changed for the first time.
    """

    setting = models.CharField(max_length=60)
    number = models.IntegerField()
    file = models.CharField(max_length=200, blank=True)
    """Which file it was read from; empty for the first."""
    text = models.TextField(blank=True)
    set_at = models.DateTimeField()
    after_invoice = models.BigIntegerField()
    """Invoices with a greater id were issued after it was set."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "setting", "number"], name="setting_version_once"
            )
        ]
