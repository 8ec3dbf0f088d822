"""Reads trials and minimum terms of a price list."""

import re
from decimal import Decimal
from typing import Final

from tallystick.core.tariff.nodes import IntervalUnit
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.source import Table
from tallystick.core.tariff.term import Leaving, LeavingStep, MinimumTerm, Span, Trial
from tallystick.core.tariff.words import (
    Mistake,
    read_interval,
    read_name,
    read_number,
    read_percent,
)

MINIMUM_TERM_WORDS: Final = ("for", "leaving", "notice", "renews for", "tax", "revenue")

_MONTHS: Final = {IntervalUnit.MONTH: 1, IntervalUnit.QUARTER: 3, IntervalUnit.YEAR: 12}
_DAYS: Final = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7}
_MOST_MONTHS: Final = 1200
_TRIAL: Final = re.compile(r"(?:(\S+) for )?(\d+ \S+)")


def read_span(text: str) -> Span:
    """`24 months`, `1 year`, `14 days`: from some day on."""
    try:
        every = read_interval(text)
    except Mistake:
        raise Mistake(f"{text!r} is no time; write it as 24 months or 14 days") from None
    months = every.count * _MONTHS.get(every.unit, 0)
    days = every.count * _DAYS.get(every.unit, 0)
    if months > _MOST_MONTHS or days > _MOST_MONTHS * 30:
        raise Mistake(f"{text!r} is longer than 100 years")
    return Span(months, days)


def read_trial(text: str) -> Trial:
    """`14 days` for nothing, or `5.00 for 2 months`."""
    found = _TRIAL.fullmatch(text)
    if found is None:
        raise Mistake(f"{text!r} is not a trial; write '14 days', or '5.00 for 2 months'")
    price = read_number(found[1]) if found[1] else Decimal(0)
    return Trial(price, read_span(found[2]))


def read_instalments(text: str) -> int:
    """How many times a price is due in all."""
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text):
        raise Mistake(f"{text!r} is not a number of instalments from 1 to 999")
    return int(text)


def read_minimum_term(page: Page) -> MinimumTerm | None:
    """`term: {for: 24 months, leaving: remaining, notice: 1 month}`, or only `term: 24 months`."""
    node = page.node("term")
    if node is None:
        return None
    if not isinstance(node, Table):
        span = page.phrase(node, read_span, Span(months=1), word="term")
        return MinimumTerm(node.line, span)
    inner = Page(node, file=page.file, path=f"{page.path}.term", errors=page.errors)
    term = MinimumTerm(
        line=node.line,
        span=inner.need("for", read_span, Span(months=1)),
        leaving=_leaving(inner),
        notice=inner.read("notice", read_span, Span()),
        renewal=inner.read("renews for", read_span, None),
        tax=inner.read("tax", read_name, "standard"),
        revenue=inner.read("revenue", read_name, ""),
    )
    inner.close(MINIMUM_TERM_WORDS)
    return term


def _leaving(page: Page) -> Leaving:
    """`remaining`, `50 % of remaining`, `120.00`, or steps such as {12 months: 240.00}."""
    node = page.node("leaving")
    if node is None:
        return Leaving()
    if not isinstance(node, Table):
        return page.phrase(node, _one_charge, Leaving(), word="leaving")
    steps = []
    for before, entry in node.entries.items():
        word = f"leaving.{before}"
        try:
            span = read_span(before)
        except Mistake as mistake:
            page.complain(node.key_lines[before], str(mistake), word="leaving")
            continue
        steps.append(LeavingStep(span, page.phrase(entry, _money, Decimal(0), word=word)))
    lengths = [step.before.months * 30 + step.before.days for step in steps]
    if sorted(set(lengths)) != lengths:
        page.complain(node.line, "steps grow: {12 months: 240, 24 months: 120}", word="leaving")
    return Leaving(steps=tuple(steps))


def _one_charge(text: str) -> Leaving:
    if text == "remaining":
        return Leaving(percent=Decimal(100))
    part, of, rest = text.partition(" of ")
    if of and rest == "remaining":
        percent = read_percent(part)
        if not 0 < percent <= 100:
            raise Mistake(f"{text!r}: a part is above 0 % and at most 100 %")
        return Leaving(percent=percent)
    try:
        return Leaving(amount=_money(text))
    except Mistake:
        raise Mistake(
            f"{text!r} is no charge; write 'remaining', '50 % of remaining', 120.00, "
            "or steps such as {12 months: 240.00, 24 months: 120.00}"
        ) from None


def _money(text: str) -> Decimal:
    amount = read_number(text)
    if amount < 0:
        raise Mistake(f"{text} is below zero")
    return amount
