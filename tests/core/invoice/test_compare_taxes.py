"""Two tax tables compared by the day, and whose taxes that changes."""

from datetime import date

import pytest

from tallystick.core.invoice.compare_taxes import Taxed, altered, compare_taxes
from tallystick.core.invoice.read_taxes import read_taxes


def table(rows: str, *, place: str = "DE", category: str = "standard"):
    text = f"place: {place}\ncategories:\n  {category}: [{rows}]\n"
    return read_taxes(text, name="taxes.yaml")


NOW = "{from: 2021-01-01, rate: 19 %}"


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (NOW, []),
        # written in two rows, it is the same on every day
        ("{from: 2021-01-01, to: 2024-01-01, rate: 19.0 %}, {from: 2024-01-01, rate: 19 %}", []),
        (
            "{from: 2021-01-01, to: 2026-07-01, rate: 19 %}, {from: 2026-07-01, rate: 21 %}",
            ["DE standard, from 2026-07-01: VAT 19 % -> VAT 21 %"],
        ),
        (
            "{from: 2021-01-01, to: 2026-07-01, rate: 19 %},"
            "{from: 2026-07-01, to: 2027-01-01, rate: 16 %}, {from: 2027-01-01, rate: 19 %}",
            ["DE standard, from 2026-07-01 to 2026-12-31: VAT 19 % -> VAT 16 %"],
        ),
        (
            "{from: 2021-01-01, to: 2026-07-01, rate: 19 %}",
            ["DE standard, from 2026-07-01: VAT 19 % -> no rate"],
        ),
        (
            f"{NOW}, {{from: 2026-07-01, levy: 0.0205 per kWh, name: Levy}}",
            ["DE standard, from 2026-07-01: VAT 19 % -> VAT 19 % + Levy 0.0205 per kWh"],
        ),
        (
            "{from: 2021-01-01, rate: 19 %, for: [consumer, business]}",
            [
                "DE standard, from 2021-01-01: VAT 19 % -> no rate",
                "DE standard for business, consumer, from 2021-01-01: no rate -> VAT 19 %",
            ],
        ),
        (
            "{from: 2021-01-01, rate: 0 %, code: E}",
            ["DE standard, from 2021-01-01: VAT 19 % -> VAT 0 % (E)"],
        ),
    ],
)
def test_what_differs_on_which_days(after, told):
    changes = compare_taxes(table(NOW), new=table(after))
    assert [change.sentence() for change in changes] == told


def test_the_order_of_taxes_is_a_difference_where_one_is_on_top_of_the_other():
    one = "{from: 2021-01-01, rate: 5 %, name: A}, {from: 2021-01-01, rate: 10 %, name: B}"
    other = "{from: 2021-01-01, rate: 10 %, name: B}, {from: 2021-01-01, rate: 5 %, name: A}"
    (change,) = compare_taxes(table(one), new=table(other))
    assert (change.before, change.after) == (("A 5 %", "B 10 %"), ("B 10 %", "A 5 %"))


def found(old, new, taxed, *, region=""):
    changes = compare_taxes(old, new=new)
    return altered([taxed], old=old, new=new, changes=changes, seller_region=region)


@pytest.mark.parametrize(
    ("on", "place", "kind", "category", "differs"),
    [
        ("2026-06-30", "US-NY/Kings", "consumer", "standard", False),
        ("2026-07-01", "US-NY/Kings", "consumer", "standard", True),
        ("2026-07-01", "US-NY", "consumer", "standard", True),
        ("2026-07-01", "US", "consumer", "standard", False),
        ("2026-07-01", "US-NJ", "consumer", "standard", False),
        ("2026-07-01", "US-NY", "consumer", "reduced", False),
        # it names the tax and bears none, by either table
        ("2026-07-01", "US-NY", "reverse_charge", "standard", False),
    ],
)
def test_whose_taxes_a_new_rate_changes(on, place, kind, category, differs):
    old = table("{from: 2021-01-01, rate: 4 %}", place="US-NY")
    new = table(
        "{from: 2021-01-01, to: 2026-07-01, rate: 4 %}, {from: 2026-07-01, rate: 5 %}",
        place="US-NY",
    )
    taxed = Taxed(date.fromisoformat(on), place, kind, category, 1)
    assert bool(found(old, new, taxed)) == differs


def test_a_place_that_is_added_changes_nobody_who_does_not_live_there():
    old = table(NOW)
    new = old + table("{from: 2010-01-01, rate: 20 %}", place="FR")
    assert compare_taxes(old, new=new)
    assert not found(old, new, Taxed(date(2026, 1, 1), "DE", "consumer", "standard", 1))
    county = old + table("{from: 2010-01-01, rate: 1 %, name: City}", place="DE-BE")
    assert found(old, county, Taxed(date(2026, 1, 1), "DE-BE", "consumer", "standard", 1))
