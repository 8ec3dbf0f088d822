"""The usage of an invoice as CSV, a row for each rated line, for whoever wants to reckon again."""

from typing import Final

import polars as pl

_FORMULA: Final = "^[=+@\t\r-]"
_TEXTS: Final = ("account", "contract", "subject", "kind", "called", "zone", "component", "band")


def write_usage(listing: pl.DataFrame) -> bytes:
    """CSV with a first line of names, in UTF-8; the listing is LISTED.

    A text that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    safe = listing.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in _TEXTS
    )
    return safe.write_csv(quote_style="necessary").encode()
