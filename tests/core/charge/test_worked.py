"""What docs/algorithms works out is what `tallystick price` says, with both executors."""

import pytest

from tallystick.core.price.price import Executor
from tallystick.core.price.proof import Section, prove_section, read_page
from tests.core.charge.worked import ALGORITHMS

PAGES = (
    "increments.md", "bands.md", "allowances.md", "tiers.md", "decks.md", "measures.md",
    "carried.md", "versions.md", "series.md",
    "net-metering.md", "demand.md", "percentage.md", "discounts.md", "commitments.md",
    "proration.md", "terms.md",
)  # fmt: skip
SECTIONS = [
    (page, section)
    for page in PAGES
    for section in read_page((ALGORITHMS / page).read_text(encoding="utf-8"), name=page)
]


@pytest.mark.parametrize(
    "section", [s for _, s in SECTIONS], ids=[f"{page} {s.name}" for page, s in SECTIONS]
)
def test_worked_tables_hold(section: Section) -> None:
    _, differences = prove_section(section, executor=Executor.BOTH)
    assert differences == []


def test_the_pages_work_something_out() -> None:
    assert all(any(s.is_proof for p, s in SECTIONS if p == page) for page in PAGES)
