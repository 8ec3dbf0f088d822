"""What an invoice says, before any format or language: the input of every document gate.

Amounts are rounded to the currency, quantities are in canonical units, instants are local to the
account. Texts come from catalogues and people and may hold anything.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tallystick.base.period import Period

COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
"""An operator's colour, such as #1f4e79."""


class DocumentKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Language(StrEnum):
    EN = "en"
    DE = "de"
    ES = "es"


class NumberFormat(StrEnum):
    """How 1234.56 is written."""

    COMMA_POINT = "1,234.56"
    POINT_COMMA = "1.234,56"
    SPACE_COMMA = "1 234,56"
    APOSTROPHE_POINT = "1'234.56"


@dataclass(frozen=True, slots=True)
class Seller:
    """The operator's brand; `accent` is a colour as `#rrggbb`, the logo an SVG file."""

    name: str
    address: tuple[str, ...]
    vat_number: str
    contact: tuple[str, ...] = ()
    accent: str = "#1f4e79"
    logo_svg: bytes | None = None
    legal: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    name: str
    address: tuple[str, ...]
    vat_number: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class HowToPay:
    """Where the money goes; a note replaces or completes it ("we collect on...")."""

    reference: str
    holder: str = ""
    iban: str = ""
    bic: str = ""
    bank: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SummaryGroup:
    title: str
    amount: Decimal
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LineTax:
    """What a line bears: the EN 16931 (UNCL 5305) code, and all its rates together."""

    code: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A recurring or one-off line; `tax` is None where it was not kept.

    `section` says whose it is on an invoice that pays for several accounts.
    """

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    period: Period | None = None
    detail: str = ""
    tax: LineTax | None = None
    section: str = ""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Usage of one component at one price; `group` gathers rows under a title."""

    group: str
    component: str
    quantity: Decimal
    unit: str
    amount: Decimal
    unit_price: Decimal | None = None
    price_unit: str = ""
    band: str = ""
    tier: str = ""
    per: Decimal = Decimal(1)
    period: Period | None = None
    tax: LineTax | None = None


@dataclass(frozen=True, slots=True)
class TaxRow:
    """A row of the tax table; the note carries what the law wants said (reverse charge...)."""

    name: str
    percent: Decimal
    taxable: Decimal
    amount: Decimal
    note: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class HomeTax:
    """The tax of a foreign currency's invoice in the seller's own, and the rates that said so."""

    currency: str
    amount: Decimal
    said: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    on: date
    text: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AnnexRow:
    at: datetime
    what: str
    quantity: Decimal
    unit: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Annex:
    """Single events of one subject, such as a telephone number."""

    title: str
    rows: tuple[AnnexRow, ...]


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a meter counted day by day, for a bar chart."""

    title: str
    unit: str
    days: tuple[tuple[date, Decimal], ...]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """Everything that an issued invoice or credit note shows."""

    seller: Seller
    buyer: Buyer
    number: str
    account_number: str
    issued_on: date
    due_on: date
    currency: str
    language: Language
    net: Decimal
    tax: Decimal
    total: Decimal
    amount_due: Decimal
    how_to_pay: HowToPay
    kind: DocumentKind = DocumentKind.INVOICE
    number_format: NumberFormat | None = None
    period: Period | None = None
    corrects: str = ""
    prices_include_tax: bool = False
    summary: tuple[SummaryGroup, ...] = ()
    lines: tuple[DocumentLine, ...] = ()
    usage: tuple[UsageRow, ...] = ()
    taxes: tuple[TaxRow, ...] = ()
    home_tax: HomeTax | None = None
    previous_balance: Decimal = Decimal(0)
    payments: tuple[PaymentRow, ...] = ()
    consumption: tuple[Consumption, ...] = ()
    annexes: tuple[Annex, ...] = ()
    notes: tuple[str, ...] = ()
    voided_on: date | None = None
