"""A new tax table in the place of the one in force: compared, rehearsed, kept with those before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tallystick.base.refusal import Refusal
from tallystick.core.invoice.compare_taxes import TaxChange, Taxed, altered, compare_taxes
from tallystick.core.invoice.read_taxes import read_taxes
from tallystick.core.invoice.tax import TaxRow
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.invoices.taxed import taxed_since
from tallystick.domain.tenants.bulk import new_ids
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.tenants.settings import TAXES, Change, keep_change, text_when, versions_of
from tallystick.flows.invoice import BILLING

TOLD: Final = 5
"""How many of the days that a table would change are told one by one."""


@dataclass
class TaxedDaysChange(Refusal):
    """A table says otherwise of days on which invoices were issued."""

    code = "taxed_days_change"
    documents: int = 0
    first: str = ""
    last: str = ""
    days: tuple[str, ...] = ()

    def sentence(self) -> str:
        told = "".join(f"\n  {day}" for day in self.days)
        return (
            f"this table changes taxes of days on which {self.documents} invoices or postings of "
            f"prepaid use were taxed, {self.first} to {self.last}:{told}\n"
            f"Let what is new begin after {self.last}. What was issued stays as it is in any "
            "case; if the table was wrong and later bills of those days are to bear other taxes, "
            "say --change-taxed-days"
        )


@dataclass(frozen=True, slots=True)
class PublishedTaxes:
    """What a table changes; `number` is None where it says what is in force already.

    `taxed` is what was taxed otherwise on the days that it changes, which stays as it is.
    """

    number: int | None
    changes: tuple[TaxChange, ...]
    taxed: tuple[Taxed, ...]


def publish_taxes(
    text: str,
    *,
    file: str,
    tenant_id: int,
    at: datetime,
    taxed_days: bool = False,
    keep: bool = True,
) -> PublishedTaxes:
    """Puts a tax table in force for all that is taxed from now on; without `keep` only says so.

    A line is taxed by the row that holds on the day of its invoice; invoices that were issued stay
    as they are, and so do the rates of their credit notes.

    :raises TaxesRefused: with every mistake in the text
    :raises TaxedDaysChange: when it changes taxes of days on which something was taxed, and
        `taxed_days` does not say that it may
    :raises AlreadyRunning: while a bill run of the operator runs
    """
    new = read_taxes(text, name=file)
    with only_one(BILLING, tenant_id=tenant_id), acting_for(tenant_id):
        tenant = Tenant.objects.select_for_update().get(id=tenant_id)
        if text == tenant.taxes:
            return PublishedTaxes(None, (), ())
        old = read_taxes(tenant.taxes, name="taxes")
        changes = compare_taxes(old, new=new)
        taxed = _altered(tenant, old=old, new=new, changes=changes)
        if taxed and not taxed_days:
            raise _refusal(taxed)
        number = len(versions_of(TAXES, tenant=tenant, now=tenant.taxes)) + 1
        if keep:
            change = Change(TAXES, tenant.taxes, text, file)
            number = keep_change(change, tenant=tenant, at=at, after_invoice=issued_so_far())
            Tenant.objects.filter(id=tenant_id).update(taxes=text)
        return PublishedTaxes(number, changes, taxed)


def table_when(invoice: Invoice, *, tenant: Tenant) -> Sequence[TaxRow]:
    """The tax table that was in force when the invoice was issued."""
    text = text_when(TAXES, invoice_id=invoice.id, now=tenant.taxes)
    return read_taxes(text, name="taxes")


def issued_so_far() -> int:
    """An id above those of all invoices, and below those of all to come, while none is issued."""
    return int(new_ids("invoices_invoice", count=1).item())


def _altered(
    tenant: Tenant,
    *,
    old: Sequence[TaxRow],
    new: Sequence[TaxRow],
    changes: Sequence[TaxChange],
) -> tuple[Taxed, ...]:
    if not changes:
        return ()
    since = min(change.valid_from for change in changes)
    taxed = taxed_since(
        since,
        categories={change.category for change in changes},
        jurisdictions={change.jurisdiction for change in changes},
    )
    return altered(
        taxed, old=old, new=new, changes=changes, seller_region=tenant.tax_place,
    )  # fmt: skip


def _refusal(taxed: Sequence[Taxed]) -> TaxedDaysChange:
    told = [f"{one.on}: {one.category} for {one.customer_kind} in {one.place}" for one in taxed]
    if len(told) > TOLD:
        told = [*told[:TOLD], f"and {len(told) - TOLD} more"]
    days = [one.on for one in taxed]
    return TaxedDaysChange(
        documents=sum(one.documents for one in taxed),
        first=min(days).isoformat(), last=max(days).isoformat(), days=tuple(told),
    )  # fmt: skip
