"""An invoice document as the strings that the template lays out, in the customer's language."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from tallystick.core.invoice.document import (
    Annex,
    Buyer,
    Consumption,
    DocumentKind,
    DocumentLine,
    HowToPay,
    InvoiceDocument,
    Seller,
    UsageRow,
)
from tallystick.gates.documents.formats import Format, clean_text, format_for
from tallystick.gates.documents.words import WORDS

Content = dict[str, Any]

_BAR_HEIGHT_MAX = 1000
_LABELLED_DAYS = frozenset({1, 5, 10, 15, 20, 25})
_LINES_ON_FIRST_PAGE = 8


def content_of(document: InvoiceDocument) -> Content:
    """Every text of the document, formatted; nothing but strings, lists and small integers."""
    form = format_for(
        language=document.language, currency=document.currency, numbers=document.number_format
    )
    words = WORDS[document.language]
    details = document.usage or document.consumption or document.annexes
    several = any(line.section for line in document.lines)
    short = not details and not several and len(document.lines) <= _LINES_ON_FIRST_PAGE
    return {
        "language": document.language.value,
        "accent": document.seller.accent,
        "words": {**words, "prices_in": words["prices_in"].format(currency=document.currency)},
        "title": _title(document, form, words),
        "number": clean_text(document.number),
        "account": clean_text(document.account_number),
        "seller": seller_texts(document.seller),
        "buyer": buyer_lines(document.buyer, words),
        "facts": _facts(document, form, words),
        "hero": _hero(document, form, words),
        "summary": _summary(document, form, short=short),
        "totals": _totals(document, form, words),
        "balance": [] if document.voided_on else _balance(document, form, words),
        "tax_notes": _texts(_tax_notes(document, words)),
        "pay": _how_to_pay(document.how_to_pay if _asks(document) else HowToPay(""), words),
        "notes": _texts(document.notes),
        "lines": [] if short else _lines(document.lines, form),
        "usage": _usage(document.usage, form, words),
        "charts": [_chart(one, form, words) for one in document.consumption],
        "annexes": [_annex(annex, form) for annex in document.annexes],
    }


def _title(document: InvoiceDocument, form: Format, words: dict[str, str]) -> str:
    title = words[document.kind.value]
    if document.voided_on is None:
        return title
    return f"{title}, {words['void_since'].format(date=form.long_date(document.voided_on))}"


def _tax_notes(document: InvoiceDocument, words: dict[str, str]) -> Iterator[str]:
    """What the law wants said of a tax that is not charged, or the row's own words."""
    for row in document.taxes:
        if note := row.note or words.get(f"tax_{row.code}", ""):
            yield note
    if home := document.home_tax:
        form = format_for(
            language=document.language, currency=home.currency, numbers=document.number_format
        )
        yield words["tax_at_home"].format(amount=form.money(home.amount), rates=home.said)


def _texts(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(clean_text(text) for text in texts))


def seller_texts(seller: Seller) -> Content:
    """The operator's brand as texts."""
    return {
        "name": clean_text(seller.name),
        "address": _texts(seller.address),
        "contact": _texts(seller.contact),
        "sender": clean_text(" · ".join([seller.name, *seller.address])),
        "legal": clean_text(seller.legal or f"{seller.name} · {seller.vat_number}"),
        "has_logo": seller.logo_svg is not None,
    }


def buyer_lines(buyer: Buyer, words: dict[str, str]) -> list[str]:
    """The customer as on an envelope, with its tax number."""
    vat = [f"{words['vat_number']} {buyer.vat_number}"] if buyer.vat_number else []
    return _texts([buyer.name, *buyer.address, *vat])


def _facts(document: InvoiceDocument, form: Format, words: dict[str, str]) -> list[list[str]]:
    facts = [
        (words["number"], document.number),
        (words["corrects"], document.corrects),
        (words["account"], document.account_number),
        (words["date"], form.long_date(document.issued_on)),
        (words["period"], form.period(document.period) if document.period else ""),
        (words["vat_number"], document.seller.vat_number),
    ]
    return [[label, clean_text(fact)] for label, fact in facts if fact]


def _asks(document: InvoiceDocument) -> bool:
    """Whether there is anything to pay."""
    return document.amount_due > 0 and document.kind is DocumentKind.INVOICE


def _hero(document: InvoiceDocument, form: Format, words: dict[str, str]) -> Content:
    due = document.amount_due
    if _asks(document):
        note = words["pay_by"].format(date=form.long_date(document.due_on))
        return {"label": words["amount_due"], "amount": form.money(due), "note": note}
    label = words["credit_kept"] if due else words["amount_due"]
    return {"label": label, "amount": form.money(due.copy_abs()), "note": words["nothing_due"]}


def _summary(document: InvoiceDocument, form: Format, *, short: bool) -> list[list[str]]:
    """Rows of title, detail and amount: the lines themselves where they fit on the first page."""
    if short and document.lines:
        rows = [(line.description, _said(line, form), line.amount) for line in document.lines]
    else:
        rows = [(group.title, group.detail, group.amount) for group in document.summary]
    return [[clean_text(title), clean_text(said), form.amount(sum_)] for title, said, sum_ in rows]


def _said(line: DocumentLine, form: Format) -> str:
    period = form.period(line.period) if line.period else ""
    quantity, price = form.shortest(line.quantity), form.price(line.unit_price)
    times = f"{quantity} × {price}" if line.quantity != 1 else ""  # noqa: RUF001
    return " · ".join(part for part in (line.detail, period, times) if part)


def _totals(document: InvoiceDocument, form: Format, words: dict[str, str]) -> list[list[str]]:
    rows = [[words["net"], form.amount(document.net)]]
    for tax in document.taxes:
        name = f"{clean_text(tax.name)} {form.percent(tax.percent)}"
        rows.append([f"{name} · {words['taxable']} {form.amount(tax.taxable)}",
                     form.amount(tax.amount)])  # fmt: skip
    return [*rows, [words["total"], form.money(document.total)]]


def _balance(document: InvoiceDocument, form: Format, words: dict[str, str]) -> list[list[str]]:
    rows = []
    if document.previous_balance:
        rows.append([words["previous"], form.amount(document.previous_balance)])
    for payment in document.payments:
        text = f"{payment.text or words['payment']} · {form.short_date(payment.on)}"
        rows.append([clean_text(text), form.amount(payment.amount.copy_negate())])
    if rows or document.amount_due != document.total:
        rows.append([words["amount_due"], form.money(document.amount_due)])
    return rows


def _how_to_pay(how: HowToPay, words: dict[str, str]) -> Content:
    iban = how.iban.replace(" ", "")
    grouped = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
    rows = [
        ("IBAN", grouped),
        ("BIC", how.bic),
        (words["bank"], how.bank),
        (words["holder"], how.holder),
        (words["reference"], how.reference),
    ]
    return {
        "rows": [[label, clean_text(text)] for label, text in rows if text],
        "note": clean_text(how.note),
    }


def _lines(lines: Iterable[DocumentLine], form: Format) -> list[Content]:
    return [
        {"title": clean_text(section), "rows": [_line(line, form) for line in own]}
        for section, own in groupby(lines, key=lambda line: line.section)
    ]


def _line(line: DocumentLine, form: Format) -> list[str]:
    return [
        clean_text(line.description),
        clean_text(line.detail),
        form.period(line.period) if line.period else "",
        clean_text(form.quantity(line.quantity, line.unit)),
        form.price(line.unit_price),
        form.amount(line.amount),
    ]


def _usage(rows: Iterable[UsageRow], form: Format, words: dict[str, str]) -> list[Content]:
    return [
        {"title": clean_text(title), "rows": [_usage_row(row, form, words) for row in group]}
        for title, group in groupby(rows, key=lambda row: row.group)
    ]


def _usage_row(row: UsageRow, form: Format, words: dict[str, str]) -> list[str]:
    price = "" if row.unit_price is None else form.price(row.unit_price)
    per = f" {words['per']} {row.price_unit}" if price and row.price_unit else ""
    return [
        clean_text(row.component),
        clean_text(" · ".join(part for part in (row.band, row.tier) if part)),
        clean_text(form.quantity(row.quantity, row.unit)),
        clean_text(price + per),
        form.amount(row.amount),
    ]


def _chart(one: Consumption, form: Format, words: dict[str, str]) -> Content:
    """A bar a day as a share of the highest; days that fed more than they drew have no bar."""
    days = sorted(one.days)
    highest = max((value for _, value in days), default=Decimal(0))
    total = sum((value for _, value in days), Decimal(0))
    said = [one.detail, form.quantity(total, one.unit)]
    if days and highest > 0:
        peak = next(day for day, value in days if value == highest)
        average = form.quantity(round(total / len(days), 3), one.unit)
        said.append(f"{words['average']} {average}")
        said.append(
            f"{words['highest']} {form.short_date(peak)}: {form.quantity(highest, one.unit)}"
        )
    bars = [
        [
            int(max(value, Decimal(0)) * _BAR_HEIGHT_MAX / highest) if highest > 0 else 0,
            str(day.day) if day.day in _LABELLED_DAYS else "",
            int((day + timedelta(days=2)).weekday() < 2),
        ]
        for day, value in days
    ]
    return {
        "title": clean_text(one.title),
        "said": clean_text(" · ".join(part for part in said if part)),
        "bars": bars,
        "highest": form.quantity(highest, one.unit),
    }


def _annex(annex: Annex, form: Format) -> Content:
    return {
        "title": clean_text(annex.title),
        "rows": [
            [
                form.instant(row.at),
                clean_text(row.what),
                form.quantity(row.quantity, row.unit),
                form.amount(row.amount),
            ]
            for row in annex.rows
        ],
    }
