"""Statements of account: read from the books, so that they say what every balance says."""

from dataclasses import dataclass
from datetime import date

from tallystick.base.refusal import Refusal
from tallystick.core.invoice.statement import Movement, Statement, run_balance
from tallystick.domain.ledger.account_books import movements_of, owed_before
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.document import buyer_of, language_of, seller_of


@dataclass
class DaysTurned(Refusal):
    code = "days_turned"
    since: str = ""
    until: str = ""

    def sentence(self) -> str:
        return f"a statement from {self.since} cannot end before, on {self.until}"


def statement_of(number: str, *, since: date, until: date, tenant_id: int) -> Statement:
    """The account's statement of these days, both included.

    :raises UnknownAccount: when no account has the number
    :raises DaysTurned: when the last day is before the first
    """
    if until < since:
        raise DaysTurned(since=str(since), until=str(until))
    with acting_for(tenant_id):
        tenant = Tenant.objects.get(id=tenant_id)
        account = account_numbered(number)
        opening = owed_before(account.id, day=since)
        movements = [Movement(*row) for row in movements_of(account.id, since=since, until=until)]
        return Statement(
            seller=seller_of(tenant),
            buyer=buyer_of(account.party),
            account_number=account.number,
            currency=account.currency,
            language=language_of(account.party.language, otherwise=tenant.language),
            since=since,
            until=until,
            opening=opening,
            rows=run_balance(opening=opening, movements=movements),
        )
