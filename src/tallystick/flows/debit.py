"""Money by direct debit: a run of what is due, its file, and what the bank paid of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.refusal import Refusal
from tallystick.domain.payments import debits
from tallystick.domain.payments.mandates import Creditor, debit_terms
from tallystick.domain.payments.models import DebitRun, PaymentMethod
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.receive_many import Incoming, ManyReport, receive_many

CURRENCY: Final = "EUR"
"""The scheme knows no other."""


@dataclass
class UnknownDebitRun(Refusal):
    code = "unknown_debit_run"
    run: int = 0

    def sentence(self) -> str:
        return f"no debit run has the number {self.run}; see: tallystick debit list"


@dataclass
class RunConfirmed(Refusal):
    code = "debit_run_confirmed"
    run: int = 0
    on: str = ""

    def sentence(self) -> str:
        return f"debit run {self.run} was confirmed for {self.on}; its money is booked already"


@dataclass
class ConfirmedEarly(Refusal):
    code = "debit_run_confirmed_early"
    run: int = 0
    collect_on: str = ""

    def sentence(self) -> str:
        return f"debit run {self.run} collects on {self.collect_on}; no money comes before that day"


@dataclass
class CollectedInThePast(Refusal):
    code = "collected_in_the_past"
    on: str = ""

    def sentence(self) -> str:
        return f"{self.on} is past; a bank collects on a day that is still to come"


@dataclass(frozen=True, slots=True)
class DebitLine:
    """One direct debit of a run."""

    account_id: int
    account: str
    invoice: str
    end_to_end: str
    sequence: str
    amount: Decimal
    mandate: str
    signed_on: date
    debtor: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run with all that its file says; the number of a rehearsed one means nothing."""

    number: int
    message: str
    collect_on: date
    prepared_at: datetime
    creditor: Creditor
    lines: tuple[DebitLine, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


def prepare_debits(
    *, tenant_id: int, collect_on: date, today: date, at: datetime, rehearse: bool = False
) -> PreparedRun | None:
    """A new run of what is due by that day and not in another; None when nothing is.

    A rehearsal makes the same run and takes it back.

    :raises DebitNotSet: when the operator has no creditor's account
    :raises CollectedInThePast: when the day has passed
    :raises AlreadyRunning: while another run is prepared
    """
    if collect_on < today:
        raise CollectedInThePast(on=collect_on.isoformat())
    with only_one("preparing direct debits", tenant_id=tenant_id):
        try:
            with acting_for(tenant_id):
                run = _prepare(tenant_id=tenant_id, collect_on=collect_on, at=at)
                if rehearse and run is not None:
                    raise _Rehearsed(run)
                return run
        except _Rehearsed as rehearsed:
            return rehearsed.run


class _Rehearsed(Exception):
    def __init__(self, run: PreparedRun) -> None:
        super().__init__()
        self.run = run


def _prepare(*, tenant_id: int, collect_on: date, at: datetime) -> PreparedRun | None:
    terms = debit_terms()
    found = debits.read_to_collect(on=collect_on, currency=CURRENCY)
    if found.is_empty():
        return None
    run = DebitRun.objects.create(
        tenant_id=tenant_id,
        collect_on=collect_on,
        prepared_at=at,
        creditor=terms.creditor,
        creditor_number=terms.creditor_number,
        iban=terms.iban,
        bic=terms.bic,
    )
    debits.store_debits(found, tenant_id=tenant_id, run_id=run.id)
    return _prepared(run)


def debit_run(number: int, *, tenant_id: int) -> PreparedRun:
    """A run as it was prepared, whatever has become of it since.

    :raises UnknownDebitRun: when there is none of that number
    """
    with acting_for(tenant_id):
        return _prepared(_run(number))


def _run(number: int) -> DebitRun:
    run = DebitRun.objects.select_for_update().filter(id=number).first()
    if run is None:
        raise UnknownDebitRun(run=number)
    return run


def _prepared(run: DebitRun) -> PreparedRun:
    return PreparedRun(
        number=run.id,
        message=f"TSR{run.id:012d}",
        collect_on=run.collect_on,
        prepared_at=run.prepared_at,
        creditor=Creditor(run.creditor, run.creditor_number, run.iban, run.bic),
        lines=tuple(_lines(debits.read_run_lines(run.id))),
    )


def _lines(frame: pl.DataFrame) -> Iterator[DebitLine]:
    return (DebitLine(**row) for row in frame.iter_rows(named=True))


def confirm_debits(number: int, *, tenant_id: int, on: date, at: datetime) -> ManyReport:
    """Books what the bank paid of a run: all of it that has not come back by then.

    One transaction: a run is booked whole or not at all, and once.

    :raises UnknownDebitRun: when there is none of that number
    :raises RunConfirmed: when it is booked already
    :raises ConfirmedEarly: when it collects later than that day
    """
    with acting_for(tenant_id):
        run = _run(number)
        if run.confirmed_on is not None:
            raise RunConfirmed(run=number, on=run.confirmed_on.isoformat())
        if on < run.collect_on:
            raise ConfirmedEarly(run=number, collect_on=run.collect_on.isoformat())
        lines = list(_lines(debits.read_run_lines(number, state="running")))
        report = ManyReport(0, 0, Decimal(0), ())
        if lines:
            incoming = [_incoming(line, on) for line in lines]
            report = receive_many(incoming, tenant_id=tenant_id, at=at, settled=True)
        debits.mark_collected(number, on=on)
        run.confirmed_on = on
        run.save(update_fields=["confirmed_on"])
        return report


def payment_key(end_to_end: str) -> str:
    """The key of the payment that a direct debit brings."""
    return f"debit:{end_to_end}"


def _incoming(line: DebitLine, on: date) -> Incoming:
    receipt = Receipt(
        key=payment_key(line.end_to_end),
        method=PaymentMethod.DIRECT_DEBIT,
        amount=line.amount,
        currency=CURRENCY,
        received_on=on,
        reference=line.invoice,
        payer=line.debtor,
    )
    return Incoming(line.account_id, receipt, (line.invoice,))
