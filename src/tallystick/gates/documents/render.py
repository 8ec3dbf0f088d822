"""Renders an invoice document as PDF, the same bytes for the same document."""

import json
import re
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import typst

from tallystick.base.refusal import Refusal
from tallystick.core.invoice.document import InvoiceDocument
from tallystick.gates.documents.content import Content, content_of

_UNSEEN = re.compile(r'the text `"(.+?)"` could not be displayed')
_TEMPLATE = Path(__file__).with_name("invoice.typ")
_WARM = threading.local()


@dataclass
class CharacterUnseen(Refusal):
    code = "character_unseen"
    character: str = ""

    def sentence(self) -> str:
        return (
            f"no font of the invoices has {self.character!r}, and an archived PDF must show all of "
            "its text; write the name in Latin, Greek or Cyrillic letters, or choose ubl or cii"
        )


def render_invoice(document: InvoiceDocument) -> bytes:
    """The invoice as a tagged PDF, laid out by our template with the fonts that come with typst."""
    return render_pdf(document)


def render_pdf(document: InvoiceDocument, *, xml: bytes | None = None) -> bytes:
    """The invoice as PDF; with the XML of its electronic twin, as PDF/A-3 that holds it.

    :raises CharacterUnseen: when a PDF/A would hold a character that no font has
    """
    content = content_of(document)
    return render_content(content, logo=document.seller.logo_svg, on=document.issued_on, xml=xml)


def render_content(
    content: Content, *, logo: bytes | None, on: date, xml: bytes | None = None
) -> bytes:
    """Texts in the shape of `content_of` as PDF, dated that day."""
    inputs = {"content": json.dumps(content, ensure_ascii=False)}
    if logo is not None:
        inputs["logo"] = logo.decode("utf-8")
    if xml is not None:
        inputs["xml"] = xml.decode("utf-8")
    created = datetime.combine(on, time.min, tzinfo=UTC)
    try:
        pdf = _compiler().compile(
            format="pdf",
            sys_inputs=inputs,
            timestamp=created,
            pdf_standards=[] if xml is None else ["a-3b"],
        )
    except typst.TypstError as fault:
        unseen = _UNSEEN.search(str(fault))
        if unseen is None:
            raise
        raise CharacterUnseen(character=unseen[1]) from None
    assert isinstance(pdf, bytes)
    return pdf


def _compiler() -> typst.Compiler:
    """This thread's compiler, which keeps fonts and template from one invoice to the next."""
    if not hasattr(_WARM, "compiler"):
        _WARM.compiler = typst.Compiler(
            _TEMPLATE, root=_TEMPLATE.parent, font_paths=[], ignore_system_fonts=True
        )
    compiler: typst.Compiler = _WARM.compiler
    return compiler
