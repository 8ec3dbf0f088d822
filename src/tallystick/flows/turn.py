"""Turning the books: revenue released by the day, unbilled usage accrued, foreign items valued,
periods closed.

Each turning is a row of its own; an account range is one transaction, and what it released is
noted with each line, so that a turning that was stopped goes on and one told twice posts nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from tallystick.base.money import minor_decimals, round_minor
from tallystick.base.period import day_start
from tallystick.base.progress import Progress, silent
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post.earn import earned_through, post_revenue
from tallystick.core.post.rules import EventKind
from tallystick.domain.catalog.queries import plans_by_version
from tallystick.domain.ledger import operations, tables
from tallystick.domain.ledger.models import Turn, TurnKind
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.unbilled import read_unbilled_usage
from tallystick.flows.accrue import earned_unbilled
from tallystick.flows.accrue_running import EARNED
from tallystick.flows.revalue import RevaluationReport, require_rates, revalue_items

LINES_PER_TASK: Final = 50_000
TURNING: Final = "turning the books"


@dataclass(frozen=True, slots=True)
class TurnReport:
    """What a turning posted, or would post: amounts by currency, and in how many entries.

    `revalued` is in the operator's own currency.
    """

    through: date
    released: dict[str, Decimal]
    accrued: dict[str, Decimal]
    revalued: RevaluationReport
    entries: int


def turn_books(
    *,
    tenant_id: int,
    through: date,
    at: datetime,
    close: bool = False,
    rehearse: bool = False,
    progress: Progress = silent,
) -> TurnReport:
    """Releases what was earned through that day, accrues what is not billed by then and values
    what is open in foreign currencies.

    The last two are reversed on the next day. `close` locks the books through the day afterwards;
    `rehearse` says what would be posted and stores nothing.

    :raises AlreadyRunning: while another turning of the operator runs
    :raises BooksClosed: when the day lies in a closed period, or the next does
    :raises RatesMissing: when a rate of foreign items is not known; nothing is posted then
    """
    with only_one(TURNING, tenant_id=tenant_id):
        with acting_for(tenant_id):
            operations.require_open(through)
            tenant = Tenant.objects.get(id=tenant_id)
            require_rates(tenant, through=through)
            ranges = list(_ranges(tables.accounts_with_deferrals(through=through)))
        turner = _Turner(tenant, through=through, at=at, rehearse=rehearse)
        for done, accounts in enumerate(ranges, start=1):
            with acting_for(tenant_id):
                turner.release(accounts)
            progress("releasing revenue", done=done, total=len(ranges))
        with acting_for(tenant_id):
            turner.accrue()
            revalued = revalue_items(tenant, through=through, at=at, rehearse=rehearse)
            if close and not rehearse:
                operations.close_books(tenant_id=tenant_id, through=through, at=at)
        entries = turner.entries + revalued.entries
        return TurnReport(through, turner.released, turner.accrued, revalued, entries)


def _ranges(counts: pl.DataFrame) -> Iterator[tuple[int, int]]:
    """Accounts [first, end) with about as many lines each as a task has."""
    part = (pl.col("lines").cum_sum() - pl.col("lines")) // LINES_PER_TASK
    cuts = counts.group_by(part.alias("part")).agg(
        pl.col("account_id").min().alias("first"), pl.col("account_id").max().alias("last")
    )
    for _, first, last in cuts.sort("part").iter_rows():
        yield first, last + 1


class _Turner:
    """One turning and what it has posted so far."""

    def __init__(self, tenant: Tenant, *, through: date, at: datetime, rehearse: bool) -> None:
        self._tenant, self._through, self._at, self._rehearse = tenant, through, at, rehearse
        self._turns: dict[TurnKind, Turn] = {}
        self.released: dict[str, Decimal] = {}
        self.accrued: dict[str, Decimal] = {}
        self.entries = 0

    def release(self, accounts: tuple[int, int]) -> None:
        """Posts what these accounts' lines earned since they were released last."""
        held = tables.read_deferrals(accounts, through=self._through)
        for (currency,), lines in held.group_by("currency", maintain_order=True):
            earned = earned_through(
                lines, through=self._through, decimals=minor_decimals(str(currency))
            )
            due = earned.select(
                "account_id",
                "revenue_account",
                amount=(pl.col("earned") - pl.col("released")).cast(MONEY),
            ).filter(pl.col("amount") != 0)
            self._post(due, TurnKind.RELEASE, currency=str(currency), on=self._through)
            _add(self.released, str(currency), due)
            if not self._rehearse:
                tables.note_released(earned.select("account_id", "id", released="earned"))

    def accrue(self) -> None:
        """Posts what is used and not billed by the evening of the day, and its reversal; once."""
        known = Turn.objects.filter(kind=TurnKind.ACCRUE, through=self._through)
        if known.exists():
            return
        end = day_start(self._through + timedelta(days=1), ZoneInfo(self._tenant.zone))
        usage = self._by_revenue(read_unbilled_usage(through=self._through, before=end))
        earned = pl.concat(
            [usage, earned_unbilled(self._tenant, through=self._through, before=end)]
        )
        for (currency,), part in earned.group_by("currency", maintain_order=True):
            due = _add_up(part, currency=str(currency))
            self._post(due, TurnKind.ACCRUE, currency=str(currency), on=self._through)
            next_day = self._through + timedelta(days=1)
            self._post(due, TurnKind.ACCRUE, currency=str(currency), on=next_day, turned=True)
            _add(self.accrued, str(currency), due)

    def _by_revenue(self, usage: pl.DataFrame) -> pl.DataFrame:
        """Unbilled usage by account and revenue account (EARNED)."""
        accounts = {
            (version_id, part.id): part.revenue_account
            for version_id, plan in plans_by_version().items()
            for part in plan.components.values()
        }
        named = pl.DataFrame(
            [(*key, revenue) for key, revenue in accounts.items()],
            schema={"version_id": pl.Int64, "component_id": pl.Int64, "revenue_account": pl.String},
            orient="row",
        )
        joined = usage.join(named, on=("version_id", "component_id"))
        return joined.select(pl.col(name).cast(kind) for name, kind in EARNED.items())

    def _post(
        self, due: pl.DataFrame, kind: TurnKind, *, currency: str, on: date, turned: bool = False
    ) -> None:
        if due.is_empty() or self._rehearse:
            return
        turn = self._turn(kind)
        event = _EVENTS[kind]
        postings = post_revenue(due, kind=event, turned=turned)
        said = f"{_SAID[kind]} through {self._through}" + (", reversed" if turned else "")
        key = f"{kind}{'-reversed' if turned else ''}:{turn.id}:{currency}"
        heads = postings.select("account_id").unique(maintain_order=True)
        tables.store_entries(
            postings,
            heads=heads.with_columns(source_key=pl.lit(key), description=pl.lit(said)),
            tenant_id=self._tenant.id,
            kind=event,
            occurred_on=on,
            currency=currency,
            posted_at=self._at,
        )
        self.entries += heads.height

    def _turn(self, kind: TurnKind) -> Turn:
        if kind not in self._turns:
            self._turns[kind] = Turn.objects.create(
                tenant_id=self._tenant.id, kind=kind, through=self._through, turned_at=self._at
            )
        return self._turns[kind]


_EVENTS: Final = {
    TurnKind.RELEASE: EventKind.REVENUE_RELEASED,
    TurnKind.ACCRUE: EventKind.REVENUE_ACCRUED,
}
_SAID: Final = {TurnKind.RELEASE: "revenue earned", TurnKind.ACCRUE: "earned and not billed yet"}


def _add_up(earned: pl.DataFrame, *, currency: str) -> pl.DataFrame:
    """EARNED of one currency by account and revenue account, each sum rounded once."""
    sums = (
        earned.group_by("account_id", "revenue_account")
        .agg(pl.col("amount").sum())
        .sort("account_id", "revenue_account")
    )
    rounded = [round_minor(amount, currency=currency) for amount in sums["amount"]]
    return sums.with_columns(amount=pl.Series(rounded, dtype=MONEY)).filter(pl.col("amount") != 0)


def _add(sums: dict[str, Decimal], currency: str, due: pl.DataFrame) -> None:
    sums[currency] = sums.get(currency, Decimal(0)) + Decimal(due["amount"].sum() or 0)
