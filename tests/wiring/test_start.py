"""Commands on files alone run without a database, its driver or the parts that talk to it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LOADED = """
import sys
from tallystick.wiring.start import main
try:
    main()
except SystemExit as stop:
    heavy = ("psycopg", "tallystick.domain.tenants.models", "tallystick.wiring.command")
    print(stop.code, [name for name in heavy if name in sys.modules], file=sys.stderr)
"""
PRICES = """
currency: EUR
zone: Europe/Berlin
offers:
  lane:
    components:
      calls: {of: voice, price: 0.06 per min}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.yaml").write_text(PRICES)
    (tmp_path / "u.csv").write_text("at,usage\n2026-03-02 10:00,120 s\n")
    return tmp_path


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LOADED, *words],
        cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": ":".join(sys.path), "TALLYSTICK_HOME": str(folder / "home")},
    )  # fmt: skip


def test_a_price_is_told_with_nothing_but_files(folder: Path) -> None:
    ran = _run(folder, "price", "p.yaml", "u.csv", "--json")
    assert ran.stderr == "0 []\n"
    assert json.loads(ran.stdout)["invoiced"] == "0.12"
    assert not (folder / "home").exists()


def test_a_price_list_is_checked_with_nothing_but_files(folder: Path) -> None:
    ran = _run(folder, "catalog", "check", "p.yaml")
    assert ran.stderr == "0 []\n"
    assert ran.stdout.startswith("p.yaml is well")


def test_a_refusal_is_told_all_the_same(folder: Path) -> None:
    ran = _run(folder, "price", "absent.yaml", "u.csv", "--json")
    assert json.loads(ran.stdout)["error"] == "file_missing"
    assert ran.stderr.splitlines()[-1] == "1 []"
