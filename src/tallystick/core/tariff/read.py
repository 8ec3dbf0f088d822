"""Text to catalogue: read, rewrite, check. Whatever is wrong is told at once."""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from tallystick.base.collection import collecting_later
from tallystick.base.money import InvalidCurrency, minor_decimals
from tallystick.core.tariff.calendars import read_calendar
from tallystick.core.tariff.check import CHECKS, check_allocation
from tallystick.core.tariff.check_bill import check_bills
from tallystick.core.tariff.components import read_component
from tallystick.core.tariff.deck_rows import gather_rows
from tallystick.core.tariff.decks import read_deck_rows, read_keys, read_size
from tallystick.core.tariff.nodes import (
    Calendar,
    Catalogue,
    Deck,
    DeckKey,
    Offer,
    Series,
    SeriesPoint,
    WeekRule,
)
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.read_bill_terms import TERM_WORDS, read_bill_terms
from tallystick.core.tariff.read_term import read_minimum_term
from tallystick.core.tariff.rewrite import PASSES
from tallystick.core.tariff.series import read_points, read_step
from tallystick.core.tariff.source import (
    CatalogueError,
    CatalogueRefused,
    Listing,
    Node,
    Table,
    Text,
    Unreadable,
    read_source,
)
from tallystick.core.tariff.usages import Names
from tallystick.core.tariff.words import Mistake, read_date, read_name

TOP_WORDS: Final = ("currency", "zone", "calendars", "decks", "series", "offers")
SERIES_WORDS: Final = ("file", "every", "per")
DECK_WORDS: Final = ("file", "key", "per")
OFFER_WORDS: Final = ("from", "revenue", "term", "components", *TERM_WORDS)


def read_catalogue(
    text: str, *, name: str, files: Mapping[str, bytes], published: bool = False
) -> Catalogue:
    """The catalogue that the text and its rate tables say, rewritten to be complete, and checked.

    `name` is the text's file name for messages; `files` holds the CSV files beside it by name. One
    that is `published` already need not say what was not asked for then.

    :raises CatalogueRefused: with every error, its line, and how to mend it
    """
    errors: list[CatalogueError] = []
    try:
        page = Page(read_source(text), file=name, path="", errors=errors)
    except Unreadable as stop:
        raise CatalogueRefused(
            errors=(CatalogueError(name, stop.line, "", stop.message),)
        ) from None
    catalogue = _catalogue(page, files)
    if not errors:
        for rewrite in PASSES:
            catalogue = rewrite(catalogue)
        asked = () if published else (check_allocation,)
        for check in (*CHECKS, *asked, check_bills):
            errors.extend(check(catalogue))
    if errors:
        raise CatalogueRefused(errors=tuple(sorted(set(errors))))
    return catalogue


def _catalogue(page: Page, files: Mapping[str, bytes]) -> Catalogue:
    currency = page.need("currency", _currency, "")
    zone = page.need("zone", _zone, "UTC")
    names = Names(_calendars(page), {}, {}, currency)
    for code, inner in page.pages("decks"):
        deck = names.decks[code] = _deck(inner, code, files)
        names.deck_units[code] = sorted({terms.price.unit for terms in deck.rows.terms})
    series = {code: _series(inner, code, files) for code, inner in page.pages("series")}
    if not page.has("offers"):
        page.complain(page.table.line, "has no 'offers'; write at least one")
    offers = tuple(_offer(inner, code, names) for code, inner in page.pages("offers"))
    page.close(TOP_WORDS)
    calendars = dict(names.calendars)
    return Catalogue(page.file, currency, zone, calendars, names.decks, series, offers)


def _currency(text: str) -> str:
    try:
        minor_decimals(text)
    except InvalidCurrency as refusal:
        raise Mistake(refusal.sentence()) from None
    return text


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError):
        raise Mistake(f"{text!r} is not a zone; write one such as Europe/Berlin") from None


def _calendars(page: Page) -> dict[str, Calendar]:
    node = page.node("calendars")
    if node is None:
        return {}
    if not isinstance(node, Table):
        page.complain(node.line, "is a table of names", word="calendars")
        return {}
    made = {}
    for name, entry in node.entries.items():
        if calendar := _calendar(page, entry, f"calendars.{name}"):
            made[name] = calendar
    return made


def _calendar(page: Page, node: Node, word: str) -> Calendar | None:
    """One phrase, a list of them, or a table of days and hours with an exception."""
    if isinstance(node, Text):
        return page.phrase(node, read_calendar, None, word=word)
    if isinstance(node, Listing):
        phrases = [item for item in node.items if isinstance(item, Text)]
        if len(phrases) < len(node.items):
            page.complain(node.line, "is a list of phrases", word=word)
    else:
        phrases = _table_phrases(page, node, word)
    rules: list[WeekRule] = []
    for phrase in phrases:
        if calendar := page.phrase(phrase, read_calendar, None, word=word):
            rules.extend(calendar.rules)
    return Calendar(tuple(rules))


def _table_phrases(page: Page, node: Table, word: str) -> list[Text]:
    texts = {}
    for key, entry in node.entries.items():
        if isinstance(entry, Text):
            texts[key] = entry
        else:
            page.complain(entry.line, "is one phrase such as 08:00-20:00", word=f"{word}.{key}")
    exception = texts.pop("except", None)
    ending = f" except {exception.value}" if exception else ""
    return [Text(f"{key} {entry.value}{ending}", entry.line) for key, entry in texts.items()]


def _series(page: Page, code: str, files: Mapping[str, bytes]) -> Series:
    page.phrase(Text(code, page.table.line), read_name, "")
    file = page.need("file", str, "")
    step_s = page.need("every", read_step, 3600)
    per = page.read("per", read_size, None)
    points: tuple[SeriesPoint, ...] = ()
    content = _file(page, file, files)
    if content is not None:

        def complain(line: int, message: str) -> None:
            page.errors.append(CatalogueError(file, line, f"series.{code}", message))

        points = read_points(content, step_s=step_s, complain=complain)
    page.close(SERIES_WORDS)
    return Series(code, page.table.line, step_s, per and per[0], per and per[1], points)


def _file(page: Page, file: str, files: Mapping[str, bytes]) -> bytes | None:
    if file and file not in files:
        known = ", ".join(sorted(files)) or "none"
        page.complain(page.table.line, f"file {file!r} is not beside the catalogue; there: {known}")
    return files.get(file)


def _deck(page: Page, code: str, files: Mapping[str, bytes]) -> Deck:
    file = page.need("file", str, "")
    texts = page.listed("key")
    per = page.read("per", str, None)
    keys: tuple[DeckKey, ...] = ()
    if not texts:
        page.complain(page.table.line, "'key' is missing; write 'key: prefix(called)'")
    else:
        try:
            keys = read_keys([text.value for text in texts])
        except Mistake as mistake:
            page.complain(texts[0].line, str(mistake), word="key")
    rows = gather_rows((), keys=len(keys))
    content = _file(page, file, files)
    if content is not None and keys:

        def complain(line: int, message: str) -> None:
            page.errors.append(CatalogueError(file, line, f"decks.{code}", message))

        with collecting_later():
            rows = read_deck_rows(content, keys=keys, per=per, complain=complain)
    page.close(DECK_WORDS)
    return Deck(code, page.table.line, keys, rows, file)


def _offer(page: Page, code: str, names: Names) -> Offer:
    page.phrase(Text(code, page.table.line), read_name, "")
    valid_from = page.read("from", read_date, None)
    revenue = page.read("revenue", read_name, code)
    if not page.has("components"):
        page.complain(page.table.line, "has no 'components'; write at least one")
    components = []
    for name, inner in page.pages("components"):
        inner.phrase(Text(name, inner.table.line), read_name, "")
        if component := read_component(inner, code=name, names=names):
            components.append(component)
    bill = read_bill_terms(page)
    term = read_minimum_term(page)
    page.close(OFFER_WORDS)
    return Offer(code, page.table.line, valid_from, revenue, tuple(components), bill, term)
