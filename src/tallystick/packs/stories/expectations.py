"""What a story can expect to see: a class for each kind, with the form it is written in."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NewType

from tallystick.domain.contracts.models import ServiceState
from tallystick.packs.stories.bill_steps import BILL_EXPECTATIONS
from tallystick.packs.stories.step import Expectation

Currency = NewType("Currency", str)


@dataclass(frozen=True, slots=True)
class ExpectMoney(Expectation):
    form = "expect money ACCOUNT AMOUNT"
    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ExpectInvoice(Expectation):
    form = "expect invoice ACCOUNT net NET tax TAX total TOTAL CURRENCY"
    account: str
    net: Decimal
    tax: Decimal
    total: Decimal
    currency: Currency


@dataclass(frozen=True, slots=True)
class ExpectInvoices(Expectation):
    form = "expect invoices ACCOUNT COUNT total TOTAL CURRENCY"
    account: str
    count: int
    total: Decimal
    currency: Currency


@dataclass(frozen=True, slots=True)
class ExpectNoInvoice(Expectation):
    form = "expect no invoice ACCOUNT"
    account: str


@dataclass(frozen=True, slots=True)
class ExpectLine(Expectation):
    form = "expect line ACCOUNT PREFIX quantity QUANTITY net NET"
    account: str
    prefix: str
    quantity: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class ExpectTax(Expectation):
    form = "expect tax ACCOUNT NAME taxable TAXABLE tax TAX"
    account: str
    name: str
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class ExpectTaxes(Expectation):
    form = "expect taxes PLACE NAME taxable TAXABLE tax TAX from SINCE to UNTIL"
    place: str
    name: str
    taxable: Decimal
    tax: Decimal
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class ExpectBalance(Expectation):
    form = "expect balance ACCOUNT AMOUNT"
    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ExpectServiceState(Expectation):
    form = "expect service CONTRACT STATE"
    contract: str
    state: ServiceState


@dataclass(frozen=True, slots=True)
class ExpectNetwork(Expectation):
    form = "expect network ACCOUNT ACTIONS..."
    account: str
    actions: tuple[str, ...]


class Port(StrEnum):
    MAIL = "mail"
    AGENCY = "agency"
    WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True)
class ExpectTold(Expectation):
    form = "expect told PORT ACCOUNT ACTIONS..."
    port: Port
    account: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpectRejects(Expectation):
    form = "expect rejects CODE COUNT"
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class ExpectSuspense(Expectation):
    form = "expect suspense CODE COUNT"
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class ExpectHeld(Expectation):
    form = "expect held ACCOUNT COUNT"
    account: str
    count: int


@dataclass(frozen=True, slots=True)
class ExpectLedger(Expectation):
    form = "expect ledger CODE AMOUNT [through THROUGH]"
    code: str
    amount: Decimal
    through: date | None


@dataclass(frozen=True, slots=True)
class ExpectBooks(Expectation):
    form = "expect books balance"


EXPECTATIONS: Final[tuple[type[Expectation], ...]] = (
    ExpectMoney,
    ExpectInvoice,
    ExpectInvoices,
    ExpectNoInvoice,
    ExpectLine,
    ExpectTax,
    ExpectTaxes,
    ExpectBalance,
    ExpectServiceState,
    ExpectNetwork,
    ExpectTold,
    ExpectRejects,
    ExpectSuspense,
    ExpectHeld,
    ExpectLedger,
    ExpectBooks,
    *BILL_EXPECTATIONS,
)
