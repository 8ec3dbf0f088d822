"""What docs/algorithms works out of whole bills is what happens to them."""

import pytest

from tests.core.charge.worked_bills import WorkedBills, check_bills, worked_bills

SECTIONS = [
    (page, section) for page in ("discounts.md", "commitments.md") for section in worked_bills(page)
]


@pytest.mark.parametrize(
    "section", [s for _, s in SECTIONS], ids=[f"{page} {s.name}" for page, s in SECTIONS]
)
def test_worked_bills_hold(section: WorkedBills) -> None:
    check_bills(section)
