"""Factur-X invoices keep what PDF/A-3 demands; a file with any of it spoilt is found out."""

from collections.abc import Callable
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from tallystick.gates.documents.electronic.facturx import render_facturx
from tallystick.gates.documents.render import CharacterUnseen, render_pdf
from tests.gates.documents.pdfa import pdfa_faults
from tests.gates.documents.test_electronic import CASES


@pytest.fixture(scope="module")
def invoice() -> bytes:
    return render_facturx(CASES["long"])


@pytest.mark.parametrize("case", sorted(set(CASES) - {"hostile"}))
def test_every_factur_x_is_an_archive(case: str) -> None:
    assert pdfa_faults(render_facturx(CASES[case])) == []


def test_a_text_that_no_font_shows_is_no_archive() -> None:
    with pytest.raises(CharacterUnseen, match="choose ubl or cii"):
        render_facturx(CASES["hostile"])
    assert render_pdf(CASES["hostile"]).startswith(b"%PDF")


def test_an_ordinary_invoice_is_none() -> None:
    found = pdfa_faults(render_pdf(CASES["short"]))
    assert "there is no output intent of PDF/A" in found


def _root(pdf: PdfWriter) -> DictionaryObject:
    return pdf.root_object


def _drop_intent(pdf: PdfWriter) -> None:
    del _root(pdf)["/OutputIntents"]


def _spoil_profile(pdf: PdfWriter) -> None:
    intent = _root(pdf)["/OutputIntents"][0].get_object()
    stream = DecodedStreamObject()
    stream.set_data(b"no profile" * 20)
    stream[NameObject("/N")] = NumberObject(3)
    intent[NameObject("/DestOutputProfile")] = pdf._add_object(stream)


def _other_colours(pdf: PdfWriter) -> None:
    stream = DecodedStreamObject()
    stream.set_data(b"0 0 0 1 k 0 0 10 10 re f")
    pdf.pages[0][NameObject("/Contents")] = pdf._add_object(stream)


def _drop_fonts(pdf: PdfWriter) -> None:
    for thing in pdf._objects:
        if isinstance(thing, DictionaryObject) and thing.get("/Type") == "/FontDescriptor":
            for key in ("/FontFile", "/FontFile2", "/FontFile3"):
                thing.pop(key, None)


def _file(pdf: PdfWriter) -> DictionaryObject:
    return _root(pdf)["/Names"]["/EmbeddedFiles"]["/Names"][1].get_object()


def _drop_relationship(pdf: PdfWriter) -> None:
    del _file(pdf)["/AFRelationship"]


def _drop_association(pdf: PdfWriter) -> None:
    _root(pdf)[NameObject("/AF")] = ArrayObject()


def _drop_media_type(pdf: PdfWriter) -> None:
    del _file(pdf)["/EF"]["/F"].get_object()["/Subtype"]


def _encrypt(pdf: PdfWriter) -> None:
    pdf.encrypt("")


def _add_script(pdf: PdfWriter) -> None:
    script = {
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject("app.alert('hello')"),
    }
    held = pdf._add_object(DictionaryObject(script))
    named = DictionaryObject({NameObject("/Names"): ArrayObject([TextStringObject("a"), held])})
    _root(pdf)["/Names"][NameObject("/JavaScript")] = named


def _open_with_launch(pdf: PdfWriter) -> None:
    action = {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("x")}
    _root(pdf)[NameObject("/OpenAction")] = DictionaryObject(action)


def _hide_note(pdf: PdfWriter) -> None:
    note = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Square"),
            NameObject("/Rect"): ArrayObject(map(FloatObject, (0, 0, 9, 9))),
            NameObject("/F"): NumberObject(2),
        }
    )
    pdf.pages[0][NameObject("/Annots")] = ArrayObject([pdf._add_object(note)])


def _metadata(pdf: PdfWriter, old: bytes, new: bytes) -> None:
    said = _root(pdf)["/Metadata"].get_object()
    assert old in said.get_data()
    said.set_data(said.get_data().replace(old, new))


def _other_part(pdf: PdfWriter) -> None:
    _metadata(pdf, b"<pdfaid:part>3", b"<pdfaid:part>1")


def _undeclared(pdf: PdfWriter) -> None:
    _metadata(pdf, b"<pdfaProperty:name>ConformanceLevel", b"<pdfaProperty:name>Other")


def _broken_metadata(pdf: PdfWriter) -> None:
    _metadata(pdf, b"</rdf:RDF>", b"")


def _unset_form(pdf: PdfWriter) -> None:
    form = DictionaryObject({NameObject("/NeedAppearances"): BooleanObject(value=True)})
    _root(pdf)[NameObject("/AcroForm")] = form


SPOILT: dict[Callable[[PdfWriter], None], str] = {
    _drop_intent: "there is no output intent of PDF/A",
    _spoil_profile: "the output intent has no ICC profile",
    _other_colours: "colours of 4 parts are used, which the profile has not",
    _drop_fonts: "is not embedded",
    _drop_relationship: "does not say what it is to the document",
    _drop_association: "is not associated with the document",
    _drop_media_type: "does not say its media type",
    _encrypt: "the file is encrypted",
    _add_script: "the catalogue names /JavaScript",
    _open_with_launch: "there is an action /Launch",
    _hide_note: "an annotation /Square is not printed",
    _other_part: "the metadata do not say part of PDF/A-3",
    _undeclared: "the metadata say ConformanceLevel, which no schema declares",
    _broken_metadata: "the metadata are not well-formed",
    _unset_form: "the form has no appearance of its own",
}


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda one: one.__name__)
def test_what_is_spoilt_is_found(invoice: bytes, spoil: Callable[[PdfWriter], None]) -> None:
    pdf = PdfWriter(clone_from=PdfReader(BytesIO(invoice)))
    spoil(pdf)
    out = BytesIO()
    pdf.write(out)
    found = pdfa_faults(out.getvalue())
    assert any(SPOILT[spoil] in one for one in found), found


def test_what_the_file_itself_lacks_is_found(invoice: bytes) -> None:
    assert pdfa_faults(invoice + b"more") == ["data follows the end of the file"]
    assert "the file does not begin" in pdfa_faults(invoice.replace(b"%PDF-1", b"%PDF-2", 1))[0]
    head, mark, tail = invoice.rpartition(b"/ID")
    assert pdfa_faults(head + b"/Id" + tail) == ["the trailer has no ID"]
    assert mark
