"""What rated usage takes from balances: event by event, as online charging would have taken it.

An event pays with the money that its account may use for it, in the order of drawing. What a
hybrid account pays so is taken off its lines, as online charging does; the rest is owed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Final, NamedTuple

import polars as pl

from tallystick.core.charge.balance import Bucket, Mode, Use, draw_order, pay, usable
from tallystick.core.charge.frames import frame_of, rescale
from tallystick.core.charge.lines import PAID_AT_ONCE
from tallystick.core.charge.match import Fields
from tallystick.core.charge.online.state import AccountState
from tallystick.core.charge.own_buckets import asked_of, fields_for
from tallystick.core.charge.versions import VERSION_RATED, DatedPlan
from tallystick.core.tariff.plan import PlanUsage

_SUMS: Final = (
    "account_id", "started_at", "usage_id", "contract_id", "component_id", "version_id", "month",
)  # fmt: skip
_PAID: Final = pl.Schema(
    {"usage_id": pl.Int64(), "component_id": pl.Int64(), "paid": VERSION_RATED["amount"]}
)
_FIELDS: Final = ("called", "zone", "kind", "attributes")


class Cause(NamedTuple):
    """Why buckets moved, as far as movements tell it apart."""

    contract_id: int
    component_id: int
    version_id: int
    day: date


@dataclass(slots=True)
class Drawn:
    """What a batch of events took.

    `moved` is what was taken of a bucket (below zero: given back), by its account, id and cause;
    `owed` what the invoice will ask for, by account and month.
    """

    moved: dict[tuple[int, int, Cause], int] = field(default_factory=lambda: defaultdict(int))
    owed: dict[tuple[int, date], int] = field(default_factory=lambda: defaultdict(int))
    paid: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    """By usage and component, of accounts that have an invoice."""

    def lines(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The lines (VERSION_RATED) that take away what was paid at once."""
        paid = frame_of(
            ((*key, amount) for key, amount in self.paid.items() if amount), schema=_PAID
        )
        last = (
            lines.join(paid, on=["usage_id", "component_id"])
            .sort("usage_id", "component_id", "seq")
            .unique(["usage_id", "component_id"], keep="last", maintain_order=True)
        )
        none = {name: VERSION_RATED[name] for name in ("tier", "rate_key")}
        nothing = {
            name: VERSION_RATED[name]
            for name in ("measured", "billed", "allowed", "unit_price", "fee")
        }
        return last.with_columns(
            (pl.col("seq") + 1).cast(VERSION_RATED["seq"]).alias("seq"),
            pl.lit(PAID_AT_ONCE).alias("band"),
            (-pl.col("paid")).cast(VERSION_RATED["amount"]).alias("amount"),
            *(pl.lit(None, dtype=kind).alias(name) for name, kind in none.items()),
            *(pl.lit("0").cast(kind).alias(name) for name, kind in nothing.items()),
        ).select(VERSION_RATED.names())


def draw_lines(
    lines: pl.DataFrame,
    *,
    accounts: Mapping[int, AccountState],
    events: pl.DataFrame,
    plans: Sequence[DatedPlan],
    now: datetime,
) -> Drawn:
    """What rated lines (VERSION_RATED and the account's `month`) take; the accounts then have less.

    `events` (CHARGE_IN) say what conditions ask of the usage. It was delivered, so what the money
    of a prepaid account lacks goes on credit, beyond its limit too.
    """
    drawn = Drawn()
    kinds = {
        (dated.version_id, number): part.kind
        for dated in plans
        for number, part in dated.plan.components.items()
        if isinstance(part, PlanUsage)
    }
    fields = _fields_asked(lines, accounts=accounts, events=events)
    paid = pl.col("amount").filter(pl.col("band") == PAID_AT_ONCE).sum()
    sums = lines.group_by(_SUMS, maintain_order=True).agg(pl.col("amount").sum(), undone=paid)
    rows = sums.sort("account_id", "started_at", "usage_id", maintain_order=True)
    amounts = rescale(rows.select("amount", "undone")).iter_rows()
    told = zip(rows.drop("amount", "undone").iter_rows(), amounts, strict=True)
    for account_id, own in groupby(told, key=lambda one: one[0][0]):
        payer = _Payer(accounts[account_id], drawn)
        for (_, at, usage_id), parts in groupby(own, key=lambda one: one[0][:3]):
            costs = list(parts)
            _, _, _, contract_id, component_id, version_id, month = costs[0][0]
            kind = kinds.get((version_id, component_id), "")
            use = Use(at, now, kind, contract_id, fields.get(usage_id))
            day = at.date()
            causes = [(Cause(row[3], row[4], row[5], day), cost) for row, (cost, _) in costs]
            undone = sum(amount for _, (_, amount) in costs)
            if undone:
                payer.give_back(undone, cause=causes[0][0])
            payer.draw(use, usage_id=usage_id, costs=causes, month=month)
    return drawn


def _fields_asked(
    lines: pl.DataFrame, *, accounts: Mapping[int, AccountState], events: pl.DataFrame
) -> dict[int, Fields]:
    """By usage, what the conditions of its account's buckets may ask; only where there are any."""
    names: dict[int, tuple[str, ...]] = {}
    for number, state in accounts.items():
        if any(bucket.where.terms for bucket in state.buckets.values()):
            names[number] = asked_of(state.buckets.values())
    own = events.filter(pl.col("account_id").is_in(list(names)))
    own = own.join(lines.select("usage_id").unique(), on="usage_id", how="semi")
    asked = own.select("usage_id", "account_id", *_FIELDS).iter_rows(named=True)
    return {row["usage_id"]: fields_for(row, asked=names[row["account_id"]]) for row in asked}


@dataclass(slots=True)
class _Payer:
    """Draws one account's events, one after the other."""

    state: AccountState
    drawn: Drawn
    _funds: list[Bucket] = field(init=False)
    _credit: Bucket | None = field(init=False)

    def __post_init__(self) -> None:
        own = self.state.buckets.values()
        self._funds = sorted((b for b in own if b.unit == self.state.currency), key=draw_order)
        self._credit = self.state.credit

    def give_back(self, amount: int, *, cause: Cause) -> None:
        """What was paid at once for an event that is gone; where it came from is not known."""
        assert self._credit is not None, "an account that is drawn from has a bucket for credit"
        self._credit.remaining += amount
        self.drawn.moved[self.state.account_id, self._credit.id, cause] -= amount

    def draw(
        self, use: Use, *, usage_id: int, costs: Sequence[tuple[Cause, int]], month: date
    ) -> None:
        state, drawn = self.state, self.drawn
        total = sum(cost for _, cost in costs)
        if self._funds and not self._funds[0].free and not self._funds[0].on_credit:
            self._funds = [one for one in self._funds if one.free or one.on_credit]
        open_ = usable(self._funds, use=use, currency=state.currency, money=True)
        parts, owed = pay(total, mode=state.mode, buckets=open_, credit=self._credit)
        for number, cause, part in spread_parts(parts.items(), costs=costs):
            state.buckets[number].remaining -= part
            drawn.moved[state.account_id, number, cause] += part
            if state.mode is not Mode.PREPAID:
                drawn.paid[usage_id, cause.component_id] += part
        if owed:
            drawn.owed[state.account_id, month] += owed
            state.tab_of(month)[0] += owed


def spread_parts(
    parts: Iterable[tuple[int, int]], *, costs: Sequence[tuple[Cause, int]]
) -> Iterator[tuple[int, Cause, int]]:
    """What each bucket paid of each cost: (bucket, cause, amount); the first pays the first.

    What costs below zero give lessens the others, the first ones first. Where all together are
    below zero, so are the parts.
    """
    sign = 1 if sum(cost for _, cost in costs) >= 0 else -1
    less = sum(max(-sign * cost, 0) for _, cost in costs)
    open_costs: list[tuple[Cause, int]] = []
    for cause, cost in costs:
        own = max(sign * cost, 0)
        cut = min(own, less)
        less -= cut
        if own > cut:
            open_costs.append((cause, own - cut))
    at = 0
    for number, amount in parts:
        left = sign * amount
        while left > 0:
            cause, cost = open_costs[at]
            part = min(left, cost)
            yield number, cause, sign * part
            left -= part
            open_costs[at] = (cause, cost - part)
            at += part == cost
