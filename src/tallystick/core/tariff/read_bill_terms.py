"""Reads what an offer, or a contract of its own, says of a whole bill."""

import re
from decimal import Decimal
from typing import Final

from tallystick.core.tariff.bill_terms import BillTerms, Commitment, Discount, Window
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.proration import ProrationPolicy
from tallystick.core.tariff.source import CatalogueError, CatalogueRefused, Unreadable, read_source
from tallystick.core.tariff.words import (
    Mistake,
    read_count,
    read_date,
    read_name,
    read_number,
    read_percent,
    read_quantity,
    read_word,
)

TERM_WORDS: Final = ("charge at least", "charge at most", "discounts", "commitments")
DISCOUNT_WORDS: Final = ("less", "covers", "from", "until", "for", "priority")
COUPON_WORDS: Final = ("less", "covers", "bills", "priority")
COMMITMENT_WORDS: Final = (
    "pay", "for", "covers", "discount", "proration", "priority", "tax", "revenue",
)  # fmt: skip

CODE_MAX: Final = 18
"""What an invoice line has room for to name its discount or commitment."""


def read_bill_terms(page: Page) -> BillTerms:
    """What an offer's page says of its contracts' whole bills."""
    line = page.table.line
    return BillTerms(
        line=line,
        at_least=page.read("charge at least", _money, None),
        at_most=page.read("charge at most", _money, None),
        discounts=tuple(read_discount(inner, code=code) for code, inner in page.pages("discounts")),
        commitments=tuple(
            read_commitment(inner, code=code) for code, inner in page.pages("commitments")
        ),
    )


def read_discount(page: Page, *, code: str, coupon: bool = False) -> Discount:
    """`{less: 10 %, covers: [line], for: 6 months}`; a coupon has `bills` in place of dates."""
    _check_code(page, code)
    nothing: tuple[Decimal | None, Decimal | None] = (None, Decimal(1))
    percent, amount = page.need("less", _less, nothing)
    discount = Discount(
        code=code,
        line=page.table.line,
        percent=percent,
        amount=amount,
        covers=_covers(page),
        valid_from=None if coupon else page.read("from", read_date, None),
        valid_to=None if coupon else page.read("until", read_date, None),
        months=None if coupon else page.read("for", _months, None),
        bills=page.read("bills", _bills, 1) if coupon else None,
        priority=page.read("priority", read_count, 100),
    )
    first, last = discount.valid_from, discount.valid_to
    if first is not None and last is not None and last <= first:
        page.complain(page.table.line, f"ends on {last}, not after {first}", word="until")
    page.close(COUPON_WORDS if coupon else DISCOUNT_WORDS)
    return discount


def read_commitment(page: Page, *, code: str) -> Commitment:
    """`{pay: 50.00 per month, covers: [vm], discount: 30 %}`, or `{pay: 0.05 per h, for: 1 h}`."""
    _check_code(page, code)
    pay, window = page.need("pay", _pay, (Decimal(1), Window.CYCLE))
    quantity, unit = page.read("for", read_quantity, (Decimal(0), ""))
    percent = page.read("discount", _discount, Decimal(0))
    policy = page.read("proration", _proration, ProrationPolicy.PRORATE)
    if page.has("for") and quantity <= 0:
        page.complain(page.table.line, "buys nothing; buy more than 0", word="for")
    if page.has("for") and percent:
        message = "stands beside 'for'; what is bought is not discounted besides"
        page.complain(page.table.line, message, word="discount")
    if not page.has("covers"):
        page.complain(page.table.line, "'covers' is missing; write 'covers: [vm]'")
    commitment = Commitment(
        code=code,
        line=page.table.line,
        pay=pay,
        window=window,
        covers=_covers(page),
        quantity=quantity if page.has("for") else None,
        unit=unit or None,
        percent=percent,
        whole=policy is ProrationPolicy.FULL,
        priority=page.read("priority", read_count, 100),
        tax=page.read("tax", read_name, ""),
        revenue=page.read("revenue", read_name, ""),
    )
    page.close(COMMITMENT_WORDS)
    return commitment


def term_page(words: str, *, name: str) -> Page:
    """The page of words that a contract has of its own, such as `{less: 10 %}`.

    :raises CatalogueRefused: when they are not one table
    """
    try:
        return Page(read_source(words), file=name, path="", errors=[])
    except Unreadable as stop:
        hint = f"{words!r} is not readable as words such as {{less: 10 %}}"
        error = CatalogueError(name, stop.line, "", hint)
        raise CatalogueRefused(errors=(error,)) from None


def _check_code(page: Page, code: str) -> None:
    try:
        read_name(code)
    except Mistake as mistake:
        page.complain(page.table.line, str(mistake))
    if len(code) > CODE_MAX:
        page.complain(page.table.line, f"is a name of more than {CODE_MAX} letters; shorten it")


def _covers(page: Page) -> tuple[str, ...]:
    return tuple(page.phrase(text, read_name, "", word="covers") for text in page.listed("covers"))


def _money(text: str) -> Decimal:
    number = read_number(text)
    if number < 0:
        raise Mistake(f"{text} is less than nothing")
    return number


def _less(text: str) -> tuple[Decimal | None, Decimal | None]:
    if text.endswith("%"):
        percent = read_percent(text)
        if not 0 < percent <= 100:
            raise Mistake(f"{text!r}: a discount is above 0 and at most 100 %")
        return percent, None
    amount = read_number(text)
    if amount <= 0:
        raise Mistake(f"{text!r}: a discount is above 0")
    return None, amount


def _discount(text: str) -> Decimal:
    percent = read_percent(text)
    if not 0 <= percent < 100:
        raise Mistake(f"{text!r}: a commitment's discount is from 0 to below 100 %")
    return percent


def _pay(text: str) -> tuple[Decimal, Window]:
    amount, _, per = text.partition(" per ")
    if not per:
        raise Mistake(f"{text!r} does not say how often; write {text} per month, per day or per h")
    number = read_number(amount.strip())
    if number <= 0:
        raise Mistake(f"{text!r}: a commitment pays more than 0")
    return number, read_word(per.strip(), words=Window)


def _months(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,3}) months?", text)
    if not match or not int(match[1]):
        raise Mistake(f"{text!r} is not a time; write '6 months'")
    return int(match[1])


def _bills(text: str) -> int:
    count = read_count(text)
    if not 1 <= count <= 1000:
        raise Mistake(f"{text!r}: a coupon is taken off 1 to 1000 bills")
    return count


def _proration(text: str) -> ProrationPolicy:
    policy = read_word(text, words=ProrationPolicy)
    if policy not in (ProrationPolicy.PRORATE, ProrationPolicy.FULL):
        raise Mistake(f"{text!r}: a commitment is due 'prorate' or 'full'")
    return policy
