"""What differs between two price lists, and what is only called otherwise."""

import pytest

from tallystick.core.tariff.compare import compare_catalogues
from tallystick.core.tariff.read import read_catalogue

TEXT = """
currency: EUR
zone: Europe/Berlin
offers:
  demo:
    components:
      line: {every: month, price: 10.00}
      calls: {of: voice, price: 0.10 per min, connect: 0.05}
      texts: {of: sms, price: 0.05 per msg, charge at least: 0.10}
  other:
    components:
      data: {of: data, price: 1.00 per GB}
"""


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"calls:": "talk:"}, ["demo.calls: is called talk now; what it counted begins anew"]),
        (
            {"calls:": "talk:", "0.10 per min": "0.12 per min"},
            [
                "demo.calls: is called talk now; what it counted begins anew",
                "demo.calls: price: 0.10 per min -> 0.12 per min",
            ],
        ),
        ({"demo:": "better:"}, ["demo: is called better now; contracts keep the old one"]),
        (
            {"line: {every: month": "base: {every: year"},
            [
                "demo.line: removed: every month, price 10.00",
                "demo.base: added: every year, price 10.00",
            ],
        ),
        (
            {"calls:": "texts1:", "texts:": "calls:", "texts1:": "texts:"},
            [
                "demo.calls: of: voice -> sms",
                "demo.calls: price: 0.10 per min -> 0.05 per msg",
                "demo.calls: connect: removed: 0.05",
                "demo.calls: charge at least: added: 0.10",
                "demo.texts: of: sms -> voice",
                "demo.texts: price: 0.05 per msg -> 0.10 per min",
                "demo.texts: charge at least: removed: 0.10",
                "demo.texts: connect: added: 0.05",
            ],
        ),
        ({"1.00 per GB": "1 per GB"}, []),
    ],
)
def test_what_differs(changed: dict[str, str], told: list[str]) -> None:
    text = TEXT
    for before, after in changed.items():
        text = text.replace(before, after)
    old, new = (read_catalogue(one, name="p.yaml", files={}) for one in (TEXT, text))
    found = compare_catalogues(old, old_text=TEXT, new=new, new_text=text)
    assert [change.sentence() for change in found.changes] == told
