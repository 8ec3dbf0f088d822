"""Bands with tiers say how they share them; what was published before it was asked is as it was."""

from dataclasses import replace

import pytest

from tallystick.core.tariff.nodes import Allocation, Catalogue, UsagePrice
from tallystick.core.tariff.own_prices import Variant, check_variants, with_variants
from tallystick.core.tariff.plan import PlanUsage, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.source import CatalogueRefused

HEAD = "currency: EUR\nzone: Europe/Berlin\noffers:\n  home:\n    components:\n"
BANDS = "bands: {day: 07:00-23:00, night: else}"
TIERS = "price: {day: {to 9 kWh: 0.31, above: 0.36}, night: {to 9 kWh: 0.19, above: 0.22}}"
FEES = "price: {day: {to 9 kWh: 1 flat + 0.31, above: 0.36}, night: 0.19 per kWh}"


def read(words: str, *, published: bool = False) -> Catalogue:
    text = f"{HEAD}      power: {{of: import, {BANDS}, {words}}}\n"
    return read_catalogue(text, name="home.yaml", files={}, published=published)


def planned(words: str, *, published: bool = False) -> PlanUsage:
    (usage,) = compile_plan(read(words, published=published)).usages.values()
    return usage


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (TIERS, f"tiers: {{allocate: chronological}}, {TIERS}"),
        (FEES, f"tiers: {{allocate: by band}}, {FEES}"),
        (f"tiers: {{limits: per day}}, {TIERS}",
         f"tiers: {{limits: per day, allocate: by band}}, {TIERS}"),
        (f"tiers: {{limits: per day, allocate: chronological}}, {TIERS}",
         f"tiers: {{limits: per day, allocate: by band}}, {TIERS}"),
        (f"tiers: {{allocate: chronological}}, {FEES}", f"tiers: {{allocate: by band}}, {FEES}"),
    ],
)  # fmt: skip
def test_what_was_published_without_it_is_what_the_word_says_now(before: str, now: str) -> None:
    with pytest.raises(CatalogueRefused) as refused:
        read(before)
    (error,) = refused.value.errors
    assert error.sentence().startswith("home.yaml:6: home.power: ")
    assert "'tiers: {allocate: by band}' (" in error.message
    assert planned(before, published=True) == planned(now)


def test_each_way_is_another_plan() -> None:
    ways = [planned(f"tiers: {{allocate: {way}}}, {TIERS}") for way in Allocation]
    assert len({repr(way) for way in ways}) == len(Allocation)
    assert [way.period is None for way in ways] == [True, False, False]


def test_a_list_that_was_published_is_checked_in_all_else() -> None:
    with pytest.raises(CatalogueRefused, match="has no price"):
        read("price: {day: {to 9 kWh: 0.31, above: 0.36}}", published=True)


def test_an_own_price_with_tiers_by_band_needs_a_list_that_says_it() -> None:
    own = Variant("home", (("power", TIERS.removeprefix("price: ")),))
    plain = "price: {day: 0.31 per kWh, night: 0.19 per kWh}"
    with pytest.raises(CatalogueRefused, match="has bands and tiers"):
        check_variants(read(plain), variants=[own])
    check_variants(read(f"tiers: {{allocate: chronological}}, {plain}"), variants=[own])
    # what stands in a list that was published is not asked of those who pay by it
    check_variants(read(TIERS, published=True), variants=[own])
    varied = with_variants(read(plain), variants=[own]).offers[1].components[0]
    assert isinstance(varied, UsagePrice)
    assert len(varied.prices[0].tiers) == 2, "an own price that is held is priced still"
    assert replace(varied, prices=()).allocation is None
