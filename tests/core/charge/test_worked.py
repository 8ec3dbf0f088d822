"""What docs/algorithms works out is what both executors do."""

import pytest

from tests.core.charge.worked import Worked, check_worked, worked_sections

PAGES = (
    "increments.md", "bands.md", "allowances.md", "tiers.md", "decks.md", "measures.md",
    "carried.md", "versions.md", "series.md",
    "net-metering.md", "demand.md", "percentage.md",
)  # fmt: skip
SECTIONS = [(page, section) for page in PAGES for section in worked_sections(page)]


@pytest.mark.parametrize(
    "section", [s for _, s in SECTIONS], ids=[f"{page} {s.name}" for page, s in SECTIONS]
)
def test_worked_tables_hold(section: Worked) -> None:
    check_worked(section)
