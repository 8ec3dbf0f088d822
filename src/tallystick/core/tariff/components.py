"""The components of an offer as they are written: recurring, included and usage prices."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from tallystick.base.quantity import QUANTITY_DECIMALS
from tallystick.core.tariff import nodes
from tallystick.core.tariff.nodes import ALWAYS, Scope
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.proration import Proration, ProrationBasis, ProrationPolicy
from tallystick.core.tariff.read_term import read_instalments, read_trial
from tallystick.core.tariff.source import Table
from tallystick.core.tariff.usages import Names, read_usage
from tallystick.core.tariff.words import (
    Mistake,
    read_count,
    read_filter,
    read_flag,
    read_interval,
    read_name,
    read_number,
    read_price,
    read_quantity,
    read_word,
)

ALL_CYCLES: Final = 9_999
"""So many cycles more does what is never lost stay: longer than any contract."""

PRORATED: Final = ("start", "upgrade", "downgrade", "quantity change", "pause", "end")
PRORATION_WORDS: Final = ("by", "else", "credits aware", *PRORATED)
RECURRING_WORDS: Final = (
    "every", "in", "align", "price", "trial", "instalments", "proration", "quantity from", "tax",
    "revenue",
)  # fmt: skip
ALLOWANCE_WORDS: Final = (
    "include", "of", "converts", "where", "priority", "share", "covers", "in blocks of", "blocks",
    "roll over", "valid", "then", "proration", "tax", "revenue",
)  # fmt: skip


def read_component(page: Page, *, code: str, names: Names) -> nodes.Component | None:
    """The component written on that page, by the word that tells its kind."""
    if page.has("every"):
        return _recurring(page, code)
    if page.has("include"):
        return _allowance(page, code, currency=names.currency)
    if page.has("of"):
        return read_usage(page, code=code, names=names)
    page.complain(
        page.table.line,
        "has no kind; 'every' makes it recurring, 'include' an allowance, 'of' a price of usage",
    )
    return None


def _recurring(page: Page, code: str) -> nodes.Recurring:
    recurring = nodes.Recurring(
        code=code,
        line=page.table.line,
        every=page.read("every", read_interval, nodes.Interval(1, nodes.IntervalUnit.MONTH)),
        timing=page.read("in", lambda t: read_word(t, words=nodes.Timing), nodes.Timing.ADVANCE),
        align=page.read(
            "align", lambda t: read_word(t, words=nodes.Alignment), nodes.Alignment.CALENDAR
        ),
        price=page.need("price", read_number, Decimal(0)),
        proration=_proration(page),
        quantity_from=page.read("quantity from", read_name, None),
        tax=page.read("tax", read_name, ""),
        revenue=page.read("revenue", read_name, ""),
        trial=page.read("trial", read_trial, None),
        instalments=page.read("instalments", read_instalments, None),
    )
    page.close(RECURRING_WORDS)
    if recurring.instalments is not None:
        for word in ("proration", "trial"):
            if page.has(word):
                page.complain(
                    page.table.line, "an instalment is never cut; leave it out", word=word
                )
    return recurring


def _proration(page: Page) -> Proration:
    def policy(text: str) -> ProrationPolicy:
        return read_word(text, words=ProrationPolicy)

    node = page.node("proration")
    if isinstance(node, Table):
        inner = Page(node, file=page.file, path=f"{page.path}.proration", errors=page.errors)
        basis = inner.read(
            "by",
            lambda t: read_word(t, words=ProrationBasis),
            ProrationBasis.ACTUAL_DAYS,
        )
        every = inner.read("else", policy, ProrationPolicy.PRORATE)
        policies = [inner.read(word, policy, every) for word in PRORATED]
        aware = inner.listed("credits aware")
        credits = tuple(inner.phrase(text, read_name, "", word="credits aware") for text in aware)
        inner.close(PRORATION_WORDS)
        return _by_direction(basis, policies, credits)
    every = ProrationPolicy.PRORATE
    if node is not None:
        every = page.phrase(node, policy, every, word="proration")
    return _by_direction(ProrationBasis.ACTUAL_DAYS, [every] * len(PRORATED), ())


def _by_direction(
    basis: ProrationBasis, policies: Sequence[ProrationPolicy], credits: tuple[str, ...]
) -> Proration:
    """Proration by the policies of PRORATED, in that order."""
    start, upgrade, downgrade, quantity_change, pause, end = policies
    return Proration(basis, start, upgrade, downgrade, quantity_change, pause, end, credits)


def _allowance(page: Page, code: str, *, currency: str) -> nodes.Allowance:
    nothing: tuple[Decimal, str | None, bool] = (Decimal(1), "unit", False)
    quantity, counted, per_member = page.read("include", _included, nothing)
    unit, money = counted or currency, counted is None
    if money:
        _refuse_of_money(page)
    scope = page.read("share", lambda t: read_word(t, words=Scope), Scope.CONTRACT)
    if per_member and scope is Scope.CONTRACT:
        message = "has no members to count; write 'share: pool', 'organisation' or 'account'"
        page.complain(page.table.line, message, word="include")
    if quantity <= 0:
        page.complain(page.table.line, "includes nothing; include more than 0", word="include")
    conversions = _conversions(page)
    block, block_unit = page.read("in blocks of", read_quantity, (Decimal(0), unit))
    if not money and (block < 0 or block_unit != unit or (block and quantity % block)):
        message = f"is not a part of what is included; write a size that divides it, in {unit}"
        page.complain(page.table.line, message, word="in blocks of")
    of = [page.phrase(text, read_name, "", word="of") for text in page.listed("of")]
    if not of and not conversions:
        page.complain(page.table.line, "'of' is missing; write it")
    covers = [page.phrase(text, read_name, "", word="covers") for text in page.listed("covers")]
    allowance = nodes.Allowance(
        code=code,
        line=page.table.line,
        quantity=quantity,
        money=money,
        per_member=per_member,
        unit=unit,
        valid_s=_validity(page),
        of=tuple(c.of for c in conversions) or tuple(of) or ("",),
        conversions=conversions,
        block=block,
        blocks=page.read("blocks", read_flag, False),
        roll_over=_roll_over(page, unit, money=money),
        where=page.read("where", read_filter, ALWAYS),
        priority=page.read("priority", read_count, 100),
        scope=scope,
        prorated=_prorated(page),
        covers=tuple(covers) if page.has("covers") else None,
        named=page.has("covers"),
        beyond=page.read("then", str, None),
        tax=page.read("tax", read_name, ""),
        revenue=page.read("revenue", read_name, ""),
    )
    page.close(ALLOWANCE_WORDS)
    return allowance


def _included(text: str) -> tuple[Decimal, str | None, bool]:
    """`300 min`, or `100 MB per member` of those who share it; without a unit it is money."""
    size = text.removesuffix(" per member")
    if " " not in size.strip():
        return read_number(size.strip(), decimals=QUANTITY_DECIMALS), None, size != text
    return *read_quantity(size), size != text


def _refuse_of_money(page: Page) -> None:
    for word in ("converts", "in blocks of"):
        if page.has(word):
            message = "is for quantities, and this includes money; leave it out"
            page.complain(page.table.line, message, word=word)


def _validity(page: Page) -> int | None:
    """`7 days from first use`, a day being 24 hours, or `12 h from first use`; else the cycle."""

    def read(text: str) -> int | None:
        if text == "cycle":
            return None
        match = re.fullmatch(r"(\d{1,4}) (days?|h|min) from first use", text)
        if not match or not int(match[1]):
            raise Mistake(f"{text!r} is no validity; write 'cycle' or '7 days from first use'")
        return int(match[1]) * {"h": 3_600, "min": 60}.get(match[2], 86_400)

    valid_s = page.read("valid", read, None)
    for word in ("roll over", "proration"):
        if valid_s is not None and page.has(word):
            message = "is for what is included each cycle; leave it out, or 'valid'"
            page.complain(page.table.line, message, word=word)
    return valid_s


def _prorated(page: Page) -> tuple[bool, bool]:
    """Whether less is included for the days before the start, and for those after the end."""

    def by_days(text: str) -> bool:
        if text not in ("full", "prorate"):
            raise Mistake(f"{text!r} is not one of: full, prorate")
        return text == "prorate"

    node = page.node("proration")
    if isinstance(node, Table):
        inner = Page(node, file=page.file, path=f"{page.path}.proration", errors=page.errors)
        made = inner.read("start", by_days, False), inner.read("end", by_days, False)
        inner.close(("start", "end"))
        return made
    both = node is not None and page.phrase(node, by_days, False, word="proration")
    return both, both


def _conversions(page: Page) -> tuple[nodes.Conversion, ...]:
    """`converts: {voice: 1 per min, sms: 2 per msg}`: several kinds drawn from one bucket."""
    node = page.node("converts")
    if node is None:
        return ()
    if not isinstance(node, Table):
        page.complain(node.line, "is a table such as {voice: 1 per min}", word="converts")
        return ()
    if page.node("of") is not None:
        page.complain(node.line, "names what is converted; leave out 'of'", word="converts")
    made = []
    for kind, entry in node.entries.items():
        nothing = nodes.Price(Decimal(1), Decimal(1), "unit")
        price = page.phrase(entry, read_price, nothing, word=f"converts.{kind}")
        if price.amount <= 0 or price.started or price.flat:
            page.complain(entry.line, "is a number above 0 per quantity", word=f"converts.{kind}")
        made.append(nodes.Conversion(kind, price.amount, price.per, price.unit))
    return tuple(made)


def _roll_over(page: Page, unit: str, *, money: bool) -> nodes.RollOver | None:
    def size(text: str) -> tuple[Decimal, str]:
        return (read_number(text), unit) if money else read_quantity(text)

    def read(text: str) -> nodes.RollOver | None:
        if text == "none":
            return None
        said = r"(?:(\d{1,3}) cycles?|all)(?: up to ([^,]+))?(, used last)?"
        match = re.fullmatch(said, text)
        cycles = int(match[1] or ALL_CYCLES) if match else 0
        if not match or not cycles:
            raise Mistake(
                f"{text!r} is not a roll-over; write '1 cycle', '3 cycles up to 5 GB' or 'all'"
            )
        cap, cap_unit = size(match[2]) if match[2] else (None, unit)
        if cap_unit != unit:
            raise Mistake(f"{text!r}: the cap is in {cap_unit}, the allowance in {unit}")
        return nodes.RollOver(cycles, cap, bool(match[3]))

    return page.read("roll over", read, None)
