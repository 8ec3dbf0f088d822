"""One invoice for an account that pays for thousands of others, all their usage on it."""

from django.db import connection

from bench.billrun import BILLED, CATALOGUE, FIRST, LINES, use
from bench.business import AT, look_again, open_operator, own_database
from bench.measure import Figure, timed, weighed


def run(rows: int = 20_000) -> Figure:
    """The rows are the accounts that are paid for; each has the lines of `billrun`."""
    with own_database() as home:
        from tallystick.domain.invoices.models import Invoice, InvoiceLine
        from tallystick.domain.tenants.scope import acting_for
        from tallystick.flows.invoice import run_bills

        with timed() as setup:
            tenant_id = open_operator(catalogue=CATALOGUE, files={}, accounts=rows)
            with acting_for(tenant_id), connection.cursor() as cursor:
                cursor.execute(
                    "WITH top AS (SELECT min(id) AS id FROM parties_account WHERE NOT house)"
                    " UPDATE parties_account a SET payer_id = top.id, organisation_id = top.id"
                    " FROM top WHERE NOT a.house AND a.id <> top.id"
                )
            look_again()
            run_bills(tenant_id=tenant_id, on=FIRST, at=AT)
            used = use(tenant_id)
            look_again()
        with weighed(home) as memory, timed() as work:
            report = run_bills(tenant_id=tenant_id, on=BILLED, at=AT)
        with acting_for(tenant_id):
            invoice = Invoice.objects.get(issued_on=BILLED)
            lines = InvoiceLine.objects.filter(invoice_id=invoice.id)
            assert (report.invoices, lines.count()) == (1, rows * LINES)
            assert sum(lines.filter(purpose="usage").values_list("net", flat=True)) == used
            assert invoice.total == report.totals["EUR"]
    return Figure("group", rows, work.seconds, None, all_mb=memory.all_mb, setup_s=setup.seconds)
