"""The whole program in a process of its own: set up twice, refused in both ways, stopped."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

OPERATOR = """
code: quillback
name: Quillback Telecom (invented)
country: DE
currency: EUR
zone: Europe/Berlin
"""


@pytest.fixture(scope="module")
def program():
    with tempfile.TemporaryDirectory(prefix="tallystick-command-") as folder:
        Path(folder).chmod(0o755)
        environment = {
            **os.environ,
            "TALLYSTICK_HOME": f"{folder}/home",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        environment.pop("DATABASE_URL", None)

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "tallystick.wiring.command", *words],
                cwd=folder, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip

        (Path(folder) / "op.yaml").write_text(OPERATOR)
        yield run
        assert run("db", "stop").returncode == 0


def test_init_says_what_it_did_and_does_nothing_twice(program):
    first = program("init", "--operator", "op.yaml", "--json")
    assert first.returncode == 0, first.stderr
    assert [did.split()[0] for did in json.loads(first.stdout)["did"]] == [
        "made", "the", "brought", "opened",
    ]  # fmt: skip
    second = program("init", "--operator", "op.yaml", "--json")
    told = json.loads(second.stdout)["did"]
    assert told[2:] == ["its tables are current", "operator quillback is there already"]
    assert told[0].startswith("found")


def test_refusals_leave_by_exit_code_1(program):
    asked = program("pay", "A9", "1.00", "--key", "k", "--json")
    assert asked.returncode == 1
    assert json.loads(asked.stdout)["error"] == "unknown_account"
    assert asked.stderr == "no account has the number 'A9'\n"
    assert program("rate").stdout.startswith("0 events")
