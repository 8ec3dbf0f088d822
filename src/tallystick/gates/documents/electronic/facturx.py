"""Factur-X: the invoice as a PDF/A-3 that people read, with its CII inside for programs.

Source: Factur-X 1.0 / ZUGFeRD 2, profile EN 16931; the metadata are those of its annex on XMP.
"""

from io import BytesIO
from typing import Final

from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject, StreamObject

from tallystick.core.invoice.document import InvoiceDocument
from tallystick.gates.documents.electronic.cii import write_cii
from tallystick.gates.documents.electronic.xml import element, every, text
from tallystick.gates.documents.render import render_pdf

URN: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
FILE_NAME: Final = "factur-x.xml"
_SAID: Final = {
    "DocumentFileName": ("name of the embedded XML document", FILE_NAME),
    "DocumentType": ("INVOICE", "INVOICE"),
    "Version": ("version of the standard of the embedded XML document", "1.0"),
    "ConformanceLevel": ("conformance level of the embedded XML document", "EN 16931"),
}
"""Each property, how its schema describes it, and its value."""


def render_facturx(document: InvoiceDocument) -> bytes:
    """The invoice as Factur-X, the same bytes for the same document.

    :raises NotElectronic: when EN 16931 has no way to say it
    :raises CharacterUnseen: when it holds a character that no font has
    """
    pdf = PdfWriter(clone_from=PdfReader(BytesIO(render_pdf(document, xml=write_cii(document)))))
    held = pdf.root_object["/Metadata"]
    assert isinstance(held, StreamObject)
    pdf.pdf_header = "%PDF-1.7"  # what PDF/A-3 is a part of
    metadata = DecodedStreamObject()
    metadata.set_data(_say_facturx(held.get_data().decode("utf-8")).encode("utf-8"))
    for key, value in (("/Type", "/Metadata"), ("/Subtype", "/XML")):
        metadata[NameObject(key)] = NameObject(value)
    pdf.root_object[NameObject("/Metadata")] = pdf._add_object(metadata)
    out = BytesIO()
    pdf.write(out)
    return out.getvalue()


def _say_facturx(xmp: str) -> str:
    """The metadata with the properties of Factur-X, and the schema that PDF/A wants of them."""
    resource = {"rdf:parseType": "Resource"}
    properties = every(
        element(
            "rdf:li",
            text("pdfaProperty:name", name),
            text("pdfaProperty:valueType", "Text"),
            text("pdfaProperty:category", "external"),
            text("pdfaProperty:description", said),
            **resource,
        )
        for name, (said, _) in _SAID.items()
    )
    schema = element(
        "rdf:li",
        text("pdfaSchema:schema", "Factur-X PDFA Extension Schema"),
        text("pdfaSchema:namespaceURI", URN),
        text("pdfaSchema:prefix", "fx"),
        element("pdfaSchema:property", element("rdf:Seq", properties)),
        **resource,
    )
    values = every(text(f"fx:{name}", value) for name, (_, value) in _SAID.items())
    said = element("rdf:Description", values, **{"rdf:about": "", "xmlns:fx": URN})
    bag, end = "<pdfaExtension:schemas><rdf:Bag>", "</rdf:RDF>"
    assert bag in xmp, "typst declares its own extension schemas"
    assert end in xmp
    return xmp.replace(bag, bag + schema, 1).replace(end, said + end, 1)
