"""Balances: counters of what a cycle drew, buckets of what an account may use, vouchers."""

from enum import StrEnum

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tallystick.core.charge.balance import Mode
from tallystick.domain.tenants.columns import (
    TenantRow,
    amount_column,
    belongs_to,
    money_column,
    one_of,
    quantity_column,
)


class Counter(TenantRow):
    """Sum of a component's movements in one cycle; `contract_id` 0 where the account shares it."""

    account = belongs_to("parties.Account")
    contract_id = models.BigIntegerField()
    component = belongs_to("catalog.Component")
    cycle_start = models.DateField()
    used = quantity_column()
    held = quantity_column(default=0, db_default=0)
    """What open sessions hold of it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "contract_id", "component", "cycle_start"],
                name="counter_once",
            ),
            models.CheckConstraint(condition=models.Q(held__gte=0), name="counter_held_positive"),
        ]


class Movement(TenantRow):
    """What one charge run added to a counter; never changed."""

    account = belongs_to("parties.Account")
    contract_id = models.BigIntegerField()
    component = belongs_to("catalog.Component")
    cycle_start = models.DateField()
    charge_run_id = models.BigIntegerField()
    quantity = quantity_column()


class Origin(StrEnum):
    TOP_UP = "top_up"
    VOUCHER = "voucher"
    GRANT = "grant"
    TRANSFER = "transfer"
    CREDIT = "credit"


class MovementKind(StrEnum):
    CREDIT = "credit"
    DEBIT = "debit"
    REFUND = "refund"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    EXPIRE = "expire"
    CORRECT = "correct"


class Terms(TenantRow):
    """How an account pays for what it uses; the row that is locked before its buckets change."""

    account = belongs_to("parties.Account")
    mode = models.CharField(max_length=10, choices=one_of(Mode))
    credit_limit = amount_column(default=0, db_default=0)
    """How far below zero its money may go."""
    low_balance = amount_column(null=True)
    """Money below which the balance is announced as low."""
    top_up_amount = amount_column(null=True)
    """What is asked of the account's means of payment when its balance is low."""
    top_up_daily_max = amount_column(null=True)
    cut_at_zero = models.BooleanField(default=False, db_default=False)
    """Whether its services are cut off while nothing is left, and come back with a top-up."""
    fee_amount = amount_column(null=True)
    """What `fee_days` days cost, taken from the balance day by day."""
    fee_days = models.SmallIntegerField(default=30, db_default=30)
    fee_from = models.DateField(null=True)
    fee_days_taken = models.IntegerField(default=0, db_default=0)
    """Days that were paid since `fee_from` was set, which is what makes whole periods exact."""
    fee_through = models.DateField(null=True)
    """Days through it are settled: paid, or gone by without service."""
    revenue_account = models.CharField(max_length=60, default="4000", db_default="4000")
    tax_category = models.CharField(max_length=40, default="standard", db_default="standard")
    wrong_pins = models.SmallIntegerField(default=0, db_default=0)
    """Wrong voucher PINs since the last right one."""
    posted_through = models.BigIntegerField(default=0, db_default=0)
    """The last movement of its buckets that the ledger has."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(credit_limit__gte=0), name="terms_credit_limit_positive"
            ),
            models.CheckConstraint(condition=models.Q(fee_days__gte=1), name="terms_fee_has_days"),
        ]


class Bucket(TenantRow):
    """Money or a quantity that an account may use; its movements add up to what remains."""

    account = belongs_to("parties.Account")
    contract_id = models.BigIntegerField(default=0, db_default=0)
    """0 = the whole account."""
    unit = models.CharField(max_length=20)
    """A canonical unit, or a currency code for money."""
    origin = models.CharField(max_length=20)
    source_key = models.CharField(max_length=120)
    priority = models.SmallIntegerField(default=100, db_default=100)
    """Lower is drawn first."""
    kinds = ArrayField(models.CharField(max_length=40), null=True)
    """The kinds of usage it pays for; null = any."""
    condition = models.TextField(default="", db_default="", blank=True)
    """When it may be drawn, in the words of a price's `where`; empty = always."""
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    quantity = amount_column()
    remaining = amount_column()
    reserved = amount_column(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "source_key"], name="bucket_source_once"
            ),
            models.CheckConstraint(
                condition=models.Q(reserved__gte=0), name="bucket_reserved_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0), name="bucket_quantity_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gt=models.F("valid_from")),
                name="bucket_ends_after_start",
            ),
        ]
        indexes = [
            models.Index(
                # Not by what remains: an update of an indexed column writes to every index.
                fields=["tenant", "valid_to"],
                name="bucket_ending",
                condition=models.Q(valid_to__isnull=False),
            )
        ]


class BucketMovement(TenantRow):
    """One change of a bucket; never changed itself."""

    account = belongs_to("parties.Account")
    bucket = belongs_to("balances.Bucket")
    kind = models.CharField(max_length=20, choices=one_of(MovementKind))
    quantity = amount_column()
    """What it added; negative = took."""
    source_key = models.CharField(max_length=120)
    occurred_at = models.DateTimeField()
    reason = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    """Why, for people; `revenue` and `tax` name the ledger account and tax category of a debit."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "bucket", "source_key"], name="bucket_movement_once"
            )
        ]


class PrepaidUse(TenantRow):
    """What one posting took out of the prepaid liability of an account, by revenue account."""

    account = belongs_to("parties.Account")
    entry_key = models.CharField(max_length=120)
    posted_on = models.DateField()
    revenue_account = models.CharField(max_length=60)
    tax_category = models.CharField(max_length=40)
    percent = models.DecimalField(max_digits=20, decimal_places=6)
    total = money_column()
    tax = money_column()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "entry_key", "revenue_account", "tax_category"],
                name="prepaid_use_once",
            )
        ]


class VoucherState(StrEnum):
    ACTIVE = "active"
    REDEEMED = "redeemed"
    BLOCKED = "blocked"


class VoucherBatch(TenantRow):
    """Vouchers made at one time, worth the same."""

    code = models.CharField(max_length=40)
    unit = models.CharField(max_length=20)
    quantity = amount_column()
    valid_until = models.DateField()
    """The last day on which one may be redeemed."""
    bucket_days = models.SmallIntegerField(null=True)
    """How long what was redeemed may be used; null = without end."""
    made_at = models.DateTimeField()
    blocked = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="voucher_batch_once"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="voucher_batch_worth_something"
            ),
        ]


class Voucher(TenantRow):
    """One voucher: a serial that may be seen and a PIN of which only the hash is kept."""

    batch = belongs_to("balances.VoucherBatch")
    serial = models.CharField(max_length=60)
    pin_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=one_of(VoucherState))
    redeemed_by = models.BigIntegerField(null=True)
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "serial"], name="voucher_serial_once"),
            models.UniqueConstraint(fields=["tenant", "pin_hash"], name="voucher_pin_once"),
            models.CheckConstraint(
                condition=models.Q(state="redeemed", redeemed_at__isnull=False)
                | (~models.Q(state="redeemed") & models.Q(redeemed_at__isnull=True)),
                name="voucher_redeemed_has_time",
            ),
        ]


class RolledOver(TenantRow):
    """What an allowance holds in a cycle beyond its own quantity, left by the cycles before."""

    account = belongs_to("parties.Account")
    contract_id = models.BigIntegerField()
    """0 where the whole account shares the allowance."""
    component = belongs_to("catalog.Component")
    cycle_start = models.DateField()
    lives = models.IntegerField()
    """In how many cycles it may be used, this one counted."""
    quantity = quantity_column()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "contract_id", "component", "cycle_start", "lives"],
                name="rolled_over_once",
            )
        ]
