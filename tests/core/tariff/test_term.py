"""Trials, instalments and minimum terms: what may be written, and when a term may be left."""

from datetime import date
from decimal import Decimal

import pytest

from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.read_term import read_span
from tallystick.core.tariff.source import CatalogueRefused
from tallystick.core.tariff.term import Leaving, LeavingStep, MinimumTerm, Span, Trial
from tests.core.invoice.worked import worked_table

WRITTEN = """
currency: EUR
zone: Europe/Berlin
offers:
  a:
    revenue: plans
    term: {{{term}}}
    components:
      line: {{every: month, price: 10.00, {line}}}
"""


def read(term: str = "for: 24 months", line: str = "revenue: access"):
    return read_catalogue(WRITTEN.format(term=term, line=line), name="a.yaml", files={}).offers[0]


def refused(**words: str) -> str:
    with pytest.raises(CatalogueRefused) as caught:
        read(**words)
    return caught.value.sentence()


@pytest.mark.parametrize("row", worked_table("terms.md", "When it may be left"), ids=str)
def test_a_term_may_be_left_as_the_page_says(row: dict[str, str]) -> None:
    renewal = read_span(row["renews for"]) if row["renews for"] else None
    notice = Span() if row["notice"] == "0 days" else read_span(row["notice"])
    term = MinimumTerm(0, read_span(row["term"]), notice=notice, renewal=renewal)
    began, given = date.fromisoformat(row["began"]), date.fromisoformat(row["given on"])
    assert term.next_leave(began, on=given).isoformat() == row["ends"]


def test_words_become_a_term() -> None:
    offer = read(
        "for: 2 years, leaving: {12 months: 240, 24 months: 120.50}, notice: 14 days, "
        "renews for: 1 quarter, tax: none",
        "trial: 5.00 for 2 weeks",
    )
    steps = (LeavingStep(Span(12), Decimal(240)), LeavingStep(Span(24), Decimal("120.50")))
    assert offer.term == MinimumTerm(
        7, Span(24), Leaving(steps=steps), Span(days=14), Span(3), "none", "plans"
    )
    assert offer.components[0].trial == Trial(Decimal(5), Span(days=14))
    assert read("for: 6 months, leaving: remaining").term.leaving == Leaving(Decimal(100))
    assert read("for: 6 months, leaving: 99").term.leaving == Leaving(amount=Decimal(99))
    assert read(line="instalments: 24").components[0].instalments == 24


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"term": "for: soon"}, "'soon' is no time; write it as 24 months or 14 days"),
        ({"term": "leaving: 5"}, "'for' is missing"),
        ({"term": "for: 1 year, leaving: dear"}, "'dear' is no charge; write 'remaining'"),
        ({"term": "for: 1 year, leaving: -5"}, "'-5' is no charge"),
        ({"term": "for: 1 year, leaving: 150 % of remaining"}, "at most 100 %"),
        ({"term": "for: 1 year, leaving: {2 years: 5, 1 year: 9}"}, "steps grow"),
        ({"term": "for: 999 years"}, "is longer than 100 years"),
        ({"line": "trial: free"}, "'free' is not a trial; write '14 days'"),
        ({"line": "instalments: 0"}, "is not a number of instalments from 1 to 999"),
        ({"line": "instalments: 2, proration: full"}, "an instalment is never cut"),
    ],
)
def test_what_cannot_be_is_refused_with_how_to_mend_it(
    words: dict[str, str], sentence: str
) -> None:
    assert sentence in refused(**words)
