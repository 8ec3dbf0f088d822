"""What ISO 19005-3 (PDF/A-3, level B) demands of a file, looked for in the file itself.

No validator of PDF/A comes from a package index or from Debian (veraPDF is a Java program that is
packaged by neither), so this is an own one, and less than one: it knows the rules that are named
below, not the programs inside fonts and not every operator of a page.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from lxml import etree
from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    ContentStream,
    DictionaryObject,
    EncodedStreamObject,
    IndirectObject,
    StreamObject,
)

PDFAID: Final = "{http://www.aiim.org/pdfa/ns/id/}"
RELATIONSHIPS: Final = {"/Source", "/Data", "/Alternative", "/Supplement", "/Unspecified"}
ACTIONS: Final = {
    "/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide",
    "/SetOCGState", "/Rendition", "/Trans", "/GoTo3DView",
}  # fmt: skip
ANNOTATIONS: Final = {"/3D", "/Sound", "/Screen", "/Movie", "/RichMedia", "/FileAttachment"}
BLENDS: Final = {
    "/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten",
    "/ColorDodge", "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue",
    "/Saturation", "/Color", "/Luminosity",
}  # fmt: skip
COLOURS: Final = {b"RGB ": 3, b"CMYK": 4, b"GRAY": 1}
OPERATORS: Final = {b"rg": 3, b"RG": 3, b"k": 4, b"K": 4}
DEVICES: Final = {"/DeviceRGB": 3, "/DeviceCMYK": 4}
PRINTED, UNSEEN = 0b100, 0b100011  # annotation flags: Print; Invisible, Hidden and NoView


def pdfa_faults(pdf: bytes) -> list[str]:
    """What of the file no PDF/A-3 may be, a sentence each; none where nothing was found."""
    reader = PdfReader(BytesIO(pdf))
    things = list(_things(reader))
    found = [
        *_of_file(pdf, reader), *_of_metadata(reader), *_of_colour(reader, things),
        *_of_fonts(things), *_of_attachments(reader), *_of_catalogue(reader),
    ]  # fmt: skip
    for thing in things:
        found += _of_thing(thing)
    return sorted(set(found))


def _things(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary and stream of the file, those within others too."""
    numbers = {number for table in reader.xref.values() for number in table}
    for number in sorted(numbers | set(reader.xref_objStm)):
        yield from _within(reader.get_object(IndirectObject(number, 0, reader)))


def _within(thing: Any) -> Iterator[DictionaryObject]:
    if isinstance(thing, DictionaryObject):
        yield thing
        parts = list(thing.values())
    else:
        parts = list(thing) if isinstance(thing, ArrayObject) else []
    for part in parts:
        if not isinstance(part, IndirectObject):
            yield from _within(part)


def _of_file(pdf: bytes, reader: PdfReader) -> Iterator[str]:
    if not re.match(rb"%PDF-1\.[0-7]\r?\n%[\x80-\xff]{4}", pdf):
        yield "the file does not begin with its version and four bytes above 127"
    if "/ID" not in reader.trailer:
        yield "the trailer has no ID"
    if "/Encrypt" in reader.trailer:
        yield "the file is encrypted"
    if not re.search(rb"%%EOF\r?\n?\Z", pdf):
        yield "data follows the end of the file"


def _of_metadata(reader: PdfReader) -> Iterator[str]:
    held = reader.root_object.get("/Metadata")
    if held is None:
        yield "the catalogue has no metadata"
        return
    if (held.get("/Type"), held.get("/Subtype")) != ("/Metadata", "/XML"):
        yield "the metadata are no XML metadata"
    said = held.get_object().get_data()
    if re.search(rb"<\?xpacket[^>]*\b(bytes|encoding)=", said):
        yield "the packet of the metadata says its bytes or encoding"
    try:
        xmp = etree.fromstring(said)
    except etree.XMLSyntaxError:
        yield "the metadata are not well-formed"
        return
    known = {node.tag: (node.text or "").strip() for node in xmp.iter() if node.tag != etree.PI}
    attributes = {name: value for node in xmp.iter() for name, value in node.attrib.items()}
    for name, allowed in (("part", {"3"}), ("conformance", {"A", "B", "U"})):
        if (known | attributes).get(PDFAID + name) not in allowed:
            yield f"the metadata do not say {name} of PDF/A-3"
    declared = xmp.findall(".//{*}namespaceURI")
    named = {node.text for node in xmp.findall(".//{*}property//{*}name")}
    for node in xmp.iter():
        tag = etree.QName(node) if isinstance(node.tag, str) else None
        if tag is None or not (tag.namespace or "").startswith("urn:"):
            continue
        if tag.namespace not in {one.text for one in declared} or tag.localname not in named:
            yield f"the metadata say {tag.localname}, which no schema declares"


def _of_colour(reader: PdfReader, things: list[DictionaryObject]) -> Iterator[str]:
    """A profile for what colours a device has; grey is in each of them."""
    intents = [one.get_object() for one in reader.root_object.get("/OutputIntents", ())]
    intents = [one for one in intents if one.get("/S") == "/GTS_PDFA1"]
    if not intents:
        yield "there is no output intent of PDF/A"
        return
    profile = intents[0].get("/DestOutputProfile")
    data = b"" if profile is None else profile.get_object().get_data()
    if data[36:40] != b"acsp" or not 2 <= data[8] <= 4:
        yield "the output intent has no ICC profile"
        return
    if data[12:16] not in (b"mntr", b"prtr"):
        yield "the profile is of no output device"
    count = COLOURS.get(data[16:20], 0)
    if profile.get_object().get("/N") != count:
        yield "the profile has another number of colours than is said"
    for used in _colours(reader, things):
        if used != count:
            yield f"colours of {used} parts are used, which the profile has not"


def _colours(reader: PdfReader, things: list[DictionaryObject]) -> Iterator[int]:
    for page in reader.pages:
        yield from _painted(page.get_contents())
    for thing in things:
        space = thing.get("/ColorSpace")
        if isinstance(space, str) and space in DEVICES:
            yield DEVICES[space]
        if isinstance(space, DictionaryObject):
            named = [one for one in space.values() if isinstance(one, str)]
            yield from (DEVICES[one] for one in named if one in DEVICES)
        if thing.get("/Subtype") == "/Form" and isinstance(thing, StreamObject):
            yield from _painted(ContentStream(thing, reader))


def _painted(content: ContentStream | None) -> Iterator[int]:
    for operands, operator in content.operations if content is not None else ():
        if operator in OPERATORS:
            yield OPERATORS[operator]
        if operator in (b"cs", b"CS") and operands[0] in DEVICES:
            yield DEVICES[operands[0]]


def _of_fonts(things: list[DictionaryObject]) -> Iterator[str]:
    for font in (one for one in things if one.get("/Type") == "/Font"):
        kind, name = font.get("/Subtype"), font.get("/BaseFont", "without a name")
        if kind == "/Type0":
            encoding = font.get("/Encoding")
            if encoding not in ("/Identity-H", "/Identity-V") and not isinstance(
                encoding, StreamObject
            ):
                yield f"font {name} has an encoding that is not embedded"
            continue
        if kind == "/Type3":
            continue
        described = font.get("/FontDescriptor")
        held = {} if described is None else described.get_object()
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(held):
            yield f"font {name} is not embedded"
        if kind == "/CIDFontType2" and "/CIDToGIDMap" not in font:
            yield f"font {name} does not map its characters"


def _of_attachments(reader: PdfReader) -> Iterator[str]:
    names = reader.root_object.get("/Names", DictionaryObject()).get_object()
    files = names.get("/EmbeddedFiles", DictionaryObject()).get_object().get("/Names", ())
    associated = [one.get_object() for one in reader.root_object.get("/AF", ())]
    for file in (one.get_object() for one in files[1::2]):
        name = file.get("/UF", "without a name")
        if "/F" not in file or "/UF" not in file:
            yield f"file {name} is not named twice"
        if file.get("/AFRelationship") not in RELATIONSHIPS:
            yield f"file {name} does not say what it is to the document"
        if file not in associated:
            yield f"file {name} is not associated with the document"
        inside = file.get("/EF", DictionaryObject()).get("/F", DictionaryObject()).get_object()
        if "/Subtype" not in inside:
            yield f"file {name} does not say its media type"
        if "/ModDate" not in inside.get("/Params", DictionaryObject()):
            yield f"file {name} does not say when it was made"


def _of_catalogue(reader: PdfReader) -> Iterator[str]:
    root = reader.root_object
    for key in ("/AA", "/Requirements"):
        if key in root:
            yield f"the catalogue has {key}"
    names = root.get("/Names", DictionaryObject()).get_object()
    for key in ("/JavaScript", "/AlternatePresentations"):
        if key in names:
            yield f"the catalogue names {key}"
    form = root.get("/AcroForm", DictionaryObject()).get_object()
    if form.get("/NeedAppearances") or "/XFA" in form:
        yield "the form has no appearance of its own"


def _of_thing(thing: DictionaryObject) -> Iterator[str]:
    if thing.get("/S") in ACTIONS:
        yield f"there is an action {thing['/S']}"
    if thing.get("/Type") == "/Page" and "/AA" in thing:
        yield "a page has actions of its own"
    if isinstance(thing, EncodedStreamObject | StreamObject):
        filters = thing.get("/Filter", ())
        for one in [filters] if isinstance(filters, str) else filters:
            if one in ("/LZWDecode", "/Crypt"):
                yield f"a stream is packed by {one}"
        if "/F" in thing and thing.get("/Type") != "/Filespec":
            yield "a stream is outside of the file"
    if thing.get("/Type") == "/Annot" or "/Rect" in thing:
        yield from _of_annotation(thing)
    if thing.get("/Subtype") in ("/Image", "/Form", "/PS"):
        forbidden = {"/Alternates", "/OPI", "/Ref", "/PS"} & {*thing, thing["/Subtype"]}
        if forbidden or thing.get("/Interpolate"):
            yield f"an image or form has {', '.join(sorted(forbidden)) or '/Interpolate'}"
    if "/TR" in thing or thing.get("/TR2", "/Default") != "/Default" or "/HTP" in thing:
        yield "a graphics state has a transfer function"
    if isinstance(thing.get("/BM"), str) and thing["/BM"] not in BLENDS:
        yield f"{thing['/BM']} is no way of blending"


def _of_annotation(thing: DictionaryObject) -> Iterator[str]:
    kind, flags = thing.get("/Subtype"), thing.get("/F", 0)
    if kind in ANNOTATIONS:
        yield f"there is an annotation {kind}"
    elif kind != "/Popup":
        if not isinstance(flags, int) or not flags & PRINTED or flags & UNSEEN:
            yield f"an annotation {kind} is not printed"
        if kind not in ("/Link", None) and "/AP" not in thing:
            yield f"an annotation {kind} has no appearance"
