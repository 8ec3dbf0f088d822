"""Returns: the worked table of docs/algorithms/direct-debit.md."""

from datetime import date
from decimal import Decimal

import pytest

from tallystick.core.receive.returned import REASONS, ReturnTerms, follow_return
from tests.core.invoice.worked import worked_table

ON = date(2026, 2, 20)
TERMS = ReturnTerms(fee=Decimal("4.00"), retry_days=5, tries=2)
ROWS = worked_table("direct-debit.md", "What follows a return")


@pytest.mark.parametrize("row", ROWS)
def test_what_follows_a_reason(row: dict[str, str]) -> None:
    found = follow_return(row["reason"], on=ON, tries=int(row["try"]), terms=TERMS)
    retry = str(found.retry_on or "never")
    mandate = "revoked" if found.ends_mandate else "stays"
    assert (found.fee, retry, mandate) == (Decimal(row["fee"]), row["tried again"], row["mandate"])


def test_every_reason_is_in_the_table() -> None:
    assert {row["reason"] for row in ROWS} == set(REASONS)


@pytest.mark.parametrize("tries", [1, 2, 9])
def test_a_reason_that_nobody_knows_brings_nothing_about(tries: int) -> None:
    found = follow_return("ZZ99", on=ON, tries=tries, terms=TERMS)
    assert (found.retry_on, found.fee, found.ends_mandate) == (None, 0, False)
