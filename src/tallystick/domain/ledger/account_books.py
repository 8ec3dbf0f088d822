"""What the books say of one account: what it owes, and the facts that changed it."""

from datetime import date
from decimal import Decimal

from django.db.models import Sum

from tallystick.core.post import chart
from tallystick.domain.ledger.models import Posting

OWED = (chart.RECEIVABLE, chart.CUSTOMER_CREDIT)
"""What an account owes is what is receivable of it less its credit."""


def owed_before(account_id: int, *, day: date) -> Decimal:
    """What the account owed as the day began; its credit is below zero."""
    own = Posting.objects.filter(account_id=account_id, ledger_account__in=OWED)
    earlier = own.filter(entry__occurred_on__lt=day)
    return earlier.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def movements_of(
    account_id: int, *, since: date, until: date
) -> list[tuple[date, str, str, Decimal]]:
    """(day, kind of fact, description, amount) of what changed that on these days, in order.

    A fact that only sets credit against debt changes nothing and is none.
    """
    own = Posting.objects.filter(account_id=account_id, ledger_account__in=OWED)
    rows = (
        own.filter(entry__occurred_on__gte=since, entry__occurred_on__lte=until)
        .values_list("entry__occurred_on", "entry_id", "entry__kind", "entry__description")
        .annotate(total=Sum("amount"))
        .exclude(total=0)
        .order_by("entry__occurred_on", "entry_id")
    )
    return [(on, kind, said, total) for on, _, kind, said, total in rows]
