"""EN 16931 as UBL 2.1: an Invoice or a CreditNote.

Source: EN 16931-3-2, the binding of the semantic model to UBL.
"""

from typing import Final

from tallystick.base.period import Period
from tallystick.core.invoice.document import DocumentKind, InvoiceDocument, LineTax
from tallystick.gates.documents.electronic.meaning import (
    Breakdown,
    ElectronicInvoice,
    Line,
    Party,
    last_day,
    money,
    number,
    understand,
)
from tallystick.gates.documents.electronic.xml import HEAD, element, every, text

CUSTOMIZATION: Final = "urn:cen.eu:en16931:2017"
_NAMESPACE: Final = "urn:oasis:names:specification:ubl:schema:xsd:"


def write_ubl(document: InvoiceDocument) -> bytes:
    """The document as UBL.

    :raises NotElectronic: when EN 16931 has no way to say it
    """
    invoice = understand(document)
    credit = document.kind is DocumentKind.CREDIT_NOTE
    name = "CreditNote" if credit else "Invoice"
    root = element(
        name,
        _head(invoice, name=name),
        _party("cac:AccountingSupplierParty", invoice.seller),
        _party("cac:AccountingCustomerParty", invoice.buyer),
        element("cac:Delivery", text("cbc:ActualDeliveryDate", invoice.delivered_on.isoformat())),
        _means(invoice, credit=credit),
        _tax_total(invoice),
        _totals(invoice),
        every(_line(line, invoice, name=name) for line in invoice.lines),
        **{
            "xmlns": f"{_NAMESPACE}{name}-2",
            "xmlns:cac": f"{_NAMESPACE}CommonAggregateComponents-2",
            "xmlns:cbc": f"{_NAMESPACE}CommonBasicComponents-2",
        },
    )
    return (HEAD + root).encode()


def _head(invoice: ElectronicInvoice, *, name: str) -> str:
    document = invoice.document
    credit = name == "CreditNote"
    due = text("cbc:DueDate", document.due_on.isoformat())
    home = invoice.home_tax
    return every(
        (
            text("cbc:CustomizationID", CUSTOMIZATION),
            text("cbc:ID", document.number),
            text("cbc:IssueDate", document.issued_on.isoformat()),
            "" if credit else due,
            text(f"cbc:{name}TypeCode", invoice.type_code),
            every(text("cbc:Note", note) for note in document.notes),
            text("cbc:DocumentCurrencyCode", document.currency),
            text("cbc:TaxCurrencyCode", home.currency) if home else "",
            text("cbc:BuyerReference", document.account_number),
            _period(document.period),
            element(
                "cac:BillingReference",
                element("cac:InvoiceDocumentReference", text("cbc:ID", document.corrects)),
            ),
        )
    )


def _period(period: Period | None) -> str:
    if period is None:
        return ""
    return element(
        "cac:InvoicePeriod",
        text("cbc:StartDate", period.start.isoformat()),
        text("cbc:EndDate", last_day(period).isoformat()),
    )


def _party(name: str, party: Party) -> str:
    lines = list(party.address)
    address = element(
        "cac:PostalAddress",
        text("cbc:StreetName", lines[0] if lines else ""),
        text("cbc:AdditionalStreetName", lines[1] if len(lines) > 1 else ""),
        element("cac:AddressLine", text("cbc:Line", ", ".join(lines[2:]))),
        element("cac:Country", text("cbc:IdentificationCode", party.country)),
    )
    return element(
        name,
        element(
            "cac:Party",
            element("cac:PartyName", text("cbc:Name", party.name)),
            address,
            _scheme(party.vat, "VAT"),
            _scheme(party.registration, "TAX"),
            element(
                "cac:PartyLegalEntity",
                text("cbc:RegistrationName", party.name),
                text("cbc:CompanyID", party.legal),
            ),
        ),
    )


def _scheme(company: str, scheme: str) -> str:
    if not company:
        return ""
    return element(
        "cac:PartyTaxScheme",
        text("cbc:CompanyID", company),
        element("cac:TaxScheme", text("cbc:ID", scheme)),
    )


def _means(invoice: ElectronicInvoice, *, credit: bool) -> str:
    how = invoice.document.how_to_pay
    due = invoice.document.due_on.isoformat()
    account = element(
        "cac:PayeeFinancialAccount",
        text("cbc:ID", invoice.iban),
        text("cbc:Name", how.holder),
        element("cac:FinancialInstitutionBranch", text("cbc:ID", how.bic)),
    )
    return element(
        "cac:PaymentMeans",
        text("cbc:PaymentMeansCode", invoice.means_code),
        text("cbc:PaymentDueDate", due) if credit else "",
        text("cbc:PaymentID", how.reference),
        account if invoice.iban else "",
    )


def _tax_total(invoice: ElectronicInvoice) -> str:
    currency, home = invoice.document.currency, invoice.home_tax
    at_home = ""
    if home is not None:
        amount = text("cbc:TaxAmount", money(home.amount), currencyID=home.currency)
        at_home = element("cac:TaxTotal", amount)
    return (
        element(
            "cac:TaxTotal",
            text("cbc:TaxAmount", money(invoice.document.tax), currencyID=currency),
            every(_subtotal(tax, currency) for tax in invoice.taxes),
        )
        + at_home
    )


def _subtotal(tax: Breakdown, currency: str) -> str:
    return element(
        "cac:TaxSubtotal",
        text("cbc:TaxableAmount", money(tax.taxable), currencyID=currency),
        text("cbc:TaxAmount", money(tax.amount), currencyID=currency),
        _category("cac:TaxCategory", tax.tax, reason=tax.reason),
    )


def _category(name: str, tax: LineTax, *, reason: str = "") -> str:
    return element(
        name,
        text("cbc:ID", tax.code),
        "" if tax.code == "O" else text("cbc:Percent", number(tax.percent)),
        text("cbc:TaxExemptionReason", reason),
        element("cac:TaxScheme", text("cbc:ID", "VAT")),
    )


def _totals(invoice: ElectronicInvoice) -> str:
    document, currency = invoice.document, invoice.document.currency
    return element(
        "cac:LegalMonetaryTotal",
        text("cbc:LineExtensionAmount", money(document.net), currencyID=currency),
        text("cbc:TaxExclusiveAmount", money(document.net), currencyID=currency),
        text("cbc:TaxInclusiveAmount", money(document.total), currencyID=currency),
        text("cbc:PayableAmount", money(document.total), currencyID=currency),
    )


def _line(line: Line, invoice: ElectronicInvoice, *, name: str) -> str:
    quantity = "CreditedQuantity" if name == "CreditNote" else "InvoicedQuantity"
    currency = invoice.document.currency
    return element(
        f"cac:{name}Line",
        text("cbc:ID", str(line.number)),
        text("cbc:Note", line.note),
        text(f"cbc:{quantity}", number(line.quantity), unitCode=line.unit),
        text("cbc:LineExtensionAmount", money(line.net), currencyID=currency),
        _period(line.period),
        element(
            "cac:Item",
            text("cbc:Name", line.name or "-"),
            _category("cac:ClassifiedTaxCategory", line.tax),
        ),
        element(
            "cac:Price",
            text("cbc:PriceAmount", number(line.price), currencyID=currency),
            text("cbc:BaseQuantity", number(line.per), unitCode=line.unit),
        ),
    )
