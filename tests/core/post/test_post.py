"""Posting: every rule balances, and a batch posts what one invoice at a time posts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.base.period import Period
from tallystick.core.invoice.assemble import AssembledInvoice, assemble_invoice
from tallystick.core.invoice.assemble_batch import DUE_LINES, assemble_batch
from tallystick.core.invoice.recur import DueLine
from tallystick.core.invoice.tax import RATES, Rounding, Tax
from tallystick.core.post.batch import POSTINGS, post_credits_batch, post_invoices_batch
from tallystick.core.post.chart import CHART
from tallystick.core.post.entry import (
    BusinessEvent,
    Entry,
    NoPostingRule,
    UnbalancedEntry,
    UnknownPart,
    post_allocation,
    post_credit,
    post_event,
    post_invoice,
    post_payment,
    post_write_off,
)
from tallystick.core.post.rules import RULES, EventKind, Side, Template

ON = date(2026, 3, 1)
BEFORE = Period(date(2026, 2, 1), date(2026, 3, 1))
TODAY = Period(date(2026, 2, 1), date(2026, 3, 2))
AHEAD = Period(date(2026, 3, 1), date(2026, 4, 1))
VAT = Tax("VAT", "S", Decimal("19.000000"), place="US-NY/Kings", jurisdiction="US-NY")
CITY = Tax("City", "S", Decimal("4.500000"), place="US-NY/Kings", jurisdiction="US-NY/Kings")
TAXES = {"standard": (VAT,), "local": (VAT, CITY)}


def line_of(
    amount: str | Decimal, period: Period, account: str = "4000", tax: str = "standard", n: int = 1
) -> DueLine:
    exact = Decimal(amount)
    return DueLine(
        "C-1", f"line-{n}", "recurring", period, "A line", Decimal(1), "unit", exact, exact,
        tax, account,
    )  # fmt: skip


def told(entry: Entry) -> str:
    return ", ".join(f"{p.ledger_account} {p.amount}" for p in entry.postings)


def test_an_invoice_and_its_credit_note() -> None:
    lines = [
        line_of("10.00", BEFORE, "4010"), line_of("20.00", AHEAD, "4040"),
        line_of("5.00", TODAY, "4010"), line_of("-1.00", BEFORE, "4030"),
    ]  # fmt: skip
    document = assemble_invoice(lines, taxes=TAXES, currency="EUR", rounding=Rounding())
    entry = post_invoice(document, source_key="invoice:1", issued_on=ON, currency="EUR")
    assert told(entry) == "1200 40.46, 4010 -15.00, 4030 1.00, 2400 -20.00, 2200 -6.46"
    mirror = post_credit(document, source_key="credit:1", issued_on=ON, currency="EUR")
    assert {p.ledger_account: -p.amount for p in mirror.postings} == {
        p.ledger_account: p.amount for p in entry.postings
    }


def test_money_moves() -> None:
    amount = Decimal("40.46")
    paid = post_payment(amount, source_key="payment:1", on=ON, currency="EUR")
    assert told(paid) == "1100 40.46, 2100 -40.46"
    used = post_allocation(amount, source_key="allocation:1", on=ON, currency="EUR")
    assert told(used) == "2100 40.46, 1200 -40.46"
    lost = post_write_off(
        loss=Decimal("34.00"), tax={"": Decimal("6.46")}, source_key="x", on=ON, currency="EUR"
    )
    assert told(lost) == "6100 34.00, 2200 6.46, 1200 -40.46"


@pytest.mark.parametrize("kind", EventKind)
def test_every_rule_balances_and_names_known_accounts(kind: EventKind) -> None:
    templates = RULES[kind]
    assert all(t.account is None or t.account in CHART for t in templates)
    names = sorted({t.part for t in templates if t.account is not None})
    parts = {name: Decimal(7**n) for n, name in enumerate(names, start=1)}
    own = {t.part: {"4010": Decimal(11), "4020": Decimal(2)} for t in templates if not t.account}
    if "total" in parts:
        parts["total"] = sum(parts.values()) - parts["total"] + 13
    if "held" in parts:
        parts["held"] = parts["amount"] + parts["costs"]
    if "deposits" in parts:
        parts["gain"] = parts["receivable"] + parts["credit"] + parts["deposits"] + parts["loss"]
    entry = post_event(BusinessEvent(kind, "k", ON, "EUR", parts, own))
    assert entry.postings
    assert sum(p.amount for p in entry.postings) == 0


def test_what_does_not_balance_is_refused() -> None:
    event = BusinessEvent(EventKind.INVOICE_ISSUED, "k", ON, "EUR", {"total": Decimal(1)})
    with pytest.raises(UnbalancedEntry, match="out of balance by 1"):
        post_event(event)
    with pytest.raises(NoPostingRule):
        post_event(event, rules={})
    stray = BusinessEvent(EventKind.PAYMENT_RECEIVED, "k", ON, "EUR", {"fee": Decimal(1)})
    with pytest.raises(UnknownPart):
        post_event(stray)


def test_an_operator_may_post_in_its_own_way() -> None:
    own = (Template(Side.DEBIT, "1000", "amount"), Template(Side.CREDIT, "1200", "amount"))
    rules = {**RULES, EventKind.PAYMENT_RECEIVED: own}
    paid = post_payment(Decimal(5), source_key="k", on=ON, currency="EUR", rules=rules)
    assert told(paid) == "1000 5, 1200 -5"


def _turned(invoice: AssembledInvoice) -> AssembledInvoice:
    """The same document with its amounts on the other side of zero, as a credit note has them."""
    return AssembledInvoice(
        tuple(replace(one, printed=-one.printed, net=-one.net) for one in invoice.lines),
        tuple(replace(row, taxable=-row.taxable, amount=-row.amount) for row in invoice.taxes),
        -invoice.net, -invoice.tax, -invoice.total,
    )  # fmt: skip


some_lines = st.lists(
    st.tuples(
        st.decimals(-1000, 1000, places=4),
        st.sampled_from([BEFORE, TODAY, AHEAD]),
        st.sampled_from(["4000", "4010", "4020"]),
        st.sampled_from(["standard", "local"]),
    ),
    min_size=1,
    max_size=6,
)


@given(accounts=st.lists(some_lines, min_size=1, max_size=4), inclusive=st.booleans())
@settings(max_examples=80, deadline=None)
def test_batch_posts_what_one_by_one_posts(
    accounts: list[list[tuple[Decimal, Period, str, str]]], inclusive: bool
) -> None:
    rounding = Rounding(inclusive=inclusive)
    lines = {
        f"A-{n}": [line_of(*one, n=k) for k, one in enumerate(own)]
        for n, own in enumerate(accounts)
    }
    rows = [
        (a, "home", n.contract_id, n.component_id, n.purpose, n.period.start, n.period.end,
         n.description, n.quantity, n.unit, n.unit_price, n.amount, n.tax_category,
         n.revenue_account)
        for a, own in lines.items() for n in own
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=DUE_LINES, orient="row")
    rates = pl.DataFrame(
        [
            ("home", category, t.tax, t.code, t.percent, t.levy, "", t.place, t.jurisdiction)
            for category, own in TAXES.items() for t in own
        ],
        schema=RATES, orient="row",
    )  # fmt: skip
    batch = assemble_batch(frame, rates=rates, currency="EUR", rounding=rounding)
    postings = post_invoices_batch(batch, issued_on=ON, first_entry_no=100)
    notes = post_credits_batch(batch, issued_on=ON, first_entry_no=100)
    assert postings.schema == notes.schema == POSTINGS
    number = 100
    for account, own in lines.items():
        invoice = assemble_invoice(own, taxes=TAXES, currency="EUR", rounding=rounding)
        entry = post_invoice(invoice, source_key="k", issued_on=ON, currency="EUR")
        mine = postings.filter(pl.col("account_id") == account)
        expected = [
            (account, number, p.line_no, len(entry.postings), p.ledger_account, p.amount, p.detail)
            for p in entry.postings
        ]
        assert mine.rows() == expected
        note = post_credit(_turned(invoice), source_key="k", issued_on=ON, currency="EUR")
        assert notes.filter(pl.col("account_id") == account).rows() == [
            (account, number, p.line_no, len(note.postings), p.ledger_account, p.amount, p.detail)
            for p in note.postings
        ]
        assert mine["amount"].sum() == 0 or mine.is_empty()
        number += bool(expected)
