"""Posting rules: what may be written, and where facts are booked by them."""

from pathlib import Path

import pytest

from tallystick.core.post.own_chart import OwnChartRefused, read_own_chart
from tallystick.core.post.rules import EventKind

FILES = Path(__file__).parents[2] / "scenarios/businesses"

HEAD = """accounts:
  1400: {name: Receivables, kind: asset}
  1776: {name: Taxes, kind: liability}
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
        ("rules: {receivable: 1401}", "chart.yaml:6: rules.receivable: 1401 is not under"),
        ("rules: {receivable: 8400}", "8400 Revenue is of kind income; receivable needs one of"),
        ("rules: {revenue: {voice: 1400}}", "revenue.voice needs one of income"),
        ("rules: {receivable: [1400]}", "is one account, such as 1400"),
        ("rules: 1400", "rules: is a table such as {receivable: 1400}"),
        ("facts: {invoice sent: {revenue: 8400}}", "did you mean 'invoice issued'?"),
        ("facts: {payment allocated: {bank: 1400}}", "it posts receivable, customer credit"),
        ("posting: {}", "'posting' is not a word here"),
        ("rules: {receivable: {card: 1400}}", "rules.receivable: is one account, such as 1400"),
        ("rules: {bank: {cheque: 1400}}", "'cheque' is no way of payment; known here: bank, card"),
        ("rules: {bank: {card Stripe: 1400}}", "'Stripe' is no processor; write it as in"),
        ("rules: {bank: {card: 8400}}", "rules.bank.card: 8400 Revenue is of kind income"),
        ("rules: {tax payable: {DE: {19%x: 1776}}}", "'19%x' is not a tax; write 19 %, VAT"),
        ("rules: {tax payable: {DE: {19: 1776}}}", "'19' is not a tax; write 19 %, VAT"),
        ("rules: {tax payable: {DE: {19 %: 1777}}}", "tax payable.DE.19 %: 1777 is not under"),
        ("rules: {tax payable: {DE: {19 %: 1776, 19.0 %: 1776}}}", "DE.19.0 %: is said twice"),
        ("rules: {tax payable: {DE: {AT: {}}}}", "tax payable.DE.AT: is one account, such as"),
        ("rules: &a {}", "chart.yaml:6"),
    ],
)
def test_mistakes_are_told_with_their_line_and_how_to_mend_them(rules: str, sentence: str) -> None:
    assert sentence in refused(HEAD + rules + "\n")


def test_an_own_code_that_is_a_standard_one_needs_the_standard_account_mapped() -> None:
    bank = "accounts:\n  1200: {name: Bank, kind: asset}\nrules: {bank: 1200}\n"
    assert "write a rule for 'receivable' as well" in refused(bank)
    assert "'accounts' is missing" in refused("rules: {}\n")


DETAILS = """accounts:
  1001: {name: Cash, kind: asset}
  1360: {name: Transit, kind: asset}
  1361: {name: Stripe, kind: asset}
  1363: {name: Debits, kind: asset}
  1770: {name: Other taxes, kind: liability}
  1776: {name: German tax 19 %, kind: liability}
  1780: {name: State, kind: liability}
  1781: {name: Kings, kind: liability}
  1782: {name: Transit tax, kind: liability}
  1790: {name: Anywhere 5 %, kind: liability}
rules:
  cash in transit: {cash: 1001, card stripe: 1361, direct_debit: 1363, else: 1360}
  tax payable:
    DE: {19 %: 1776}
    US-NY: 1780
    US-NY/Kings: {Transit: 1782, Transit 2 %: 1770, else: 1781}
    5 %: 1790
facts:
  payment returned: {bank: {card: 1360}}
"""


@pytest.mark.parametrize(
    ("standard", "detail", "own"),
    [
        ("2200", "DE|VAT|S|19.000000", "1776"),
        ("2200", "DE|VAT|S|7.000000", None),
        ("2200", "US-NY|State|S|4.000000", "1780"),
        ("2200", "US-NY/Queens|County|S|4.500000", "1780"),
        ("2200", "US-NY/Kings|County|S|4.500000", "1781"),
        ("2200", "US-NY/Kings|Transit|S|0.375000", "1782"),
        ("2200", "US-NY/Kings|Transit|S|2.000000", "1770"),
        ("2200", "CA-QC|GST|S|5.000000", "1790"),
        ("2200", "CA-QC|Q|ST|S|9.975000", None),  # a name that holds the mark
        ("2200", "", None),
        ("1100", "cash", "1001"),
        ("1100", "card/stripe", "1361"),
        ("1100", "card/other", "1360"),
        ("1100", "direct_debit/stripe", "1363"),
        ("1100", "", "1360"),
        ("1000", "card/stripe", None),
    ],
)
def test_taxes_and_ways_of_payment_are_told_apart(
    standard: str, detail: str, own: str | None
) -> None:
    chart = read_own_chart(DETAILS, name="details.yaml")
    assert chart.rules == 11
    assert chart.book(standard, kind=EventKind.INVOICE_ISSUED, detail=detail) == own


def test_a_fact_has_its_own_ways_of_payment() -> None:
    chart = read_own_chart(DETAILS, name="details.yaml")
    assert chart.book("1000", kind=EventKind.PAYMENT_RETURNED, detail="card/stripe") == "1360"
