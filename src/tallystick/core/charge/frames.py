"""The tables of charging: usage in; rated lines, counter draws and suspense out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from tallystick.base.frames import AMOUNT, INSTANT, QUANTITY

CHARGE_IN: Final = pl.Schema(
    {
        "usage_id": pl.Int64(),  # unique within the batch
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "offer_id": pl.Int64(),
        "cycle_start": pl.Date(),
        "kind": pl.String(),  # voice, sms, data, import, export...
        "started_at": INSTANT,
        "quantity": QUANTITY,
        "unit": pl.String(),  # canonical
        "called": pl.String(),  # E.164 digits without plus, or null
        "zone": pl.String(),  # or null
        "attributes": pl.String(),  # JSON object of the remaining dimensions, or null
    }
)
"""Usage whose contract is known, to be charged."""

MEMBERS: Final = pl.Schema(
    {
        "organisation_id": pl.Int64(),  # the account at the top of the hierarchy; empty = itself
        "pool_id": pl.Int64(),  # the contract's pool; empty = none
    }
)
"""What CHARGE_IN and PERIODS may also say, so that counters are shared beyond the account."""

COUNTERS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),  # or who shares it, see `owners`
        "component_id": pl.Int64(),
        "cycle_start": pl.Date(),  # NEVER_RESETS for counters that run on
        "used": QUANTITY,  # allowance: drawn so far; tiers: charged quantity so far
    }
)
"""What has been drawn and charged so far; as draws: what to add."""

KEYS: Final = ("account_id", "contract_id", "component_id", "cycle_start")
"""What tells counters apart."""

GRANTS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),  # or who shares it, see `owners`
        "component_id": pl.Int64(),  # the allowance
        "cycle_start": pl.Date(),  # the cycle that may use it
        "lives": pl.Int32(),  # in how many cycles it may be used, this one counted; see OWN
        "quantity": QUANTITY,
    }
)
"""What buckets hold beyond their own quantity, such as what was rolled over."""

OWN: Final = 0
"""The `lives` of a grant that makes a bucket's own quantity another one; it may be below 0."""

RATED: Final = pl.Schema(
    {
        "usage_id": pl.Int64(),
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "seq": pl.Int16(),  # within usage and component, from 0
        "cycle_start": pl.Date(),
        "started_at": INSTANT,  # of the usage
        "band": pl.String(),
        "tier": pl.Int16(),  # from 1; null where the price has no tiers
        "rate_key": pl.String(),  # of the deck row, e.g. 4420
        "measured": QUANTITY,  # on the first slice of each band, so that sums are conserved
        "billed": QUANTITY,
        "allowed": QUANTITY,  # drawn from allowances; charged = billed - allowed
        "unit_price": AMOUNT,
        "per": QUANTITY,  # canonical units that one unit price is for
        "fee": AMOUNT,  # connect fee, on the first line of the event
        "amount": AMOUNT,  # charged x unit price / per + fee, rounded once, within the limits
    }
)
"""One line per usage, component, band segment and tier slice."""

SUSPENSE: Final = pl.Schema(
    {
        "usage_id": pl.Int64(),
        "component_id": pl.Int64(),  # 0 = the event as a whole
        "code": pl.String(),
        "detail": pl.String(),
    }
)
"""Usage that could not be rated, each with its reason; nothing of it was charged or drawn."""

PERIODS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "offer_id": pl.Int64(),
        "cycle_start": pl.Date(),
        "cycle_end": pl.Date(),  # the first day after
        "served_from": pl.Date(),  # within the cycle
        "served_to": pl.Date(),  # the first day after
    }
)
"""Periods of contracts that are to be priced as a whole; a contract's offer once a cycle."""

PERIOD_RATED: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),  # or who shares the price, see `owners`
        "component_id": pl.Int64(),
        "cycle_start": pl.Date(),
        "seq": pl.Int16(),
        "band": pl.String(),
        "tier": pl.Int16(),  # from 1; null where the price has no tiers
        "measured": QUANTITY,  # on the first line of each band
        "billed": QUANTITY,
        "unit_price": AMOUNT,
        "per": QUANTITY,
        "fee": AMOUNT,  # the flat fee of the tier
        "amount": AMOUNT,
    }
)
"""What a period's usage costs, one line a band and tier."""

MEASURED: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "cycle_start": pl.Date(),
        "band": pl.String(),  # empty without bands
        "value": QUANTITY,
    }
)
"""What was measured in a period, before the ratchet; later periods look back at it."""

LEVELS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "series": pl.String(),  # the resource, or empty
        "level": QUANTITY,
    }
)
"""Where levels stand when a period ends and the next begins; what is not there stands at 0."""

NEVER_RESETS: Final = date(1970, 1, 1)
"""The cycle of a counter that never starts again."""

FIRST_USES: Final = date(1970, 1, 2)
"""The cycle of a counter that says when a bucket was first used, in seconds since 1970."""

FIRST_INSTANT_US: Final = 0
LAST_INSTANT_US: Final = 7_258_118_400_000_000
"""Usage between 1970 and 2200 is rated; anything else is a broken clock."""

MAX_SPLIT_S: Final = 366 * 86_400
"""The longest event that is cut at band edges."""


class SuspenseCode(StrEnum):
    """Why usage could not be rated; the first that applies to an event is told."""

    NO_CATALOGUE = "no_catalogue"  # of that day
    INCOMPLETE = "incomplete"  # a column that may not be empty is
    OUT_OF_RANGE = "out_of_range"  # of the years that are rated
    NEGATIVE_QUANTITY = "negative_quantity"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    NO_OFFER = "no_offer"
    BEFORE_OFFER = "before_offer"
    BAD_ATTRIBUTES = "bad_attributes"
    NO_COMPONENT = "no_component"
    UNIT_MISMATCH = "unit_mismatch"
    TOO_LONG_TO_SPLIT = "too_long_to_split"
    NO_NUMBER = "no_number"  # an attribute that is counted or charged is none
    NO_RATE = "no_rate"


NEEDED: Final = (
    "usage_id", "account_id", "contract_id", "offer_id", "cycle_start", "kind", "started_at",
    "quantity", "unit",
)  # fmt: skip
"""Columns of CHARGE_IN that may not be null."""


@dataclass(frozen=True, slots=True)
class Rated:
    """What charging gives: RATED lines, COUNTERS to add, SUSPENSE.

    Lines stand by account, start, usage, component in written order and seq.
    """

    lines: pl.DataFrame
    draws: pl.DataFrame
    suspense: pl.DataFrame


@dataclass(frozen=True, slots=True)
class RatedPeriods:
    """What periods cost: PERIOD_RATED lines, MEASURED values to keep, LEVELS to carry over.

    Lines stand by account, contract, cycle, component in written order and seq.
    """

    lines: pl.DataFrame
    measured: pl.DataFrame
    levels: pl.DataFrame


def with_members(frame: pl.DataFrame, *, schema: pl.Schema) -> pl.DataFrame:
    """The schema's columns and MEMBERS; an account without an organisation is its own."""
    frame = frame.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in MEMBERS.items()
        if name not in frame.columns
    )
    held = frame.select(pl.col(name).cast(kind) for name, kind in {**schema, **MEMBERS}.items())
    return held.with_columns(pl.coalesce("organisation_id", "account_id").alias("organisation_id"))


def whole(schema: pl.Schema) -> pl.Schema:
    """The schema with exact decimals as their scaled integers and instants as microseconds."""
    return pl.Schema(
        {
            name: pl.Int128()
            if isinstance(kind, pl.Decimal)
            else pl.Int64()
            if isinstance(kind, pl.Datetime)
            else kind
            for name, kind in schema.items()
        }
    )


def frame_of(rows: Iterable[Sequence[object]], *, schema: pl.Schema) -> pl.DataFrame:
    """Rows of scaled integers as a frame of that schema."""
    return descale(pl.DataFrame(list(rows), schema=whole(schema), orient="row"), schema=schema)


def descale(frame: pl.DataFrame, *, schema: pl.Schema) -> pl.DataFrame:
    """Columns of scaled integers and microseconds as the decimals and instants they are."""
    return frame.select(
        _descaled(name, kind) if isinstance(kind, pl.Decimal) else pl.col(name).cast(kind)
        for name, kind in schema.items()
    )


def _descaled(name: str, kind: pl.Decimal) -> pl.Expr:
    one = pl.lit(f"0.{'0' * (kind.scale - 1)}1").cast(kind)
    return (pl.col(name).cast(pl.Decimal(38, 0)) * one).cast(kind).alias(name)


def rescale(frame: pl.DataFrame) -> pl.DataFrame:
    """Decimals and instants as their scaled integers and microseconds; costs nothing."""
    return frame.with_columns(
        pl.col(name).to_physical()
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Decimal | pl.Datetime)
    )
