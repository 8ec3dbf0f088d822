"""Reads tax tables from YAML; every mistake is told at once, with its line.

One table is of one place, a country or a region within it; `tables:` lists several.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from tallystick.base.refusal import Refusal
from tallystick.core.invoice.tax import ANY, EACH, PLACE, Nearness, TaxCode, TaxRow
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.source import CatalogueError, Listing, Table, Unreadable, read_source
from tallystick.core.tariff.words import Mistake, read_date, read_flag, read_number, read_word

_TOP = ("country", "place", "name", "categories")
_ROW = ("from", "to", "rate", "levy", "for", "near", "name", "code", "compound")


@dataclass
class TaxesRefused(Refusal):
    """All that is wrong in a tax table, at once."""

    code = "taxes_refused"
    errors: tuple[CatalogueError, ...] = ()

    def sentence(self) -> str:
        return "\n".join(error.sentence() for error in self.errors)


@lru_cache(maxsize=64)
def read_taxes(text: str, *, name: str) -> tuple[TaxRow, ...]:
    """The rows of the table that the text describes; an empty text is an empty table.

    :raises TaxesRefused: with every mistake, each with its file and line
    """
    if not text.strip():
        return ()
    errors: list[CatalogueError] = []
    try:
        page = Page(read_source(text), file=name, path="", errors=errors)
    except Unreadable as fault:
        raise TaxesRefused(errors=(CatalogueError(name, fault.line, "", fault.message),)) from None
    rows = _tables(page) if page.has("tables") else _table(page)
    if errors:
        raise TaxesRefused(errors=tuple(sorted(errors)))
    return tuple(rows)


def _tables(page: Page) -> list[TaxRow]:
    listed = page.node("tables")
    if not isinstance(listed, Listing):
        page.complain(page.table.line, "is a list of tables, each of a country or a place")
        return []
    rows: list[TaxRow] = []
    for item in listed.items:
        if isinstance(item, Table):
            rows += _table(Page(item, file=page.file, path="tables", errors=page.errors))
        else:
            page.complain(item.line, "is a table such as {country: DE, categories: {...}}")
    page.close(("tables",))
    return rows


def read_place(text: str) -> str:
    """A country, a region or a place in it: `US`, `US-NY`, `US-NY/Kings`."""
    if not PLACE.fullmatch(text):
        raise Mistake(f"{text!r} is not a place; write US, US-NY or US-NY/Kings")
    return text


def _table(page: Page) -> list[TaxRow]:
    """The rows of one table."""
    word = "place" if page.has("place") else "country"
    country = page.need(word, read_place, "")
    label = page.read("name", str, "VAT")
    rows: list[TaxRow] = []
    categories = page.node("categories")
    if not isinstance(categories, Table):
        page.complain(page.table.line, "write `categories:` with a list of rates under each name")
        page.close(_TOP)
        return rows
    for category, listed in categories.entries.items():
        if not isinstance(listed, Listing):
            page.complain(listed.line, "is a list such as [{from: 2020-01-01, rate: 20 %}]")
            continue
        for item in listed.items:
            if not isinstance(item, Table):
                page.complain(item.line, "is a row such as {from: 2020-01-01, rate: 20 %}")
                continue
            path = f"categories.{category}"
            row = Page(item, file=page.file, path=path, errors=page.errors)
            read = _rows(row, country=country, category=category, label=label)
            if before := next((one for one in rows if any(_both(one, new) for new in read)), None):
                page.complain(
                    item.line,
                    f"{before.tax} has the rate of {before.valid_from} on the same days, and both "
                    f"would be charged; end that with `to: {read[0].valid_from}`, or give one of "
                    "them a `name` of its own",
                )
            rows += read
    page.close(_TOP)
    return rows


def _both(one: TaxRow, other: TaxRow) -> bool:
    """Whether two rates of the same tax are in force on the same days for the same customers."""
    same = [
        (row.category, row.customer_kind, row.seller_region, row.tax, bool(row.levy))
        for row in (one, other)
    ]
    begun = one.valid_from < (other.valid_until or date.max)
    return same[0] == same[1] and begun and other.valid_from < (one.valid_until or date.max)


def _rows(page: Page, *, country: str, category: str, label: str) -> list[TaxRow]:
    levy, levy_unit = page.read("levy", _levy, (Decimal(0), ""))
    percent = page.read("rate", _percent, Decimal(0))
    if page.has("rate") == page.has("levy"):
        page.complain(page.table.line, "write either `rate: 19 %` or `levy: 0.50 per kWh`")
    valid_from = page.need("from", read_date, date.min)
    valid_until = page.read("to", read_date, None)
    if valid_until is not None and valid_until <= valid_from:
        page.complain(page.table.line, "ends before it begins; `to` is the first day after")
    tax = page.read("name", str, label)
    code = page.read("code", _code, TaxCode.STANDARD if percent or levy else TaxCode.ZERO)
    compound = page.read("compound", read_flag, False)
    near = page.read("near", lambda text: read_word(text, words=Nearness), Nearness.ANY)
    kinds = [text.value for text in page.listed("for")] or [ANY]
    page.close(_ROW)
    return [
        TaxRow(
            country, category, kind, tax, percent, valid_from, valid_until, code, compound, near,
            levy, levy_unit,
        )
        for kind in kinds
    ]  # fmt: skip


def _levy(text: str) -> tuple[Decimal, str]:
    """`0.50 each` or `0.0205 per kWh`: an amount for each unit of a line's quantity."""
    amount, _, unit = text.partition(" per ")
    if not unit:
        amount, _, each = text.partition(" ")
        if each != EACH:
            raise Mistake(f"{text!r} is not a levy; write 0.0205 per kWh, or 0.50 each")
        unit = EACH
    number = read_number(amount.strip())
    if number <= 0:
        raise Mistake(f"{text!r}: a levy is above 0")
    return number, unit.strip()


def _percent(text: str) -> Decimal:
    if not text.endswith("%"):
        raise Mistake(f"{text!r} is not a rate; write it as in `19 %`")
    return read_number(text[:-1].strip(), decimals=6)


def _code(text: str) -> TaxCode:
    try:
        return TaxCode(text)
    except ValueError:
        known = ", ".join(code.value for code in TaxCode)
        raise Mistake(f"{text!r} is not a tax code; known: {known}") from None
