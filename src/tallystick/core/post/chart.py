"""The standard chart of accounts: the codes that posting rules name, and which side they grow on.

An operator may add revenue accounts of its own (any code from 4000 to 4999); the others are named
by rules and keep their meaning.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Nature(StrEnum):
    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    code: str
    name: str
    nature: Nature


def _accounts(nature: Nature, **named: str) -> dict[str, LedgerAccount]:
    return {code[1:]: LedgerAccount(code[1:], name, nature) for code, name in named.items()}


CHART: Final[dict[str, LedgerAccount]] = {
    **_accounts(
        Nature.ASSET,
        _1000="Bank",
        _1100="Cash in transit",
        _1200="Receivable",
        _1250="Unbilled revenue",
        _1290="Valuation of receivables",
    ),
    **_accounts(
        Nature.LIABILITY,
        _2100="Customer credit",
        _2190="Valuation of customer credit",
        _2200="Tax payable",
        _2300="Prepaid liability",
        _2350="Deposits held",
        _2390="Valuation of deposits",
        _2400="Deferred revenue",
        _2500="Payable to partners",
    ),
    **_accounts(
        Nature.INCOME,
        _4000="Revenue",
        _4010="Revenue from voice",
        _4020="Revenue from messages",
        _4030="Revenue from data",
        _4040="Revenue from access",
        _4050="Revenue from energy and water",
        _4060="Revenue from cloud",
        _4070="Revenue from equipment",
        _4800="Late fees and reconnection",
        _4900="Expired prepaid credit",
        _4950="Unrealised exchange gains",
    ),
    **_accounts(
        Nature.EXPENSE,
        _5000="Cost of sales",
        _6100="Bad debt",
        _6200="Goodwill",
        _6300="Payment costs",
        _6400="Interest on deposits",
        _6800="Exchange differences",
        _6850="Unrealised exchange losses",
        _6900="Rounding differences",
    ),
}

BANK, CASH_IN_TRANSIT, RECEIVABLE, UNBILLED = "1000", "1100", "1200", "1250"
CUSTOMER_CREDIT, TAX_PAYABLE, PREPAID, DEPOSITS = "2100", "2200", "2300", "2350"
DEFERRED, PARTNERS = "2400", "2500"
FEES, EXPIRED = "4800", "4900"
COST_OF_SALES, BAD_DEBT, GOODWILL, PAYMENT_COSTS = "5000", "6100", "6200", "6300"
INTEREST, EXCHANGE, ROUNDING = "6400", "6800", "6900"
RECEIVABLE_VALUATION, CREDIT_VALUATION, DEPOSITS_VALUATION = "1290", "2190", "2390"
UNREALISED_GAINS, UNREALISED_LOSSES = "4950", "6850"
