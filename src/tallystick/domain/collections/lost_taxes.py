"""The taxes of debts given up and recovered, each on its own: whose they are, and at which rate."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Sum

from tallystick.base.money import EXACT, round_minor
from tallystick.core.post.detail import TaxDetail, split_tax
from tallystick.core.recover.loss import Loss
from tallystick.domain.invoices.models import InvoiceTax, OtherTax, TaxCause
from tallystick.domain.payments.models import Payment

_TOLD: Final = ("place", "jurisdiction", "name", "code", "rate")
Told = tuple[str, str, str, str, Decimal]
"""Place, jurisdiction, name, code and rate of a tax."""

Sums = tuple[dict[Told, Decimal], dict[Told, Decimal]]
"""What is taxable, and the tax, by tax."""


@dataclass(frozen=True, slots=True)
class TaxMove:
    """A change of what tax is owed for an invoice: the entry that posts it, and its day."""

    account_id: int
    invoice_id: int
    key: str
    on: date
    currency: str


def relieve_taxes(move: TaxMove, *, loss: Loss, tenant_id: int) -> dict[str, Decimal]:
    """Stores the taxes that come back with a loss, shared out as on its invoice; by detail."""
    rows = _shared(move, loss.tax, _on_invoice(move), sign=-1)
    return _store(move, rows, cause=TaxCause.WRITTEN_OFF, tenant_id=tenant_id)


def owe_taxes_again(move: TaxMove, *, loss: Loss, tenant_id: int) -> dict[str, Decimal]:
    """Stores the taxes that are owed again as money came for a loss; by detail."""
    own = OtherTax.objects.filter(account_id=move.account_id, invoice_id=move.invoice_id)
    given = own.values_list(*_TOLD).annotate(Sum("taxable"), Sum("tax"))
    left = _sums((*row[:-2], -row[-2], -row[-1]) for row in given)
    if sum(left[1].values(), Decimal(0)) < loss.tax:  # given up before taxes were told apart
        left = _on_invoice(move)
    rows = _shared(move, loss.tax, left, sign=1)
    return _store(move, rows, cause=TaxCause.RECOVERED, tenant_id=tenant_id)


def relieve_taxes_again(move: TaxMove, *, loss: Loss, payment: Payment) -> dict[str, Decimal]:
    """Stores that what a payment made due comes back, as the payment does; by detail."""
    own = OtherTax.objects.filter(
        account_id=move.account_id, entry_key=f"recovery:{payment.id}:{move.invoice_id}"
    )
    made = _sums(own.values_list(*_TOLD, "taxable", "tax"))
    if sum(made[1].values(), Decimal(0)) != loss.tax:
        made = _on_invoice(move)
    rows = _shared(move, loss.tax, made, sign=-1)
    return _store(move, rows, cause=TaxCause.WRITTEN_OFF, tenant_id=payment.tenant_id)


def _on_invoice(move: TaxMove) -> Sums:
    own = InvoiceTax.objects.filter(account_id=move.account_id, invoice_id=move.invoice_id)
    return _sums(own.values_list(*_TOLD, "taxable", "tax"))


def _shared(
    move: TaxMove, tax: Decimal, sums: Sums, *, sign: int
) -> dict[Told, tuple[Decimal, Decimal]]:
    """That much tax shared out as the sums have it, each with what is taxable for it."""
    bases, weights = sums
    whole = sum(weights.values(), Decimal(0))
    shares = split_tax(tax, weights=weights, currency=move.currency)
    return {
        one: (sign * _part(bases[one], tax, whole, move.currency), sign * share)
        for one, share in shares.items()
    }


def _sums(rows: Iterable[tuple[Any, ...]]) -> Sums:
    """What is taxable and the tax, by tax."""
    taxable: dict[Told, Decimal] = {}
    tax: dict[Told, Decimal] = {}
    for *told, base, amount in sorted(rows):
        key: Told = tuple(told)
        taxable[key] = EXACT.add(taxable.get(key, Decimal(0)), base)
        tax[key] = EXACT.add(tax.get(key, Decimal(0)), amount)
    return taxable, tax


def _part(base: Decimal, tax: Decimal, whole: Decimal, currency: str) -> Decimal:
    """The part of a base that goes with a part of the whole tax."""
    exact = EXACT.divide(EXACT.multiply(base, tax), whole)
    return round_minor(exact, currency=currency)


def _store(
    move: TaxMove,
    rows: Mapping[Told, tuple[Decimal, Decimal]],
    *,
    cause: TaxCause,
    tenant_id: int,
) -> dict[str, Decimal]:
    """Stores what is taxable and the tax, below zero where it comes back; the taxes by detail."""
    OtherTax.objects.bulk_create(
        OtherTax(
            tenant_id=tenant_id,
            account_id=move.account_id,
            entry_key=move.key,
            cause=cause,
            invoice_id=move.invoice_id,
            counted_on=move.on,
            currency=move.currency,
            **dict(zip(_TOLD, told, strict=True)),
            taxable=taxable,
            tax=tax,
        )
        for told, (taxable, tax) in rows.items()
    )
    found: dict[str, Decimal] = {}
    for (_, jurisdiction, name, code, rate), (_, tax) in rows.items():
        detail = str(TaxDetail(jurisdiction, name, code, rate))
        found[detail] = EXACT.add(found.get(detail, Decimal(0)), abs(tax))
    return found
