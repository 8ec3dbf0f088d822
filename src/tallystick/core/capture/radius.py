"""RADIUS accounting (RFC 2866, RFC 2869) as JSON Lines, one accounting request a line.

A row is a line. Usage is what a session's counters grew by since its highest counters so far;
absorbed are blank lines, Start, Accounting-On and -Off, and records without growth; a record that
says again what an earlier or later one has said is a duplicate.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

import polars as pl

from tallystick.core.capture.decoded import Decoded, Format, Framing
from tallystick.core.capture.instants import EARLIEST, ISO, LATEST, read_local, to_instant
from tallystick.core.capture.jsonl import read_objects
from tallystick.core.capture.lines import is_blank
from tallystick.core.capture.quantities import LARGEST
from tallystick.core.capture.rejects import Check, Reason, first_fault, frame_rejects
from tallystick.core.capture.sessions import RECORDS, SESSIONS, Status, correlate_sessions

ATTRIBUTES: Final = {
    "Acct-Status-Type": "status_text",
    "Acct-Session-Id": "session",
    "User-Name": "user",
    "NAS-IP-Address": "nas_address",
    "NAS-Identifier": "nas_name",
    "Event-Timestamp": "stamp",
    "Acct-Session-Time": "seconds_text",
    "Acct-Input-Octets": "input_text",
    "Acct-Output-Octets": "output_text",
    "Acct-Input-Gigawords": "input_giga_text",
    "Acct-Output-Gigawords": "output_giga_text",
}
"""What is read of a request, and its name here."""

STATUSES: Final = {
    **dict.fromkeys(("start", "1"), Status.START),
    **dict.fromkeys(("stop", "2"), Status.STOP),
    **dict.fromkeys(("interim-update", "alive", "3"), Status.UPDATE),
    **dict.fromkeys(("accounting-on", "7"), Status.RESTART),
    **dict.fromkeys(("accounting-off", "8"), Status.RESTART),
}

GIGAWORD: Final = 2**32


def radius_format(*, sessions: pl.DataFrame | None = None) -> Format:
    """The format `radius`, going on from the SESSIONS that earlier files left."""
    return Format("radius", Framing.LINES, partial(decode_radius, sessions=sessions))


def decode_radius(
    chunks: Iterable[pl.DataFrame], *, sessions: pl.DataFrame | None = None
) -> Iterator[Decoded]:
    """Decoded increments of each chunk of LINES; `sessions` of each is the state after it."""
    state = SESSIONS.to_frame() if sessions is None else sessions
    for chunk in chunks:
        lines = chunk.filter(~is_blank())
        rows, broken = read_objects(lines, columns=ATTRIBUTES)
        records, invalid = _read_records(rows)
        correlated = correlate_sessions(records, open_sessions=state)
        state = correlated.sessions
        rejects = pl.concat([broken, invalid, correlated.rejects]).sort("line")
        yield Decoded(
            usage=correlated.usage,
            rejects=rejects,
            rows_in=chunk.height,
            absorbed=correlated.absorbed + chunk.height - lines.height,
            quantity_in=correlated.quantity,
            duplicates=correlated.duplicates.height,
            sessions=state,
        )


def _read_records(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """RECORDS of the requests that are whole, and REJECTS of the others."""
    texts = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in ATTRIBUTES.values()]
    stamp = pl.col("stamp")
    iso = to_instant(read_local(stamp, format=ISO), text=stamp, format=ISO, zone=None)
    epoch = read_local(stamp, format="epoch s").dt.replace_time_zone("UTC")
    read = rows.with_columns(texts).with_columns(
        status=pl.col("status_text").str.to_lowercase()
        .replace_strict({text: status.value for text, status in STATUSES.items()},
                        default=None, return_dtype=pl.String),
        nas=pl.coalesce("nas_name", "nas_address"),
        at=pl.coalesce(epoch, iso),
        seconds=_whole("seconds_text"),
        input=_octets("input"),
        output=_octets("output"),
    )  # fmt: skip
    checks = _checks()
    judged = read.with_columns(first_fault(checks))
    good = judged.filter(pl.col("fault").is_null()).with_columns(
        pl.col("input", "output").fill_null(0)
    )
    names = {name: attribute for attribute, name in ATTRIBUTES.items()}
    faulty = judged.filter(pl.col("fault").is_not_null())
    return good.select(RECORDS.names()), frame_rejects(faulty, checks=checks, names=names)


def _whole(name: str) -> pl.Expr:
    text = pl.col(name)
    number = pl.when(text.str.contains(r"^[0-9]{1,19}$")).then(text).cast(pl.Int64, strict=False)
    return pl.when(number <= LARGEST).then(number)


def _octets(side: str) -> pl.Expr:
    """Gigawords and octets as one counter, null where it cannot be."""
    octets, giga = _whole(f"{side}_text"), _whole(f"{side}_giga_text")
    many = pl.when((giga <= LARGEST // GIGAWORD) & (octets < GIGAWORD)).then(giga * GIGAWORD)
    absent = pl.col(f"{side}_giga_text").is_null()
    return pl.when(absent | (giga == 0)).then(octets).otherwise(many + octets)


def _checks() -> list[Check]:
    status = pl.col("status")
    of_session = status != Status.RESTART
    counts = status.is_in([Status.UPDATE, Status.STOP])
    checks = [
        Check(status.is_null(), Reason.STATUS_UNKNOWN, "status_text"),
        Check(pl.col("nas").is_null(), Reason.NAS_MISSING, "nas_name"),
        Check(of_session & pl.col("session").is_null(), Reason.SESSION_MISSING, "session"),
        Check(pl.col("stamp").is_null(), Reason.INSTANT_MISSING, "stamp"),
        Check(pl.col("at").is_null(), Reason.INSTANT_INVALID, "stamp"),
        Check(~pl.col("at").is_between(EARLIEST, LATEST), Reason.INSTANT_OUT_OF_RANGE, "stamp"),
    ]
    for side in ("input", "output"):
        said = pl.any_horizontal(pl.col(f"{side}_text", f"{side}_giga_text").is_not_null())
        lost = pl.col(side).is_null() & (counts | said)
        checks.append(Check(lost, Reason.COUNTER_INVALID, f"{side}_text"))
    late = pl.col("seconds_text").is_not_null() & pl.col("seconds").is_null()
    checks.append(Check(late, Reason.COUNTER_INVALID, "seconds_text"))
    return checks
