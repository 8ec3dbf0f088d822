"""Interest on arrears: once a month, by the day, a line on the next invoice of who pays late."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.frames import AMOUNT
from tallystick.base.money import EXACT
from tallystick.core.post import chart
from tallystick.core.recover.interest import Arrears, Dispute, first_day, interest_of
from tallystick.core.recover.ladder import Ladder
from tallystick.domain.collections import arrears as tables
from tallystick.domain.collections.tables import Span, cut_spans
from tallystick.domain.invoices.operations import store_one_offs
from tallystick.domain.tenants.scope import acting_for

ONE_DAY: Final = timedelta(days=1)
CHARGES: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "key": pl.String(),
        "description": pl.String(),
        "amount": AMOUNT,
        "tax_category": pl.String(),
        "revenue_account": pl.String(),
        "charged_on": pl.Date(),
    }
)


def charge_interest(ladders: Mapping[str, Ladder], *, tenant_id: int, on: date) -> int:
    """Charges the interest of the months that are over; how many accounts were charged any.

    A day of an invoice is charged once. An account span is one transaction.
    """
    segments = sorted(segment for segment, ladder in ladders.items() if ladder.interest)
    if not segments:
        return 0
    end = on.replace(day=1)
    with acting_for(tenant_id):
        accounts = tables.read_bearing_accounts(end=end, segments=segments)
        spans = cut_spans(accounts["account_id"])
    charged = 0
    for span in spans:
        with acting_for(tenant_id):
            bearing = tables.read_bearing(span, end=end, segments=segments)
            charged += _charge(span, bearing, ladders, tenant_id=tenant_id, end=end, on=on)
    return charged


def _charge(
    span: Span, bearing: pl.DataFrame, ladders: Mapping[str, Ladder], *, tenant_id: int, end: date,
    on: date,
) -> int:  # fmt: skip
    settled: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    for invoice_id, day, amount in tables.read_changes(span).iter_rows():
        settled[invoice_id].append((day, amount))
    disputes: dict[int, list[Dispute]] = defaultdict(list)
    for invoice_id, *held in tables.read_held(span).iter_rows():
        disputes[invoice_id].append(Dispute(*held))
    sums: dict[tuple[int, str], Decimal] = {}
    keys: dict[int, int] = {}
    for row in bearing.iter_rows(named=True):
        ladder = ladders[row["segment"]]
        if row["currency"] != ladder.currency:
            continue
        owed = Arrears(
            row["total"], tuple(settled[row["invoice_id"]]), tuple(disputes[row["invoice_id"]])
        )
        first = row["charged_to"] or first_day(row["due_on"])
        found = interest_of(owed, rates=ladder.interest, first=first, end=end)
        who = row["account_id"], ladder.fee_tax
        sums[who] = EXACT.add(sums.get(who, Decimal(0)), found)
        keys.setdefault(row["account_id"], row["invoice_id"])
    rows = [
        (
            account_id, f"interest:{end}:{keys[account_id]}",
            f"Interest on arrears to {end - ONE_DAY}", amount, tax_category, chart.FEES, on,
        )
        for (account_id, tax_category), amount in sums.items()
        if amount
    ]  # fmt: skip
    store_one_offs(pl.DataFrame(rows, schema=CHARGES, orient="row"), tenant_id=tenant_id)
    tables.note_charged(bearing, tenant_id=tenant_id, end=end)
    return len(rows)
