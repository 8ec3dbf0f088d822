"""Which rated lines hold: a later run's lines of an event stand in the place of the earlier ones.

A run that rates an event again takes each line back by one with all signs turned, numbered from -1
downwards, and adds the new ones. So the sum of all lines is always what holds.
"""

import polars as pl


def live_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """The rows (RATED with `charge_run_id`) that no later run took back.

    Of each event and component all rows are given, or at least those of one cycle.
    """
    if not (lines["seq"] < 0).any():
        return lines
    last = pl.col("charge_run_id").max().over("usage_id", "component_id")
    return lines.filter((pl.col("charge_run_id") == last) & (pl.col("seq") >= 0))
