"""From due lines to an invoice: rounded lines, taxes, net, tax and total, one invoice at a time.

This is the path that explains itself. `assemble_batch` gives the same cents for a whole bill run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tallystick.base.money import EXACT, minor_decimals
from tallystick.core.invoice.recur import DueLine
from tallystick.core.invoice.round import round_whole, share_out
from tallystick.core.invoice.tax import ADJUSTMENT, EACH, NoTaxRate, Rounding, Tax, TaxRounding


@dataclass(frozen=True, slots=True)
class AssembledLine:
    """A line on the invoice: `printed` is its net, or its gross where prices include tax."""

    line: DueLine
    printed: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One row of the tax table."""

    tax: Tax
    taxable: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AssembledInvoice:
    """Net is the sum of the lines' nets, tax the sum of the tax rows, total their sum."""

    lines: tuple[AssembledLine, ...]
    taxes: tuple[TaxLine, ...]
    net: Decimal
    tax: Decimal
    total: Decimal


def assemble_invoice(
    lines: Sequence[DueLine],
    *,
    taxes: Mapping[str, tuple[Tax, ...]],
    currency: str,
    rounding: Rounding,
) -> AssembledInvoice:
    """The invoice of these lines; `taxes` gives the taxes of each tax category.

    :raises NoTaxRate: when a line's category is not in `taxes`
    :raises InvalidCurrency: when the currency is not a code
    """
    decimals = minor_decimals(currency)
    for line in lines:
        if line.tax_category not in taxes:
            raise NoTaxRate(category=line.tax_category)
    borne = [taxes[line.tax_category] for line in lines]
    rates = [tuple(tax for tax in own if not tax.levy) for own in borne]
    exact = [Fraction(line.amount) * 10**decimals for line in lines]
    printed = [round_whole(amount, mode=rounding.mode) for amount in exact]
    base = exact
    if rounding.tax is TaxRounding.PER_RATE_PRINTED:
        base = [Fraction(shown) for shown in printed]
    if rounding.inclusive:
        nets, due = _taken_out(printed, base, rates, rounding)
    else:
        nets, due = printed, _put_on(base, rates, rounding)
    due |= _levied(lines, borne, decimals, rounding)

    def money(minor: int) -> Decimal:
        return EXACT.scaleb(Decimal(minor), -decimals)

    taxable = {
        tax: sum(net for net, own in zip(nets, borne, strict=True) if tax in own) for tax in due
    }
    return AssembledInvoice(
        lines=tuple(
            AssembledLine(line, money(shown), money(net))
            for line, shown, net in zip(lines, printed, nets, strict=True)
        ),
        taxes=tuple(TaxLine(tax, money(taxable[tax]), money(due[tax])) for tax in sorted(due)),
        net=money(sum(nets)),
        tax=money(sum(due.values())),
        total=money(sum(nets) + sum(due.values())),
    )


def _put_on(
    base: Sequence[Fraction], borne: Sequence[tuple[Tax, ...]], rounding: Rounding
) -> dict[Tax, int]:
    """Taxes on top of net prices, in minor units."""
    shares: dict[Tax, list[Fraction]] = {}
    for amount, own in zip(base, borne, strict=True):
        for tax in own:
            shares.setdefault(tax, []).append(amount * Fraction(tax.percent) / 100)
    return {tax: _round_sum(amounts, rounding) for tax, amounts in shares.items()}


def _levied(
    lines: Sequence[DueLine], borne: Sequence[tuple[Tax, ...]], decimals: int, rounding: Rounding
) -> dict[Tax, int]:
    """Levies on quantities, in minor units; they come on top of prices with tax as well."""
    shares: dict[Tax, list[Fraction]] = {}
    for line, own in zip(lines, borne, strict=True):
        for tax in own:
            if tax.levy:
                units = (line.unit,) if line.unit == ADJUSTMENT else (line.unit, EACH)
                quantity = line.quantity if tax.levy_unit in units else Decimal(0)
                exact = Fraction(quantity) * Fraction(tax.levy) * 10**decimals
                shares.setdefault(tax, []).append(exact)
    return {tax: _round_sum(amounts, rounding) for tax, amounts in shares.items()}


def _taken_out(
    printed: Sequence[int],
    base: Sequence[Fraction],
    borne: Sequence[tuple[Tax, ...]],
    rounding: Rounding,
) -> tuple[list[int], dict[Tax, int]]:
    """Nets of the lines and taxes contained in gross prices, in minor units.

    What the customer was shown stays: for the lines that bear the same taxes, net is the printed
    gross less the rounded taxes, shared out over the lines.
    """
    nets = [0] * len(printed)
    due: dict[Tax, int] = {}
    for own in dict.fromkeys(borne):
        group = [n for n, taxes in enumerate(borne) if taxes == own]
        whole = sum((Fraction(tax.percent) for tax in own), Fraction(100))
        contained = {tax: [base[n] * Fraction(tax.percent) / whole for n in group] for tax in own}
        for tax, amounts in contained.items():
            due[tax] = due.get(tax, 0) + _round_sum(amounts, rounding)
        if rounding.tax is TaxRounding.PER_LINE:
            for at, n in enumerate(group):
                per_line = (_round_sum([amounts[at]], rounding) for amounts in contained.values())
                nets[n] = printed[n] - sum(per_line)
            continue
        taken = sum(_round_sum(amounts, rounding) for amounts in contained.values())
        left = sum(printed[n] for n in group) - taken
        shares = share_out(left, exact=[printed[n] * 100 / whole for n in group])
        for n, net in zip(group, shares, strict=True):
            nets[n] = net
    return nets, due


def _round_sum(amounts: Sequence[Fraction], rounding: Rounding) -> int:
    if rounding.tax is TaxRounding.PER_LINE:
        return sum(round_whole(amount, mode=rounding.mode) for amount in amounts)
    return round_whole(sum(amounts, Fraction(0)), mode=rounding.mode)
