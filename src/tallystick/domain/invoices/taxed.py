"""On which days what was taxed, for whom and in which currency."""

from collections.abc import Collection
from datetime import date

from django.db import connection
from django.db.models import Count, Exists, OuterRef

from tallystick.core.invoice.compare_taxes import Taxed
from tallystick.domain.invoices.models import Invoice, InvoiceKind, VoidedInvoice

_TAXED = """
    WITH touched AS (
        SELECT a.tenant_id, a.id, a.customer_kind, coalesce(nullif(a.tax_place, ''), p.country)
            AS place
        FROM parties_account a
        JOIN parties_party p ON p.tenant_id = a.tenant_id AND p.id = a.party_id
        WHERE coalesce(nullif(a.tax_place, ''), p.country) LIKE ANY(%(places)s)
    )
    SELECT t.day, a.place, a.customer_kind, t.tax_category, count(DISTINCT t.document)
    FROM touched a JOIN (
        SELECT l.tenant_id, c.account_id, i.issued_on AS day, l.tax_category,
            'i' || i.id AS document
        FROM invoices_invoice i
        JOIN invoices_invoiceline l ON l.tenant_id = i.tenant_id
            AND l.account_id = i.account_id AND l.invoice_id = i.id
        JOIN contracts_contract c ON c.tenant_id = l.tenant_id AND c.id = l.contract_id
        WHERE i.kind = 'invoice' AND i.issued_on >= %(since)s
            AND l.tax_category = ANY(%(categories)s)
            AND NOT EXISTS (
                SELECT FROM invoices_voidedinvoice v WHERE v.tenant_id = i.tenant_id
                    AND v.account_id = i.account_id AND v.invoice_id = i.id
            )
        UNION ALL
        SELECT tenant_id, account_id, posted_on, tax_category, 'u' || id
        FROM balances_prepaiduse
        WHERE posted_on >= %(since)s AND tax_category = ANY(%(categories)s)
    ) t ON t.tenant_id = a.tenant_id AND t.account_id = a.id
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def taxed_since(
    day: date, *, categories: Collection[str], jurisdictions: Collection[str]
) -> list[Taxed]:
    """What of these categories was invoiced, or posted as prepaid use, on that day or later.

    Only where one of the jurisdictions may tax it. Invoices that are void do not count.
    """
    places = [f"{one}{rest}" for one in jurisdictions for rest in ("", "-%", "/%")]
    with connection.cursor() as cursor:
        cursor.execute(_TAXED, {"since": day, "categories": list(categories), "places": places})
        return [Taxed(*row) for row in cursor.fetchall()]


def foreign_taxed(since: date, *, home: str) -> dict[tuple[date, str], int]:
    """How many invoices with tax were issued since a day in other currencies, by day and currency.

    Invoices that are void do not count.
    """
    void = VoidedInvoice.objects.filter(
        account_id=OuterRef("account_id"), invoice_id=OuterRef("id")
    )
    issued = Invoice.objects.filter(kind=InvoiceKind.INVOICE, issued_on__gte=since)
    counted = issued.exclude(currency=home).exclude(tax=0).exclude(Exists(void)).order_by()
    rows = counted.values_list("issued_on", "currency").annotate(count=Count("id"))
    return {(on, currency): count for on, currency, count in rows}
