"""Tables in and out by COPY."""

import polars as pl
import pytest
from django.db import DataError, connection, transaction

from tallystick.domain.tenants.bulk import ROWS_AT_ONCE, read_frame


def test_all_rows_come_in_their_order(db) -> None:
    count = 2 * ROWS_AT_ONCE + 7
    frame = read_frame(
        "SELECT n, 'row ' || n FROM generate_series(1, %s) n",
        [count],
        schema={"n": pl.Int64, "text": pl.String},
    )
    assert frame["n"].to_list() == list(range(1, count + 1))
    assert frame["text"][-1] == f"row {count}"
    assert read_frame("SELECT 1 WHERE false", schema={"n": pl.Int64}).is_empty()


def test_a_query_that_fails_on_the_way_says_so_and_leaves_the_connection(db) -> None:
    query = "SELECT 1 / (n - 30000) FROM generate_series(1, 40000) n"
    with pytest.raises(DataError, match="division by zero"), transaction.atomic():
        read_frame(query, schema={"n": pl.Int64})
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert read_frame("SELECT 2", schema={"n": pl.Int64})["n"].to_list() == [2]
