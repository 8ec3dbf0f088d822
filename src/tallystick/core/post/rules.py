"""Posting rules as data: which accounts a kind of business event debits and credits.

A rule's amounts are named parts of the event. A template without an account of its own posts each
amount of its part to the account that the event names, such as revenue by service.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from tallystick.core.post import chart


class EventKind(StrEnum):
    INVOICE_ISSUED = "invoice_issued"
    INVOICE_VOIDED = "invoice_voided"
    CREDIT_NOTE_ISSUED = "credit_note_issued"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_SETTLED = "payment_settled"
    PAYMENT_ALLOCATED = "payment_allocated"
    PAYMENT_RETURNED = "payment_returned"
    PAYOUT_ARRIVED = "payout_arrived"
    CREDIT_GRANTED = "credit_granted"
    CREDIT_REFUNDED = "credit_refunded"
    DEBT_WRITTEN_OFF = "debt_written_off"
    DEBT_RECOVERED = "debt_recovered"
    PREPAID_BOUGHT = "prepaid_bought"
    PREPAID_USED = "prepaid_used"
    PREPAID_EXPIRED = "prepaid_expired"
    PREPAID_MOVED = "prepaid_moved"
    PREPAID_CORRECTED = "prepaid_corrected"
    DEPOSIT_HELD = "deposit_held"
    DEPOSIT_APPLIED = "deposit_applied"
    REVENUE_RELEASED = "revenue_released"
    REVENUE_ACCRUED = "revenue_accrued"
    PARTNER_SHARE_OWED = "partner_share_owed"
    EXCHANGE_DIFFERED = "exchange_differed"
    ITEMS_REVALUED = "items_revalued"


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Template:
    """One posting of a rule: a side, an account (None: as the event names it), a part."""

    side: Side
    account: str | None
    part: str


def _debit(account: str | None, part: str) -> Template:
    return Template(Side.DEBIT, account, part)


def _credit(account: str | None, part: str) -> Template:
    return Template(Side.CREDIT, account, part)


Rules = Mapping[EventKind, tuple[Template, ...]]

RULES: Final[Rules] = MappingProxyType(
    {
        EventKind.INVOICE_ISSUED: (
            _debit(chart.RECEIVABLE, "total"),
            _credit(None, "revenue"),
            _credit(chart.DEFERRED, "deferred"),
            _credit(chart.TAX_PAYABLE, "tax"),
        ),
        EventKind.INVOICE_VOIDED: (
            _debit(None, "revenue"),
            _debit(chart.DEFERRED, "deferred"),
            _debit(chart.TAX_PAYABLE, "tax"),
            _credit(chart.RECEIVABLE, "total"),
        ),
        EventKind.CREDIT_NOTE_ISSUED: (
            _debit(None, "revenue"),
            _debit(chart.DEFERRED, "deferred"),
            _debit(chart.TAX_PAYABLE, "tax"),
            _credit(chart.RECEIVABLE, "total"),
        ),
        EventKind.PAYMENT_RECEIVED: (
            _debit(chart.CASH_IN_TRANSIT, "amount"),
            _credit(chart.CUSTOMER_CREDIT, "amount"),
        ),
        EventKind.PAYMENT_SETTLED: (
            _debit(chart.BANK, "amount"),
            _debit(chart.PAYMENT_COSTS, "costs"),
            _credit(chart.CASH_IN_TRANSIT, "amount"),
            _credit(chart.CASH_IN_TRANSIT, "costs"),
        ),
        EventKind.PAYMENT_ALLOCATED: (
            _debit(chart.CUSTOMER_CREDIT, "amount"),
            _credit(chart.RECEIVABLE, "amount"),
        ),
        EventKind.PAYMENT_RETURNED: (
            _debit(chart.RECEIVABLE, "reopened"),
            _debit(chart.CUSTOMER_CREDIT, "unallocated"),
            _debit(chart.PAYMENT_COSTS, "costs"),
            _credit(chart.BANK, "reopened"),
            _credit(chart.BANK, "unallocated"),
            _credit(chart.BANK, "costs"),
        ),
        EventKind.PAYOUT_ARRIVED: (
            _debit(chart.BANK, "amount"),
            _debit(chart.PAYMENT_COSTS, "costs"),
            _credit(chart.CASH_IN_TRANSIT, "held"),
        ),
        EventKind.CREDIT_GRANTED: (
            _debit(chart.GOODWILL, "amount"),
            _credit(chart.CUSTOMER_CREDIT, "amount"),
        ),
        EventKind.CREDIT_REFUNDED: (
            _debit(chart.CUSTOMER_CREDIT, "amount"),
            _credit(chart.BANK, "amount"),
        ),
        EventKind.DEBT_WRITTEN_OFF: (
            _debit(chart.BAD_DEBT, "loss"),
            _debit(chart.TAX_PAYABLE, "tax"),
            _credit(chart.RECEIVABLE, "loss"),
            _credit(chart.RECEIVABLE, "tax"),
        ),
        EventKind.DEBT_RECOVERED: (
            _debit(chart.RECEIVABLE, "loss"),
            _debit(chart.RECEIVABLE, "tax"),
            _credit(chart.BAD_DEBT, "loss"),
            _credit(chart.TAX_PAYABLE, "tax"),
        ),
        EventKind.PREPAID_BOUGHT: (
            _debit(chart.CASH_IN_TRANSIT, "amount"),
            _credit(chart.PREPAID, "amount"),
        ),
        EventKind.PREPAID_USED: (
            _debit(chart.PREPAID, "total"),
            _credit(None, "revenue"),
            _credit(chart.TAX_PAYABLE, "tax"),
        ),
        EventKind.PREPAID_EXPIRED: (
            _debit(chart.PREPAID, "amount"),
            _credit(chart.EXPIRED, "amount"),
        ),
        EventKind.PREPAID_MOVED: (
            _debit(chart.PREPAID, "amount"),
            _credit(chart.CUSTOMER_CREDIT, "amount"),
        ),
        EventKind.PREPAID_CORRECTED: (
            _debit(chart.GOODWILL, "amount"),
            _credit(chart.PREPAID, "amount"),
        ),
        EventKind.DEPOSIT_HELD: (
            _debit(chart.CASH_IN_TRANSIT, "amount"),
            _credit(chart.DEPOSITS, "amount"),
        ),
        EventKind.DEPOSIT_APPLIED: (
            _debit(chart.DEPOSITS, "amount"),
            _debit(chart.INTEREST, "interest"),
            _credit(chart.CUSTOMER_CREDIT, "amount"),
            _credit(chart.CUSTOMER_CREDIT, "interest"),
        ),
        EventKind.REVENUE_RELEASED: (
            _debit(chart.DEFERRED, "total"),
            _credit(None, "revenue"),
        ),
        EventKind.REVENUE_ACCRUED: (
            _debit(chart.UNBILLED, "total"),
            _credit(None, "revenue"),
        ),
        EventKind.PARTNER_SHARE_OWED: (
            _debit(chart.COST_OF_SALES, "amount"),
            _credit(chart.PARTNERS, "amount"),
        ),
        EventKind.EXCHANGE_DIFFERED: (
            _debit(chart.EXCHANGE, "loss"),
            _credit(chart.CASH_IN_TRANSIT, "loss"),
            _debit(chart.CASH_IN_TRANSIT, "gain"),
            _credit(chart.EXCHANGE, "gain"),
        ),
        EventKind.ITEMS_REVALUED: (
            _debit(chart.RECEIVABLE_VALUATION, "receivable"),
            _debit(chart.CREDIT_VALUATION, "credit"),
            _debit(chart.DEPOSITS_VALUATION, "deposits"),
            _debit(chart.UNREALISED_LOSSES, "loss"),
            _credit(chart.UNREALISED_GAINS, "gain"),
        ),
    }
)
"""The rules every operator starts with; its own take their place by event kind."""
