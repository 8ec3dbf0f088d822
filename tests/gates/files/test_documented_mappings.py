"""What the documentation shows is what the platform reads."""

import re
from pathlib import Path

import pytest

from tallystick.core.capture.read_mapping import read_mapping
from tallystick.core.capture.rejects import Reason
from tallystick.gates.files.formats import format_names

PAGE = (Path(__file__).parents[3] / "docs/concepts/usage-formats.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_mapping(example: str) -> None:
    assert read_mapping(example, name="example").wanted


def test_every_format_and_code_is_documented() -> None:
    assert len(EXAMPLES) >= 4
    missing = [name for name in (*format_names(), *Reason) if f"`{name}`" not in PAGE]
    assert missing == []
