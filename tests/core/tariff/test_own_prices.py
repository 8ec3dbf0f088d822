"""A contract's own prices: what they may be, and that both executors rate by them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from tallystick.base.frames import AMOUNT
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS
from tallystick.core.tariff.own_prices import (
    Variant,
    check_variants,
    variant_components,
    variant_ids,
    with_variants,
)
from tallystick.core.tariff.plan import compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.source import CatalogueRefused
from tests.core.charge.random_cases import rate_both

TEXT = """
currency: EUR
zone: Europe/Berlin
decks:
  world: {file: world.csv, key: prefix(called), per: min}
offers:
  mobile:
    components:
      line: {every: month, price: 12.00}
      free: {include: 2 min, of: voice, share: account}
      calls: {of: voice, bill by: 60 s, price: {to 5 min: 0.10, above: 0.05}, share: account}
      abroad: {of: international, deck: world}
      demand: {of: import, measure: highest 30 min, price: 7.20 per kW}
      pooled: {of: import, measure: sum, share: account, price: 1 per kWh}
"""
CATALOGUE = read_catalogue(TEXT, name="m.yaml", files={"world.csv": b"prefix,price\n44,0.50\n"})
IDS = {
    ("mobile", code): n
    for n, code in enumerate(("line", "free", "calls", "abroad", "demand", "pooled"))
}

REFUSED = """
calls: 0.10 per GB | calls:1: price: is in B, and calls is in s; use one unit
calls: ten | 'ten' does not say what it is for
calls: 5 per started 1 min | is rated event by event, so its own price has no flat fee
calls: {to 5 min: 0.10} | its tiers do not end
line: 0.10 per min | line:1: price: '0.10 per min' is not a number
pooled: 2 per kWh | is priced for all who share it (account), so no contract has its own
free: 1.00 | is an allowance, which has no price
"""


@pytest.mark.parametrize(
    ("price", "said"), [row.split(" | ") for row in REFUSED.strip().splitlines()]
)
def test_a_price_that_the_component_cannot_have_is_refused(price: str, said: str) -> None:
    code, words = price.split(": ", 1)
    variant = Variant("mobile", ((code, words),))
    with pytest.raises(CatalogueRefused) as refused:
        check_variants(CATALOGUE, variants=[variant])
    assert said in refused.value.sentence()
    assert with_variants(CATALOGUE, variants=[variant]).offers[1].components == (
        CATALOGUE.offers[0].components
    )


def test_both_executors_rate_by_the_own_price_and_share_the_counters() -> None:
    variants = [
        Variant("mobile", (("abroad", "0.20 per min"), ("calls", "{to 3 min: 0.02, above: 0.01}"))),
        Variant("tv", (("calls", "0.02 per min"),)),
    ]
    plan = compile_plan(
        with_variants(CATALOGUE, variants=variants),
        offer_ids={"mobile": 1} | variant_ids(variants),
        component_ids=IDS | variant_components(variants, ids=IDS),
    )
    rows = [
        (1, 10, 1, "voice", 3),  # 2 min are free
        (2, 11, -1, "voice", 4),  # of one account's 5 minutes, 2 in its first tier
        (3, 10, 1, "voice", 1),
        (4, 11, -1, "international", 1),
        (5, 10, 1, "international", 1),
    ]
    usage = pl.DataFrame(
        [
            (
                number, 7, contract, offer, date(2026, 3, 1), kind,
                datetime(2026, 3, 2, 9, number, tzinfo=UTC), Decimal(minutes * 60), "s",
                "4420", None, None,
            )
            for number, contract, offer, kind, minutes in rows
        ],
        schema=CHARGE_IN,
        orient="row",
    )  # fmt: skip
    rated = rate_both(usage, plan=plan, counters=COUNTERS.to_frame())
    costs = rated.lines.group_by("usage_id", maintain_order=True).agg(pl.col("amount").sum())
    wanted = ["0.10", "0.06", "0.05", "0.20", "0.50"]
    assert costs["amount"].to_list() == pl.Series(wanted).cast(AMOUNT).to_list()
    assert set(rated.lines["component_id"]) == {2, 3}
    assert plan.components[2].offer == "mobile"
