"""The usage that an invoice bills, event by event, for whoever wants to reckon again."""

from zoneinfo import ZoneInfo

import polars as pl

from tallystick.domain.invoices.history import lines_of
from tallystick.domain.invoices.queries import invoice_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.listing import join_listings, read_listing
from tallystick.flows.document import is_usage, span_of


def usage_of(number: str, *, tenant_id: int) -> pl.DataFrame:
    """The rated lines (LISTED) behind the usage on the invoice of that number; none without any.

    :raises UnknownInvoice: when there is none
    """
    with acting_for(tenant_id):
        invoice = invoice_numbered(number)
        usage = [line for line in lines_of(invoice) if is_usage(line)]
        if not usage:
            return join_listings([])
        since, until = span_of(usage, zone=ZoneInfo(invoice.account.zone))
        return join_listings(
            [
                read_listing(account_id=owner, invoice_id=invoice.id, since=since, until=until)
                for owner in dict.fromkeys(line.contract.account_id for line in usage)
            ]
        )
