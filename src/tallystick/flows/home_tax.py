"""The tax of an invoice in the operator's own currency, where it was issued in another."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from tallystick.core.invoice.document import HomeTax
from tallystick.core.receive.exchange import NoExchangeRate, Way, find_way
from tallystick.domain.currencies.queries import rates_on, recorded_after
from tallystick.domain.invoices.models import BillDraft, CreditedLine, Invoice, InvoiceKind
from tallystick.domain.invoices.taxed import foreign_taxed
from tallystick.domain.tenants.models import Tenant
from tallystick.flows.drafting import Draft


@dataclass(frozen=True, slots=True, order=True)
class LackingRate:
    """So many invoices of a day bear tax that no rate can say in the operator's own currency."""

    on: date
    currency: str
    home: str
    invoices: int

    @property
    def command(self) -> str:
        """What gives the rate."""
        return (
            f"tallystick exchange add {self.currency} {self.home} RATE --date {self.on} "
            "--source WHOSE"
        )

    def sentence(self) -> str:
        return (
            f"{self.invoices} invoices of {self.on} in {self.currency} bear tax that they cannot "
            f"say in {self.home}: no rate holds on that day; before they are sent, give one: "
            f"{self.command}"
        )


def home_tax_of(invoice: Invoice, *, tenant: Tenant) -> HomeTax | None:
    """The tax at the rate of the day of issue, as it was known then; none where none is needed.

    Where no rate was known then, the first that was given for that day since; none without one.
    A credit note goes by the day of the first invoice that it corrects.
    """
    if invoice.currency == tenant.currency or not invoice.tax:
        return None
    issued = _corrected(invoice) if invoice.kind == InvoiceKind.CREDIT_NOTE else invoice
    way = _way_when(issued, home=tenant.currency)
    if way is None:
        return None
    return HomeTax(tenant.currency, way.convert(invoice.tax, currency=tenant.currency), way.said)


def lacking_of(draft: Draft, *, tenant: Tenant) -> list[LackingRate]:
    """The rates that the draft's invoices lack, as things stand."""
    taxed = {
        (draft.task.on, currency): batch.invoices.filter(pl.col("tax") != 0).height
        for currency, batch in draft.batches.items()
    }
    return _lacking(taxed, home=tenant.currency)


def lacking_of_waiting(drafts: Iterable[BillDraft], *, tenant: Tenant) -> list[LackingRate]:
    """The rates that bills lack which wait for approval."""
    taxed: Counter[tuple[date, str]] = Counter()
    for one in drafts:
        taxed[one.bill_date, one.currency] += one.invoices if one.tax else 0
    return _lacking(taxed, home=tenant.currency)


def lacking_since(day: date, *, tenant: Tenant) -> list[LackingRate]:
    """The rates that invoices lack which were issued on that day or later."""
    return _lacking(foreign_taxed(day, home=tenant.currency), home=tenant.currency)


def add_up_lacking(found: Iterable[LackingRate]) -> tuple[LackingRate, ...]:
    """The same rate told once, for all invoices that lack it."""
    counts: Counter[tuple[date, str, str]] = Counter()
    for one in found:
        counts[one.on, one.currency, one.home] += one.invoices
    return tuple(LackingRate(*key, count) for key, count in sorted(counts.items()))


def _lacking(taxed: Mapping[tuple[date, str], int], *, home: str) -> list[LackingRate]:
    return [
        LackingRate(on, currency, home, count)
        for (on, currency), count in sorted(taxed.items())
        if count and currency != home and _way(on, base=currency, quote=home) is None
    ]


def _way_when(issued: Invoice, *, home: str) -> Way | None:
    """The way by the rates of the day of issue, as they were first known well enough."""
    for moment in _moments(issued):
        way = _way(issued.issued_on, base=issued.currency, quote=home, known_at=moment)
        if way is not None:
            return way
    return None


def _moments(issued: Invoice) -> Iterator[datetime]:
    yield issued.issued_at
    yield from recorded_after(issued.issued_at, day=issued.issued_on)


def _way(on: date, *, base: str, quote: str, known_at: datetime | None = None) -> Way | None:
    try:
        return find_way(rates_on(on, known_at=known_at), base=base, quote=quote, on=on)
    except NoExchangeRate:
        return None


def _corrected(note: Invoice) -> Invoice:
    credited = CreditedLine.objects.filter(account_id=note.account_id, credit_note_id=note.id)
    first = Invoice.objects.filter(
        account_id=note.account_id, id__in=credited.values_list("invoice_id", flat=True)
    )
    return first.order_by("id").first() or note
