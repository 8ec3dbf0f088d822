"""The Arrow-backed tables that cross between folders: their columns are named here, once.

Quantities are Decimal(38, 9) in canonical units, amounts and prices Decimal(38, 12), instants UTC
with microseconds.
"""

from typing import Final

import polars as pl

QUANTITY: Final = pl.Decimal(38, 9)
AMOUNT: Final = pl.Decimal(38, 12)
INSTANT: Final = pl.Datetime("us", "UTC")

USAGE_IN: Final = pl.Schema(
    {
        "line": pl.Int64(),  # position in the file, from 1
        "record_id": pl.String(),  # unique within the source
        "subject_kind": pl.String(),  # msisdn, username, meter, resource...
        "subject": pl.String(),
        "kind": pl.String(),  # voice, sms, data, import, export...
        "started_at": INSTANT,
        "quantity": QUANTITY,
        "unit": pl.String(),  # canonical
        "called": pl.String(),  # E.164 digits without plus, or null
        "zone": pl.String(),  # or null
        "attributes": pl.String(),  # JSON object of the remaining dimensions, or null
    }
)
"""Usage as a reader decodes it, before its subject is known."""

REJECTS: Final = pl.Schema(
    {
        "line": pl.Int64(),  # position in the file, from 1; 0 = the whole file
        "code": pl.String(),  # stable reason
        "parameters": pl.String(),  # JSON object of strings
        "raw": pl.String(),  # the input as it was, for correction and replay
    }
)
"""Rows that could not be taken, each with its reason."""
