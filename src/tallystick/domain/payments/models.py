"""Money received and what it was set against."""

from enum import StrEnum

from django.db import models

from tallystick.core.post.detail import MethodDetail
from tallystick.core.receive.pull import PullState
from tallystick.domain.payments.payout_models import Payout, ProcessorMovement  # noqa: F401
from tallystick.domain.tenants.columns import (
    TenantRow,
    amount_column,
    belongs_to,
    money_column,
    one_of,
)


class PaymentMethod(StrEnum):
    BANK = "bank"
    CARD = "card"
    CASH = "cash"
    DIRECT_DEBIT = "direct_debit"
    VOUCHER = "voucher"
    DEPOSIT = "deposit"
    PREPAID = "prepaid"  # money of a balance that is given back


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
    processor = models.CharField(max_length=20, default="", db_default="", blank=True)
    """Through whom it came, such as stripe; empty = straight to the operator."""

    @property
    def moved(self) -> str:
        """How the money moved, as the text of a posting's detail."""
        return str(MethodDetail(self.method, self.processor))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="payment_key_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_positive"),
        ]


class Deposit(TenantRow):
    """Money that an account left as a security; when it ends it becomes a payment of its own."""

    account = belongs_to("parties.Account")
    key = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    amount = money_column()
    rate = models.DecimalField(max_digits=7, decimal_places=4)
    """Interest in percent a year, by the day over 365 days; 0 = none."""
    held_on = models.DateField()
    recorded_at = models.DateTimeField()
    ended_on = models.DateField(null=True)
    interest = money_column(default=0)
    """What was added when it ended."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="deposit_key_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, rate__gte=0, interest__gte=0),
                name="deposit_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_on__isnull=True)
                | models.Q(ended_on__gte=models.F("held_on")),
                name="deposit_ends_after_start",
            ),
        ]


class Allocation(TenantRow):
    """A part of a payment set against an invoice; never changed.

    A payment that comes back takes its parts back with rows below zero.
    """

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


class Sequence(StrEnum):
    """Which collection of a mandate the next one is."""

    FIRST = "first"
    RECURRING = "recurring"
    FINAL = "final"


class MandateState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"


class DebitState(StrEnum):
    RUNNING = "running"  # with the bank, or on its way there
    COLLECTED = "collected"
    RETURNED = "returned"


class DebitTerms(TenantRow):
    """Who the operator is to its debtors' banks, and what it does about returns."""

    creditor = models.CharField(max_length=70)
    creditor_number = models.CharField(max_length=35)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)
    return_fee = money_column()
    retry_days = models.SmallIntegerField()
    tries = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="debit_terms_once"),
            models.CheckConstraint(
                condition=models.Q(return_fee__gte=0, retry_days__gte=1, tries__gte=1),
                name="debit_terms_sound",
            ),
        ]


class Mandate(TenantRow):
    """An account's permission to collect what it owes from a bank account."""

    account = belongs_to("parties.Account")
    reference = models.CharField(max_length=35)
    debtor = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)
    signed_on = models.DateField()
    sequence = models.CharField(max_length=10, choices=one_of(Sequence))
    state = models.CharField(max_length=10, choices=one_of(MandateState))
    revoked_on = models.DateField(null=True)
    reason = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "reference"], name="mandate_reference_once"),
            models.UniqueConstraint(
                fields=["tenant", "account"],
                condition=models.Q(state="active"),
                name="mandate_active_once",
            ),
        ]


class DebitRun(TenantRow):
    """One collection file; who collects is kept with it, so that it can be written again."""

    collect_on = models.DateField()
    prepared_at = models.DateTimeField()
    confirmed_on = models.DateField(null=True)
    creditor = models.CharField(max_length=70)
    creditor_number = models.CharField(max_length=35)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)


class DirectDebit(TenantRow):
    """An open item in a debit run; while it runs, no other run can have the item."""

    account = belongs_to("parties.Account")
    run = belongs_to("payments.DebitRun")
    mandate = belongs_to("payments.Mandate")
    invoice = belongs_to("invoices.Invoice")
    end_to_end = models.CharField(max_length=35)
    sequence = models.CharField(max_length=4)
    amount = money_column()
    state = models.CharField(max_length=10, choices=one_of(DebitState))
    retry_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "end_to_end"], name="direct_debit_once"),
            models.UniqueConstraint(
                fields=["tenant", "account", "invoice"],
                condition=models.Q(state="running"),
                name="direct_debit_running_once",
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="direct_debit_positive"),
        ]
        indexes = [models.Index(fields=["tenant", "run"], name="direct_debit_by_run")]


class PaymentReturn(TenantRow):
    """A payment that was taken back, whole and once; never changed."""

    account = belongs_to("parties.Account")
    payment = belongs_to("payments.Payment")
    amount = money_column()
    costs = money_column()
    reason = models.CharField(max_length=35)
    returned_on = models.DateField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "payment"], name="payment_returned_once"
            )
        ]


class Refund(TenantRow):
    """Credit given back to a customer's bank account, once for each key; never changed."""

    account = belongs_to("parties.Account")
    key = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    amount = money_column()
    refunded_on = models.DateField()
    recorded_at = models.DateTimeField()
    payer = models.CharField(max_length=70)
    payer_iban = models.CharField(max_length=34)
    payer_bic = models.CharField(max_length=11, blank=True)
    name = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="refund_key_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_positive"),
        ]


class RefundPart(TenantRow):
    """What a refund took of one payment's credit; never changed."""

    account = belongs_to("parties.Account")
    refund = belongs_to("payments.Refund")
    payment = belongs_to("payments.Payment")
    amount = money_column()


class InstrumentKind(StrEnum):
    CARD = "card"
    SEPA_DEBIT = "sepa_debit"


class InstrumentState(StrEnum):
    ACTIVE = "active"
    REMOVED = "removed"


class Instrument(TenantRow):
    """A card or bank account that a processor keeps for an account, by the processor's names."""

    account = belongs_to("parties.Account")
    processor = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=one_of(InstrumentKind))
    customer = models.CharField(max_length=80)
    method = models.CharField(max_length=80)
    label = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=8, choices=one_of(InstrumentState))
    added_on = models.DateField()
    removed_on = models.DateField(null=True)
    reason = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account"],
                condition=models.Q(state="active"),
                name="instrument_active_once",
            )
        ]


class PullTerms(TenantRow):
    """After how many days what was declined is asked for again: one number a try."""

    retry_days = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="pull_terms_once")]


class PullPurpose(StrEnum):
    INVOICE = "invoice"
    TOP_UP = "top_up"


class Pull(TenantRow):
    """An amount asked of a processor, once for its key; while it runs, no other for the invoice."""

    account = belongs_to("parties.Account")
    instrument = belongs_to("payments.Instrument")
    key = models.CharField(max_length=120)
    purpose = models.CharField(max_length=8, choices=one_of(PullPurpose))
    invoice = belongs_to("invoices.Invoice", null=True)
    amount = money_column()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=one_of(PullState))
    reference = models.CharField(max_length=80, blank=True)
    """The processor's own name for it, once it has answered."""
    reason = models.CharField(max_length=100, blank=True)
    asked_on = models.DateField()
    sent_at = models.DateTimeField(null=True)
    """When it was first sent, whatever came of that."""
    retry_on = models.DateField(null=True)
    times_back = models.SmallIntegerField(default=0)
    """How often the money was taken back."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="pull_key_once"),
            models.UniqueConstraint(
                fields=["tenant", "reference"],
                condition=~models.Q(reference=""),
                name="pull_reference_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "account", "invoice"],
                condition=models.Q(state__in=["asked", "processing", "needs_action"]),
                name="pull_running_once",
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="pull_positive"),
        ]


class FactState(StrEnum):
    TAKEN = "taken"
    OLD_NEWS = "old_news"
    WAITING = "waiting"
    IGNORED = "ignored"


class ProcessorFact(TenantRow):
    """What a processor told of by itself, once for the id of its event."""

    processor = models.CharField(max_length=20)
    event_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=12)
    told = models.CharField(max_length=60)
    reference = models.CharField(max_length=80, blank=True)
    amount = money_column()
    currency = models.CharField(max_length=3, blank=True)
    reason = models.CharField(max_length=100, blank=True)
    costs = money_column()
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=one_of(FactState))
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "processor", "event_id"], name="processor_fact_once"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "reference", "state"], name="processor_fact_of_payment")
        ]


class ExchangedPart(TenantRow):
    """A part of a payment that was given in another currency; never changed.

    The parts of a payment are all that was given, and together what it counts for.
    """

    account = belongs_to("parties.Account")
    payment = belongs_to("payments.Payment")
    part_no = models.SmallIntegerField()
    given = money_column()
    given_currency = models.CharField(max_length=3)
    amount = money_column()
    """What it counts for with the customer."""
    worth = money_column()
    """What it is worth on the day it came; the difference is gained or lost by the exchange."""
    rate = amount_column()
    """What one unit of the given currency counts for."""
    said = models.CharField(max_length=400)
    """The rates that it was found by, with their days and sources."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "payment", "part_no"], name="exchanged_part_once"
            ),
            models.CheckConstraint(
                condition=models.Q(given__gt=0, amount__gte=0, worth__gte=0, rate__gt=0),
                name="exchanged_part_positive",
            ),
        ]
