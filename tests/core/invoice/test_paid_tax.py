"""The tax in what was paid at once: balance and invoice together tax a call once."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.base.frames import AMOUNT, QUANTITY
from tallystick.core.invoice.assemble_batch import DUE_LINES, assemble_batch
from tallystick.core.invoice.paid_tax import tax_paid_lines
from tallystick.core.invoice.tax import PERCENT, RATES, Rounding

PAGE = Path(__file__).parents[3] / "docs/algorithms/balances.md"
SCHEMA = pl.Schema({**DUE_LINES, "slot": pl.Int64(), "paid": pl.Boolean()})
CENT = Decimal("0.01")


def worked() -> list[list[str]]:
    section = PAGE.read_text().split("## One call, one tax")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def line(amount: Decimal, *, paid: bool) -> dict[str, object]:
    known = {
        "account_id": "1", "contract_id": "10", "component_id": "100", "tax_position": "here",
        "tax_category": "standard", "purpose": "usage", "description": "Calls",
        "period_from": date(2026, 1, 1), "period_to": date(2026, 2, 1), "unit": "s",
        "quantity": Decimal(0), "unit_price": Decimal(0), "amount": amount, "paid": paid,
        "slot": 0, "revenue_account": "voice",
    }  # fmt: skip
    return {name: known.get(name) for name in SCHEMA}


def bill(price: Decimal, paid: Decimal, *, percent: Decimal) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of a call that was paid so at once, with that of its tax; and the rates."""
    lines = pl.DataFrame([line(price, paid=False), line(-paid, paid=True)], schema=SCHEMA)
    rates = pl.DataFrame(
        [{"tax_position": "here", "tax_category": "standard", "tax": "VAT", "code": "S",
          "percent": percent, "levy": Decimal(0), "levy_unit": "", "place": "X",
          "jurisdiction": "X"}],
        schema=RATES,
    )  # fmt: skip
    return pl.concat([lines, tax_paid_lines(lines, rates=rates)]), rates


@pytest.mark.parametrize("row", worked(), ids=lambda row: " ".join(row[:3]))
def test_worked_table_holds(row: list[str]) -> None:
    price, paid, net, tax, left, on_it = (Decimal(row[n]) for n in (0, 2, 3, 4, 5, 6))
    percent = Decimal(row[1].removesuffix(" %"))
    lines, _ = bill(price, paid, percent=percent)
    assert sum(lines["amount"]) == left
    assert lines.filter(pl.col("purpose") == "taxed")["amount"].sum() == tax
    assert paid - tax == net
    assert round(left * percent / 100, 12) == on_it
    # one call, taxed once
    assert net + left == price
    assert tax + on_it == price * percent / 100


@given(
    price=st.decimals(0, 1000, places=12),
    share=st.integers(0, 100),
    percent=st.decimals(0, 30, places=4),
)
def test_both_parts_are_the_call_to_a_cent_each(
    price: Decimal, share: int, percent: Decimal
) -> None:
    paid = round(price * share / 100, 12)
    lines, rates = bill(price, paid, percent=percent)
    batch = assemble_batch(
        lines.select(DUE_LINES.names()), rates=rates, currency="EUR", rounding=Rounding()
    )
    (total,) = batch.invoices["total"]
    whole = price * (100 + percent) / 100
    # three lines are rounded for the net, and once for the tax
    assert abs(paid + total - whole) <= 2 * CENT
    assert abs(paid + sum(lines["amount"]) * (100 + percent) / 100 - whole) < Decimal("1e-11")


def test_what_bears_no_rate_makes_no_line() -> None:
    lines = pl.DataFrame([line(Decimal(-1), paid=True)], schema=SCHEMA)
    assert tax_paid_lines(lines, rates=RATES.to_frame()).is_empty()


def test_a_line_of_tax_says_what_it_is_of() -> None:
    lines, _ = bill(Decimal(5), Decimal("2.40"), percent=Decimal(20))
    late = lines.head(2).with_columns(purpose=pl.lit("usage-late-2026-03-01"))
    rates = bill(Decimal(5), Decimal(1), percent=Decimal(20))[1]
    (row,) = tax_paid_lines(late, rates=rates).to_dicts()
    assert (row["purpose"], row["description"]) == ("taxed-late-2026-03-01", "Calls, tax in it")
    assert (row["amount"], row["quantity"], row["unit_price"]) == (Decimal("0.4"), 1, row["amount"])
    assert (lines.schema["amount"], lines.schema["quantity"]) == (AMOUNT, QUANTITY)
    assert rates.schema["percent"] == PERCENT
