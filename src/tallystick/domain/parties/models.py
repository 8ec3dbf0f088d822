"""Parties (people and organisations) and the accounts they pay from."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to, money_column, one_of


class PartyKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


class AccountState(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"


class SplitBy(StrEnum):
    COST_CENTRE = "cost_centre"


class Party(TenantRow):
    """A person or an organisation, known once however many accounts it has."""

    kind = models.CharField(max_length=12, choices=one_of(PartyKind))
    name = models.CharField(max_length=300)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    address = models.JSONField(default=list)
    """Lines as printed on an envelope, the country last."""
    country = models.CharField(max_length=2)
    tax_number = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=8)

    def __str__(self) -> str:
        return self.name


class Account(TenantRow):
    """Who is billed: one currency, one zone, one bill day; it may stand below another account."""

    party = belongs_to("parties.Party")
    parent = belongs_to("parties.Account", null=True)
    organisation_id = models.BigIntegerField(null=True)
    """The account at the top of those above it; None where it stands at the top itself."""
    payer_id = models.BigIntegerField(null=True)
    """The account above it that its bills go to; None where it pays for itself."""
    split_by = models.CharField(
        max_length=12, choices=one_of(SplitBy), default="", db_default="", blank=True
    )
    """What cuts its bill of a cycle into several invoices; empty = nothing."""
    bill_over = money_column(null=True)
    """Usage is billed at once when so much is unbilled; None = as the rules say, 0 = never."""
    number = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    zone = models.CharField(max_length=64)
    bill_day = models.SmallIntegerField()
    payment_days = models.SmallIntegerField()
    segment = models.CharField(max_length=40)
    customer_kind = models.CharField(max_length=20)
    """Which tax rates apply: consumer, business, reverse_charge, exempt."""
    tax_place = models.CharField(max_length=100, default="", db_default="", blank=True)
    """Where it is taxed, such as US-NY/Kings; empty = its party's country."""
    state = models.CharField(max_length=10, choices=one_of(AccountState))
    opened_on = models.DateField()
    house = models.BooleanField(default=False)
    """The operator's own account, which holds entries that concern no customer."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="account_number_once"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(house=True), name="account_house_once"
            ),
            models.CheckConstraint(
                condition=models.Q(bill_day__gte=1, bill_day__lte=31), name="account_bill_day_1_31"
            ),
            models.CheckConstraint(
                condition=models.Q(payment_days__gte=0), name="account_payment_days_positive"
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="account_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=~models.Q(payer_id=models.F("id")), name="account_not_its_own_payer"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class TaxExemption(TenantRow):
    """A certificate that frees an account from tax in [valid_from, valid_to)."""

    account = belongs_to("parties.Account")
    certificate = models.CharField(max_length=100)
    categories = models.JSONField(default=list)
    """The tax categories it is for; none = all."""
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "certificate"], name="tax_exemption_once"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gt=models.F("valid_from")),
                name="tax_exemption_ends_after_start",
            ),
        ]
