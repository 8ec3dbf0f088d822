"""EN 16931 as UN/CEFACT Cross Industry Invoice (D16B), which is also what a Factur-X PDF holds.

Source: EN 16931-3-3, the binding of the semantic model to CII.
"""

from datetime import date
from typing import Final

from tallystick.base.period import Period
from tallystick.core.invoice.document import InvoiceDocument
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

GUIDELINE: Final = "urn:cen.eu:en16931:2017"
_NAMESPACES: Final = {
    "xmlns:rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "xmlns:ram": (
        "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
    ),
    "xmlns:udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "xmlns:qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}


def write_cii(document: InvoiceDocument) -> bytes:
    """The document as CII.

    :raises NotElectronic: when EN 16931 has no way to say it
    """
    invoice = understand(document)
    root = element(
        "rsm:CrossIndustryInvoice",
        element(
            "rsm:ExchangedDocumentContext",
            element("ram:GuidelineSpecifiedDocumentContextParameter", text("ram:ID", GUIDELINE)),
        ),
        _head(invoice),
        element(
            "rsm:SupplyChainTradeTransaction",
            every(_line(line) for line in invoice.lines),
            _agreement(invoice),
            _delivery(invoice),
            _settlement(invoice),
        ),
        **_NAMESPACES,
    )
    return (HEAD + root).encode()


def _day(name: str, day: date) -> str:
    return element(name, text("udt:DateTimeString", f"{day:%Y%m%d}", format="102"))


def _head(invoice: ElectronicInvoice) -> str:
    document = invoice.document
    return element(
        "rsm:ExchangedDocument",
        text("ram:ID", document.number),
        text("ram:TypeCode", invoice.type_code),
        _day("ram:IssueDateTime", document.issued_on),
        every(element("ram:IncludedNote", text("ram:Content", note)) for note in document.notes),
    )


def _line(line: Line) -> str:
    return element(
        "ram:IncludedSupplyChainTradeLineItem",
        element(
            "ram:AssociatedDocumentLineDocument",
            text("ram:LineID", str(line.number)),
            element("ram:IncludedNote", text("ram:Content", line.note)),
        ),
        element("ram:SpecifiedTradeProduct", text("ram:Name", line.name or "-")),
        element(
            "ram:SpecifiedLineTradeAgreement",
            element(
                "ram:NetPriceProductTradePrice",
                text("ram:ChargeAmount", number(line.price)),
                text("ram:BasisQuantity", number(line.per), unitCode=line.unit),
            ),
        ),
        element(
            "ram:SpecifiedLineTradeDelivery",
            text("ram:BilledQuantity", number(line.quantity), unitCode=line.unit),
        ),
        element(
            "ram:SpecifiedLineTradeSettlement",
            element(
                "ram:ApplicableTradeTax",
                text("ram:TypeCode", "VAT"),
                text("ram:CategoryCode", line.tax.code),
                ""
                if line.tax.code == "O"
                else text("ram:RateApplicablePercent", number(line.tax.percent)),
            ),
            _period(line.period),
            element(
                "ram:SpecifiedTradeSettlementLineMonetarySummation",
                text("ram:LineTotalAmount", money(line.net)),
            ),
        ),
    )


def _period(period: Period | None) -> str:
    if period is None:
        return ""
    return element(
        "ram:BillingSpecifiedPeriod",
        _day("ram:StartDateTime", period.start),
        _day("ram:EndDateTime", last_day(period)),
    )


def _agreement(invoice: ElectronicInvoice) -> str:
    return element(
        "ram:ApplicableHeaderTradeAgreement",
        text("ram:BuyerReference", invoice.document.account_number),
        _party("ram:SellerTradeParty", invoice.seller),
        _party("ram:BuyerTradeParty", invoice.buyer),
    )


def _delivery(invoice: ElectronicInvoice) -> str:
    return element(
        "ram:ApplicableHeaderTradeDelivery",
        element(
            "ram:ActualDeliverySupplyChainEvent",
            _day("ram:OccurrenceDateTime", invoice.delivered_on),
        ),
    )


def _party(name: str, party: Party) -> str:
    lines = list(party.address)
    return element(
        name,
        text("ram:Name", party.name),
        element("ram:SpecifiedLegalOrganization", text("ram:ID", party.legal)),
        element(
            "ram:PostalTradeAddress",
            text("ram:LineOne", lines[0] if lines else ""),
            text("ram:LineTwo", lines[1] if len(lines) > 1 else ""),
            text("ram:LineThree", ", ".join(lines[2:])),
            text("ram:CountryID", party.country),
        ),
        element("ram:SpecifiedTaxRegistration", text("ram:ID", party.vat, schemeID="VA")),
        element("ram:SpecifiedTaxRegistration", text("ram:ID", party.registration, schemeID="FC")),
    )


def _settlement(invoice: ElectronicInvoice) -> str:
    document, currency = invoice.document, invoice.document.currency
    how, home = document.how_to_pay, invoice.home_tax
    account = every(
        (
            element(
                "ram:PayeePartyCreditorFinancialAccount",
                text("ram:IBANID", invoice.iban),
                text("ram:AccountName", how.holder),
            ),
            element("ram:PayeeSpecifiedCreditorFinancialInstitution", text("ram:BICID", how.bic)),
        )
    )
    return element(
        "ram:ApplicableHeaderTradeSettlement",
        text("ram:PaymentReference", how.reference),
        text("ram:TaxCurrencyCode", home.currency) if home else "",
        text("ram:InvoiceCurrencyCode", currency),
        element(
            "ram:SpecifiedTradeSettlementPaymentMeans",
            text("ram:TypeCode", invoice.means_code),
            account if invoice.iban else "",
        ),
        every(_tax(tax) for tax in invoice.taxes),
        _period(document.period),
        element("ram:SpecifiedTradePaymentTerms", _day("ram:DueDateDateTime", document.due_on)),
        element(
            "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
            text("ram:LineTotalAmount", money(document.net)),
            text("ram:TaxBasisTotalAmount", money(document.net)),
            text("ram:TaxTotalAmount", money(document.tax), currencyID=currency),
            text("ram:TaxTotalAmount", money(home.amount), currencyID=home.currency)
            if home
            else "",
            text("ram:GrandTotalAmount", money(document.total)),
            text("ram:DuePayableAmount", money(document.total)),
        ),
        element("ram:InvoiceReferencedDocument", text("ram:IssuerAssignedID", document.corrects)),
    )


def _tax(tax: Breakdown) -> str:
    return element(
        "ram:ApplicableTradeTax",
        text("ram:CalculatedAmount", money(tax.amount)),
        text("ram:TypeCode", "VAT"),
        text("ram:ExemptionReason", tax.reason),
        text("ram:BasisAmount", money(tax.taxable)),
        text("ram:CategoryCode", tax.tax.code),
        "" if tax.tax.code == "O" else text("ram:RateApplicablePercent", number(tax.tax.percent)),
    )
