"""The journal as CSV: a row for each posting, in the order it was posted."""

import csv
from collections.abc import Iterable
from typing import TextIO

from tallystick.base.money import round_minor
from tallystick.domain.ledger.queries import JournalRow

COLUMNS = (
    "entry", "occurred_on", "posted_at", "kind", "source", "description", "customer",
    "ledger_account", "ledger_name", "currency", "debit", "credit", "detail",
)  # fmt: skip


def write_journal(rows: Iterable[JournalRow], *, to: TextIO) -> int:
    """Writes the postings and gives how many they are; amounts have their currency's decimals."""
    writer = csv.writer(to)
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        amount = round_minor(row.amount, currency=row.currency)
        debit, credit = (amount, "") if amount >= 0 else ("", -amount)
        writer.writerow(
            (
                row.entry_id, row.occurred_on, row.posted_at.isoformat(), row.kind,
                row.source_key, row.description, row.account, row.ledger_account,
                row.ledger_name, row.currency, debit, credit, row.detail,
            )
        )  # fmt: skip
        count += 1
    return count
