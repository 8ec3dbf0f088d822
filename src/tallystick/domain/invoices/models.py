"""Bill runs, invoices that never change once issued, their lines and taxes, and what is open."""

from enum import StrEnum
from typing import Final

from django.db import models

from tallystick.domain.tenants.columns import (
    TenantRow,
    amount_column,
    belongs_to,
    money_column,
    one_of,
    quantity_column,
)


class RunState(StrEnum):
    OPEN = "open"
    DONE = "done"


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class OpenState(StrEnum):
    OPEN = "open"
    PART_PAID = "part_paid"
    PAID = "paid"
    WRITTEN_OFF = "written_off"
    VOID = "void"


class DraftState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    ISSUED = "issued"
    DROPPED = "dropped"  # nothing is left to bill


OVER: Final = (DraftState.ISSUED, DraftState.DROPPED)
"""Drafts that wait no longer."""


class DraftCause(StrEnum):
    """Why a bill waits for a person."""

    ASKED = "asked"  # the run was told to hold all
    OVER = "over"  # it is above the amount that the rules say
    OFF = "off"  # it is further from the last one than the rules say
    NEW = "new"  # it is the account's first, and the rules hold those
    CHANGED = "changed"  # it is not what was approved


class NumberSeries(TenantRow):
    """The next number of a series in a year; taken in the transaction that issues, so no gaps."""

    code = models.CharField(max_length=20)
    year = models.SmallIntegerField()
    next_number = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code", "year"], name="number_series_once")
        ]


class BillRun(TenantRow):
    """The billing of all accounts due on a date; it can be stopped anywhere and goes on."""

    bill_date = models.DateField()
    state = models.CharField(max_length=10, choices=one_of(RunState))
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "bill_date"], name="bill_run_date_once")
        ]


class BillTask(TenantRow):
    """The accounts [account_from, account_to) of a bill run: one transaction."""

    bill_run = belongs_to("invoices.BillRun")
    account_from = models.BigIntegerField()
    account_to = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=one_of(RunState))
    invoices = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "bill_run", "account_from"], name="bill_task_once"
            )
        ]


class Invoice(TenantRow):
    """An issued document. Its row and its lines are refused any change by the database."""

    account = belongs_to("parties.Account")
    bill_run = belongs_to("invoices.BillRun", null=True)
    kind = models.CharField(max_length=12, choices=one_of(InvoiceKind))
    number = models.CharField(max_length=40)
    issued_on = models.DateField()
    due_on = models.DateField()
    currency = models.CharField(max_length=3)
    net = money_column()
    tax = money_column()
    total = money_column()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "number"], name="invoice_number_once"
            ),
            models.CheckConstraint(
                condition=models.Q(total=models.F("net") + models.F("tax")),
                name="invoice_net_and_tax_add_up",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(TenantRow):
    """One line of an invoice; a component's period is billed once for each purpose.

    Its account is the invoice's, who pays; the contract may be of another account.
    """

    account = belongs_to("parties.Account")
    invoice = belongs_to("invoices.Invoice")
    line_no = models.IntegerField()
    contract = belongs_to("contracts.Contract")
    component = belongs_to("catalog.Component")
    purpose = models.CharField(max_length=30)
    slot = models.SmallIntegerField()
    """Numbers the lines of one component and period (its bands, tiers and prices) from 0."""
    period_from = models.DateField()
    period_to = models.DateField()
    description = models.CharField(max_length=300)
    quantity = quantity_column()
    unit = models.CharField(max_length=20)
    unit_price = amount_column(null=True)
    """None where the line sums events of many prices."""
    per = quantity_column()
    """How many units one unit price is for, e.g. 60 s."""
    exact = amount_column()
    net = money_column()
    freed = models.BooleanField(default=False, db_default=False)
    """Its invoice is void or credited whole, and what it billed is billed again."""
    tax_category = models.CharField(max_length=40)
    tax_code = models.CharField(max_length=4, null=True)
    """EN 16931 (UNCL 5305) code of its first tax; None on lines of before it was kept."""
    tax_rate = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    """All its taxes together, in percent."""
    revenue_account = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract", "component", "period_from", "purpose", "slot"],
                condition=models.Q(freed=False),
                name="invoice_line_billed_once",
            )
        ]


class OneOff(TenantRow):
    """A single charge that waits for the account's next invoice, such as a late fee."""

    account = belongs_to("parties.Account")
    key = models.CharField(max_length=120)
    description = models.CharField(max_length=300)
    amount = amount_column()
    tax_category = models.CharField(max_length=40)
    revenue_account = models.CharField(max_length=60)
    charged_on = models.DateField()
    invoice_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account", "key"], name="one_off_key_once")
        ]


class InvoiceTax(TenantRow):
    """The tax of one category and rate on an invoice's exact taxable sum."""

    account = belongs_to("parties.Account")
    invoice = belongs_to("invoices.Invoice")
    name = models.CharField(max_length=40)
    code = models.CharField(max_length=4)
    """EN 16931 (UNCL 5305): S, Z, E, AE, O."""
    rate = models.DecimalField(max_digits=9, decimal_places=6)
    taxable = money_column()
    tax = money_column()
    place = models.CharField(max_length=100, default="", db_default="")
    """Where its lines are taxed, such as US-NY/Kings; empty on taxes of before it was kept."""
    jurisdiction = models.CharField(max_length=100, default="", db_default="")
    """Whose tax it is: the place, or one that it lies in."""


class TaxCause(StrEnum):
    """What makes tax due, or gives it back, beside invoices."""

    PREPAID_USED = "prepaid_used"
    WRITTEN_OFF = "written_off"
    RECOVERED = "recovered"


class OtherTax(TenantRow):
    """Tax that no invoice says: of prepaid use, and of debts given up and recovered."""

    account = belongs_to("parties.Account")
    entry_key = models.CharField(max_length=120)
    """The source key of the entry that posts it."""
    cause = models.CharField(max_length=12, choices=one_of(TaxCause))
    invoice = belongs_to("invoices.Invoice", null=True)
    """The invoice that was given up; None of prepaid use."""
    counted_on = models.DateField()
    currency = models.CharField(max_length=3)
    place = models.CharField(max_length=100)
    jurisdiction = models.CharField(max_length=100)
    name = models.CharField(max_length=40)
    code = models.CharField(max_length=4)
    rate = models.DecimalField(max_digits=9, decimal_places=6)
    taxable = money_column()
    tax = money_column()
    """What is given back stands below zero."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "entry_key", "place", "jurisdiction", "name", "code",
                        "rate"],
                name="other_tax_once",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["tenant", "counted_on"], name="other_tax_by_day")]


class OpenItem(TenantRow):
    """What is still owed on an invoice; the one mutable side of it."""

    account = belongs_to("parties.Account")
    invoice = belongs_to("invoices.Invoice")
    due_on = models.DateField()
    currency = models.CharField(max_length=3)
    total = money_column()
    settled = money_column(default=0)
    state = models.CharField(max_length=12, choices=one_of(OpenState))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account", "invoice"], name="open_item_once"),
            models.CheckConstraint(
                condition=models.Q(total__gte=0, settled__gte=0, settled__lte=models.F("total"))
                | models.Q(total__lt=0, settled__lte=0, settled__gte=models.F("total")),
                name="open_item_settled_within_total",
            ),
        ]


class Offset(TenantRow):
    """A part of an invoice set against a negative one of the same account; never changed."""

    account = belongs_to("parties.Account")
    credit_invoice_id = models.BigIntegerField()
    invoice_id = models.BigIntegerField()
    amount = money_column()
    offset_on = models.DateField()


class CreditedLine(TenantRow):
    """A line of an invoice, or a part of it, that a credit note gives back; never changed."""

    account = belongs_to("parties.Account")
    invoice_id = models.BigIntegerField()
    line_no = models.IntegerField()
    credit_note_id = models.BigIntegerField()
    credit_line_no = models.IntegerField()
    exact = amount_column()
    """What is given back of the line's exact amount, with its sign."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "credit_note_id", "credit_line_no"],
                name="credited_line_once",
            )
        ]


class VoidedInvoice(TenantRow):
    """An invoice that was taken back before it counted; its number stays, its entry is reversed."""

    account = belongs_to("parties.Account")
    invoice = belongs_to("invoices.Invoice")
    voided_on = models.DateField()
    reason = models.CharField(max_length=300)
    voided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "invoice"], name="invoice_voided_once"
            )
        ]


class BillRules(TenantRow):
    """What an operator's bill runs hold for approval by themselves, and what may be voided."""

    hold_over = money_column(null=True)
    """Bills above this amount are held; None = none for their amount."""
    hold_off_percent = models.SmallIntegerField(null=True)
    """Bills further than this from the last one are held; None = none."""
    hold_new = models.BooleanField(default=False)
    bill_over = money_column(null=True)
    """How much unbilled usage is billed within the cycle, of accounts that say nothing else."""
    refundable = models.JSONField(default=list)
    """Where prepaid money came from that may be given back: top_up, voucher, transfer."""
    void_sent = models.BooleanField(default=False)
    """Whether the law lets the operator void an invoice that was sent."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="bill_rules_once")]


class BillDraft(TenantRow):
    """What a payer would be billed, without a number, until a person decides.

    What is issued when it is approved is drawn up again and must be the same, line by line.
    """

    account = belongs_to("parties.Account")
    bill_date = models.DateField()
    currency = models.CharField(max_length=3)
    invoices = models.IntegerField()
    net = money_column()
    tax = money_column()
    total = money_column()
    before = money_column(null=True)
    """The total of the last bill; None = there was none."""
    cause = models.CharField(max_length=10, choices=one_of(DraftCause))
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=one_of(DraftState))
    reason = models.CharField(max_length=300, default="")
    drafted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "currency"],
                condition=~models.Q(state__in=["issued", "dropped"]),
                name="bill_draft_once",
            )
        ]


class DraftLine(TenantRow):
    """A line of a draft, for whoever decides."""

    account = belongs_to("parties.Account")
    draft = belongs_to("invoices.BillDraft")
    bill = models.CharField(max_length=80)
    """Which of the draft's invoices it is on."""
    line_no = models.IntegerField()
    contract = belongs_to("contracts.Contract")
    period_from = models.DateField()
    period_to = models.DateField()
    description = models.CharField(max_length=300)
    quantity = quantity_column()
    unit = models.CharField(max_length=20)
    net = money_column()
