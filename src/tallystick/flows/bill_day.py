"""An account is billed on another day of the month: nothing is billed twice, or not at all."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.changes import turn_bill_day
from tallystick.domain.contracts.queries import running_contracts
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for


@dataclass
class BillDayHeld(Refusal):
    code = "bill_day_held"
    account: str = ""
    day: int = 0

    def sentence(self) -> str:
        return f"account {self.account!r} is billed on day {self.day} already"


@dataclass(frozen=True, slots=True)
class BillDayChange:
    """The bill day before and after, and from when each contract's cycles go by it."""

    account: str
    before: int
    after: int
    contracts: tuple[tuple[str, date], ...]


def change_bill_day(
    number: str, *, day: int, long: bool, tenant_id: int, at: datetime
) -> BillDayChange:
    """The account billed on that day of the month; its contracts follow where their cycles end.

    The days up to the new bill day are a cycle of their own, charged by days; `long` bills them
    with the cycle that follows. A change that is still to come gives way to this one. Contracts
    that are billed on their own day stay as they are.

    :raises UnknownAccount: when no account has the number
    :raises BillDayHeld: when that is its bill day
    :raises BillDayTurns: when a contract turned to another day and waits for its first bill since
    """
    with acting_for(tenant_id):
        account = Account.objects.select_for_update().get(id=account_numbered(number).id)
        before = account.bill_day
        if before == day:
            raise BillDayHeld(account=number, day=day)
        today = at.astimezone(ZoneInfo(account.zone)).date()
        turned = tuple(
            (contract.number, turn_bill_day(contract, day=day, today=today, long=long))
            for contract in running_contracts([account.id], on=today)
            if contract.cycle_day == before
        )
        account.bill_day = day
        account.save(update_fields=["bill_day"])
        return BillDayChange(number, before, day, turned)
