"""The Standard Audit File for Tax: accounts, customers and every entry of a time, as XML.

Source: OECD, Guidance for the Standard Audit File - Tax, version 2.0: header, master files, general
ledger entries. Countries add parts of their own, which are not written here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import BinaryIO, Final
from xml.sax.saxutils import escape, quoteattr

from tallystick.base.money import round_minor
from tallystick.core.post.chart import TAX_PAYABLE
from tallystick.core.post.detail import read_tax_detail
from tallystick.domain.ledger.queries import BalanceLine, JournalRow

VERSION: Final = "2.00"
NAMESPACE: Final = "urn:StandardAuditFile-Taxation-Financial"
_TYPES: Final = {
    "asset": "Asset", "liability": "Liability", "income": "Sale", "expense": "Expense",
    "equity": "Other",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """Whose books they are."""

    name: str
    registration: str
    country: str
    currency: str


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody whose account entries name."""

    number: str
    name: str
    country: str
    tax_number: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit file says; openings and closings are balances before and after its days."""

    company: Company
    since: date
    until: date
    made_at: datetime
    opening: list[BalanceLine]
    closing: list[BalanceLine]
    customers: list[Customer]
    entries: int
    debit: Decimal
    credit: Decimal


def write_saft(audit: Audit, rows: Iterable[JournalRow], *, to: BinaryIO) -> None:
    """Writes the file piece by piece, so that a large journal needs no memory."""
    to.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    to.write(f"<AuditFile xmlns={quoteattr(NAMESPACE)}>".encode())
    for piece in (_header(audit), _master_files(audit)):
        to.write(piece.encode())
    to.write(
        (
            "<GeneralLedgerEntries>"
            + _text("NumberOfEntries", audit.entries)
            + _text("TotalDebit", _money(audit.debit, audit.company.currency))
            + _text("TotalCredit", _money(audit.credit, audit.company.currency))
            + "<Journal><JournalID>GL</JournalID><Description>General ledger</Description>"
            "<Type>GL</Type>"
        ).encode()
    )
    for transaction in _transactions(rows):
        to.write(transaction.encode())
    to.write(b"</Journal></GeneralLedgerEntries></AuditFile>\n")


def _text(name: str, value: object) -> str:
    clean = "".join(c for c in str(value) if c.isprintable())
    return f"<{name}>{escape(clean)}</{name}>" if clean else ""


def _money(amount: Decimal, currency: str) -> str:
    return format(round_minor(amount, currency=currency), "f")


def _header(audit: Audit) -> str:
    company = audit.company
    return (
        "<Header>"
        + _text("AuditFileVersion", VERSION)
        + _text("AuditFileCountry", company.country)
        + _text("AuditFileDateCreated", audit.made_at.date())
        + _text("SoftwareCompanyName", "Tallystick")
        + _text("SoftwareID", "Tallystick")
        + "<Company>"
        + _text("RegistrationNumber", company.registration)
        + _text("Name", company.name)
        + f"<Address>{_text('Country', company.country)}</Address></Company>"
        + _text("DefaultCurrencyCode", company.currency)
        + "<SelectionCriteria>"
        + _text("SelectionStartDate", audit.since)
        + _text("SelectionEndDate", audit.until)
        + "</SelectionCriteria></Header>"
    )


def _master_files(audit: Audit) -> str:
    opening = {(line.code, line.currency): line for line in audit.opening}
    accounts = "".join(
        _account(line, opening.get((line.code, line.currency))) for line in audit.closing
    )
    customers = "".join(
        "<Customer>"
        + _text("CustomerID", one.number)
        + _text("CustomerTaxID", one.tax_number)
        + _text("CompanyName", one.name)
        + f"<BillingAddress>{_text('Country', one.country)}</BillingAddress></Customer>"
        for one in audit.customers
    )
    return (
        f"<MasterFiles><GeneralLedgerAccounts>{accounts}</GeneralLedgerAccounts>"
        f"<Customers>{customers}</Customers></MasterFiles>"
    )


def _account(line: BalanceLine, before: BalanceLine | None) -> str:
    opened = before.balance if before else Decimal(0)
    return (
        "<Account>"
        + _text("AccountID", line.code)
        + _text("AccountDescription", line.name)
        + _text("AccountType", _TYPES.get(line.kind, "Other"))
        + _text("CurrencyCode", line.currency)
        + _side("Opening", opened, line.currency)
        + _side("Closing", line.balance, line.currency)
        + "</Account>"
    )


def _side(when: str, balance: Decimal, currency: str) -> str:
    side = "Debit" if balance >= 0 else "Credit"
    return _text(f"{when}{side}Balance", _money(abs(balance), currency))


def _transactions(rows: Iterable[JournalRow]) -> Iterator[str]:
    for _, group in groupby(rows, key=lambda row: (row.account, row.entry_id)):
        postings = list(group)
        first = postings[0]
        lines = "".join(_line(number, row) for number, row in enumerate(postings, start=1))
        yield (
            "<Transaction>"
            + _text("TransactionID", first.entry_id)
            + _text("Period", first.occurred_on.month)
            + _text("TransactionDate", first.occurred_on)
            + _text("SourceID", first.source_key)
            + _text("Description", first.description)
            + _text("SystemEntryDate", first.posted_at.date())
            + _text("GLPostingDate", first.occurred_on)
            + _text("CustomerID", first.account)
            + f"<Lines>{lines}</Lines></Transaction>"
        )


def _line(number: int, row: JournalRow) -> str:
    kind = "DebitLine" if row.amount >= 0 else "CreditLine"
    amount = "DebitAmount" if row.amount >= 0 else "CreditAmount"
    value = _money(abs(row.amount), row.currency)
    return (
        f"<{kind}>"
        + _text("RecordID", number)
        + _text("AccountID", row.ledger_account)
        + f"<{amount}>{_text('Amount', value)}{_text('CurrencyCode', row.currency)}</{amount}>"
        + _tax(row, value)
        + f"</{kind}>"
    )


def _tax(row: JournalRow, value: str) -> str:
    """Whose tax the line is and at which rate, where it is one."""
    if row.standard != TAX_PAYABLE or not row.detail:
        return ""
    tax = read_tax_detail(row.detail)
    return (
        "<TaxInformation>"
        + _text("TaxType", tax.name)
        + _text("TaxCode", tax.code)
        + _text("TaxPercentage", f"{tax.percent.normalize():f}")
        + _text("Country", tax.jurisdiction[:2])
        + f"<TaxAmount>{_text('Amount', value)}{_text('CurrencyCode', row.currency)}</TaxAmount>"
        + "</TaxInformation>"
    )
