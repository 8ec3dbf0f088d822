"""Credits of a bank statement that pay a debit run: one for all of it, or one for each debit."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Sum

from tallystick.base.money import EXACT
from tallystick.core.receive.statement import Matched, Rule, StatementLine, Waiting
from tallystick.domain.payments.models import DebitRun, DebitState, DirectDebit, Payment
from tallystick.flows.debit import CURRENCY, confirm_debits, payment_key

_RUN: Final = re.compile(r"TSR([0-9]{12})")
_DEBIT: Final = re.compile(r"TSD[0-9]{12}")


@dataclass(frozen=True, slots=True)
class RunLines:
    """A debit run and the lines that name it or its debits."""

    run_id: int
    lines: tuple[StatementLine, ...]


def lines_of_runs(lines: Sequence[StatementLine]) -> list[RunLines]:
    """The money in that names debit runs, run by run; part of the caller's `acting_for`."""
    own: dict[int, list[StatementLine]] = defaultdict(list)
    debits: dict[str, list[StatementLine]] = defaultdict(list)
    for line in lines:
        text = line.text.upper()
        if line.amount <= 0 or "TS" not in text:
            continue
        if run := _RUN.search(text):
            own[int(run[1])].append(line)
        elif debit := _DEBIT.search(text):
            debits[debit[0]].append(line)
    known = DirectDebit.objects.filter(end_to_end__in=list(debits))
    for end_to_end, run_id in known.values_list("end_to_end", "run_id"):
        own[run_id] += debits[end_to_end]
    runs = set(DebitRun.objects.filter(id__in=list(own)).values_list("id", flat=True))
    return [RunLines(run_id, tuple(own[run_id])) for run_id in sorted(runs & set(own))]


def take_run(found: RunLines, *, tenant_id: int, at: datetime) -> Matched | Waiting:
    """What the lines are for: a run is confirmed when all of its money is there.

    One that is confirmed already is not booked again. Another amount than the run's waits: some of
    it came back, or is still to come. Part of the caller's transaction.
    """
    run = DebitRun.objects.select_for_update().get(id=found.run_id)
    amount = Decimal(0)
    for line in found.lines:
        amount = EXACT.add(amount, line.amount)
    due = _booked(run) if run.confirmed_on is not None else _running(run)
    if amount != due or any(line.currency != CURRENCY for line in found.lines):
        return Waiting.DEBIT_RUN
    if run.confirmed_on is None:
        on = max(run.collect_on, *(line.booked_on for line in found.lines))
        confirm_debits(run.id, tenant_id=tenant_id, on=on, at=at)
    return Matched(None, Rule.DEBIT_RUN)


def _running(run: DebitRun) -> Decimal:
    running = DirectDebit.objects.filter(run=run, state=DebitState.RUNNING)
    return running.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def _booked(run: DebitRun) -> Decimal:
    """What the run brought when it was confirmed, whatever came back since."""
    names = DirectDebit.objects.filter(run=run).values_list("end_to_end", flat=True)
    keys = [payment_key(name) for name in names]
    return Payment.objects.filter(key__in=keys).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
