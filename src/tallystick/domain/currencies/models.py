"""Rates between currencies, each with its days and its source."""

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, amount_column


class ExchangeRate(TenantRow):
    """One unit of `base` is worth `rate` of `quote` in [valid_from, valid_to); never changed.

    A rate that was wrong is followed by its next revision.
    """

    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    rate = amount_column()
    valid_from = models.DateField()
    valid_to = models.DateField()
    source = models.CharField(max_length=100)
    revision = models.SmallIntegerField(default=1)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "base", "quote", "valid_from", "source", "revision"],
                name="exchange_rate_once",
            ),
            models.CheckConstraint(
                condition=models.Q(rate__gt=0, revision__gte=1), name="exchange_rate_positive"
            ),
            models.CheckConstraint(
                condition=~models.Q(base=models.F("quote")), name="exchange_rate_of_two"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__gt=models.F("valid_from")),
                name="exchange_rate_has_days",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "base", "quote", "valid_from"], name="exchange_rate_by_day"
            )
        ]
