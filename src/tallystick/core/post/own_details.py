"""What posting rules say of taxes and ways of payment: an own account for some of a standard one.

A tax is named by whose it is, its name and its rate; money by its method and its processor. What a
rule leaves out fits all. The rule that says most holds: the narrowest place, then name and rate,
then the rate, then the name.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from tallystick.core.invoice.tax import PERCENT_DECIMALS, PLACE
from tallystick.core.post import chart
from tallystick.core.post.detail import (
    BY_METHOD,
    read_method_detail,
    read_tax_detail,
)
from tallystick.core.tariff.words import Mistake, read_number

METHODS: Final = ("bank", "card", "cash", "direct_debit", "voucher")
"""The methods that money moves by, as a rule names them."""

_RATED: Final = re.compile(r"(?:(?P<name>.+?)\s+)?(?P<rate>[0-9.]+)\s*%")
_NUMBER: Final = re.compile(r"[0-9.,]+")
_PROCESSOR: Final = re.compile(r"[a-z][a-z0-9_-]{0,19}")
_MARK: Final = "|"


def told_apart(standard: str) -> bool:
    """Whether rules may tell postings to that standard account apart."""
    return standard == chart.TAX_PAYABLE or standard in BY_METHOD


def is_place(word: str) -> bool:
    """Whether the word names a country, a region or a place in it."""
    return PLACE.fullmatch(word) is not None


def read_tax_key(word: str, *, place: str) -> str:
    """The key of `19 %`, `VAT 19 %` or `VAT` in a place (empty: anywhere).

    :raises Mistake: when the rate is none
    """
    rated = _RATED.fullmatch(word)
    if rated is None:
        if "%" in word or _NUMBER.fullmatch(word):
            raise Mistake(f"{word!r} is not a tax; write 19 %, VAT 19 % or VAT")
        return _tax_key(place, word, "")
    percent = read_number(rated["rate"], decimals=PERCENT_DECIMALS)
    return _tax_key(place, rated["name"] or "", _spelled(percent))


def read_method_key(word: str) -> str:
    """The key of `card`, or of `card stripe`.

    :raises Mistake: when there is no such method
    """
    method, _, processor = word.partition(" ")
    if method not in METHODS:
        raise Mistake(f"{method!r} is no way of payment; known here: {', '.join(METHODS)}")
    if processor and not _PROCESSOR.fullmatch(processor):
        raise Mistake(f"{processor!r} is no processor; write it as in `card stripe`")
    return f"{method}/{processor}" if processor else method


def keys_of(standard: str, *, detail: str) -> Iterator[str]:
    """The keys that fit the detail of a posting, the one that says most first."""
    if not detail:
        return
    if standard == chart.TAX_PAYABLE:
        tax = read_tax_detail(detail)
        rate = _spelled(tax.percent)
        for place in _narrowest_first(tax.jurisdiction):
            yield _tax_key(place, tax.name, rate)
            yield _tax_key(place, "", rate)
            yield _tax_key(place, tax.name, "")
            yield _tax_key(place, "", "")
    elif standard in BY_METHOD:
        moved = read_method_detail(detail)
        if moved.processor:
            yield detail
        yield moved.method


def say_key(standard: str, *, key: str) -> str:
    """The key as people write it: `DE VAT 19 %`, `card stripe`."""
    if standard != chart.TAX_PAYABLE:
        return key.replace("/", " ")
    place, rest = key.split(_MARK, 1)
    name, rate = rest.rsplit(_MARK, 1)
    return " ".join(part for part in (place, name, f"{rate} %" if rate else "") if part)


def _tax_key(place: str, name: str, rate: str) -> str:
    return _MARK.join((place, name, rate))


def _spelled(percent: Decimal) -> str:
    return f"{percent.normalize():f}"


def _narrowest_first(jurisdiction: str) -> Iterator[str]:
    """The place, those that it lies in, and anywhere: `US-NY/Kings`, `US-NY`, `US`, ``."""
    ends = [at for at, mark in enumerate(jurisdiction) if mark in "-/"]
    yield jurisdiction
    for end in reversed(ends):
        yield jurisdiction[:end]
    yield ""
