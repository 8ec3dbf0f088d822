"""Allocation: the worked table of docs/algorithms/allocation.md, and nothing is lost."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.receive.allocate import (
    AllocationInOtherCurrency,
    NothingToAllocate,
    OpenItem,
    allocate_credit,
    allocate_payment,
)
from tests.core.invoice.worked import worked_table

ITEMS = [
    OpenItem("3", "I-3", date(2026, 3, 1), "EUR", Decimal("50.00"), payment_reference="RF180003"),
    OpenItem("2", "I-2", date(2026, 3, 1), "EUR", Decimal("20.00"), Decimal("15.00")),
    OpenItem("1", "I-1", date(2026, 2, 1), "EUR", Decimal("30.00")),
    OpenItem("4", "U-4", date(2026, 1, 1), "USD", Decimal("5.00")),
]
NUMBERS = {item.invoice_id: item.number for item in ITEMS}


@pytest.mark.parametrize("row", worked_table("allocation.md", "Worked"))
def test_worked_allocations(row: dict[str, str]) -> None:
    written = row["references"]
    references = [written] if written.startswith("RF") else written.split()
    found = allocate_payment(
        Decimal(row["paid"]), currency="EUR", open_items=ITEMS, references=references
    )
    told = ", ".join(f"{NUMBERS[a.invoice_id]} {a.amount}" for a in found.allocations)
    assert (told, str(found.credit)) == (row["allocations"], row["credit"])


def test_credit_pays_new_invoices_and_its_absence_nothing() -> None:
    found = allocate_credit(Decimal("31.00"), currency="EUR", open_items=ITEMS)
    assert [(a.invoice_id, str(a.amount)) for a in found.allocations] == [
        ("1", "30.00"),
        ("2", "1.00"),
    ]
    assert allocate_credit(Decimal("0.00"), currency="EUR", open_items=ITEMS).allocations == ()


def test_the_oldest_due_goes_before_the_lowest_number() -> None:
    late = OpenItem("9", "I-9", date(2026, 1, 1), "EUR", Decimal("10.00"))
    found = allocate_payment(Decimal("10.00"), currency="EUR", open_items=[*ITEMS, late])
    assert [a.invoice_id for a in found.allocations] == ["9"]


def test_refusals() -> None:
    with pytest.raises(NothingToAllocate):
        allocate_payment(Decimal(0), currency="EUR", open_items=ITEMS)
    with pytest.raises(AllocationInOtherCurrency, match="cannot pay invoice 4 in USD"):
        allocate_payment(Decimal(5), currency="EUR", open_items=ITEMS, references=["U-4"])


cents = st.integers(0, 10_000).map(lambda n: Decimal(n) / 100)
items = st.lists(st.tuples(st.integers(1, 28), cents, cents), max_size=6)


@given(rows=items, paid=st.integers(1, 50_000), named=st.lists(st.integers(0, 7), max_size=3))
def test_nothing_is_lost_and_nothing_overpaid(
    rows: list[tuple[int, Decimal, Decimal]], paid: int, named: list[int]
) -> None:
    amount = Decimal(paid) / 100
    open_items = [
        OpenItem(f"id{n}", f"N{n}", date(2026, 3, day), "EUR", left, disputed)
        for n, (day, left, disputed) in enumerate(rows)
    ]
    references = [f"N{n}" for n in named]
    found = allocate_payment(amount, currency="EUR", open_items=open_items, references=references)
    assert sum(a.amount for a in found.allocations) + found.credit == amount
    assert found.credit >= 0
    by_id = {item.invoice_id: item for item in open_items}
    assert len({a.invoice_id for a in found.allocations}) == len(found.allocations)
    for allocation in found.allocations:
        item = by_id[allocation.invoice_id]
        most = item.open_amount if item.number in references else item.undisputed
        assert 0 < allocation.amount <= most
    if found.credit:
        assert sum(a.amount for a in found.allocations) == sum(
            i.open_amount if i.number in references else i.undisputed for i in open_items
        )
