"""Usage from file to rated line: batches, record keys, events, rejects, charge runs and totals.

The large tables (`Usage`, `RatedLine`, `RecordKey`) are declared by SQL in the first migration:
partitioned, keyed by tenant and account, loaded by a role that may insert and read nothing.
"""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import (
    TenantRow,
    amount_column,
    belongs_to,
    one_of,
    quantity_column,
)


class BatchState(StrEnum):
    LOADING = "loading"
    LOADED = "loaded"


class RejectState(StrEnum):
    OPEN = "open"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


class RunState(StrEnum):
    OPEN = "open"
    DONE = "done"


class Source(TenantRow):
    """Where usage records come from; a record id is unique within its source."""

    code = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="usage_source_once")]

    def __str__(self) -> str:
        return self.code


class Batch(TenantRow):
    """One file brought in, with the figures that prove nothing was lost."""

    source = belongs_to("usage.Source")
    filename = models.CharField(max_length=500)
    format = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=one_of(BatchState))
    chunks_done = models.IntegerField(default=0)
    rows_in = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    absorbed = models.BigIntegerField(default=0)
    corrected = models.BigIntegerField(default=0, db_default=0)
    cancelled = models.BigIntegerField(default=0, db_default=0)
    sums = models.JSONField(default=dict)
    """Per kind: quantity read, accepted, duplicate, rejected and corrected, as decimal strings."""
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    """The earliest and latest accepted event, so that later reads look at those months only."""
    charge_run_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    loaded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "digest"], name="usage_batch_content_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    rows_in=models.F("accepted")
                    + models.F("duplicates")
                    + models.F("rejected")
                    + models.F("absorbed")
                    + models.F("corrected")
                    + models.F("cancelled")
                ),
                name="usage_batch_conserved",
            ),
        ]


class Reject(TenantRow):
    """A row that could not be taken, kept as it was, to be corrected and replayed."""

    batch = belongs_to("usage.Batch")
    line = models.BigIntegerField()
    decoded = models.BooleanField()
    """Whether `raw` is the file's own text or, once decoded, the event as a JSON object."""
    code = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict)
    raw = models.TextField()
    state = models.CharField(max_length=10, choices=one_of(RejectState))
    decided_at = models.DateTimeField(null=True)


class Session(TenantRow):
    """What has been counted of a network session so far, so that its next record adds the rest."""

    source = belongs_to("usage.Source")
    nas = models.CharField(max_length=255)
    session = models.CharField(max_length=255)
    user = models.CharField(max_length=255, null=True)
    started_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField()
    input = models.BigIntegerField()
    output = models.BigIntegerField()
    closed_at = models.DateTimeField(null=True)
    restarted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "nas", "session"], name="usage_session_once"
            )
        ]


class RecordKey(models.Model):
    """The claim of a source's record id: what makes a record count once, and what it stands for.

    The event is named by account, start and id; the id is null where the record was taken back. All
    three are null where it was taken before records knew their events.
    """

    tenant_id = models.IntegerField()
    source_id = models.IntegerField()
    record_id = models.TextField(primary_key=True)
    quantity = quantity_column()
    account_id = models.BigIntegerField(null=True)
    usage_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    revision = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "usage_recordkey"


class Usage(models.Model):
    """One accepted event of a known service."""

    id = models.BigIntegerField(primary_key=True)
    tenant_id = models.IntegerField()
    account_id = models.BigIntegerField()
    contract_id = models.BigIntegerField()
    service_id = models.BigIntegerField()
    batch_id = models.BigIntegerField()
    source_id = models.IntegerField()
    kind = models.TextField()
    started_at = models.DateTimeField()
    quantity = quantity_column()
    unit = models.TextField()
    called = models.TextField(null=True)
    zone = models.TextField(null=True)
    attributes = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = "usage_usage"


class ReplacedUsage(TenantRow):
    """An event that no longer counts: its record was corrected or taken back. The event stays."""

    account = belongs_to("parties.Account")
    usage_id = models.BigIntegerField()
    started_at = models.DateTimeField()
    source_id = models.BigIntegerField()
    record_id = models.TextField()
    revision = models.BigIntegerField(null=True)
    batch = belongs_to("usage.Batch")
    """The batch that says so."""
    successor_id = models.BigIntegerField(null=True)
    """The event in its place; None = taken back."""
    replaced_at = models.DateTimeField()
    charge_run_id = models.BigIntegerField(null=True)
    """The charge run from which on it does not count; None = the next one."""


class LateState(StrEnum):
    HELD = "held"
    REFUSED = "refused"
    RELEASED = "released"
    MOVED = "moved"


class LateUsage(TenantRow):
    """A late event that does not simply make a difference, since a price says so."""

    account = belongs_to("parties.Account")
    usage_id = models.BigIntegerField()
    started_at = models.DateTimeField()
    component_id = models.BigIntegerField()
    """The price that says so."""
    late = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=one_of(LateState))
    cycle_start = models.DateField(null=True)
    """The cycle it counts in; None = its own."""
    charge_run_id = models.BigIntegerField()
    decided_at = models.DateTimeField()


class ChargeRun(TenantRow):
    """One rating of the batches that were waiting; it can be stopped anywhere and goes on."""

    state = models.CharField(max_length=10, choices=one_of(RunState))
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)


class ChargeTask(TenantRow):
    """The accounts [account_from, account_to) of a charge run: one transaction."""

    charge_run = belongs_to("usage.ChargeRun")
    account_from = models.BigIntegerField()
    account_to = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=one_of(RunState))
    events = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    suspended = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "charge_run", "account_from"], name="usage_charge_task_once"
            )
        ]


class Suspense(TenantRow):
    """An accepted event that no price could be put on yet; charged again by the next run."""

    account = belongs_to("parties.Account")
    usage_id = models.BigIntegerField()
    started_at = models.DateTimeField()
    charge_run = belongs_to("usage.ChargeRun")
    code = models.CharField(max_length=60)
    detail = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=one_of(RejectState))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "usage_id", "charge_run"],
                name="usage_suspense_once",
            )
        ]


class RatedLine(models.Model):
    """One priced part of one event: the answer to what a line costs and why."""

    usage_id = models.BigIntegerField(primary_key=True)
    tenant_id = models.IntegerField()
    account_id = models.BigIntegerField()
    contract_id = models.BigIntegerField()
    component_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    charge_run_id = models.BigIntegerField()
    seq = models.SmallIntegerField()
    cycle_start = models.DateField()
    started_at = models.DateTimeField()
    band = models.TextField(null=True)
    tier = models.SmallIntegerField(null=True)
    rate_key = models.TextField(null=True)
    measured = quantity_column()
    billed = quantity_column()
    allowed = quantity_column()
    unit_price = amount_column()
    per = quantity_column()
    fee = amount_column()
    amount = amount_column()

    class Meta:
        managed = False
        db_table = "usage_ratedline"


PAID_FROM_BALANCE = 0
"""In place of an invoice's id: the account's balance paid for it."""


class ChargeTotal(TenantRow):
    """The sum of a charge run's rated lines by what an invoice line shows; billed once."""

    account = belongs_to("parties.Account")
    contract = belongs_to("contracts.Contract")
    component = belongs_to("catalog.Component")
    version = belongs_to("catalog.CatalogVersion")
    charge_run = belongs_to("usage.ChargeRun")
    cycle_start = models.DateField()
    band = models.TextField(null=True)
    tier = models.SmallIntegerField(null=True)
    unit_price = amount_column(null=True)
    """None where a rate table priced the events, each by its own row."""
    per = quantity_column()
    events = models.BigIntegerField()
    measured = quantity_column()
    billed = quantity_column()
    allowed = quantity_column()
    fees = amount_column()
    amount = amount_column()
    invoice_id = models.BigIntegerField(null=True)
    """The invoice that has it, or `PAID_FROM_BALANCE`; None = not billed yet."""


class PeriodLine(TenantRow):
    """A part of what a whole period costs; a later bill run adds the difference it found."""

    account = belongs_to("parties.Account")
    contract_id = models.BigIntegerField()
    """0 where the whole account shares the price."""
    component = belongs_to("catalog.Component")
    version = belongs_to("catalog.CatalogVersion")
    cycle_start = models.DateField()
    bill_run_id = models.BigIntegerField()
    band = models.TextField(null=True)
    tier = models.SmallIntegerField(null=True)
    measured = quantity_column()
    billed = quantity_column()
    unit_price = amount_column()
    per = quantity_column()
    fee = amount_column()
    amount = amount_column()
    invoice_id = models.BigIntegerField()


class PeriodMeasure(TenantRow):
    """What was measured in a period, which ratchets of later ones look back at."""

    account = belongs_to("parties.Account")
    contract_id = models.BigIntegerField()
    component = belongs_to("catalog.Component")
    cycle_start = models.DateField()
    band = models.TextField()
    value = quantity_column()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "contract_id", "component", "cycle_start", "band"],
                name="usage_measure_once",
            )
        ]


class PeriodLevel(TenantRow):
    """Where a level stands as the cycle begins; what has no row stands at 0."""

    account = belongs_to("parties.Account")
    contract_id = models.BigIntegerField()
    component = belongs_to("catalog.Component")
    cycle_start = models.DateField()
    series = models.TextField()
    level = quantity_column()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "contract_id", "component", "cycle_start", "series"],
                name="usage_level_once",
            )
        ]


class Rerating(TenantRow):
    """An account whose usage is to be rated again from a cycle on; the next charge run takes it."""

    account = belongs_to("parties.Account")
    cycle_from = models.DateField()
    charge_run_id = models.BigIntegerField(null=True)
