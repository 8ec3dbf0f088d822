"""A statement adds up, and speaks the customer's language."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from tallystick.core.invoice.document import Language
from tallystick.core.invoice.statement import Movement, Statement, run_balance
from tallystick.gates.documents.statement import render_statement
from tests.gates.documents.samples import SHORT

DAY = date(2026, 1, 5)
MOVED = (
    Movement(DAY, "invoice_issued", "invoice INV-2026-000001", Decimal("47.80")),
    Movement(DAY, "payment_received", "payment key-of-ours", Decimal("-50.00")),
    Movement(DAY, "deposit_applied", "deposit of #7 <b>", Decimal("-1.00")),
)


def statement(*movements: Movement, opening: str = "10.00") -> Statement:
    brought = Decimal(opening)
    return Statement(
        seller=SHORT.seller,
        buyer=SHORT.buyer,
        account_number="A1",
        currency="EUR",
        language=Language.EN,
        since=date(2026, 1, 1),
        until=date(2026, 1, 31),
        opening=brought,
        rows=run_balance(opening=brought, movements=movements),
    )


@given(st.lists(st.decimals("-1000", "1000", places=2)), st.decimals("-1000", "1000", places=2))
def test_opening_charged_and_credited_are_the_closing(amounts, opening) -> None:
    moved = [Movement(DAY, "x", "x", amount) for amount in amounts]
    made = statement(*moved, opening=str(opening))
    assert made.opening + made.charged + made.credited == made.closing
    assert made.closing == opening + sum(amounts)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.EN, ("Statement of account", "Invoice INV-2026-000001", "Payment", "Deposit of")),
        (Language.DE, ("Kontoauszug", "Rechnung INV-2026-000001", "Zahlung", "Vortrag")),
        (Language.ES, ("Extracto de cuenta", "Factura INV-2026-000001", "Pago", "Saldo anterior")),
    ],
)
def test_it_is_printed_in_the_customers_language(language, words) -> None:
    made = replace(statement(*MOVED), language=language)
    pdf = render_statement(made)
    assert pdf == render_statement(made)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    for word in words:
        assert word in text
    assert "key-of-ours" not in text
