"""What tells postings to one ledger account apart: whose tax at which rate, or how money moved.

A detail is text that a posting keeps beside its account, so that an operator's own rules, proofs
and reports can go by it; a posting to any other account has none.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeVar

from tallystick.base.money import EXACT, minor_decimals
from tallystick.core.invoice.round import share_out
from tallystick.core.post import chart

NO_DETAIL: Final = ""
BY_METHOD: Final = frozenset((chart.BANK, chart.CASH_IN_TRANSIT, chart.PAYMENT_COSTS))
"""The standard accounts whose postings say how the money moved."""

BY_DETAIL: Final = BY_METHOD | {chart.TAX_PAYABLE}
"""The standard accounts whose postings have a detail at all."""

_TAX_MARK: Final = "|"
_METHOD_MARK: Final = "/"


@dataclass(frozen=True, slots=True, order=True)
class TaxDetail:
    """A tax at a rate; `jurisdiction` is whose it is, such as US-NY."""

    jurisdiction: str
    name: str
    code: str
    percent: Decimal

    def __str__(self) -> str:
        """Its text, `US-NY|New York State|S|4.000000`; none where nobody knows whose it is."""
        if not self.jurisdiction:
            return NO_DETAIL
        return _TAX_MARK.join((self.jurisdiction, self.name, self.code, f"{self.percent:.6f}"))


@dataclass(frozen=True, slots=True)
class MethodDetail:
    """How money moved: a method of payment, and the processor that it went through, if any."""

    method: str
    processor: str = ""

    def __str__(self) -> str:
        """Its text: `card/stripe`, `cash`."""
        return _METHOD_MARK.join(part for part in (self.method, self.processor) if part)


def read_tax_detail(text: str) -> TaxDetail:
    """The tax that the text of a detail says; names may hold the mark."""
    jurisdiction, rest = text.split(_TAX_MARK, 1)
    name, code, percent = rest.rsplit(_TAX_MARK, 2)
    return TaxDetail(jurisdiction, name, code, Decimal(percent))


def read_method_detail(text: str) -> MethodDetail:
    """The method and processor that the text of a detail says."""
    method, _, processor = text.partition(_METHOD_MARK)
    return MethodDetail(method, processor)


Key = TypeVar("Key", bound=Hashable)


def split_tax(tax: Decimal, *, weights: Mapping[Key, Decimal], currency: str) -> dict[Key, Decimal]:
    """A sum of taxes shared out by their weights to the minor unit; none of zero.

    The largest remainders take what rounding leaves, so that the shares add up to the sum.
    """
    if not tax:
        return {}
    decimals = minor_decimals(currency)
    whole = sum(weights.values(), Decimal(0))
    assert whole, "a tax that is shared out has something to go by"
    units = int(EXACT.scaleb(tax, decimals))
    keys: Sequence[Key] = list(weights)
    shares = share_out(
        units, exact=[Fraction(units) * Fraction(weights[key]) / Fraction(whole) for key in keys]
    )
    return {
        key: EXACT.scaleb(Decimal(share), -decimals)
        for key, share in zip(keys, shares, strict=True)
        if share
    }
