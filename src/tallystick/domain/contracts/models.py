"""Contracts (subscriptions), the offers they hold over time, and the services they deliver."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to, one_of


class ContractState(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"


class PauseState(StrEnum):
    PLANNED = "planned"
    RESTING = "resting"
    OVER = "over"


class ServiceState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    RESTRICTED = "restricted"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Contract(TenantRow):
    """An account's subscription from its first day to its end date (exclusive)."""

    account = belongs_to("parties.Account")
    number = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    pool = models.CharField(max_length=40, default="", db_default="", blank=True)
    """The pool that it shares with contracts of its organisation that name the same; or none."""
    pool_id = models.BigIntegerField(null=True)
    """The contract that named the pool first, which stands for it."""
    cost_centre = models.CharField(max_length=40, default="", db_default="", blank=True)
    """Whose cost it is within the customer's house; printed, and its bill may be split by it."""
    cycle_day = models.SmallIntegerField()
    """The day of the month its cycles begin: the account's bill day, or its own day."""
    cycle_since = models.DateField(null=True)
    """The first day of its cycles by that day, where they began on `cycle_day_before` before."""
    cycle_day_before = models.SmallIntegerField(null=True)
    billed_to = models.DateField(null=True)
    """The date of its last bill; cycles that ended by then are closed."""
    billed_before = models.DateField(null=True)
    """The date of the bill before its last one, for when the last is voided."""
    next_bill_on = models.DateField(null=True)
    """When it is next due; None once an ended contract has had its last bill."""
    state = models.CharField(max_length=10, choices=one_of(ContractState))
    leaving_waived = models.BooleanField(default=False, db_default=False)
    """Whether it may end within its minimum term without a charge."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="contract_number_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="contract_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(cycle_since__isnull=True, cycle_day_before__isnull=True)
                | models.Q(cycle_since__isnull=False, cycle_day_before__isnull=False),
                name="contract_bill_day_turned_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ContractOffer(TenantRow):
    """The offer that a contract holds on the days [valid_from, valid_to); never two at once."""

    account = belongs_to("parties.Account")
    contract = belongs_to("contracts.Contract")
    offer = belongs_to("catalog.Offer")
    quantity = models.IntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0), name="contract_quantity_positive"
            )
        ]


class GrantKind(StrEnum):
    DISCOUNT = "discount"
    COUPON = "coupon"
    COMMITMENT = "commitment"


class Grant(TenantRow):
    """A discount, coupon or commitment that a contract, or a whole account, has of its own.

    `words` are those of the price list. What is left of a coupon is told by the bills that have it.
    """

    account = belongs_to("parties.Account")
    contract = belongs_to("contracts.Contract", null=True)
    kind = models.CharField(max_length=10, choices=one_of(GrantKind))
    name = models.CharField(max_length=18)
    words = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    granted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "contract", "name"],
                name="grant_name_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="grant_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PriceOverride(TenantRow):
    """A contract's own price of a component on the days [valid_from, valid_to); never two."""

    account = belongs_to("parties.Account")
    contract = belongs_to("contracts.Contract")
    component = belongs_to("catalog.Component")
    words = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    granted_at = models.DateTimeField()


class Pause(TenantRow):
    """Days [paused_from, paused_to) on which a contract rests; never two at once."""

    account = belongs_to("parties.Account")
    contract = belongs_to("contracts.Contract")
    paused_from = models.DateField()
    paused_to = models.DateField(null=True)
    state = models.CharField(
        max_length=8,
        choices=one_of(PauseState),
        default=PauseState.RESTING,
        db_default=PauseState.RESTING.value,
    )
    """How far its services are: a day that is agreed comes with the day's work."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(paused_to__isnull=True)
                | models.Q(paused_to__gt=models.F("paused_from")),
                name="pause_has_days",
            )
        ]


class Service(TenantRow):
    """What the network delivers under a contract: a line, a meter point, a connection."""

    account = belongs_to("parties.Account")
    contract = belongs_to("contracts.Contract")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=one_of(ServiceState))
