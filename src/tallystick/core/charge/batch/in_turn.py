"""Buckets drawn one line after another, where columns cannot: what `drawer` says, said again.

Which bucket is drawn first may hang on the line: what ends first goes first, and a bucket that is
valid from its first use ends at another time for each who has it. Money is drawn so too, once for
an event and component.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.balance import Bucket
from tallystick.core.charge.batch.draw import Draws
from tallystick.core.charge.batch.match import hold_filters
from tallystick.core.charge.batch.own import Owned
from tallystick.core.charge.batch.tables import WHOLE, Tables, in_order
from tallystick.core.charge.frames import (
    COUNTERS,
    FIRST_USES,
    LAST_INSTANT_US,
    NEVER_RESETS,
    whole,
)
from tallystick.core.charge.lines import INCLUDED
from tallystick.core.charge.own_buckets import BUCKET_PER_QUANTITY, counter_of
from tallystick.core.charge.owners import owner_of
from tallystick.core.charge.validity import QUANTITY_US, cycle_end_us
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.plan import PlanAllowance

Key = tuple[int, int, int, date]
Given = tuple[int, int, int]
"""Place of the line, position of the allowance, what it gives."""

_Source = tuple[tuple[int, int, int], int, Any, Key, Key]
"""Order of drawing, position, allowance or bucket, its counter, the counter of its first use."""

_FIGURES: Final = ("measured", "billed", "allowed", "unit_price", "fee")

COST: Final = ("usage_id", "component_id", "amount")
"""What an event costs at a component, part by part."""

OWN_BUCKET: Final = -1
"""The position of what is no allowance of an offer."""

MAY: Final = "may"
"""A column of lists: the positions of the allowances that a line may draw from, in order."""

_ASKED: Final = (
    "usage_id", "usage", "rest", "started_at", "cycle_start", "account_id", "contract_id",
    "organisation_id", "pool_id", MAY,
)  # fmt: skip


def list_allowances(lines: pl.DataFrame, *, tables: Tables, money: bool) -> pl.Series:
    """For each line the allowances of quantities, or of money, that it may draw from."""
    columns = []
    for position, allowance in enumerate(tables.allowances):
        if allowance.money is not money:
            continue
        fits = _fits(lines, allowance, tables)
        columns.append(pl.when(fits).then(pl.lit(position, pl.Int32())))
    if not columns:
        none = pl.Series(MAY, [[]], pl.List(pl.Int32()))
        return none.new_from_index(0, lines.height)
    return lines.select(pl.concat_list(columns).list.drop_nulls().alias(MAY)).to_series()


def _fits(lines: pl.DataFrame, allowance: PlanAllowance, tables: Tables) -> pl.Series:
    """Whether each line is of what the allowance covers, and its filter holds."""
    covered = [
        n
        for n, usage in enumerate(tables.usages)
        if usage.offer_id == allowance.offer_id and usage.id in allowance.covers
    ]
    index = pl.lit(tables.filters.index(allowance.where), dtype=pl.Int32())
    band = tables.slot["band"].at("slot")
    fits = hold_filters(lines, index=index, filters=tables.filters, band=band)
    met = lines["usage"].is_in(covered)
    return met if fits is None else met & fits


def drawn_in_turn(lines: pl.DataFrame, *, tables: Tables, owned: Owned | None) -> pl.Series:
    """Which lines draw one after another: of offers with packages, and of organisations with
    buckets of their own.
    """
    turned = pl.lit(False)
    if tables.usage["in_turn"].any(True):
        turned = tables.usage["in_turn"].at("usage")
    if owned is not None:
        turned = turned | pl.col("organisation_id").is_in(owned.organisations.implode())
    return lines.with_columns(turned.alias("turned"))["turned"]


def draw_turns(
    lines: pl.DataFrame,
    *,
    turned: pl.Series,
    tables: Tables,
    draws: Draws,
    zone: ZoneInfo,
    owned: Owned | None = None,
) -> pl.DataFrame:
    """Lines with what is `allowed` of quantities where that is drawn in turn."""
    places = turned.arg_true()
    if places.is_empty():
        return lines
    held = lines[places].with_columns(rest="billed")
    held = held.with_columns(list_allowances(held, tables=tables, money=False))
    allowed = [0] * held.height
    given = draw_in_turn(held, tables=tables, draws=draws, zone=zone, owned=owned)
    for place, _, amount in given:
        allowed[place] += amount
    made = lines["allowed"].scatter(places, pl.Series(allowed, dtype=WHOLE))
    return lines.with_columns(made.alias("allowed"))


def has_money(tables: Tables) -> bool:
    """Whether some allowance is of money."""
    return any(allowance.money for allowance in tables.allowances)


def mark_money(lines: pl.DataFrame, *, tables: Tables) -> pl.DataFrame:
    """Lines with the allowances of money that may pay of them (`may`).

    An allowance of quantities that blocks stops them too.
    """
    if not has_money(tables):
        return lines.with_columns(pl.lit(None, pl.List(pl.Int32())).alias(MAY))
    may = list_allowances(lines, tables=tables, money=True)
    stopped = pl.repeat(False, lines.height, eager=True)
    for allowance in tables.allowances:
        if allowance.blocks and not allowance.money:
            stopped |= _fits(lines, allowance, tables)
    return lines.with_columns(
        pl.when(stopped).then(pl.lit([], may.dtype)).otherwise(may).alias(MAY)
    )


def include_money(
    lines: pl.DataFrame, *, counted: pl.DataFrame, tables: Tables, draws: Draws, zone: ZoneInfo
) -> pl.DataFrame:
    """Lines and those that take away what allowances of money pay, after all of their component.

    `counted` are all lines (COST) of the events that begin in these.
    """
    key = list(COST[:2])
    rest = counted.group_by(key).agg(rest=pl.col("amount").sum(), after=pl.len())
    firsts = lines.filter(pl.col("seq") == 0).join(rest, on=key, maintain_order="left")
    given = draw_in_turn(firsts, tables=tables, draws=draws, zone=zone)
    if not given:
        return lines
    drawn = pl.DataFrame(
        [(place, tables.allowances[part].code, -amount) for place, part, amount in given],
        schema={"place": pl.UInt32(), "code": pl.String(), "amount": WHOLE},
        orient="row",
    )
    none = {name: pl.lit(0).cast(lines.schema[name]) for name in _FIGURES}
    nth = pl.int_range(pl.len()).over("place")
    made = firsts[drawn["place"]].with_columns(
        drawn["amount"],
        **none,
        band=pl.lit(INCLUDED),
        tier=pl.lit(None, lines.schema["tier"]),
        rate_key=drawn["code"],
        per=pl.lit(QUANTITY_SCALE, WHOLE),
        seq=(pl.col("after") + drawn.select(nth).to_series()).cast(lines.schema["seq"]),
    )
    return in_order(pl.concat([lines, made.select(lines.columns)]), tables=tables)


def draw_in_turn(
    lines: pl.DataFrame,
    *,
    tables: Tables,
    draws: Draws,
    zone: ZoneInfo,
    owned: Owned | None = None,
) -> list[Given]:
    """What each line's allowances give towards its `rest`, in the order of lines and of drawing.

    So do the buckets of its account's own, which stand at position OWN_BUCKET. Adds what is drawn
    to the draws.
    """
    turn = _Turn(tables, zone, _by_key(draws.before, "used"), _by_key(draws.granted, "quantity"))
    buckets = owned.by_usage if owned else {}
    given: list[Given] = []
    for place, row in enumerate(lines.select(_ASKED).iter_rows()):
        own = buckets.get(row[0], ())
        if (row[-1] or own) and row[2] > 0:
            given += [(place, position, amount) for position, amount in turn.draw(row[1:], own)]
    if turn.added:
        rows = [(*key, amount) for key, amount in turn.added.items()]
        draws.added.append(pl.DataFrame(rows, schema=whole(COUNTERS), orient="row"))
    return given


def _by_key(frame: pl.DataFrame, name: str) -> dict[Key, int]:
    columns = [column for column in COUNTERS.names() if column != "used"]
    return {
        (row[0], row[1], row[2], row[3]): row[4] for row in frame.select(*columns, name).iter_rows()
    }


@dataclass(slots=True)
class _Turn:
    """Counters while lines draw from them."""

    tables: Tables
    zone: ZoneInfo
    used: dict[Key, int]
    granted: dict[Key, int]
    added: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    left: dict[int, int] = field(default_factory=dict)  # in buckets
    away: dict[int, int] = field(init=False)  # what all cycles had drawn of them before

    def __post_init__(self) -> None:
        self.away = defaultdict(int)
        for key, amount in self.used.items():
            if key[2] < 0:
                self.away[key[2]] += amount

    def draw(self, row: tuple[Any, ...], own: Sequence[Bucket] = ()) -> Iterator[tuple[int, int]]:
        """What each allowance and bucket of a row gives, by its position."""
        usage, rest, started_us = row[:3]
        number = self.tables.usages[usage].id
        turns = [*self._allowances(row), *self._buckets(row, own)]
        for _, position, part, key, first in sorted(turns, key=itemgetter(0)):
            if position == OWN_BUCKET:
                if drawn := min(rest, self._left(part)):
                    self.left[part.id] -= drawn
                    self._add(key, drawn)
                    rest -= drawn
                    yield position, drawn
                continue
            numerator, denominator = part.covers[number]
            size = part.block or 1
            need = -(-rest * numerator // denominator)
            need = -(-need // size) * size
            left = part.quantity + self.granted.get(key, 0) - self.used.get(key, 0)
            drawn = max(min(need, left), 0)
            if drawn:
                self._add(key, drawn)
                if part.valid_us is not None and not self.used.get(first, 0):
                    self._add(first, started_us * QUANTITY_US)
                amount = min(rest, drawn * denominator // numerator)
                rest -= amount
                yield position, amount
            if part.blocks:
                return

    def _allowances(self, row: tuple[Any, ...]) -> Iterator[_Source]:
        """Those that have not ended."""
        _, _, started_us, cycle, account, contract, organisation, pool, may = row
        for position in may:
            part = self.tables.allowances[position]
            owner = owner_of(
                part.scope,
                account_id=account,
                contract_id=contract,
                organisation_id=organisation,
                pool_id=pool,
            )
            first = (*owner, part.id, FIRST_USES)
            ends = cycle_end_us(cycle, zone=self.zone)
            if part.valid_us is not None:
                opened = self.used.get(first, 0) // QUANTITY_US
                ends = (opened or started_us) + part.valid_us
                if opened and not opened <= started_us < ends:
                    continue
            key = (*owner, part.id, cycle if part.valid_us is None else NEVER_RESETS)
            yield (part.priority, ends, part.id), position, part, key, first

    def _buckets(self, row: tuple[Any, ...], own: Sequence[Bucket]) -> Iterator[_Source]:
        for bucket in own:
            if bucket.unit == self.tables.usages[row[0]].unit:
                key = counter_of(bucket, account_id=row[4], cycle_start=row[3])
                ends = microseconds(bucket.valid_to) if bucket.valid_to else LAST_INSTANT_US
                yield (bucket.priority, ends, bucket.id), OWN_BUCKET, bucket, key, key

    def _left(self, bucket: Bucket) -> int:
        """What a bucket has left after all cycles."""
        if bucket.id not in self.left:
            away = self.away.get(-bucket.id, 0)
            self.left[bucket.id] = max(bucket.free // BUCKET_PER_QUANTITY - away, 0)
        return self.left[bucket.id]

    def _add(self, key: Key, amount: int) -> None:
        self.used[key] = self.used.get(key, 0) + amount
        self.added[key] += amount
