"""PDFs: what they say, where they break, and that one document gives the same bytes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from tallystick.core.invoice.document import (
    Annex,
    DocumentKind,
    DocumentLine,
    HowToPay,
    InvoiceDocument,
    Language,
)
from tallystick.gates.documents.render import render_invoice
from tests.gates.documents.samples import HOSTILE, LONG, METERED, SAMPLES, SHORT, calls

BROUGHT = ("LibertinusSerif", "DejaVuSansMono")


def pages_of(document: InvoiceDocument) -> list[str]:
    reader = PdfReader(BytesIO(render_invoice(document)))
    texts = [page.extract_text().replace("\u00a0", " ") for page in reader.pages]
    return [" ".join(text.replace("\u200b", "").split()) for text in texts]


def test_a_short_invoice_is_one_page_that_can_be_paid_from() -> None:
    (page,) = pages_of(SHORT)
    for text in (
        "Invoice", "2026-001234", "€41.94", "Please pay by 15 April 2026", "Ada Example",
        "Fibre 100", "2 × 5.50", "VAT 19% · taxable 35.24", "RF18 2026 0001 2345",  # noqa: RUF001
        "01/03/2026 – 31/03/2026", "1 / 1",  # noqa: RUF001
    ):  # fmt: skip
        assert text in page


def test_details_follow_on_their_own_pages() -> None:
    first, second, third = pages_of(LONG)
    assert "Previous balance" in first
    assert "€1,443.47" in first
    assert "International calls" not in first
    assert "Mobile M" in second
    assert "152 min 30 s" in second
    assert "0.021 per min" in second
    assert "Itemised usage" in third
    assert "3 / 3" in third


def test_a_long_annex_repeats_its_header_and_numbers_its_pages() -> None:
    pages = pages_of(replace(LONG, annexes=(Annex("+44 1632 960 101", calls(250)),)))
    assert len(pages) > 5
    for number, page in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in page
    for page in pages[2:]:
        assert "Date and time" in page
        assert "Invoice 2026-001235 · Account A-204418" in page
    listed = " ".join(pages[2:])
    assert all(row.what in listed for row in calls(250))


def test_a_meter_has_its_chart_and_its_language() -> None:
    first, second = pages_of(METERED)
    assert "Zu zahlen" in first
    assert "85,44 €" in first
    assert "Wir buchen den Betrag am 16. April 2026" in first
    assert "Verbrauch nach Tagen" in second
    assert "höchster Tag 04.03.2026: 21,125 kWh" in second


def test_texts_are_never_read_as_markup() -> None:
    text = " ".join(pages_of(HOSTILE))
    for literal in ("#panic()", '#read("/etc/passwd")', "] ) } #let x = 1", "*bold*", "$x^2$",
                    "// no /* comment */", "= Heading", "W" * 10):  # fmt: skip
        assert literal in text
    assert "Factura rectificativa" in text
    assert "#sys.inputs" not in text  # how to pay is not said where nothing is to be paid
    owing = replace(HOSTILE, kind=DocumentKind.INVOICE, amount_due=Decimal(1))
    assert "#sys.inputs" in " ".join(pages_of(owing))
    assert "1.234.567,891 KWD" in text


@pytest.mark.parametrize("name", SAMPLES)
def test_only_fonts_that_come_with_the_renderer_are_used(name: str) -> None:
    reader = PdfReader(BytesIO(render_invoice(SAMPLES[name])))
    fonts = {
        font.get_object()["/BaseFont"].partition("+")[2]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts
    assert all(font.startswith(BROUGHT) for font in fonts)


def test_the_same_document_gives_the_same_bytes_in_any_order_and_thread() -> None:
    alone = {name: render_invoice(document) for name, document in SAMPLES.items()}
    backwards = {name: render_invoice(SAMPLES[name]) for name in reversed(SAMPLES)}
    assert alone == backwards
    with ThreadPoolExecutor(2) as pool:
        threaded = dict(zip(SAMPLES, pool.map(render_invoice, SAMPLES.values()), strict=True))
    assert alone == threaded
    created = PdfReader(BytesIO(alone["short"])).metadata
    assert created is not None
    assert created.creation_date == datetime(2026, 4, 1, tzinfo=UTC)
    assert alone["short"] != render_invoice(replace(SHORT, number="2026-001299"))


@pytest.mark.parametrize("language", Language)
def test_every_language_renders_an_almost_empty_invoice(language: Language) -> None:
    zero = Decimal("0.00")
    empty = replace(
        SHORT, language=language, lines=(), taxes=(), notes=(), net=zero, tax=zero, total=zero,
        amount_due=zero, period=None, how_to_pay=HowToPay(""),
    )  # fmt: skip
    (page,) = pages_of(empty)
    assert "1 / 1" in page


def test_more_lines_than_the_first_page_holds_go_to_the_next() -> None:
    line = DocumentLine("Seat", Decimal(1), "unit", Decimal("1.00"), Decimal("1.00"))
    assert len(pages_of(replace(SHORT, lines=(line,) * 8))) == 1
    first, *others = pages_of(replace(SHORT, lines=(line,) * 60))
    assert "Seat" not in first
    assert " ".join(others).count("Seat") == 60
