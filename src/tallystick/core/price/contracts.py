"""Who uses what, as a table: a contract a row, with its account, offer, days and pool.

A further row of a contract goes on with another offer or quantity; days between the two are a rest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from tallystick.base.period import Period
from tallystick.base.refusal import Refusal
from tallystick.core.price.tables import LINE, TextTable
from tallystick.core.price.usage import Contract, Taken
from tallystick.core.tariff.words import Mistake, read_date

COLUMNS: Final = (
    "contract", "account", "offer", "quantity", "from", "until", "cycle day", "organisation",
    "pool",
)  # fmt: skip


@dataclass
class ContractsUnreadable(Refusal):
    code = "contracts_unreadable"
    line: int = 0
    problem: str = ""

    def sentence(self) -> str:
        return f"line {self.line} of the contracts: {self.problem}"


def read_contracts(table: TextTable) -> tuple[Contract, ...]:
    """The contracts of a table, in its order.

    :raises ContractsUnreadable: with the first row that is none, and how to mend it
    """
    for fault in table.rejects.iter_rows(named=True):
        problem = "it has not as many fields as the header"
        raise ContractsUnreadable(line=fault["line"], problem=problem)
    unknown = [name for name in table.rows.columns if name not in (LINE, *COLUMNS)]
    if unknown or "contract" not in table.rows.columns:
        problem = f"the columns are {', '.join(COLUMNS)}; not {', '.join(unknown) or 'without it'}"
        raise ContractsUnreadable(line=1, problem=problem)
    found: dict[str, Contract] = {}
    tops: dict[str, str | None] = {}
    for row in table.rows.iter_rows(named=True):
        texts = {k: str(v).strip() for k, v in row.items() if v is not None and str(v).strip()}
        made = _contract(texts, row[LINE])
        if tops.setdefault(made.account, made.organisation) != made.organisation:
            problem = f"account {made.account} stands under two organisations; name one of them"
            raise ContractsUnreadable(line=row[LINE], problem=problem)
        before = found.get(made.contract)
        found[made.contract] = _go_on(before, made, row[LINE]) if before else made
    return tuple(found.values())


def _go_on(before: Contract, after: Contract, line: int) -> Contract:
    """The contract with what a further row says of it: from a day on, after a rest or at once."""
    if after.starts is None:
        problem = f"{after.contract} stands twice; a row that goes on says from which day"
        raise ContractsUnreadable(line=line, problem=problem)
    same = replace(
        before, offer=after.offer, quantity=after.quantity, taken=(), rests=(), starts=after.starts,
        ends=after.ends,
    )  # fmt: skip
    if same != after:
        problem = f"{after.contract} is of another account, organisation, pool or cycle day before"
        raise ContractsUnreadable(line=line, problem=problem)
    ends = before.ends or after.starts
    latest = max(filter(None, (before.starts, *(one.since for one in before.taken))), default=None)
    if ends > after.starts or (latest and latest >= after.starts):
        problem = f"{after.contract} is held on {after.starts} by a row above; end that one before"
        raise ContractsUnreadable(line=line, problem=problem)
    rest = (Period(ends, after.starts),) if ends < after.starts else ()
    now = Taken(after.starts, after.offer, after.quantity)
    last = before.taken[-1] if before.taken else before
    changes = (now,) if (last.offer, last.quantity) != (now.offer, now.quantity) else ()
    return replace(
        before,
        ends=after.ends,
        taken=(*before.taken, *changes),
        rests=(*before.rests, *rest),
    )


def _contract(texts: Mapping[str, Any], line: int) -> Contract:
    if "contract" not in texts:
        raise ContractsUnreadable(line=line, problem="the contract has no name")
    day = texts.get("cycle day", "1")
    if not re.fullmatch("[0-9]{1,2}", day) or not 1 <= int(day) <= 31:
        raise ContractsUnreadable(line=line, problem=f"cycle day {day!r} is not within 1 to 31")
    count = texts.get("quantity", "1")
    if not re.fullmatch("[0-9]{1,9}", count) or not int(count):
        raise ContractsUnreadable(line=line, problem=f"quantity {count!r} is no number from 1")
    try:
        starts, last = (read_date(texts[k]) if k in texts else None for k in ("from", "until"))
    except Mistake as mistake:
        raise ContractsUnreadable(line=line, problem=str(mistake)) from None
    if last == date.max or (starts and last and last < starts):
        raise ContractsUnreadable(line=line, problem=f"it ends on {last}, before it begins")
    return Contract(
        contract=texts["contract"],
        account=texts.get("account", "1"),
        offer=texts.get("offer"),
        starts=starts,
        ends=last + timedelta(days=1) if last else None,
        cycle_day=int(day),
        organisation=texts.get("organisation"),
        pool=texts.get("pool"),
        quantity=int(count),
    )
