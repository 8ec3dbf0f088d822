"""Reads a tax table from YAML; every mistake is told at once, with its line."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from tallystick.base.refusal import Refusal
from tallystick.core.invoice.tax import ANY, TaxCode, TaxRow
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.source import CatalogueError, Listing, Table, Unreadable, read_source
from tallystick.core.tariff.words import Mistake, read_date, read_flag, read_name, read_number

_TOP = ("country", "name", "categories")
_ROW = ("from", "to", "rate", "for", "name", "code", "compound")


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
    rows: list[TaxRow] = []
    try:
        page = Page(read_source(text), file=name, path="", errors=errors)
    except Unreadable as fault:
        raise TaxesRefused(errors=(CatalogueError(name, fault.line, "", fault.message),)) from None
    country = page.need("country", read_name, "")
    label = page.read("name", str, "VAT")
    categories = page.node("categories")
    if not isinstance(categories, Table):
        page.complain(page.table.line, "write `categories:` with a list of rates under each name")
        raise TaxesRefused(errors=tuple(errors))
    for category, listed in categories.entries.items():
        if not isinstance(listed, Listing):
            page.complain(listed.line, "is a list such as [{from: 2020-01-01, rate: 20 %}]")
            continue
        for item in listed.items:
            if not isinstance(item, Table):
                page.complain(item.line, "is a row such as {from: 2020-01-01, rate: 20 %}")
                continue
            row = Page(item, file=name, path=f"categories.{category}", errors=errors)
            rows += _rows(row, country=country, category=category, label=label)
    page.close(_TOP)
    if errors:
        raise TaxesRefused(errors=tuple(sorted(errors)))
    return tuple(rows)


def _rows(page: Page, *, country: str, category: str, label: str) -> list[TaxRow]:
    percent = page.need("rate", _percent, Decimal(0))
    valid_from = page.need("from", read_date, date.min)
    valid_until = page.read("to", read_date, None)
    if valid_until is not None and valid_until <= valid_from:
        page.complain(page.table.line, "ends before it begins; `to` is the first day after")
    tax = page.read("name", str, label)
    code = page.read("code", _code, TaxCode.STANDARD if percent else TaxCode.ZERO)
    compound = page.read("compound", read_flag, False)
    kinds = [text.value for text in page.listed("for")] or [ANY]
    page.close(_ROW)
    return [
        TaxRow(country, category, kind, tax, percent, valid_from, valid_until, code, compound)
        for kind in kinds
    ]


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
