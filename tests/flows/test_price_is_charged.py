"""`tallystick price` and a business say the same: every line, and every bill, late usage too."""

from pathlib import Path
from random import Random

import pytest

from tallystick import packs
from tallystick.core.tariff.read import read_catalogue
from tests.core.charge.random_cases import make_case
from tests.core.charge.random_periods import period_text
from tests.flows.priced_twice import (
    Bench,
    billed,
    charge_bench,
    charged_lines,
    make_bench,
    price_bench,
    priced_bills,
    priced_lines,
    suspended,
    unexplained,
)

pytestmark = pytest.mark.usefixtures("module_database")

PACKS = Path(packs.__file__).parent
TERMS = """    discounts:
      tenth: {less: 10 %}
      euro: {less: 1.00, priority: 200}
    charge at least: 9.00
    charge at most: 900.00
"""
RECURRING = """      zz-line: {every: month, price: 7.77}
      zz-rent: {every: month, in: arrears, price: 1.11}
"""


def with_terms(text: str) -> str:
    """What recurs and what is said of whole bills besides, for each offer of a price list."""
    head = "    components:\n"
    return text.replace(head, TERMS + head + RECURRING)


def check(bench: Bench, *, code: str, late: int) -> None:
    priced = price_bench(bench)
    assert priced.rejects.is_empty()
    assert priced.lines.height > len(bench.rows) // 3
    tenant = charge_bench(bench, code=code, late=late)
    assert charged_lines(tenant) == priced_lines(priced)
    assert suspended(tenant) == dict(priced.suspense.select("usage_id", "code").iter_rows())
    assert billed(tenant) == priced_bills(priced)
    assert unexplained(tenant) == []


@pytest.mark.parametrize("name", ["mvno", "energy", "isp"])
def test_a_packs_price_list(name: str) -> None:
    folder = PACKS / name
    text = (folder / "catalogue.yaml").read_text()
    files = {file.name: file.read_bytes() for file in folder.glob("*.csv")}
    catalogue = read_catalogue(text, name="prices.yaml", files=files)
    rng = Random(name)
    bench = make_bench(rng, catalogue, text=text, files=files, events=150)
    check(bench, code=f"pack-{name}", late=30)


@pytest.mark.parametrize("seed", range(3))
def test_random_prices_of_events(seed: int) -> None:
    rng = Random(seed)
    case = make_case(rng)
    text = with_terms(case.text)
    catalogue = read_catalogue(text, name="prices.yaml", files=case.files)
    bench = make_bench(rng, catalogue, text=text, files=case.files, events=150)
    check(bench, code=f"events-{seed}", late=30)


@pytest.mark.parametrize("seed", range(5))
def test_random_prices_of_periods(seed: int) -> None:
    rng = Random(seed)
    text = with_terms(period_text(rng))
    catalogue = read_catalogue(text, name="prices.yaml", files={})
    bench = make_bench(rng, catalogue, text=text, files={}, events=150)
    check(bench, code=f"periods-{seed}", late=30)
