"""Electronic invoices: the official validators accept them, and refuse what was spoilt."""

from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import facturx
import pytest
from lxml import etree
from pypdf import PdfReader

from tallystick.core.invoice.document import (
    DocumentKind,
    DocumentLine,
    HomeTax,
    InvoiceDocument,
    LineTax,
    TaxRow,
)
from tallystick.gates.documents.electronic.cii import write_cii
from tallystick.gates.documents.electronic.facturx import render_facturx
from tallystick.gates.documents.electronic.meaning import NotElectronic, understand
from tallystick.gates.documents.electronic.ubl import write_ubl
from tests.gates.documents.official import faults_of
from tests.gates.documents.samples import HOSTILE, LONG, MARCH, METERED, SHORT

STANDARD = LineTax("S", Decimal(19))
WRITERS = (write_ubl, write_cii)


def taxed(document: InvoiceDocument, tax: LineTax = STANDARD) -> InvoiceDocument:
    """A sample as it would come from an operator in Germany."""
    rows = [*document.lines, *document.usage]
    net = sum((row.amount for row in rows), Decimal(0))
    due = (net * tax.percent / 100).quantize(Decimal("0.01"))
    return replace(
        document,
        seller=replace(document.seller, country="DE", vat_number="DE123456789"),
        buyer=replace(document.buyer, country="DE"),
        lines=tuple(replace(line, tax=tax) for line in document.lines),
        usage=tuple(replace(row, tax=tax) for row in document.usage),
        taxes=(TaxRow("VAT", tax.percent, net, due, code=tax.code),),
        net=net,
        tax=due,
        total=net + due,
        currency="EUR",
    )


def of_lines(
    *lines: tuple[str, LineTax], taxes: tuple[TaxRow, ...], base: InvoiceDocument = SHORT
) -> InvoiceDocument:
    """An invoice of these nets, each with its tax."""
    made = [
        DocumentLine("A line", Decimal(1), "unit", Decimal(net), Decimal(net), MARCH, tax=tax)
        for net, tax in lines
    ]
    net = sum((line.amount for line in made), Decimal(0))
    due = sum((row.amount for row in taxes), Decimal(0))
    return replace(taxed(base), lines=tuple(made), taxes=taxes, net=net, tax=due, total=net + due)


def row(code: str, percent: str, taxable: str, amount: str, name: str = "VAT") -> TaxRow:
    return TaxRow(name, Decimal(percent), Decimal(taxable), Decimal(amount), code=code)


FREE = LineTax("O", Decimal(0))
REVERSE = LineTax("AE", Decimal(0))
CASES = {
    "short": taxed(SHORT),
    "long": taxed(LONG),
    "metered": taxed(METERED),
    "hostile": taxed(HOSTILE),
    "credit note": replace(taxed(SHORT), kind=DocumentKind.CREDIT_NOTE, corrects="2026-000999"),
    "negative": of_lines(("-12.50", STANDARD), taxes=(row("S", "19", "-12.50", "-2.38"),)),
    "two rates": of_lines(
        ("10", STANDARD),
        ("5.55", LineTax("S", Decimal(7))),
        taxes=(row("S", "7", "5.55", "0.39"), row("S", "19", "10", "1.90")),
    ),
    "outside beside taxed": of_lines(
        ("10", STANDARD),
        ("7.70", FREE),
        taxes=(row("S", "19", "10", "1.90"), row("O", "0", "7.70", "0")),
    ),
    "all outside": of_lines(("7.70", FREE), taxes=(row("O", "0", "7.70", "0"),)),
    "zero": of_lines(("7", LineTax("Z", Decimal(0))), taxes=(row("Z", "0", "7", "0"),)),
    "reverse charge": replace(
        of_lines(("99", REVERSE), taxes=(row("AE", "0", "99", "0"),)),
        buyer=replace(SHORT.buyer, country="FR", vat_number="FR12345678901"),
    ),
    "two halves": replace(
        of_lines(
            ("33.33", LineTax("S", Decimal(18))),
            taxes=(row("S", "9", "33.33", "3.00", "CGST"), row("S", "9", "33.33", "3.00", "SGST")),
        ),
        seller=replace(SHORT.seller, country="IN", vat_number="29ABCDE1234F1Z5"),
        buyer=replace(SHORT.buyer, country="IN"),
        currency="INR",
    ),
    "no minor unit": replace(
        of_lines(("1200", LineTax("S", Decimal(10))), taxes=(row("S", "10", "1200", "120"),)),
        currency="JPY",
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("write", WRITERS)
def test_the_official_rules_accept_it(write, name: str) -> None:
    assert faults_of(write(CASES[name])) == []


@pytest.mark.parametrize("write", WRITERS)
def test_the_official_rules_notice_a_wrong_sum(write) -> None:
    """So that their silence says something."""
    spoilt = replace(CASES["short"], net=Decimal("35.25"))
    assert any("BR-CO-1" in fault for fault in faults_of(write(spoilt)))


def test_both_syntaxes_say_the_same_sums() -> None:
    for document in CASES.values():
        ubl, cii = (etree.fromstring(write(document)) for write in WRITERS)
        due = ubl.findtext(".//{*}PayableAmount"), cii.findtext(".//{*}DuePayableAmount")
        assert due == (f"{document.total:.2f}",) * 2
        assert len(ubl.findall("{*}InvoiceLine") or ubl.findall("{*}CreditNoteLine")) == len(
            cii.findall(".//{*}IncludedSupplyChainTradeLineItem")
        )


def test_breakdowns_add_up_to_the_tax() -> None:
    for document in CASES.values():
        invoice = understand(document)
        assert sum(one.amount for one in invoice.taxes) == document.tax
        assert sum(one.taxable for one in invoice.taxes) == document.net


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"currency": "KWD"}, "KWD has 3"),
        ({"buyer": replace(SHORT.buyer, country="")}, "the buyer's country is not known"),
        ({"seller": replace(SHORT.seller, country="DE", vat_number="")}, "write brand.vat_number"),
        ({"lines": ()}, "it has no lines"),
        ({"lines": SHORT.lines}, "was not kept"),
    ],
)
def test_what_cannot_be_said_is_refused(change: dict[str, object], problem: str) -> None:
    with pytest.raises(NotElectronic, match=problem):
        write_ubl(replace(CASES["short"], **change))


def test_factur_x_holds_its_xml_and_says_so() -> None:
    document = CASES["long"]
    pdf = render_facturx(document)
    assert pdf == render_facturx(document)
    name, xml = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True)
    assert name == "factur-x.xml"
    assert faults_of(xml) == []
    reader = PdfReader(BytesIO(pdf))
    metadata = etree.fromstring(reader.root_object["/Metadata"].get_data())
    said = {etree.QName(node).localname: node.text for node in metadata.iter()}
    assert (said["part"], said["conformance"]) == ("3", "B")
    assert said["ConformanceLevel"] == "EN 16931"
    assert "Please pay by" in reader.pages[0].extract_text().replace("\u00a0", " ")


@pytest.mark.parametrize("write", WRITERS)
def test_the_tax_in_the_sellers_own_currency_is_said(write):
    dollars = replace(
        taxed(SHORT), currency="USD", home_tax=HomeTax("EUR", Decimal("18.10"), "1 EUR = 1.05 USD")
    )
    written = write(dollars)
    assert faults_of(written) == []
    assert written.count(b'currencyID="EUR">18.10<') == 1
    assert b"TaxCurrencyCode>EUR<" in written
    dinars = replace(dollars, home_tax=HomeTax("KWD", Decimal("5.123"), "1 KWD = 3.25 USD"))
    assert b"TaxCurrencyCode" not in write(dinars)
