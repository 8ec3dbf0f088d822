"""What is handed out: identifiers, who holds them when, their quarantine; lent equipment."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, amount_column, belongs_to


class Identifier(TenantRow):
    """One MSISDN, user name, meter, serial number; unique by kind and value."""

    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "value"], name="identifier_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Assignment(TenantRow):
    """An identifier in the hands of a service during [valid_from, valid_to); never two at once.

    Until `kept_until`, when its quarantine is over, no other account may have it.
    """

    identifier = belongs_to("inventory.Identifier")
    account = belongs_to("parties.Account")
    service = belongs_to("contracts.Service")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    kept_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True, kept_until__isnull=True)
                | models.Q(
                    valid_to__isnull=False,
                    kept_until__isnull=False,
                    kept_until__gte=models.F("valid_to"),
                ),
                name="assignment_kept_after_it_ends",
            )
        ]


class EarlyRelease(TenantRow):
    """A quarantine that was ended before its time, and why."""

    identifier = belongs_to("inventory.Identifier")
    account = belongs_to("parties.Account")
    """Who held it last."""
    kept_until = models.DateTimeField()
    """When the quarantine would have been over."""
    released_at = models.DateTimeField()
    reason = models.CharField(max_length=300)


class Loan(TenantRow):
    """A device lent under a contract: what it is worth, and what became of it.

    It is asked for when the contract ends, due back by `due_on` and charged after that; what comes
    back after all is given back with a credit.
    """

    account = belongs_to("parties.Account")
    contract = belongs_to("contracts.Contract")
    kind = models.CharField(max_length=40)
    serial = models.CharField(max_length=100)
    worth = amount_column()
    tax_category = models.CharField(max_length=40)
    return_days = models.SmallIntegerField()
    lent_on = models.DateField()
    asked_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    charged_on = models.DateField(null=True)
    returned_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "serial"],
                condition=models.Q(returned_on__isnull=True),
                name="loan_of_a_device_once",
            ),
            models.CheckConstraint(
                condition=models.Q(worth__gt=0, return_days__gte=0), name="loan_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(asked_on__isnull=True, due_on__isnull=True)
                | models.Q(
                    asked_on__isnull=False,
                    due_on__isnull=False,
                    due_on__gte=models.F("asked_on"),
                ),
                name="loan_due_once_asked",
            ),
            models.CheckConstraint(
                condition=models.Q(charged_on__isnull=True)
                | models.Q(due_on__isnull=False, charged_on__gt=models.F("due_on")),
                name="loan_charged_when_late",
            ),
            models.CheckConstraint(
                condition=models.Q(returned_on__isnull=True)
                | models.Q(returned_on__gte=models.F("lent_on")),
                name="loan_returned_after_it_was_lent",
            ),
        ]

    @property
    def state(self) -> "LoanState":
        if self.returned_on is not None:
            return LoanState.RETURNED
        if self.charged_on is not None:
            return LoanState.CHARGED
        return LoanState.LENT if self.asked_on is None else LoanState.ASKED


class LoanState(StrEnum):
    LENT = "lent"
    ASKED = "asked"
    CHARGED = "charged"
    RETURNED = "returned"
