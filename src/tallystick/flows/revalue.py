"""Foreign items valued anew at the end of a period; what that gains or loses is not realised.

What is posted on the evening is reversed on the next day, so items stand at the rates of their own
days again and money that pays them later counts nothing twice. Told again for an evening, it posts
what has changed since.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl

from tallystick.base.money import EXACT, total_of
from tallystick.core.post.revalue import post_revaluation
from tallystick.core.post.rules import EventKind
from tallystick.core.receive.exchange import NoExchangeRate, Rate, Way, find_way
from tallystick.core.receive.revalue import VALUED, RatesMissing, Ways, value_items
from tallystick.domain.currencies.queries import rates_on
from tallystick.domain.ledger.models import Turn, TurnKind
from tallystick.domain.ledger.operations import complete_chart
from tallystick.domain.ledger.revaluations import (
    read_foreign_items,
    read_revaluations,
    store_revaluations,
)
from tallystick.domain.ledger.tables import store_many_entries
from tallystick.domain.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Position:
    """All foreign items of a currency on one ledger account, debit positive.

    `carried`, `worth` and `difference` (above zero: gained) are in the operator's currency.
    """

    currency: str
    ledger_account: str
    balance: Decimal
    carried: Decimal
    worth: Decimal

    @property
    def difference(self) -> Decimal:
        return EXACT.subtract(self.worth, self.carried)


@dataclass(frozen=True, slots=True)
class RevaluationReport:
    """What foreign items are worth on an evening, and what was, or would be, posted of it now.

    `gain` and `loss` are in the operator's currency `own`; a repeated turning posts the change of
    each, which may be below zero.
    """

    own: str
    positions: tuple[Position, ...] = ()
    gain: Decimal = Decimal(0)
    loss: Decimal = Decimal(0)
    entries: int = 0


def require_rates(tenant: Tenant, *, through: date) -> None:
    """Passes when the foreign items open that evening can be valued; in the caller's transaction.

    :raises RatesMissing: when a rate is not known
    """
    items = read_foreign_items(own=tenant.currency, through=through)
    _ways(items, own=tenant.currency, through=through)


def revalue_items(
    tenant: Tenant, *, through: date, at: datetime, rehearse: bool = False
) -> RevaluationReport:
    """Values the foreign items open that evening, and posts the difference and its reversal.

    Part of the caller's transaction; `rehearse` stores nothing.

    :raises RatesMissing: when a rate is not known
    :raises BooksClosed: when the day or the next lies in a closed period
    """
    items = read_foreign_items(own=tenant.currency, through=through)
    ways = _ways(items, own=tenant.currency, through=through)
    valued = value_items(items, ways=ways)
    changes = _changes(valued, before=read_revaluations(through=through))
    report = RevaluationReport(
        tenant.currency, _positions(valued), total_of(changes["gain"]), total_of(changes["loss"])
    )
    if changes.is_empty() or rehearse:
        return report
    turn = Turn.objects.create(
        tenant_id=tenant.id, kind=TurnKind.REVALUE, through=through, turned_at=at
    )
    store_revaluations(changes, tenant_id=tenant.id, turn_id=turn.id)
    entries = _entries(changes, turn=turn, own=tenant.currency)
    if not entries.is_empty():
        complete_chart(tenant_id=tenant.id)
        store_many_entries(entries, tenant_id=tenant.id, posted_at=at)
    stored = entries.select("account_id", "source_key").n_unique()
    return RevaluationReport(report.own, report.positions, report.gain, report.loss, stored)


def _ways(items: pl.DataFrame, *, own: str, through: date) -> Ways:
    """How the currencies of ITEMS become the own one, on their days and that evening.

    :raises RatesMissing: with every day that has no rate
    """
    held: dict[date, list[Rate]] = {}
    by_day: dict[tuple[str, date], Way] = {}
    missing = []
    wanted = {(str(currency), day) for currency, day in items.select("currency", "day").iter_rows()}
    wanted |= {(currency, through) for currency, _ in wanted}
    for currency, day in sorted(wanted):
        if day not in held:
            held[day] = rates_on(day)
        try:
            by_day[currency, day] = find_way(held[day], base=currency, quote=own, on=day)
        except NoExchangeRate:
            missing.append((currency, day))
    if missing:
        raise RatesMissing(own=own, missing=tuple(missing), through=str(through))
    closing = {currency: way for (currency, day), way in by_day.items() if day == through}
    return Ways(own, closing, by_day)


def _changes(valued: pl.DataFrame, *, before: pl.DataFrame) -> pl.DataFrame:
    """VALUED that is not known of that evening yet, with what is to be posted of each.

    What is open no more is valued at nothing.
    """
    key = ["account_id", "ledger_account", "currency"]
    money = VALUED["worth"]
    gone = before.join(valued, on=key, how="anti").with_columns(
        pl.lit(0).cast(money).alias(name) for name in ("balance", "carried", "worth")
    )
    all_of_it = pl.concat([valued, gone.select(VALUED.names())])
    same = before.select(VALUED.names())
    changed = all_of_it.join(same, on=VALUED.names(), how="anti")
    posted = before.select(*key, "difference")
    joined = changed.join(posted, on=key, how="left", maintain_order="left")
    zero = pl.lit(0).cast(money)
    new, old = pl.col("worth") - pl.col("carried"), pl.col("difference").fill_null(zero)
    return joined.with_columns(
        posted=(new - old).cast(money),
        gain=(pl.max_horizontal(new, zero) - pl.max_horizontal(old, zero)).cast(money),
        loss=(pl.max_horizontal(-new, zero) - pl.max_horizontal(-old, zero)).cast(money),
    ).drop("difference")


def _entries(changes: pl.DataFrame, *, turn: Turn, own: str) -> pl.DataFrame:
    """What that turning posts, and its reversal on the next day (ENTRY_ROWS)."""
    posted = []
    for turned in (False, True):
        on = turn.through + timedelta(days=1 if turned else 0)
        key = f"{TurnKind.REVALUE}{'-reversed' if turned else ''}:{turn.id}:"
        said = f" valued on {turn.through}{', reversed' if turned else ''}"
        posted.append(
            post_revaluation(changes, turned=turned).select(
                "account_id",
                source_key=pl.lit(key) + pl.col("currency"),
                description=pl.lit("open items in ") + pl.col("currency") + pl.lit(said),
                kind=pl.lit(str(EventKind.ITEMS_REVALUED)),
                occurred_on=pl.lit(on),
                currency=pl.lit(own),
                ledger_account="ledger_account",
                amount="amount",
                detail="detail",
            )
        )
    return pl.concat(posted)


def _positions(valued: pl.DataFrame) -> tuple[Position, ...]:
    sums = valued.group_by("currency", "ledger_account").agg(
        pl.col("balance", "carried", "worth").sum()
    )
    return tuple(Position(*row) for row in sums.sort("currency", "ledger_account").iter_rows())
