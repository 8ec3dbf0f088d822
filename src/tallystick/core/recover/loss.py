"""What is given up of a debt, and what comes back of it: the net and its tax apart.

Where the law gives back the tax of a bad debt (in the EU article 90 of directive 2006/112/EC, in
the UK VAT notice 700/18), what is given up holds the tax in the proportion of the whole invoice,
and money that comes after all makes that tax due again in the same proportion.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tallystick.base.money import EXACT, round_minor


@dataclass(frozen=True, slots=True)
class Loss:
    """Money given up or recovered: what is lost of it, and the tax that came back with it."""

    net: Decimal
    tax: Decimal

    @property
    def whole(self) -> Decimal:
        return EXACT.add(self.net, self.tax)


def split_loss(
    amount: Decimal, *, invoice_tax: Decimal, invoice_total: Decimal, currency: str
) -> Loss:
    """The loss and the tax in what is given up of an invoice, the tax rounded half-up."""
    return _split(amount, part=invoice_tax, of=invoice_total, currency=currency)


def split_recovery(amount: Decimal, *, left: Loss, currency: str) -> Loss:
    """The loss and the tax in what comes back, when so much is given up and not recovered yet.

    The last of it takes what is left of both, so that no cent of tax stays behind.
    """
    assert 0 < amount <= left.whole, "no more is recovered than was given up"
    if amount == left.whole:
        return left
    return _split(amount, part=left.tax, of=left.whole, currency=currency)


def _split(amount: Decimal, *, part: Decimal, of: Decimal, currency: str) -> Loss:
    exact = Fraction(amount) * Fraction(part) / Fraction(of)
    share = EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    tax = round_minor(share, currency=currency)
    return Loss(EXACT.subtract(amount, tax), tax)
