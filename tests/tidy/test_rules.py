"""The tree keeps the house rules; what does not yet stands in allowed.txt, which only shrinks."""

from functools import cache
from pathlib import Path

import pytest

from tests.tidy.rules import RULES, Source

ROOT = Path(__file__).parents[2]
ALLOWED = Path(__file__).with_name("allowed.txt")


@cache
def sources() -> list[Source]:
    folders = ("src", "tests", "bench")
    files = sorted(file for folder in folders for file in ROOT.glob(f"{folder}/**/*.py"))
    return [Source.read(str(file.relative_to(ROOT)), file.read_text()) for file in files]


def entries() -> list[list[str]]:
    """The lines `rule path name` of allowed.txt."""
    lines = ALLOWED.read_text().splitlines()
    return [line.split(maxsplit=2) for line in lines if line and not line.startswith("#")]


def allowed(rule: str) -> set[tuple[str, str]]:
    return {(path, name) for found, path, name in entries() if found == rule}


@pytest.mark.parametrize("rule", RULES)
def test_tree_keeps_the_rule(rule):
    found = {(source.path, name) for source in sources() for name in RULES[rule](source)}
    new = sorted(found - allowed(rule))
    assert not new, f"{rule} broken; mend it, allowed.txt only shrinks"
    healed = sorted(allowed(rule) - found)
    assert not healed, f"{rule} holds here now: take these lines out of allowed.txt"


def test_allowed_names_only_rules():
    assert {entry[0] for entry in entries()} <= set(RULES)


CORE = "src/tallystick/core/charge/x.py"
BROKEN = [
    ("long_lines", CORE, "x = '" + "a" * 100 + "'", ["line 1"]),
    ("long_functions", CORE, "def f():\n" + "    x = 1\n" * 70, ["f"]),
    ("long_files", CORE, "x = 1\n" * 501, ["file"]),
    ("many_parameters", CORE, "def f(*, a, b, c, d, e, g, h, i): ...", ["f"]),
    ("positional_parameters", CORE, "def f(a, b): ...", ["f"]),
    ("positional_parameters", "src/tallystick/domain/x/operations.py", "def f(a, b): ...", ["f"]),
    ("clock_reads", CORE, "import datetime\ndatetime.datetime.now()", ["datetime.now"]),
    ("clock_reads", CORE, "date.today()", ["date.today"]),
    ("clock_reads", CORE, "from time import time", ["time.time"]),
    ("clock_reads", "src/tallystick/domain/x/models.py", "d = timezone.now", ["timezone.now"]),
    ("binary_floats", CORE, "float('1')", ["float()"]),
    ("binary_floats", CORE, "pl.Float64", ["Float64"]),
    ("binary_floats", "src/tallystick/domain/x/models.py", "models.FloatField()", ["FloatField"]),
    ("empty_names", CORE, "class PriceManager: ...", ["PriceManager"]),
    ("empty_names", "src/tallystick/core/utils.py", "", ["utils"]),
    ("relative_imports", CORE, "from ..tariff import nodes", ["..tariff"]),
]
FINE = [
    ("many_parameters", CORE, "class A:\n    def f(self, *, a, b, c, d, e, g, h): ..."),
    ("positional_parameters", CORE, "def f(a, *, b): ...\ndef _g(a, b): ..."),
    ("positional_parameters", "src/tallystick/domain/x/queries.py", "def f(a, b): ..."),
    ("clock_reads", "src/tallystick/base/clock.py", "datetime.now(UTC)"),
    ("clock_reads", "src/tallystick/gates/cli/x.py", "datetime.now(UTC)"),
    ("clock_reads", CORE, "clock.now()"),
    ("binary_floats", "src/tallystick/gates/x.py", "float('1')"),
    ("empty_names", CORE, "class Service: ..."),
    ("relative_imports", CORE, "from tallystick.base import money"),
]


@pytest.mark.parametrize(("rule", "path", "text", "found"), BROKEN)
def test_rule_finds(rule, path, text, found):
    assert list(RULES[rule](Source.read(path, text))) == found


@pytest.mark.parametrize(("rule", "path", "text"), FINE)
def test_rule_lets_pass(rule, path, text):
    assert list(RULES[rule](Source.read(path, text))) == []
