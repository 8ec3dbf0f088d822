"""Posting rules: what may be written, and where facts are booked by them."""

from pathlib import Path

import pytest

from tallystick.core.post.own_chart import OwnChartRefused, read_own_chart
from tallystick.core.post.rules import EventKind

FILES = Path(__file__).parents[2] / "scenarios/businesses"

HEAD = """accounts:
  1400: {name: Receivables, kind: asset}
  8400: {name: Revenue, kind: income}
  8410: {name: Calls, kind: income}
"""


def refused(text: str) -> str:
    with pytest.raises(OwnChartRefused) as caught:
        read_own_chart(text, name="chart.yaml")
    return caught.value.sentence()


def test_facts_go_before_rules_and_named_revenue_before_the_rest() -> None:
    text = (FILES / "sparrow-rules.yaml").read_text(encoding="utf-8")
    chart = read_own_chart(text, name="sparrow-rules.yaml")
    issued, accrued = EventKind.INVOICE_ISSUED, EventKind.REVENUE_ACCRUED
    assert chart.book("1200", kind=issued) == "1400"
    assert chart.book("voice", kind=issued) == "8410"
    assert chart.book("4010", kind=issued) == "8400"
    assert chart.book("4800", kind=issued) is None
    assert chart.book("voice", kind=accrued) == "8490"
    assert chart.book("1250", kind=accrued) == "1590"


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ("rules: {receivables: 1400}", "did you mean 'receivable'?"),
        ("rules: {receivable: 1401}", "chart.yaml:5: rules.receivable: 1401 is not under"),
        ("rules: {receivable: 8400}", "8400 Revenue is of kind income; receivable needs one of"),
        ("rules: {revenue: {voice: 1400}}", "revenue.voice needs one of income"),
        ("rules: {receivable: [1400]}", "is one account, such as 1400"),
        ("rules: 1400", "rules: is a table such as {receivable: 1400}"),
        ("facts: {invoice sent: {revenue: 8400}}", "did you mean 'invoice issued'?"),
        ("facts: {payment allocated: {bank: 1400}}", "it posts receivable, customer credit"),
        ("posting: {}", "'posting' is not a word here"),
        ("rules: &a {}", "chart.yaml:5"),
    ],
)
def test_mistakes_are_told_with_their_line_and_how_to_mend_them(rules: str, sentence: str) -> None:
    assert sentence in refused(HEAD + rules + "\n")


def test_an_own_code_that_is_a_standard_one_needs_the_standard_account_mapped() -> None:
    bank = "accounts:\n  1200: {name: Bank, kind: asset}\nrules: {bank: 1200}\n"
    assert "write a rule for 'receivable' as well" in refused(bank)
    assert "'accounts' is missing" in refused("rules: {}\n")
