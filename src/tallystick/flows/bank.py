"""Statements of the bank: each line once, matched to whom it is from, or waiting for a person."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

import polars as pl

from tallystick.base.money import EXACT, plain, round_minor
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal
from tallystick.core.receive.payout import PayoutState
from tallystick.core.receive.statement import (
    Known,
    Matched,
    Rule,
    Statement,
    StatementLine,
    Waiting,
    match_line,
    spell,
    spell_each,
    words_of,
)
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments import tables
from tallystick.domain.payments.models import (
    BankLine,
    BankLineState,
    BankStatement,
    PaymentMethod,
)
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.payments.payout_models import Payout
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.bank_runs import lines_of_runs, take_run
from tallystick.flows.come_back import take_returned
from tallystick.flows.exchange import settle_exchanged
from tallystick.flows.give_back import Comeback, ReturnReport, return_payment, returnable
from tallystick.flows.payouts import match_payout, take_payout_line
from tallystick.flows.receive import receive_payment
from tallystick.flows.receive_many import Incoming, ManyReport, receive_many
from tallystick.flows.tasks import WORKERS, work_off

LINES_PER_PART: Final = 10_000

Key = TypeVar("Key")


@dataclass
class LineDecided(Refusal):
    code = "line_decided"
    line: int = 0
    state: str = ""

    def sentence(self) -> str:
        return f"bank line {self.line} is {self.state} already; only one that waits can be decided"


@dataclass
class UnknownBankLine(Refusal):
    code = "unknown_bank_line"
    line: int = 0

    def sentence(self) -> str:
        return f"no bank line has the number {self.line}; see: tallystick bank worklist"


@dataclass(frozen=True, slots=True)
class StatementReport:
    """What became of a statement's lines: matched, waiting by reason, known before."""

    number: str
    lines: int
    repeated: int
    matched: int
    amount: Decimal
    waiting: dict[str, int]
    restored: tuple[str, ...]


def import_statement(
    statement: Statement,
    *,
    tenant_id: int,
    filename: str,
    at: datetime,
    workers: int = WORKERS,
    progress: Progress = silent,
) -> StatementReport:
    """Takes a statement's lines: payments for those that match, a worklist for the rest.

    Each line counts once, whatever files and statements bring it. Some thousands are one
    transaction; an import that was stopped goes on where it was when the file is given again.

    :raises AlreadyRunning: while another import of the operator runs
    """
    with only_one("importing bank statements", tenant_id=tenant_id):
        importer = _Importer(statement, tenant_id=tenant_id, filename=filename, at=at)
        return importer.take_all(workers=workers, progress=progress)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What became of some lines."""

    repeated: int = 0
    matched: int = 0
    amount: Decimal = Decimal(0)
    waiting: Mapping[str, int] = field(default_factory=dict)
    restored: tuple[str, ...] = ()


Found = tuple[StatementLine, Matched | Waiting]


class _Importer:
    """One statement, taken a part after the other or side by side."""

    def __init__(
        self, statement: Statement, *, tenant_id: int, filename: str, at: datetime
    ) -> None:
        self._statement, self._tenant_id, self._at = statement, tenant_id, at
        with acting_for(tenant_id):
            self._head, _ = BankStatement.objects.get_or_create(
                tenant_id=tenant_id,
                iban=statement.iban,
                number=statement.number,
                defaults={
                    "currency": statement.currency,
                    "opening": statement.opening,
                    "closing": statement.closing,
                    "filename": filename,
                    "imported_at": at,
                },
            )

    def take_all(self, *, workers: int, progress: Progress) -> StatementReport:
        """Takes every line; what became of them."""
        with acting_for(self._tenant_id):
            known = _known(self._statement.lines)
        of_runs, taken = self._take_runs()
        of_payouts, more = self._take_payouts()
        taken += more
        done = of_runs | of_payouts
        rest = [line for line in self._statement.lines if line.key not in done]
        parts = _cut([(line, _match(line, known)) for line in rest])
        if len(parts) == 1:
            taken.append(self._take(parts[0]))
        else:
            taken += work_off(
                range(len(parts)), work=lambda place: self._take(parts[place]), workers=workers,
                what="bank lines", progress=progress,
            )  # fmt: skip
        return self._report(taken)

    def _report(self, taken: Sequence[_Taken]) -> StatementReport:
        waiting: dict[str, int] = defaultdict(int)
        for one in taken:
            for why, count in one.waiting.items():
                waiting[why] += count
        return StatementReport(
            self._statement.number,
            len(self._statement.lines),
            sum(one.repeated for one in taken),
            sum(one.matched for one in taken),
            sum((one.amount for one in taken), Decimal(0)),
            dict(sorted(waiting.items())),
            tuple(name for one in taken for name in one.restored),
        )

    def _take_runs(self) -> tuple[frozenset[str], list[_Taken]]:
        """Takes the lines that pay debit runs, each run in a transaction; the keys of all."""
        keys: set[str] = set()
        taken: list[_Taken] = []
        with acting_for(self._tenant_id):
            runs = lines_of_runs(self._statement.lines)
        for run in runs:
            with acting_for(self._tenant_id):
                before = tables.known_keys(pl.Series("key", [one.key for one in run.lines]))
                new = [line for line in run.lines if line.key not in before]
                found: Matched | Waiting = Waiting.DEBIT_RUN  # what comes on top of others
                if not before:
                    found = take_run(run, tenant_id=self._tenant_id, at=self._at)
                self._store([_row(line, found) for line in new])
            keys |= {line.key for line in new}
            if isinstance(found, Matched):
                amount = sum((line.amount for line in new), Decimal(0))
                taken.append(_Taken(matched=len(new), amount=amount))
            else:
                taken.append(_Taken(waiting={found.value: len(new)} if new else {}))
        return frozenset(keys), taken

    def _take_payouts(self) -> tuple[frozenset[str], list[_Taken]]:
        """Takes the lines that are payouts of processors, each in a transaction; their keys."""
        keys: set[str] = set()
        taken: list[_Taken] = []
        with acting_for(self._tenant_id):
            announced = list(Payout.objects.filter(state=PayoutState.ANNOUNCED).order_by("id"))
            if not announced:
                return frozenset(), []
            lines = [one for one in self._statement.lines if match_payout(one, announced=announced)]
            known = tables.known_keys(pl.Series("key", [one.key for one in lines], pl.String))
        for line in lines:
            if line.key in known:
                continue
            with acting_for(self._tenant_id):
                found = take_payout_line(line, at=self._at)
                if found is None:
                    continue
                self._store([_row(line, found)])
            keys.add(line.key)
            if isinstance(found, Matched):
                taken.append(_Taken(matched=1, amount=line.amount))
            else:
                taken.append(_Taken(waiting={found.value: 1}))
        return frozenset(keys), taken

    def _take(self, lines: Sequence[Found]) -> _Taken:
        """Takes some lines in one transaction."""
        with acting_for(self._tenant_id):
            before = tables.known_keys(pl.Series("key", [one.key for one, _ in lines], pl.String))
            rows: list[tuple[Any, ...]] = []
            incoming: list[Incoming] = []
            waiting: dict[str, int] = defaultdict(int)
            returned, amount = 0, Decimal(0)
            for line, matched in lines:
                found = matched
                if line.key in before:
                    continue
                if found is Waiting.MONEY_OUT:
                    back = take_returned(line, tenant_id=self._tenant_id, at=self._at)
                    found = back or found
                rows.append(_row(line, found))
                if isinstance(found, Waiting):
                    waiting[found.value] += 1
                elif found.rule is Rule.RETURNED:
                    returned += 1
                else:
                    incoming.append(_incoming(line, found))
                    amount += line.amount
            self._store(rows)
            restored: tuple[str, ...] = ()
            if incoming:
                restored = _receive(incoming, tenant_id=self._tenant_id, at=self._at).restored
        known = len(lines) - len(rows)
        return _Taken(known, len(incoming) + returned, amount, waiting, restored)

    def _store(self, rows: list[tuple[Any, ...]]) -> None:
        frame = pl.DataFrame(rows, schema=tables.BANK_LINES, orient="row")
        tables.store_bank_lines(frame, tenant_id=self._tenant_id, statement_id=self._head.id)


def _cut(found: list[Found]) -> list[list[Found]]:
    """The lines in parts, all those of an account in one and in their order.

    Parts are taken side by side, so that what is set against what must not hang on their order.
    """
    by_account: dict[int | None, list[Found]] = defaultdict(list)
    for line, match in found:
        account_id = match.account_id if isinstance(match, Matched) else None
        by_account[account_id].append((line, match))
    parts: list[list[Found]] = [[]]
    for own in by_account.values():
        if len(parts[-1]) >= LINES_PER_PART:
            parts.append([])
        parts[-1] += own
    return parts


def _match(line: StatementLine, known: Known) -> Matched | Waiting:
    """As the rules say; an amount finer than its currency is nobody's."""
    if line.amount != round_minor(line.amount, currency=line.currency):
        return Waiting.OTHER_CURRENCY
    return match_line(line, known=known)


def _row(line: StatementLine, found: Matched | Waiting) -> tuple[Any, ...]:
    head = (line.key, line.booked_on, line.amount, line.currency, line.text, line.payer,
            line.payer_iban)  # fmt: skip
    if isinstance(found, Waiting):
        return (*head, BankLineState.WAITING, found.value, None, "")
    paid = line.amount > 0 and found.account_id is not None
    key = _payment_key(line.key) if paid else ""
    return (*head, BankLineState.MATCHED, found.rule.value, found.account_id, key)


def _payment_key(key: str) -> str:
    return f"bank:{key}"


def _incoming(line: StatementLine, found: Matched) -> Incoming:
    receipt = Receipt(
        key=_payment_key(line.key),
        method=PaymentMethod.BANK,
        amount=line.amount,
        currency=line.currency,
        received_on=line.booked_on,
        reference=" ".join(found.invoices) or line.text,
        payer=line.payer,
    )
    assert found.account_id is not None, "a payment is somebody's"
    return Incoming(found.account_id, receipt, found.invoices)


def _receive(incoming: Sequence[Incoming], *, tenant_id: int, at: datetime) -> ManyReport:
    return receive_many(incoming, tenant_id=tenant_id, at=at, settled=True)


def _known(lines: Iterable[StatementLine]) -> Known:
    """All that these lines may name, as it stands now, and nothing else of the operator's."""
    lines = list(lines)
    words = words_of(lines)
    everyone = tables.read_account_names()
    accounts = _spelled(everyone, "number", among=words)
    invoices = _spelled(tables.read_invoice_numbers(), "number", among=words)
    payers = _spelled(
        tables.read_payers(), "payer_iban", among={spell(line.payer_iban) for line in lines}
    )
    owing = _owing(everyone, among={spell(line.payer) for line in lines})
    found = pl.concat(
        [accounts["id"], invoices["account_id"], payers["account_id"], owing["account_id"]]
    )
    currencies = everyone.filter(pl.col("id").is_in(found.unique().implode()))
    return Known(
        invoices=dict(
            zip(
                invoices["spelled"],
                zip(invoices["account_id"], invoices["number"], strict=True),
                strict=True,
            )
        ),
        accounts=dict(zip(accounts["spelled"], accounts["id"], strict=True)),
        payers=_sets(payers.select("spelled", "account_id").iter_rows()),
        owing=_sets(
            ((name, left.normalize(), currency), account_id)
            for name, left, currency, account_id in owing.iter_rows()
        ),
        currencies=dict(zip(currencies["id"], currencies["currency"], strict=True)),
    )


def _spelled(frame: pl.DataFrame, column: str, *, among: Collection[str]) -> pl.DataFrame:
    """Rows whose column is one of these when it is `spelled`."""
    wanted = pl.DataFrame({"spelled": list(among)}, schema={"spelled": pl.String})
    named = frame.with_columns(spell_each(pl.col(column)).alias("spelled"))
    return named.join(wanted, on="spelled", how="semi", maintain_order="left")


def _owing(everyone: pl.DataFrame, *, among: Collection[str]) -> pl.DataFrame:
    """What those of these names owe (`name`, `open`, `currency`, `account_id`)."""
    named = _spelled(everyone, "name", among=among)
    items = tables.read_open_items(named["id"].to_list()).filter(~pl.col("written_off"))
    return (
        items.group_by("account_id", "currency")
        .agg(pl.col("open").sum())
        .join(named.select(account_id="id", name="spelled"), on="account_id")
        .select("name", "open", "currency", "account_id")
    )


def _sets(pairs: Iterable[tuple[Key, int]]) -> dict[Key, frozenset[int]]:
    found: dict[Key, set[int]] = defaultdict(set)
    for key, account_id in pairs:
        found[key].add(account_id)
    return {key: frozenset(ids) for key, ids in found.items()}


def assign_line(line_id: int, *, account: str, tenant_id: int, at: datetime) -> ManyReport:
    """Decides that a waiting line is this account's: recorded as its payment.

    :raises UnknownBankLine: when there is no such line
    :raises LineDecided: when it does not wait
    :raises UnknownAccount: when no account has the number
    :raises NotThatAccounts: when the money goes out
    :raises NoExchangeRate: when it is of another currency and no rate holds on a day needed
    """
    with acting_for(tenant_id):
        line = _waiting_line(line_id)
        payer = account_numbered(account)
        if line.amount <= 0:
            raise NotThatAccounts(
                line=line_id, amount=plain(line.amount), currency=line.currency, account=account
            )
        read = StatementLine(
            line.key, line.booked_on, round_minor(line.amount, currency=line.currency),
            line.currency, line.text, line.payer, line.payer_iban,
        )  # fmt: skip
        known = _match(read, _known([read]))
        invoices = known.invoices if isinstance(known, Matched) else ()
        line.state, line.reason = BankLineState.MATCHED, Rule.PERSON
        line.account_id, line.payment_key = payer.id, _payment_key(line.key)
        line.save(update_fields=["state", "reason", "account_id", "payment_key"])
        incoming = _incoming(read, Matched(payer.id, Rule.PERSON, invoices))
        if line.currency != payer.currency:
            return _receive_foreign(incoming.receipt, payer=payer, at=at)
        return _receive([incoming], tenant_id=tenant_id, at=at)


def _receive_foreign(receipt: Receipt, *, payer: Account, at: datetime) -> ManyReport:
    """Money of another currency on the operator's bank account already."""
    report = receive_payment(receipt, tenant_id=payer.tenant_id, account=payer.number, at=at)
    settle_exchanged(report.payment_id, at=at)
    return ManyReport(1, len(report.allocations), report.credit, report.restored)


@dataclass
class NotThatAccounts(Refusal):
    code = "not_that_accounts"
    line: int = 0
    amount: str = ""
    currency: str = ""
    account: str = ""

    def sentence(self) -> str:
        return (
            f"bank line {self.line} of {self.amount} {self.currency} cannot be a payment of "
            f"account {self.account}: it goes out; see tallystick bank return --help"
        )


def return_line(
    line_id: int, *, reference: str, reason: str, tenant_id: int, at: datetime
) -> ReturnReport:
    """Decides that a waiting line out takes back that direct debit or payment.

    What the line has beyond its amount is the bank's costs.

    :raises UnknownBankLine: when there is no such line
    :raises LineDecided: when it does not wait
    :raises NotAReturn: when the money comes in, or is less than the payment
    :raises Refusal: when the payment cannot be taken back (see `return_payment`)
    """
    with acting_for(tenant_id):
        line = _waiting_line(line_id)
        amount = returnable(reference)
        costs = EXACT.subtract(-line.amount, amount)
        if costs < 0:
            raise NotAReturn(line=line_id, amount=plain(line.amount), reference=reference)
        comeback = Comeback(reference, reason, line.booked_on, costs)
        report = return_payment(comeback, tenant_id=tenant_id, at=at)
        line.state, line.reason = BankLineState.MATCHED, Rule.RETURNED
        line.account_id = account_numbered(report.account).id
        line.save(update_fields=["state", "reason", "account_id"])
        return report


@dataclass
class NotAReturn(Refusal):
    code = "not_a_return"
    line: int = 0
    amount: str = ""
    reference: str = ""

    def sentence(self) -> str:
        return (
            f"bank line {self.line} of {self.amount} cannot take {self.reference} back: "
            "a return goes out, and is at least the payment"
        )


def ignore_line(line_id: int, *, reason: str, tenant_id: int) -> None:
    """Sets a waiting line aside, with the reason: it is nobody's payment.

    :raises UnknownBankLine: when there is no such line
    :raises LineDecided: when it does not wait
    """
    with acting_for(tenant_id):
        line = _waiting_line(line_id)
        line.state, line.reason = BankLineState.IGNORED, reason[:300]
        line.save(update_fields=["state", "reason"])


def _waiting_line(line_id: int) -> BankLine:
    line = BankLine.objects.select_for_update().filter(id=line_id).first()
    if line is None:
        raise UnknownBankLine(line=line_id)
    if line.state != BankLineState.WAITING:
        raise LineDecided(line=line_id, state=line.state)
    return line
