"""What an invoice billed of usage, taken off it again."""

from collections.abc import Sequence

from django.db import connection

from tallystick.domain.usage.models import ChargeTotal
from tallystick.domain.usage.period_tables import PRICED

_FIGURES = ("measured", "billed", "fee", "amount")


def free_totals(accounts: Sequence[int], *, invoice_id: int) -> int:
    """The usage totals of these accounts that the invoice has are unbilled again; how many."""
    totals = ChargeTotal.objects.filter(account_id__in=accounts, invoice_id=invoice_id)
    return totals.update(invoice_id=None)


def reverse_periods(accounts: Sequence[int], *, invoice_id: int) -> None:
    """What the invoice billed of whole periods, once more with its sides turned."""
    columns = ["tenant_id", "bill_run_id", "invoice_id", *PRICED]
    turned = [f"-{name}" if name in _FIGURES else name for name in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO usage_periodline ({', '.join(columns)}) SELECT {', '.join(turned)}"
            " FROM usage_periodline WHERE account_id = ANY(%s) AND invoice_id = %s",
            [list(accounts), invoice_id],
        )
