"""Every word of the price language stands in a worked example, or is named here with its reason."""

import re
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest

from tallystick.core.price.proof import read_page
from tallystick.core.price.tables import UsageUnreadable
from tallystick.core.tariff import components, periods, read, read_bill_terms, usages

DOCS = Path(__file__).parents[3] / "docs"

NO_AMOUNT = {"tax", "revenue"}
"""They say where an amount goes, never how much it is."""

NO_PRICE = {"then"}
"""What goes on after an allowance, told to the network: read and compiled, and no price."""


OF_WHAT_WAS_BILLED = {"credits aware"}
"""What an early change gives back depends on the bill before it: proven by stories."""


def _examples() -> str:
    """The price lists and coupons of the sections that `tallystick price` proves."""
    found: list[str] = []
    for page in sorted((DOCS / "algorithms").glob("*.md")):
        with suppress(UsageUnreadable):
            sections = read_page(page.read_text(), name=page.name)
            for section in filter(lambda one: one.is_proof, sections):
                found += [one.text for one in section.texts]
                found += [coupon for bill in section.bills for coupon in bill.coupons]
    return "\n".join(found)


@pytest.mark.parametrize("module", [components, periods, read, read_bill_terms, usages])
def test_each_word_has_an_example(module: ModuleType) -> None:
    text = _examples()
    words = {w for name in vars(module) if name.endswith("_WORDS") for w in vars(module)[name]}
    assert words
    without = {word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}:", text)}
    assert without == words & (NO_AMOUNT | NO_PRICE | OF_WHAT_WAS_BILLED)
