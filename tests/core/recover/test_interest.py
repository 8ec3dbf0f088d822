"""The worked tables of interest and losses in docs/algorithms/ladder.md, and what always holds."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.recover.interest import Arrears, Dispute, YearlyRate, first_day, interest_of
from tallystick.core.recover.loss import Loss, split_loss, split_recovery
from tests.core.invoice.worked import worked_table

DUE = date(2026, 1, 15)
day = date.fromisoformat


def parts(text: str) -> list[list[str]]:
    return [one.split() for one in text.split(", ") if one]


@pytest.mark.parametrize("row", worked_table("ladder.md", "Interest, worked"))
def test_worked_interest(row: dict[str, str]) -> None:
    arrears = Arrears(
        Decimal("1000.00"),
        tuple((day(on), Decimal(amount)) for on, amount in parts(row["paid"])),
        tuple(Dispute(day(a), day(b), Decimal(amount)) for a, b, amount in parts(row["disputed"])),
    )
    rates = [YearlyRate(day(on), Decimal(percent)) for on, percent in parts(row["rates"])]
    found = interest_of(arrears, rates=rates, first=day(row["first"]), end=day(row["end"]))
    assert found == Decimal(row["interest"])
    assert first_day(DUE) == date(2026, 1, 16)


@pytest.mark.parametrize("row", worked_table("ladder.md", "Losses, worked"))
def test_worked_losses(row: dict[str, str]) -> None:
    amount = Decimal(row["open"])
    left = Loss(amount, Decimal(0))
    if row["tax"] == "relieved":
        left = split_loss(
            amount, invoice_tax=Decimal(19), invoice_total=Decimal(119), currency="EUR"
        )
    assert left == loss_of(row["written off"].split())
    for paid, back in zip(row["paid"].split(", "), parts(row["recovered"]), strict=True):
        found = split_recovery(Decimal(paid), left=left, currency="EUR")
        assert found == loss_of(back)
        left = Loss(left.net - found.net, left.tax - found.tax)


def loss_of(words: list[str]) -> Loss:
    return Loss(Decimal(words[0]), Decimal(words[1]))


cents = st.integers(1, 10**7).map(lambda n: Decimal(n).scaleb(-2))


@given(cents, cents, st.lists(cents, max_size=5))
def test_no_cent_is_lost_between_loss_and_recovery(
    amount: Decimal, tax: Decimal, paid: list[Decimal]
) -> None:
    left = split_loss(amount, invoice_tax=tax, invoice_total=tax + amount, currency="EUR")
    assert left.whole == amount
    for one in [*paid, amount]:
        if not left.whole:
            break
        found = split_recovery(min(one, left.whole), left=left, currency="EUR")
        assert found.net >= 0
        assert 0 <= found.tax <= left.tax
        left = Loss(left.net - found.net, left.tax - found.tax)
    assert left == Loss(Decimal(0), Decimal(0))


@given(cents, st.integers(0, 900), st.integers(0, 900))
def test_interest_of_days_is_interest_of_their_parts(amount: Decimal, cut: int, more: int) -> None:
    rates = [YearlyRate(DUE, Decimal("7.3")), YearlyRate(date(2027, 7, 1), Decimal(9))]
    first = first_day(DUE)
    middle = first + timedelta(days=cut)
    end = middle + timedelta(days=more)
    owed = Arrears(amount, ((middle, Decimal("1.00")),))
    whole = interest_of(owed, rates=rates, first=first, end=end)
    halves = interest_of(owed, rates=rates, first=first, end=middle) + interest_of(
        owed, rates=rates, first=middle, end=end
    )
    assert abs(whole - halves) <= Decimal("0.000000000001")
