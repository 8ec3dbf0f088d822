"""What an offer may say of a whole bill, and what is refused, with its line."""

import pytest

from tallystick.core.tariff.bill_terms import Window
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.source import CatalogueRefused

HEAD = """currency: EUR
zone: UTC
offers:
  compute:
    components:
      vm: {of: instance, price: 0.012 per h}
      disk: {of: volume, measure: time-weighted, price: 0.08 per GB-month}
      fee: {every: month, price: 2.00}
      free: {include: 5 h, of: instance}
"""

REFUSED = """
discounts:                                             | is a table of names
discounts: {a: {less: 110 %}}                          | compute.a.less: '110 %': a discount is
discounts: {a: {less: 0}}                              | compute.a.less: '0': a discount is above 0
discounts: {a: {covers: [vm]}}                         | compute.a: 'less' is missing
discounts: {a: {less: 5 %, covers: [wm]}}              | compute.a: covers 'wm', which is not
discounts: {a: {less: 5 %, covers: [free]}}            | compute.a: covers 'free', which is not
discounts: {a: {less: 5 %, for: 2 weeks}}              | compute.a.for: '2 weeks' is not a time
discounts: {a: {less: 5, until: 2026-02-01, from: 2026-02-01}} | compute.a.until: ends on 2026
discounts: {a: {less: 5 %, bills: 2}}                  | compute.a: 'bills' is not a word here
discounts: {a-name-that-is-too-long: {less: 5 %}}      | is a name of more than 18 letters
commitments: {a: {pay: 5, covers: [vm]}}               | compute.a.pay: '5' does not say how often
commitments: {a: {pay: 5 per year, covers: [vm]}}      | compute.a.pay: 'year' is not one of
commitments: {a: {pay: 5 per month}}                   | compute.a: 'covers' is missing
commitments: {a: {pay: 5 per month, covers: [vm], discount: 100 %}} | compute.a.discount: '100 %'
commitments: {a: {pay: 5 per month, for: 1 h, covers: [vm], discount: 1 %}} | beside 'for'; what
commitments: {a: {pay: 5 per month, for: 0 h, covers: [vm]}} | compute.a.for: buys nothing
commitments: {a: {pay: 5 per month, for: 1 GB, covers: [vm]}} | compute.a: buys B, but vm is in s
commitments: {a: {pay: 5 per month, for: 1 h, covers: [fee]}} | buys usage, and fee is not usage
commitments: {a: {pay: 5 per h, covers: [fee]}}        | is paid per h, but fee recurs; write 'per
commitments: {a: {pay: 5 per h, covers: [disk]}}       | per h, but disk is priced by the period
commitments: {a: {pay: 5 per month, covers: [vm], proration: none}} | compute.a.proration: 'none'
charge at least: -1                                    | charge at least: -1 is less than nothing
"""
CASES = [tuple(part.strip() for part in row.split(" | ")) for row in REFUSED.strip().splitlines()]


@pytest.mark.parametrize(("words", "said"), CASES)
def test_what_cannot_be_is_refused_with_its_line(words: str, said: str) -> None:
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(f"{HEAD}    {words}\n", name="p.yaml", files={})
    sentences = [error.sentence() for error in refused.value.errors]
    assert any(one.startswith("p.yaml:10: ") and said in one for one in sentences), sentences


def test_the_least_is_not_above_the_most() -> None:
    text = f"{HEAD}    charge at least: 5\n    charge at most: 4\n"
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(text, name="p.yaml", files={})
    assert "charges at least 5 and at most 4; swap them" in refused.value.sentence()


def test_terms_are_read_as_they_are_written() -> None:
    text = f"""{HEAD}    charge at most: 500.00
    discounts:
      loyal: {{less: 10 %, covers: [fee, vm], from: 2026-01-01, priority: 5}}
      start: {{less: 1.50, for: 3 months}}
    commitments:
      saver: {{pay: 50.00 per month, covers: [vm], discount: 30 %}}
      hourly: {{pay: 0.05 per h, for: 1 h, covers: [vm], tax: reduced, revenue: reserved}}
"""
    bill = read_catalogue(text, name="p.yaml", files={}).offers[0].bill
    loyal, start = bill.discounts
    saver, hourly = bill.commitments
    assert (str(loyal.percent), loyal.amount, loyal.covers) == ("10", None, ("fee", "vm"))
    assert (start.percent, str(start.amount), start.months) == (None, "1.50", 3)
    assert (saver.window, str(saver.percent), saver.tax) == (Window.CYCLE, "30", "standard")
    assert (hourly.window, str(hourly.quantity), hourly.unit) == (Window.HOUR, "3600", "s")
    assert (hourly.tax, hourly.revenue, saver.revenue) == ("reduced", "reserved", "compute")
    assert str(bill.at_most) == "500.00"
