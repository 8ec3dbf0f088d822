"""Sessions whose counters only ever grow: what each record adds to what was known before.

A session is known by its NAS and its id. It begins anew, with counters at zero, when a Start comes
later than all that is known of it, or when its NAS has restarted since. Within one beginning,
records may come late, again or in any order: the sum of the increments is always the highest
counters seen. A record that is later than all others and yet counts less is a fault (a counter that
wrapped without gigawords, or was reset) and changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

import polars as pl

from tallystick.base.frames import INSTANT, QUANTITY, REJECTS, USAGE_IN
from tallystick.core.capture.rejects import Reason, first_reason


class Status(StrEnum):
    """What an accounting record reports."""

    START = "start"
    UPDATE = "update"
    STOP = "stop"
    RESTART = "restart"  # of the NAS: Accounting-On and Accounting-Off


RECORDS: Final = pl.Schema(
    {
        "line": pl.Int64(),
        "raw": pl.String(),
        "status": pl.String(),  # Status
        "nas": pl.String(),
        "session": pl.String(),  # null on a restart
        "user": pl.String(),  # or null
        "at": INSTANT,
        "seconds": pl.Int64(),  # the session has lasted, or null
        "input": pl.Int64(),  # octets since the session began
        "output": pl.Int64(),
    }
)
"""Accounting records, decoded."""

SESSIONS: Final = pl.Schema(
    {
        "nas": pl.String(),
        "session": pl.String(),
        "user": pl.String(),  # or null
        "started_at": INSTANT,  # its Start or the restart before it; null where neither was seen
        "last_at": INSTANT,
        "input": pl.Int64(),  # the highest counters so far, all of them charged
        "output": pl.Int64(),
        "closed_at": INSTANT,  # by a Stop or a restart; null while open
        "restarted_at": INSTANT,  # when the NAS restarted after the last record, or null
    }
)
"""What is known of each session, one row for each NAS and id: it outlives files and restarts."""

SECONDS_MAX: Final = 10 * 366 * 86_400
"""No session lasts longer: one that says so began when it was first heard of, or so."""

_KEY: Final = ["nas", "session"]
_BEGINNING: Final = ["nas", "session", "beginning"]


@dataclass(frozen=True, slots=True)
class Correlated:
    """What accounting records come to; rows = usage + duplicates + rejects + absorbed."""

    usage: pl.DataFrame  # USAGE_IN
    duplicates: pl.DataFrame  # RECORDS that say nothing new
    rejects: pl.DataFrame  # REJECTS
    sessions: pl.DataFrame  # SESSIONS after them
    absorbed: int  # records without growth
    quantity: Decimal  # octets that the sessions' counters grew by


def correlate_sessions(records: pl.DataFrame, *, open_sessions: pl.DataFrame) -> Correlated:
    """What RECORDS add to the sessions known, in whatever order they come."""
    restarts = records.filter(pl.col("status") == Status.RESTART).select("nas", "at")
    events = records.filter(pl.col("status") != Status.RESTART)
    placed = _reject_backwards(_place(events, sessions=open_sessions, restarts=restarts))
    grown = _grow(placed)
    rejected = placed.filter(pl.col("code").is_not_null())
    is_usage = pl.col("grown_input") + pl.col("grown_output") > 0
    said = ~is_usage & (pl.col("at") <= pl.col("known_at")).fill_null(False)
    duplicates = grown.filter(said).select(RECORDS.names())
    sessions = _remember(grown, sessions=open_sessions, restarts=restarts)
    usage = _frame_usage(grown.filter(is_usage))
    return Correlated(
        usage=usage,
        duplicates=duplicates,
        rejects=_frame_rejects(rejected),
        sessions=sessions,
        absorbed=records.height - rejected.height - usage.height - duplicates.height,
        quantity=_growth(grown),
    )


def silent_sessions(sessions: pl.DataFrame, *, at: datetime, hours: int) -> pl.DataFrame:
    """Open SESSIONS not heard of for more than so many hours: their Stop may be lost."""
    silent = pl.col("last_at") < pl.lit(at - timedelta(hours=hours), INSTANT)
    return sessions.filter(pl.col("closed_at").is_null() & silent).sort("last_at", *_KEY)


def forget_sessions(sessions: pl.DataFrame, *, closed_before: datetime) -> pl.DataFrame:
    """SESSIONS without those closed so long ago that none of their records can still come."""
    old = pl.col("closed_at") < pl.lit(closed_before, INSTANT)
    return sessions.filter(~old.fill_null(False))


def _place(events: pl.DataFrame, *, sessions: pl.DataFrame, restarts: pl.DataFrame) -> pl.DataFrame:
    """Events in order, each with its beginning (0 = the one known) and what was known before."""
    known = sessions.select(
        *_KEY,
        known_start="started_at",
        known_last="last_at",
        known_input="input",
        known_output="output",
        known_user="user",
        known_close="closed_at",
        known_restart="restarted_at",
    )
    restarted = restarts.sort("at").rename({"at": "restart"})
    ordered = (
        events.join(known, on=_KEY, how="left")
        .sort("at")
        .join_asof(restarted, left_on="at", right_on="restart", by="nas", check_sortedness=False)
        .sort(*_KEY, "at", pl.col("input") + pl.col("output"), "line")
    )
    before = pl.max_horizontal(pl.col("at").shift(1).over(_KEY), "known_last")
    restart = pl.col("restart_before")
    later = pl.col("at") > pl.col("before")
    begins = (
        pl.col("before").is_null()
        | ((pl.col("status") == Status.START) & later)
        | ((restart > pl.col("before")) & (restart <= pl.col("at")))
    ).fill_null(False)
    placed = ordered.with_columns(
        before=before, restart_before=pl.max_horizontal("restart", "known_restart")
    ).with_columns(begins=begins)
    placed = placed.with_columns(beginning=pl.col("begins").cum_sum().over(_KEY))
    goes_on = pl.col("beginning") == 0
    user = pl.col("user").forward_fill().over(_BEGINNING)
    placed = placed.with_columns(
        base_input=pl.when(goes_on).then("known_input").otherwise(0),
        base_output=pl.when(goes_on).then("known_output").otherwise(0),
        base_at=pl.when(goes_on).then("known_last"),
        user=pl.coalesce(user, pl.when(goes_on).then("known_user")),
    )
    too_old = goes_on & (pl.col("at") < pl.col("known_start"))
    nobody = pl.col("user").is_null() & (pl.col("status") != Status.START)
    return placed.with_columns(
        first_reason((too_old, Reason.SESSION_SUPERSEDED), (nobody, Reason.SUBJECT_MISSING))
    )


def _grow(placed: pl.DataFrame) -> pl.DataFrame:
    """Events that stand, with the counters and instant known before each, and its growth."""
    standing = placed.filter(pl.col("code").is_null())
    high = {
        f"known_{side}": pl.max_horizontal(
            pl.col(side).cum_max().shift(1).over(_BEGINNING), f"base_{side}"
        )
        for side in ("input", "output")
    }
    known_at = pl.max_horizontal(pl.col("at").cum_max().shift(1).over(_BEGINNING), "base_at")
    standing = standing.with_columns(**high, known_at=known_at)
    return standing.with_columns(
        grown_input=(pl.col("input") - pl.col("known_input")).clip(lower_bound=0),
        grown_output=(pl.col("output") - pl.col("known_output")).clip(lower_bound=0),
    )


def _reject_backwards(placed: pl.DataFrame) -> pl.DataFrame:
    """Rejects each event that is the latest so far and counts less than those that stand.

    Each round settles, in every session at fault, the first such event and all later ones below
    the counters it fell behind; what stands is only ever compared with what stands.
    """
    while True:
        less = [pl.col(side) < pl.col(f"known_{side}") for side in ("input", "output")]
        latest = pl.col("at") > pl.col("known_at")
        fallen = _grow(placed).filter(pl.any_horizontal(less) & latest)
        if fallen.is_empty():
            return placed
        first = fallen.unique(_BEGINNING, keep="first", maintain_order=True).select(
            *_BEGINNING, fell_at="at", floor_input="known_input", floor_output="known_output"
        )
        below = [pl.col(side) < pl.col(f"floor_{side}") for side in ("input", "output")]
        behind = (pl.col("at") >= pl.col("fell_at")) & pl.any_horizontal(below)
        placed = (
            placed.join(first, on=_BEGINNING, how="left", maintain_order="left")
            .with_columns(
                first_reason((behind.fill_null(False), Reason.COUNTER_BACKWARDS), after="code")
            )
            .drop("fell_at", "floor_input", "floor_output")
        )


def _remember(
    grown: pl.DataFrame, *, sessions: pl.DataFrame, restarts: pl.DataFrame
) -> pl.DataFrame:
    """SESSIONS after the events that stand."""
    goes_on = pl.col("beginning").first() == 0
    began = pl.when(pl.col("status") == Status.START).then(pl.col("at")).min()
    since = pl.when(pl.col("begins")).then(pl.col("restart_before")).min()
    stopped = pl.when(pl.col("status") == Status.STOP).then(pl.col("at")).max()
    heard = (
        grown.group_by(_BEGINNING, maintain_order=True)
        .agg(
            user=pl.col("user").last(),
            started_at=pl.coalesce(
                pl.when(goes_on).then(pl.col("known_start").first()), began, since
            ),
            last_at=pl.max_horizontal(pl.col("at").max(), pl.col("base_at").first()),
            input=pl.max_horizontal(pl.col("input").max(), pl.col("base_input").first()),
            output=pl.max_horizontal(pl.col("output").max(), pl.col("base_output").first()),
            closed_at=pl.coalesce(stopped, pl.when(goes_on).then(pl.col("known_close").first())),
        )
        .unique(_KEY, keep="last", maintain_order=True)
        .with_columns(restarted_at=pl.lit(None, INSTANT))
    )
    unheard = sessions.join(heard, on=_KEY, how="anti")
    both = pl.concat([unheard, heard.select(SESSIONS.names()).cast(SESSIONS)])
    latest = restarts.group_by("nas").agg(restart=pl.col("at").max())
    closes = pl.col("restart") > pl.col("last_at")
    return (
        both.join(latest, on="nas", how="left")
        .with_columns(
            closed_at=pl.coalesce("closed_at", pl.when(closes).then("restart")),
            restarted_at=pl.max_horizontal("restarted_at", pl.when(closes).then("restart")),
        )
        .select(SESSIONS.names())
        .sort(_KEY)
    )


def _growth(grown: pl.DataFrame) -> Decimal:
    """How far the counters of each beginning went up, taken from their ends."""
    ends = grown.group_by(_BEGINNING).agg(
        up=pl.max_horizontal(pl.col("input").max(), pl.col("base_input").first())
        + pl.max_horizontal(pl.col("output").max(), pl.col("base_output").first()),
        base=pl.col("base_input").first() + pl.col("base_output").first(),
    )
    total = ends.select((pl.col("up") - pl.col("base")).cast(pl.Int128).sum()).item()
    return Decimal(int(total or 0))


def _frame_usage(grown: pl.DataFrame) -> pl.DataFrame:
    stamp = pl.col("at").dt.epoch("s")
    lasted = pl.col("seconds").clip(upper_bound=SECONDS_MAX).fill_null(0)
    began = pl.col("at") - pl.duration(seconds=lasted)
    return (
        grown.sort("line")
        .select(
            "line",
            record_id=pl.format("{}:{}:{}:{}:{}", "nas", "session", stamp, "input", "output"),
            subject_kind=pl.lit("username"),
            subject="user",
            kind=pl.lit("data"),
            started_at=pl.min_horizontal(pl.coalesce("known_at", began), "at"),
            quantity=(pl.col("grown_input") + pl.col("grown_output"))
            .cast(pl.Int128)
            .cast(QUANTITY),
            unit=pl.lit("B"),
            called=pl.lit(None, pl.String),
            zone=pl.lit(None, pl.String),
            attributes=pl.struct(
                "nas",
                "session",
                input=pl.col("grown_input"),
                output=pl.col("grown_output"),
                until=pl.col("at").dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
            ).struct.json_encode(),
        )
        .cast(USAGE_IN)
    )


def _frame_rejects(rejected: pl.DataFrame) -> pl.DataFrame:
    counters = pl.struct("nas", "session", pl.col("input", "output").cast(pl.String))
    return rejected.select(
        "line", "code", parameters=counters.struct.json_encode(), raw="raw"
    ).cast(REJECTS)
