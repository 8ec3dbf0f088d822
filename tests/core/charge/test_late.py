"""What becomes of late usage, as the page has it."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from tallystick.core.charge.frames import CHARGE_IN
from tallystick.core.charge.late import fates_of, tells_of_late
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.source import CatalogueRefused

PAGE = (Path(__file__).parents[3] / "docs/algorithms/late-usage.md").read_text()
(PRICES,) = re.findall(r"```yaml late\n(.*?)```", PAGE, re.DOTALL)
FATES = re.findall(r"^\| `(\w+)` to `(\w*)` \| ([^|]+) \| ([^|]*) \|$", PAGE, re.MULTILINE)
CATALOGUE = "currency: EUR\nzone: Europe/Berlin\noffers:\n  a:\n    from: 2026-01-01\n"


def dated(text: str, *, since: date = date(2026, 1, 1), version: int = 1) -> DatedPlan:
    plan = compile_plan(read_catalogue(text, name="late.yaml", files={}))
    return DatedPlan(version, since, None, plan)


def usage(kind: str, zone: str, *, day: int = 5, attributes: str | None = None) -> pl.DataFrame:
    row = {
        "usage_id": 1, "account_id": 1, "contract_id": 1, "offer_id": 1,
        "cycle_start": date(2026, 1, 1), "kind": kind, "unit": "s", "quantity": Decimal(60),
        "started_at": datetime(2026, 1, day, tzinfo=UTC), "zone": zone, "attributes": attributes,
    }  # fmt: skip
    return pl.DataFrame([row], schema=CHARGE_IN)


def test_the_table_is_found() -> None:
    assert len(FATES) >= 4


@pytest.mark.parametrize(("kind", "zone", "fit", "expected"), FATES)
def test_the_strictest_of_the_prices_that_fit_decides(kind, zone, fit, expected) -> None:
    plan = dated(CATALOGUE + PRICES)
    (told,) = fates_of(usage(kind, zone), plans=[plan]).select("late").to_series().to_list() or [
        "difference"
    ]
    assert told == expected
    codes = {number: part.code for number, part in plan.plan.usages.items()}
    said = [codes[n] for n in fates_of(usage(kind, zone), plans=[plan])["component_id"]]
    assert set(said) <= set(fit.split(", "))


def test_the_version_of_its_start_decides() -> None:
    price = "    components:\n      calls: {{of: voice, price: 0.1 per min, late: {}}}\n"
    held = dated(CATALOGUE + price.format("hold"))
    refused = dated(CATALOGUE + price.format("refuse"), since=date(2026, 1, 10), version=2)
    told = [
        fates_of(usage("voice", "", day=day), plans=[held, refused])["late"].item()
        for day in (5, 15)
    ]
    assert told == ["hold", "refuse"]
    assert tells_of_late([held])
    assert not tells_of_late([dated(CATALOGUE + price.format("difference"))])
    assert fates_of(usage("fax", ""), plans=[held]).is_empty()
    where = price.replace("of: voice", "of: voice, where: plan = x")
    odd = usage("voice", "", attributes="no JSON")
    assert fates_of(odd, plans=[dated(CATALOGUE + where.format("hold"))]).is_empty()


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ("price: 0.1 per min, late: never", "difference, next bill, hold, refuse"),
        ("measure: highest 30 min, price: 1 per min, late: next bill", "write difference, hold or"),
    ],
)
def test_a_price_that_says_what_cannot_be_is_refused(price: str, said: str) -> None:
    with pytest.raises(CatalogueRefused) as caught:
        dated(f"{CATALOGUE}    components:\n      calls: {{of: voice, {price}}}\n")
    assert said in caught.value.sentence()
