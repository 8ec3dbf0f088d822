"""Own prices that begin and end within a period: it is cut there, and each line counts once."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from tallystick.core.charge.frames import LEVELS, MEASURED, PERIODS
from tallystick.core.charge.versions import VERSION_RATED, DatedPlan
from tallystick.core.tariff.own_prices import (
    Variant,
    variant_components,
    variant_ids,
    with_variants,
)
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tests.core.charge.worked import period_versions_both

PRICES = """
currency: EUR
zone: Europe/Berlin
offers:
  power:
    components:
      energy: {of: import, measure: sum, price: 0.30 per kWh}
      meter:  {of: import, measure: count, price: 1 flat + 0.01 per event}
"""
OWN = Variant("power", (("energy", "0.10 per kWh"),))
IDS = {("power", "energy"): 1, ("power", "meter"): 2}
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


def plan_of(text: str) -> Plan:
    catalogue = with_variants(read_catalogue(text, name="power.yaml", files={}), variants=[OWN])
    return compile_plan(
        catalogue,
        offer_ids={"power": 1} | variant_ids([OWN]),
        component_ids=IDS | variant_components([OWN], ids=IDS),
    )


def price(
    pieces: list[tuple[int, int, int]], *, plans: tuple[DatedPlan, ...], reads: list[int]
) -> list[tuple[int, int | None, Decimal, Decimal]]:
    """(component, version, measured, amount) of April; pieces are offer, first and last day."""
    lines = [
        (number, 1, 10, component, 0, APRIL, datetime(2026, 4, day, 9, tzinfo=UTC), None, None,
         None, Decimal(day), Decimal(day), 0, 0, 1, 0, 0,
         next(p.version_id for p in reversed(plans) if p.valid_from <= date(2026, 4, day)))
        for number, day in enumerate(reads)
        for component in (1, 2)
    ]  # fmt: skip
    rows = [
        (1, 10, offer, APRIL, MAY, date(2026, 4, first), MAY if last == 31 else date(2026, 4, last))
        for offer, first, last in pieces
    ]
    rated = period_versions_both(
        pl.DataFrame(lines, schema=VERSION_RATED, orient="row"),
        periods=pl.DataFrame(rows, schema=PERIODS, orient="row"),
        plans=plans,
        past=MEASURED.to_frame(),
        levels=LEVELS.to_frame(),
    )
    told = rated.lines.sort("component_id", "seq")
    return [
        (row["component_id"], row["version_id"], row["measured"].normalize(), row["amount"] + 0)
        for row in told.iter_rows(named=True)
    ]


def test_each_stretch_costs_its_own_price_and_the_rest_stays_whole() -> None:
    """The price list until the 10th and from the 20th on; the meter's price is as it was."""
    plans = (DatedPlan(7, date(2026, 1, 1), None, plan_of(PRICES)),)
    told = price([(1, 1, 10), (-1, 10, 20), (1, 20, 31)], plans=plans, reads=[2, 9, 10, 19, 20])
    assert [(number, measured, amount) for number, _, measured, amount in told] == [
        (1, Decimal(11), Decimal("3.3")),
        (1, Decimal(29), Decimal("2.9")),
        (1, Decimal(2).scaleb(1), Decimal(6)),
        (2, Decimal(5), Decimal("1.05")),
    ]


def test_a_version_cuts_between_two_own_prices() -> None:
    """Version 8 prices from the 15th on, within the own price, which it does not change."""
    dearer = PRICES.replace("0.30", "0.40")
    plans = (
        DatedPlan(7, date(2026, 1, 1), date(2026, 4, 15), plan_of(PRICES)),
        DatedPlan(8, date(2026, 4, 15), None, plan_of(dearer)),
    )
    told = price([(1, 1, 10), (-1, 10, 20), (1, 20, 31)], plans=plans, reads=[2, 12, 16, 25])
    assert told == [
        (1, 7, Decimal(2), Decimal("0.6")),
        (1, 7, Decimal(28), Decimal("2.8")),
        (1, 8, Decimal(25), Decimal(10)),
        (2, 7, Decimal(4), Decimal("1.04")),
    ]
