"""Whose a line of a statement is: the surest sign first, and nothing guessed."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.receive.statement import (
    Known,
    Matched,
    StatementLine,
    match_line,
    spell,
    spell_each,
    words_of,
)

KNOWN = Known(
    invoices={
        spell(number): (account, number)
        for number, account in (("INV-2026-000001", 1), ("INV-2026-000002", 1), ("INV-3", 2))
    },
    accounts={"A1": 1, "A2": 2, "A9": 9},
    payers={"DE01": frozenset({2}), "DE02": frozenset({1, 2})},
    owing={
        ("ADAEXAMPLE", Decimal("41.94"), "EUR"): frozenset({1}),
        ("TWINS", Decimal("5"), "EUR"): frozenset({1, 2}),
    },
    currencies={1: "EUR", 2: "EUR", 9: "USD"},
)

# amount | text | payer | bank account | found
CASES = """
41.94 | INV-2026-000001              |             |      | 1 invoice INV-2026-000001
41.94 | inv 2026 000001 thanks       |             |      | 1 invoice INV-2026-000001
80    | INV-3,INV3 and INV-3         |             |      | 2 invoice INV-3
80    | INV-2026-000002,INV2026000001|             |      | 1 invoice both
80    | INV-2026-000001 INV-3        |             |      | several_accounts
10    | customer a1 january          |             |      | 1 account
10    | a1 for a2                    |             |      | several_accounts
10    | INV-3 of a1                  |             |      | 2 invoice INV-3
10    | rent                         |             | DE01 | 2 bank_account
10    | rent                         |             | DE02 | several_accounts
41.94 | rent                         | Ada Example |      | 1 name_and_amount
41.95 | rent                         | Ada Example |      | nobody
5.00  | rent                         | twins       |      | several_accounts
5.00  | INV-2026-0000011             |             |      | nobody
-5.00 | INV-2026-000001              |             |      | money_out
0     | INV-2026-000001              |             |      | money_out
10    | A9                           |             |      | other_currency
"""


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_lines_are_matched(case: str) -> None:
    amount, text, payer, iban, wanted = (cell.strip() for cell in case.split("|"))
    line = StatementLine("k", date(2026, 2, 14), Decimal(amount), "EUR", text, payer, iban)
    found = match_line(line, known=KNOWN)
    told = (
        " ".join([str(found.account_id), found.rule, *_invoices(found.invoices)])
        if isinstance(found, Matched)
        else found.value
    )
    assert told == wanted


def _invoices(numbers: tuple[str, ...]) -> tuple[str, ...]:
    return ("both",) if numbers == ("INV-2026-000002", "INV-2026-000001") else numbers


@given(st.lists(st.text(max_size=12)))
def test_a_column_is_spelled_as_each_of_it(numbers: list[str]) -> None:
    column = pl.DataFrame({"n": ["Weiß & Söhne", "inv-2026/01", *numbers]})
    spelled = column.select(spell_each(pl.col("n")))["n"].to_list()
    assert spelled == [spell(number) for number in column["n"]]


def test_a_line_may_name_any_of_its_words_and_neighbours() -> None:
    line = StatementLine("k", date(2026, 2, 14), Decimal(1), "EUR", "inv-2026 000001, ta!")
    assert words_of([line]) >= {"INV2026000001", "TA", "000001TA"}
