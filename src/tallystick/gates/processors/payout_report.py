"""A processor's report of what its payouts are made of, as the file that Stripe offers for it.

Source: Stripe, Payout reconciliation report, itemised (`payout_reconciliation.itemized`): a row
for each balance transaction of an automatic payout, amounts in whole units of the currency.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from tallystick.base.refusal import Refusal
from tallystick.core.receive.payout import Movement, MovementKind

NEEDED: Final = (
    "automatic_payout_id", "balance_transaction_id", "created", "currency", "gross", "fee",
    "reporting_category", "payment_intent_id",
)  # fmt: skip
_KINDS: Final = {
    "charge": MovementKind.PAYMENT,
    "refund": MovementKind.REFUND,
    "dispute": MovementKind.TAKEN_BACK,
    "charge_failure": MovementKind.TAKEN_BACK,
    "dispute_reversal": MovementKind.REINSTATED,
    "fee": MovementKind.FEE,
    "network_cost": MovementKind.FEE,
}
_OWN: Final = ("payout",)
"""Categories that say the payout itself, which is no movement of what it is made of."""


@dataclass
class ReportUnreadable(Refusal):
    """All that is wrong in a report, at once."""

    code = "payout_report_unreadable"
    file: str = ""
    problems: tuple[str, ...] = ()

    def sentence(self) -> str:
        said = "; ".join(self.problems)
        return f"{self.file} is no itemised payout report, and nothing was taken of it: {said}"


def read_payout_report(path: Path) -> list[Movement]:
    """The movements of a report.

    :raises ReportUnreadable: with what is wrong, row by row
    """
    problems: list[str] = []
    movements: list[Movement] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
            if missing:
                problems.append(f"it has no column {', '.join(missing)}")
            else:
                movements += _read(rows, problems)
    except (UnicodeDecodeError, csv.Error):
        problems.append("it is not a CSV file in UTF-8")
    if not movements and not problems:
        problems.append("it has no rows")
    if problems:
        raise ReportUnreadable(file=path.name, problems=tuple(problems[:20]))
    return movements


def _read(rows: Iterable[dict[str, str]], problems: list[str]) -> Iterator[Movement]:
    for number, row in enumerate(rows, start=2):
        category = (row["reporting_category"] or "").strip()
        if category in _OWN:
            continue
        try:
            movement = Movement(
                name=_need(row, "balance_transaction_id"),
                kind=_KINDS.get(category, MovementKind.OTHER),
                reference=(row["payment_intent_id"] or "").strip(),
                gross=_amount(row, "gross"),
                fee=_amount(row, "fee"),
                currency=_need(row, "currency").upper(),
                happened_on=date.fromisoformat(_need(row, "created")[:10]),
                payout=_need(row, "automatic_payout_id"),
                told=category,
            )
        except ValueError as wrong:
            problems.append(f"row {number}: {wrong}")
        else:
            yield movement


def _need(row: dict[str, str], name: str) -> str:
    value = (row[name] or "").strip()
    if not value:
        raise ValueError(f"{name} is empty")
    return value


def _amount(row: dict[str, str], name: str) -> Decimal:
    text = (row[name] or "").strip() or "0"
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{name} is {text!r}, which is no amount") from None
    if not amount.is_finite():
        raise ValueError(f"{name} is {text!r}, which is no amount")
    return amount
