"""Bills that are drafted for approval, and all of them approved and issued."""

from bench.billrun import CATALOGUE, FIRST
from bench.business import AT, open_operator, own_database
from bench.measure import Figure, timed, weighed


def run(rows: int = 20_000) -> list[Figure]:
    """Every account's first bill, of three lines."""
    with own_database() as home:
        from tallystick.domain.invoices.models import Invoice
        from tallystick.domain.tenants.scope import acting_for
        from tallystick.flows.approve import approve_bills
        from tallystick.flows.hold import Choice
        from tallystick.flows.invoice import run_bills
        from tallystick.flows.reconcile import reconcile

        with timed() as setup:
            tenant_id = open_operator(catalogue=CATALOGUE, files={}, accounts=rows)
        with weighed(home) as drawing, timed() as draw:
            held = run_bills(tenant_id=tenant_id, on=FIRST, at=AT, choice=Choice(hold_all=True))
        with weighed(home) as issuing, timed() as issue:
            done = approve_bills(None, tenant_id=tenant_id, at=AT)
        assert (held.invoices, held.drafts) == (0, rows)
        assert [(one.invoices, one.drafts) for one in done.reports] == [(rows, 0)]
        with acting_for(tenant_id):
            assert Invoice.objects.count() == rows
        assert all(one.ok for one in reconcile(tenant_id=tenant_id))
    return [
        Figure("drafts-hold", rows, draw.seconds, None, None, drawing.all_mb, setup.seconds),
        Figure("drafts-approve", rows, issue.seconds, None, None, issuing.all_mb, setup.seconds),
    ]
