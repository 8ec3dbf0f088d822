"""Lines of a bank statement by which direct debits come back."""

import re
from datetime import datetime
from typing import Final

from tallystick.base.money import EXACT
from tallystick.base.refusal import Refusal
from tallystick.core.receive.returned import REASONS
from tallystick.core.receive.statement import Matched, Rule, StatementLine, Waiting
from tallystick.domain.payments.models import DirectDebit
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.debit import CURRENCY
from tallystick.flows.give_back import Comeback, return_payment

_WORD: Final = re.compile(r"[A-Z0-9]+")
_CODE: Final = re.compile(r"[A-Z]{2}[0-9]{2}")
UNSAID: Final = "MS03"
"""What a bank that names no reason is taken to say."""


def take_returned(line: StatementLine, *, tenant_id: int, at: datetime) -> Matched | Waiting | None:
    """The direct debit that this line out takes back, as the bank says; None when it is none.

    What the bank takes beyond the debit is its costs. A line waits for a person when its reason is
    none that is known, or when it cannot be taken back as it stands (it came back before, names two
    debits or too little money).
    """
    words = _WORD.findall(line.text.upper())
    names = [word for word in words if word.startswith("TSD")]
    found = list(DirectDebit.objects.filter(end_to_end__in=names)) if names else []
    if len(found) != 1 or line.currency != CURRENCY:
        return None
    costs = EXACT.subtract(-line.amount, found[0].amount)
    if costs < 0:
        return None
    reason = next((word for word in words if word in REASONS), None)
    if reason is None and any(_CODE.fullmatch(word) for word in words):
        return Waiting.UNKNOWN_REASON
    reason = reason or UNSAID
    comeback = Comeback(found[0].end_to_end, reason, line.booked_on, costs)
    try:
        with acting_for(tenant_id):
            return_payment(comeback, tenant_id=tenant_id, at=at)
    except Refusal:
        return None
    return Matched(found[0].account_id, Rule.RETURNED)
