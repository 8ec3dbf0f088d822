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


class BankLineState(StrEnum):
    MATCHED = "matched"
    WAITING = "waiting"
    IGNORED = "ignored"


class BankStatement(TenantRow):
    """A statement of the operator's bank, taken once."""

    number = models.CharField(max_length=60)
    iban = models.CharField(max_length=34)
    currency = models.CharField(max_length=3)
    opening = money_column()
    closing = money_column()
    filename = models.CharField(max_length=500)
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "iban", "number"], name="bank_statement_once")
        ]


class BankLine(TenantRow):
    """One movement of a statement: matched to a payment, or waiting for a person."""

    statement = belongs_to("payments.BankStatement")
    key = models.CharField(max_length=110)
    booked_on = models.DateField()
    amount = money_column()
    currency = models.CharField(max_length=3)
    text = models.CharField(max_length=500)
    payer = models.CharField(max_length=200)
    payer_iban = models.CharField(max_length=34)
    state = models.CharField(max_length=10, choices=one_of(BankLineState))
    reason = models.CharField(max_length=300)
    """What it was matched by, why it waits, or why it was set aside."""
    account_id = models.BigIntegerField(null=True)
    payment_key = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="bank_line_once")]
        indexes = [models.Index(fields=["tenant", "state", "id"], name="bank_line_by_state")]
