"""Deferred revenue of single invoices."""

from decimal import Decimal

from django.db.models import F

from tallystick.base.money import EXACT
from tallystick.domain.ledger.models import Deferral


def end_deferrals(account_id: int, *, invoice_id: int) -> dict[str, Decimal]:
    """Nothing of the invoice is earned any more; gives what was released, by revenue account."""
    own = Deferral.objects.filter(account_id=account_id, invoice_id=invoice_id)
    released: dict[str, Decimal] = {}
    for one in own.select_for_update().order_by("id"):
        before = released.get(one.revenue_account, Decimal(0))
        released[one.revenue_account] = EXACT.add(before, one.released)
    own.update(released=F("amount"))
    return released
