"""Rating again: all usage of an account from a cycle on, as if it were rated for the first time.

Late usage, and what changes a cycle that was rated before, has the account rated again. Nothing is
edited: what differs is taken back by lines of its own, and the next bill shows the difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import polars as pl

from tallystick.core.charge.frames import (
    COUNTERS,
    FIRST_USES,
    GRANTS,
    KEYS,
    MEMBERS,
    NEVER_RESETS,
    SUSPENSE,
    rescale,
)
from tallystick.core.charge.live import live_lines
from tallystick.core.charge.own_buckets import BUCKET_PER_QUANTITY, OwnBuckets
from tallystick.core.charge.supersede import counter_changes, keep_payments, supersede
from tallystick.core.charge.versions import VERSION_RATED, DatedPlan, rate_versions
from tallystick.domain.balances.draw_tables import read_drawn, read_quantities
from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.reservations.tables import read_unsettled
from tallystick.domain.usage import rerate_tables
from tallystick.domain.usage.charge_tables import read_counters
from tallystick.domain.usage.period_tables import read_grants
from tallystick.flows.cycles import CYCLE_DAYS
from tallystick.flows.periods import list_periods, roll_cycle_over
from tallystick.flows.sharing import sharing_periods

FIRST: Final = date(1990, 1, 1)
"""Before all usage."""

_KEYED: Final = pl.Schema({name: COUNTERS[name] for name in KEYS})
_STANDS: Final = pl.Schema({**COUNTERS, "held": COUNTERS["used"]})
_CYCLE: Final = pl.col("cycle_start")
_RUNS_ON: Final = _CYCLE.is_in([NEVER_RESETS, FIRST_USES])


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of the accounts of a task: terms (TERMS), counters, grants.

    `buckets` are what accounts own.
    """

    terms: pl.DataFrame = field(repr=False)
    stands: pl.DataFrame = field(repr=False)  # COUNTERS and what is held of them
    grants: pl.DataFrame = field(repr=False)
    buckets: OwnBuckets = field(repr=False)

    @property
    def counters(self) -> pl.DataFrame:
        """What was drawn (COUNTERS)."""
        return self.stands.drop("held")

    @property
    def held(self) -> pl.DataFrame:
        """What open sessions hold of counters besides (COUNTERS); no use, so no first one."""
        held = self.stands.filter((pl.col("held") != 0) & (_CYCLE != FIRST_USES))
        return held.select(*KEYS, used="held")


def read_known(accounts: AccountRange, *, terms: pl.DataFrame) -> Known:
    """What is stored now."""
    return Known(
        terms,
        read_counters(accounts=accounts, schema=_STANDS),
        read_grants(accounts, schema=GRANTS),
        read_quantities(terms["account_id"].unique()),
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What accounts have drawn, buckets of their own too (COUNTERS), in which cycles.

    `apart` is what sessions drew that are no usage yet; `buckets` hold what they would if nothing
    had been drawn of them.
    """

    counters: pl.DataFrame
    apart: pl.DataFrame
    buckets: OwnBuckets


def _read_drawn(account_ids: list[int], *, known: Known) -> _Drawn:
    own = read_drawn(account_ids, schema=COUNTERS)
    back: dict[int, int] = {}
    for number, used in zip(own["component_id"], rescale(own)["used"], strict=True):
        back[-number] = back.get(-number, 0) + used * BUCKET_PER_QUANTITY
    held = read_quantities(account_ids, used_up=True)
    buckets = {
        account: [replace(one, remaining=one.remaining + back.get(one.id, 0)) for one in own_held]
        for account, own_held in held.items()
    }
    apart = read_unsettled(account_ids, schema=COUNTERS)
    return _Drawn(pl.concat([known.counters, own]), apart, buckets)


@dataclass(frozen=True, slots=True)
class Rerated:
    """What rating again came to: lines and draws to store, suspense, GRANTS of the keys `granted`.

    `before` are the lines (VERSION_RATED) that held until now.
    """

    before: pl.DataFrame = field(repr=False)
    lines: pl.DataFrame = field(repr=False)
    draws: pl.DataFrame = field(repr=False)
    suspense: pl.DataFrame = field(repr=False)
    grants: pl.DataFrame = field(repr=False)
    granted: pl.DataFrame = field(repr=False)

    def all_grants(self, known: pl.DataFrame) -> pl.DataFrame:
        """GRANTS as they stand then, given those that stood."""
        return pl.concat([known.join(self.granted, on=KEYS, how="anti"), self.grants])


def reach_back(again: pl.DataFrame, *, counters: pl.DataFrame) -> pl.DataFrame:
    """AGAIN, from the first cycle on where an account has a counter that never starts again."""
    never = counters.filter(_RUNS_ON).select("account_id").unique()
    reached = again.join(never, on="account_id", how="semi")
    rest = again.join(never, on="account_id", how="anti")
    reached = reached.with_columns(cycle_from=pl.lit(FIRST))
    return pl.concat([rest, reached]).group_by("account_id").agg(pl.col("cycle_from").min())


def within(frame: pl.DataFrame, *, again: pl.DataFrame) -> pl.DataFrame:
    """The rows of a frame that lie in cycles to be rated again."""
    own = frame.join(again, on="account_id", maintain_order="left")
    return own.filter(pl.col("cycle_from") <= _CYCLE).drop("cycle_from")


def rerate(
    events: pl.DataFrame, *, again: pl.DataFrame, known: Known, plans: Sequence[DatedPlan]
) -> Rerated:
    """All usage (CHARGE_IN) of accounts (AGAIN, reached back) rated again, cycle after cycle."""
    since = again["cycle_from"].min()
    assert isinstance(since, date)
    before = within(
        live_lines(
            rerate_tables.read_lines(
                again["account_id"].to_list(), since=since, schema=VERSION_RATED
            )
        ),
        again=again,
    ).select(VERSION_RATED.names())
    stood = _read_drawn(again["account_id"].to_list(), known=known)
    redone = (pl.col("cycle_from") <= _CYCLE) | _RUNS_ON
    counters = stood.counters.join(again, on="account_id")
    apart = stood.apart.join(again, on="account_id").filter(redone).select(COUNTERS.names())
    standing = [
        counters.filter(~redone).select(COUNTERS.names()),
        apart,
        known.held.join(again, on="account_id", how="semi"),
    ]
    periods = _closed_periods(again, terms=known.terms, plans=plans)
    lines, suspense, drawn = [VERSION_RATED.to_frame()], [SUSPENSE.to_frame()], [*standing]
    grants, granted = [GRANTS.to_frame()], [_KEYED.to_frame()]
    for cycle in sorted({*events["cycle_start"], *periods["cycle_start"]}):
        held = pl.concat([known.grants.join(pl.concat(granted), on=KEYS, how="anti"), *grants])
        own = events.filter(cycle == _CYCLE)
        rated = rate_versions(
            own,
            plans=plans,
            counters=_add_up(drawn),
            grants=held,
            periods=sharing_periods(own, terms=known.terms, plans=plans),
            own=stood.buckets,
        )
        lines.append(rated.lines)
        suspense.append(rated.suspense)
        drawn.append(rated.draws)
        left, keys = roll_cycle_over(
            periods.filter(cycle == _CYCLE), plans=plans, counters=_add_up(drawn), grants=held
        )
        grants.append(left)
        granted.append(keys)
    now = pl.concat(lines)
    told = now["usage_id"].n_unique() + pl.concat(suspense)["usage_id"].n_unique()
    assert told == events.height, f"{events.height} events in, {told} are lines or in suspense"
    return Rerated(
        before=before,
        lines=supersede(before, now=keep_payments(before, now=now)),
        draws=counter_changes(
            counters.filter(redone).select(COUNTERS.names()),
            now=_add_up([apart, *drawn[len(standing) :]]),
        ),
        suspense=pl.concat(suspense),
        grants=pl.concat(grants),
        granted=pl.concat(granted).unique(maintain_order=True),
    )


def _closed_periods(
    again: pl.DataFrame, *, terms: pl.DataFrame, plans: Sequence[DatedPlan]
) -> pl.DataFrame:
    """The cycles of these accounts that bills have closed, as PERIODS and more."""
    own = terms.join(again, on="account_id", how="semi").filter(pl.col("billed_to").is_not_null())
    contracts = own.group_by("contract_id").agg(
        pl.col("account_id", "ends_on", "billed_to", *CYCLE_DAYS).first(),
        pl.col("valid_from").min().alias("starts_on"),
    )
    touched = again.rename({"cycle_from": "cycle_start"})
    periods = list_periods(contracts, held=own, touched=touched, plans=plans, on=None)
    members = own.select("contract_id", *MEMBERS).unique("contract_id")
    joined = periods.join(members, on="contract_id", how="left", maintain_order="left")
    return within(joined, again=again) if joined.height else joined


def _add_up(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """COUNTERS with all these amounts added up."""
    frame = pl.concat([COUNTERS.to_frame(), *(one.select(COUNTERS.names()) for one in frames)])
    return frame.group_by(KEYS, maintain_order=True).agg(pl.col("used").sum())
