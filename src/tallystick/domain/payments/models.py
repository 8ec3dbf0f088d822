"""Money received and what it was set against."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to, money_column, one_of


class PaymentMethod(StrEnum):
    BANK = "bank"
    CARD = "card"
    CASH = "cash"
    DIRECT_DEBIT = "direct_debit"
    VOUCHER = "voucher"


class Payment(TenantRow):
    """Money received from an account, once for each key that the giver chose."""

    account = belongs_to("parties.Account")
    key = models.CharField(max_length=120)
    method = models.CharField(max_length=20, choices=one_of(PaymentMethod))
    currency = models.CharField(max_length=3)
    amount = money_column()
    received_on = models.DateField()
    recorded_at = models.DateTimeField()
    reference = models.CharField(max_length=140, blank=True)
    payer = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="payment_key_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_positive"),
        ]


class Allocation(TenantRow):
    """A part of a payment set against an invoice; never changed."""

    account = belongs_to("parties.Account")
    payment = belongs_to("payments.Payment")
    invoice = belongs_to("invoices.Invoice")
    amount = money_column()
    allocated_on = models.DateField()
