"""What costs take from balances, event by event: the oracle of `draw_batch`.

An event pays with the money that its account may use for it, in the order of drawing. What a
hybrid account pays so is taken off its lines, as online charging does; the rest is owed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

import polars as pl

from tallystick.core.charge.balance import Bucket, Mode, Use, draw_order, pay, usable
from tallystick.core.charge.drawn import OWED, PAID, TAKEN, Drawn
from tallystick.core.charge.match import Fields
from tallystick.core.charge.online.state import AccountState


class Cause(NamedTuple):
    """Why buckets moved, as far as movements tell it apart."""

    contract_id: int
    component_id: int
    version_id: int
    day: date


@dataclass(slots=True)
class _Taken:
    """By account, bucket and cause; by account and month; by usage and component."""

    moved: dict[tuple[int, int, Cause], int] = field(default_factory=lambda: defaultdict(int))
    owed: dict[tuple[int, date], int] = field(default_factory=lambda: defaultdict(int))
    paid: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))

    def drawn(self) -> Drawn:
        moved = ((*key[:2], *key[2], amount) for key, amount in self.moved.items())
        owed = ((*key, amount) for key, amount in self.owed.items())
        paid = ((*key, amount) for key, amount in self.paid.items())
        return Drawn(
            pl.DataFrame(list(moved), schema=TAKEN, orient="row"),
            pl.DataFrame(list(owed), schema=OWED, orient="row"),
            pl.DataFrame(list(paid), schema=PAID, orient="row"),
        )


def draw_exact(
    costs: pl.DataFrame,
    *,
    accounts: Mapping[int, AccountState],
    fields: Mapping[int, Fields],
    now: datetime,
) -> Drawn:
    """What COSTS take of these accounts, which stay as they are.

    `fields` are what conditions may ask of a usage, where there are any.
    """
    taken = _Taken()
    keys = costs.drop("amount", "undone").iter_rows()
    told = zip(keys, costs.select("amount", "undone").iter_rows(), strict=True)
    for account_id, own in groupby(told, key=lambda one: one[0][0]):
        payer = _Payer(accounts[account_id], taken)
        for (_, at, usage_id), parts in groupby(own, key=lambda one: one[0][:3]):
            rows = list(parts)
            _, _, _, contract_id, _, _, month, kind = rows[0][0]
            use = Use(at, now, kind, contract_id, fields.get(usage_id))
            day = at.date()
            causes = [(Cause(row[3], row[4], row[5], day), cost) for row, (cost, _) in rows]
            undone = sum(amount for _, (_, amount) in rows)
            if undone:
                payer.give_back(undone, cause=causes[0][0])
            payer.draw(use, usage_id=usage_id, costs=causes, month=month)
    return taken.drawn()


@dataclass(slots=True)
class _Payer:
    """Draws one account's events, one after the other."""

    state: AccountState
    taken: _Taken
    _money: dict[int, Bucket] = field(init=False)
    _funds: list[Bucket] = field(init=False)
    _credit: Bucket | None = field(init=False)

    def __post_init__(self) -> None:
        own = [copy(b) for b in self.state.buckets.values() if b.unit == self.state.currency]
        self._money = {bucket.id: bucket for bucket in own}
        self._funds = sorted(own, key=draw_order)
        self._credit = next((bucket for bucket in own if bucket.on_credit), None)

    def give_back(self, amount: int, *, cause: Cause) -> None:
        """What was paid at once for an event that is gone; where it came from is not known."""
        assert self._credit is not None, "an account that is drawn from has a bucket for credit"
        self._credit.remaining += amount
        self.taken.moved[self.state.account_id, self._credit.id, cause] -= amount

    def draw(
        self, use: Use, *, usage_id: int, costs: Sequence[tuple[Cause, int]], month: date
    ) -> None:
        state, taken = self.state, self.taken
        total = sum(cost for _, cost in costs)
        if self._funds and not self._funds[0].free and not self._funds[0].on_credit:
            self._funds = [one for one in self._funds if one.free or one.on_credit]
        open_ = usable(self._funds, use=use, currency=state.currency, money=True)
        parts, owed = pay(total, mode=state.mode, buckets=open_, credit=self._credit)
        for number, cause, part in spread_parts(parts.items(), costs=costs):
            self._money[number].remaining -= part
            taken.moved[state.account_id, number, cause] += part
            if state.mode is not Mode.PREPAID:
                taken.paid[usage_id, cause.component_id] += part
        if owed:
            taken.owed[state.account_id, month] += owed


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
