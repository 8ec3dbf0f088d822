"""Assembly: the worked tables of docs/algorithms/rounding.md, and one path against the other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.base.frames import REJECTS
from tallystick.base.money import RoundingMode, minor_decimals, round_minor
from tallystick.base.period import Period
from tallystick.core.invoice.assemble import AssembledInvoice, assemble_invoice
from tallystick.core.invoice.assemble_batch import (
    ASSEMBLED_LINES,
    DUE_LINES,
    INVOICES,
    TAXES,
    assemble_batch,
)
from tallystick.core.invoice.recur import DueLine
from tallystick.core.invoice.round import share_out
from tallystick.core.invoice.tax import RATES, NoTaxRate, Rounding, Tax, TaxRounding
from tests.core.invoice.worked import worked_table

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
VAT19 = Tax("VAT", "S", Decimal("19.000000"))
CATEGORIES: dict[str, tuple[Tax, ...]] = {
    "standard": (VAT19,),
    "hardware": (VAT19,),
    "abroad": (replace(VAT19, place="AT", jurisdiction="AT"),),
    "reduced": (Tax("VAT", "S", Decimal("7.000000")),),
    "free": (Tax("VAT", "E", Decimal("0.000000")),),
    "quebec": (Tax("GST", "S", Decimal("5.000000")), Tax("QST", "S", Decimal("9.975000"))),
    "federal": (Tax("GST", "S", Decimal("5.000000")),),
    "telecom": (
        Tax("City", "S", Decimal("4.500000")),
        Tax("Emergency calls", "S", Decimal(0), Decimal("1.255"), "unit"),
    ),
    "levied": (Tax("Levy", "S", Decimal(0), Decimal("0.0205"), "kWh"),),
    "each": (Tax("Each", "S", Decimal(0), Decimal("0.333333333333"), "each"),),
}


def line_of(
    amount: Decimal | str, category: str = "standard", n: int = 1, quantity: str = "1 unit"
) -> DueLine:
    exact = Decimal(amount)
    count, unit = quantity.split()
    return DueLine(
        "C-1", f"line-{n}", "recurring", MARCH, "A line", Decimal(count), unit, exact, exact,
        category, "4000",
    )  # fmt: skip


def frame_of(invoices: dict[str, Sequence[DueLine]]) -> pl.DataFrame:
    rows = [
        (account, "home", n.contract_id, n.component_id, n.purpose, n.period.start, n.period.end,
         n.description, n.quantity, n.unit, n.unit_price, n.amount, n.tax_category,
         n.revenue_account)
        for account, lines in invoices.items()
        for n in lines
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=DUE_LINES, orient="row")


def rates_of(categories: dict[str, tuple[Tax, ...]]) -> pl.DataFrame:
    rows = [
        ("home", name, t.tax, t.code, t.percent, t.levy, t.levy_unit, t.place,
         t.jurisdiction)
        for name, own in categories.items()
        for t in own
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=RATES, orient="row")


@pytest.mark.parametrize("row", worked_table("rounding.md", "Modes"))
@pytest.mark.parametrize("mode", RoundingMode)
def test_worked_modes(row: dict[str, str], mode: RoundingMode) -> None:
    amount, currency = Decimal(row["amount"]), row["currency"]
    lines = [line_of(amount, "free")]
    invoice = assemble_invoice(
        lines, taxes=CATEGORIES, currency=currency, rounding=Rounding(mode=mode)
    )
    assert str(invoice.lines[0].net) == row[mode]
    assert round_minor(amount, currency=currency, mode=mode) == Decimal(row[mode])


@pytest.mark.parametrize("row", worked_table("rounding.md", "Prices without tax"))
def test_worked_taxes(row: dict[str, str]) -> None:
    lines = [line_of("0.125", n=1), line_of("0.125", n=2), line_of("33.333", n=3)]
    rounding = Rounding(tax=TaxRounding(row["tax"]))
    invoice = assemble_invoice(lines, taxes=CATEGORIES, currency="EUR", rounding=rounding)
    found = (str(invoice.net), str(invoice.tax), str(invoice.total))
    assert found == (row["net"], row["tax amount"], row["total"])


def test_worked_shares() -> None:
    rows = worked_table("rounding.md", "Shared out")
    shares = share_out(2478, exact=[Fraction(row["exact"]) * 100 for row in rows])
    assert [f"{Decimal(cents) / 100:.2f}" for cents in shares] == [row["shared"] for row in rows]


@given(
    exact=st.lists(st.fractions(-1000, 1000), min_size=1, max_size=8),
    total=st.integers(-10_000, 10_000),
)
def test_shares_add_up_whatever_the_total(exact: list[Fraction], total: int) -> None:
    assert sum(share_out(total, exact=exact)) == total


def test_inclusive_prices_keep_their_total() -> None:
    lines = [line_of("29.95", n=1), line_of("11.99", n=2)]
    invoice = assemble_invoice(
        lines, taxes=CATEGORIES, currency="EUR", rounding=Rounding(inclusive=True)
    )
    assert str(invoice.total) == "41.94"
    assert str(invoice.tax) == "6.70"
    assert [str(line.net) for line in invoice.lines] == ["25.17", "10.07"]


def test_a_category_without_rate_is_refused_or_rejected() -> None:
    lines = {"A-1": [line_of("1.00"), line_of("2.00", "unknown", 2)], "A-2": [line_of("3.00")]}
    with pytest.raises(NoTaxRate):
        assemble_invoice(lines["A-1"], taxes=CATEGORIES, currency="EUR", rounding=Rounding())
    batch = assemble_batch(
        frame_of(lines), rates=rates_of(CATEGORIES), currency="EUR", rounding=Rounding()
    )
    assert batch.invoices["account_id"].to_list() == ["A-2"]
    assert batch.rejects.schema == REJECTS
    assert batch.rejects.select("line", "code").rows() == [(1, "invoice_held"), (2, "no_tax_rate")]
    assert "unknown" in batch.rejects["parameters"][1]


def test_an_empty_run_gives_empty_frames() -> None:
    batch = assemble_batch(
        frame_of({}), rates=rates_of(CATEGORIES), currency="EUR", rounding=Rounding()
    )
    assert (batch.invoices.schema, batch.lines.schema) == (INVOICES, ASSEMBLED_LINES)
    assert (batch.taxes.schema, batch.rejects.height) == (TAXES, 0)


def test_batch_repeats_to_the_byte_and_keeps_order() -> None:
    lines = {f"A-{n % 7}": [line_of(f"{k}.{n}5", n=k) for k in range(5)] for n in range(7)}
    frame, rates = frame_of(lines), rates_of(CATEGORIES)
    one = assemble_batch(frame, rates=rates, currency="EUR", rounding=Rounding(inclusive=True))
    two = assemble_batch(frame, rates=rates, currency="EUR", rounding=Rounding(inclusive=True))
    assert one.invoices.equals(two.invoices)
    assert one.lines.equals(two.lines)
    assert one.lines["account_id"].unique(maintain_order=True).to_list() == list(lines)


amounts = st.decimals(-(10**9), 10**9, places=12) | st.sampled_from(
    [Decimal(t) for t in ("0.005", "-0.005", "0.015", "0.5", "-1.5", "0.0005", "0", "0.125")]
)
quantities = st.sampled_from(
    ["1 unit", "-1 adjustment", "3 unit", "1234567.123456789 kWh", "-2 kWh", "0 unit"]
)
some_lines = st.lists(
    st.tuples(amounts, st.sampled_from(sorted(CATEGORIES)), quantities), max_size=7
)


@given(
    accounts=st.lists(some_lines, min_size=1, max_size=4),
    mode=st.sampled_from(RoundingMode),
    tax=st.sampled_from(TaxRounding),
    inclusive=st.booleans(),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
)
@settings(max_examples=250, deadline=None)
def test_batch_equals_one_by_one(
    accounts: list[list[tuple[Decimal, str, str]]],
    mode: RoundingMode,
    tax: TaxRounding,
    inclusive: bool,
    currency: str,
) -> None:
    rounding = Rounding(mode=mode, tax=tax, inclusive=inclusive)
    invoices = {
        f"A-{n}": [
            line_of(amount, category, k, quantity)
            for k, (amount, category, quantity) in enumerate(lines)
        ]
        for n, lines in enumerate(accounts)
        if lines
    }
    batch = assemble_batch(
        frame_of(invoices), rates=rates_of(CATEGORIES), currency=currency, rounding=rounding
    )
    assert batch.invoices["account_id"].to_list() == list(invoices)
    for account, lines in invoices.items():
        one = assemble_invoice(lines, taxes=CATEGORIES, currency=currency, rounding=rounding)
        _check_sums(one, currency, inclusive)
        mine = pl.col("account_id") == account
        head = batch.invoices.filter(mine).row(0)
        assert head == (account, len(lines), one.net, one.tax, one.total)
        assert batch.lines.filter(mine).select("line_no", "printed", "net").rows() == [
            (n, line.printed, line.net) for n, line in enumerate(one.lines, start=1)
        ]
        assert batch.taxes.filter(mine).drop("account_id").rows() == [
            (
                row.tax.tax,
                row.tax.code,
                row.tax.percent,
                row.tax.levy,
                row.tax.levy_unit,
                row.tax.place,
                row.tax.jurisdiction,
                row.taxable,
                row.amount,
            )
            for row in one.taxes
        ]


def _check_sums(invoice: AssembledInvoice, currency: str, inclusive: bool) -> None:
    assert invoice.net == sum(line.net for line in invoice.lines)
    assert invoice.tax == sum(row.amount for row in invoice.taxes)
    assert invoice.total == invoice.net + invoice.tax
    assert -invoice.total.as_tuple().exponent == minor_decimals(currency)  # type: ignore[operator]
    if inclusive:
        levies = sum(row.amount for row in invoice.taxes if row.tax.levy)
        assert invoice.total == sum(line.printed for line in invoice.lines) + levies
