"""Every word of the price language stands in a worked example, or is named here with its reason."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from tallystick.core.tariff import components, periods, read, read_bill_terms, usages

DOCS = Path(__file__).parents[3] / "docs"

NO_AMOUNT = {"tax", "revenue"}
"""They say where an amount goes, never how much it is."""

CHANGES = {
    "else", "start", "upgrade", "downgrade", "quantity change", "pause", "end", "in", "align",
    "quantity from",
}  # fmt: skip
"""What recurs and changes: proven by stories and tests of due lines, not by a page of usage."""

NAMES_ONLY = {"then"}
"""What an allowance says goes on after it: read and compiled, tested in tests/core/tariff."""


def _examples() -> str:
    """The price lists of the pages, blocks and inline ones, and the page of `tallystick price`."""
    blocks = [
        "".join(found)
        for page in sorted((DOCS / "algorithms").glob("*.md"))
        for found in re.findall(r"```yaml[^\n]*\n(.*?)```|`(\{.*?\})`", page.read_text(), re.S)
    ]
    page = (DOCS / "concepts" / "pricing.md").read_text()
    return "\n".join([*blocks, *re.findall(r"```python\n.*?```|\{.*?\}", page, re.S)])


@pytest.mark.parametrize("module", [components, periods, read, read_bill_terms, usages])
def test_each_word_has_an_example(module: ModuleType) -> None:
    text = _examples()
    words = {w for name in vars(module) if name.endswith("_WORDS") for w in vars(module)[name]}
    assert words
    without = {word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}:", text)}
    assert without == words & (NO_AMOUNT | CHANGES | NAMES_ONLY)
