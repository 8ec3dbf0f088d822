"""A statement of account as PDF, laid out as invoices are."""

import re
from datetime import timedelta
from typing import Final

from tallystick.base.period import Period
from tallystick.core.invoice.statement import Movement, Statement, StatementRow
from tallystick.gates.documents.content import Content, buyer_lines, seller_texts
from tallystick.gates.documents.formats import Format, clean_text, format_for
from tallystick.gates.documents.render import render_content
from tallystick.gates.documents.words import WORDS

_NUMBER: Final = re.compile(r"[A-Z]+-\d{4}-\d{6,}")


def render_statement(statement: Statement) -> bytes:
    """The statement as PDF; the same statement gives the same bytes."""
    return render_content(
        statement_content(statement), logo=statement.seller.logo_svg, on=statement.until
    )


def statement_content(statement: Statement) -> Content:
    """Every text of the statement, formatted, in the shape that invoices have."""
    form = format_for(
        language=statement.language, currency=statement.currency, numbers=statement.number_format
    )
    words = WORDS[statement.language]
    period = form.period(Period(statement.since, statement.until + timedelta(days=1)))
    facts = [(words["account"], statement.account_number), (words["period"], period)]
    closing = statement.closing
    return {
        "language": statement.language.value,
        "accent": statement.seller.accent,
        "words": {**words, "prices_in": words["prices_in"].format(currency=statement.currency)},
        "title": words["statement"],
        "number": period,
        "account": clean_text(statement.account_number),
        "seller": seller_texts(statement.seller),
        "buyer": buyer_lines(statement.buyer, words),
        "facts": [[label, clean_text(fact)] for label, fact in facts],
        "hero": {
            "label": words["credit_kept"] if closing < 0 else words["amount_due"],
            "amount": form.money(closing.copy_abs()),
            "note": words["balance_on"].format(date=form.long_date(statement.until)),
        },
        "summary": [
            [words["opening"], form.long_date(statement.since), form.amount(statement.opening)],
            *(_row(row, form, words) for row in statement.rows),
        ],
        "totals": [
            [words["charged"], form.amount(statement.charged)],
            [words["credited"], form.amount(statement.credited)],
            [words["closing"], form.money(closing)],
        ],
        "balance": [],
        "tax_notes": [],
        "pay": {"rows": [], "note": ""},
        "notes": [],
        "lines": [],
        "usage": [],
        "charts": [],
        "annexes": [],
    }


def _row(row: StatementRow, form: Format, words: dict[str, str]) -> list[str]:
    moved = row.movement
    said = f"{form.long_date(moved.on)} · {words['closing']} {form.amount(row.balance)}"
    return [clean_text(_title(moved, words)), said, form.amount(moved.amount)]


def _title(moved: Movement, words: dict[str, str]) -> str:
    """The fact in the customer's words with the document's number; else as the books call it."""
    known = words.get(f"fact_{moved.kind}")
    if known is None:
        return moved.text[:1].upper() + moved.text[1:]
    number = next((word for word in moved.text.split() if _NUMBER.fullmatch(word)), "")
    return f"{known} {number}".strip()
