"""The general ledger: double entry, append-only, balanced by the database."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import (
    TenantRow,
    amount_column,
    belongs_to,
    money_column,
    one_of,
)


class LedgerKind(StrEnum):
    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    EQUITY = "equity"


class LedgerAccount(TenantRow):
    """A line of the operator's chart of accounts."""

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=one_of(LedgerKind))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="ledger_account_once")
        ]

    def __str__(self) -> str:
        return self.code


class OwnAccount(TenantRow):
    """An account of the operator's own chart, as its posting rules name it last."""

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=one_of(LedgerKind))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="own_account_once")]

    def __str__(self) -> str:
        return self.code


class ChartRules(TenantRow):
    """Posting rules as their text, for what occurs from a day on; never changed."""

    name = models.CharField(max_length=200)
    text = models.TextField()
    valid_from = models.DateField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "valid_from"], name="chart_rules_day_once")
        ]


class Entry(TenantRow):
    """One business fact in the books; its source key makes it happen once."""

    account = belongs_to("parties.Account")
    source_key = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    occurred_on = models.DateField()
    posted_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    line_count = models.SmallIntegerField()
    description = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "source_key"], name="entry_source_once"
            ),
            models.CheckConstraint(
                condition=models.Q(line_count__gte=2), name="entry_has_two_sides"
            ),
        ]


class Posting(TenantRow):
    """One side of an entry: debit positive, credit negative."""

    account = belongs_to("parties.Account")
    entry = belongs_to("ledger.Entry")
    line_no = models.SmallIntegerField()
    line_count = models.SmallIntegerField()
    ledger_account = models.CharField(max_length=60)
    """The standard account, which proofs and balances go by."""
    own_account = models.CharField(max_length=60, null=True)
    """The account of the operator's own chart, where its rules named one when it was posted."""
    detail = models.CharField(max_length=200, null=True)
    """Whose tax at which rate, or how the money moved (see `core.post.detail`)."""
    amount = money_column()

    @property
    def booked(self) -> str:
        """Where it stands in the operator's chart."""
        return str(self.own_account or self.ledger_account)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "entry", "line_no"], name="posting_line_once"
            ),
            models.CheckConstraint(
                condition=models.Q(line_no__gte=1, line_no__lte=models.F("line_count")),
                name="posting_line_within_entry",
            ),
        ]


class TurnKind(StrEnum):
    """What turning the books posts."""

    RELEASE = "release"
    ACCRUE = "accrue"
    REVALUE = "revalue"


class Turn(TenantRow):
    """One turning of the books: revenue released or accrued, foreign items valued by a day."""

    kind = models.CharField(max_length=10, choices=one_of(TurnKind))
    through = models.DateField()
    turned_at = models.DateTimeField()


class Revaluation(TenantRow):
    """An account's foreign items of one ledger account, as a turning valued them; never changed.

    Of several turnings of one evening the last counts.
    """

    account = belongs_to("parties.Account")
    turn = belongs_to("ledger.Turn")
    ledger_account = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    balance = money_column()
    """Debits less credits by that evening, in that currency."""
    carried = money_column()
    """What they came in at, in the operator's currency, as `worth` and `posted` are."""
    worth = money_column()
    """What they are worth at the closing rate."""
    posted = money_column()
    """What this turning added to their difference; the evening's turnings add up to it."""
    rate = amount_column()
    said = models.CharField(max_length=400)
    """The rates that the closing rate is made of."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "turn", "ledger_account", "currency"],
                name="revaluation_once",
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="revaluation_rate"),
        ]
        indexes = [models.Index(fields=["tenant", "turn"], name="revaluation_by_turn")]


class Deferral(TenantRow):
    """Revenue of an invoice line that is earned day by day in [period_from, period_to)."""

    account = belongs_to("parties.Account")
    invoice_id = models.BigIntegerField()
    line_no = models.IntegerField()
    revenue_account = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    period_from = models.DateField()
    period_to = models.DateField()
    amount = money_column()
    released = money_column(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "invoice_id", "line_no"], name="deferral_line_once"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, released__gte=0, released__lte=models.F("amount"))
                | models.Q(amount__lt=0, released__lte=0, released__gte=models.F("amount")),
                name="deferral_released_within_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(period_to__gt=models.F("period_from")),
                name="deferral_has_days",
            ),
        ]


class Closing(TenantRow):
    """The books are closed through a day: nothing that occurred by then is posted any more."""

    through = models.DateField()
    closed_at = models.DateTimeField()
    reopened_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, default="")
    """Why it was opened again."""
