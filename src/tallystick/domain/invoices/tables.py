"""What a bill task reads and writes in bulk: due contracts, unbilled usage, issued invoices."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl
from django.db import connection

from tallystick.base.frames import AMOUNT, QUANTITY
from tallystick.domain.parties.organisations import AccountRange, payers
from tallystick.domain.tenants.bulk import (
    Staged,
    insert_rows,
    joining_by_hash,
    read_frame,
    stage_for,
    stage_rows,
)
from tallystick.domain.usage.queries import LINES_OF_TOTAL

DUE_CONTRACTS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "country": pl.String(),
        "customer_kind": pl.String(),
        "tax_place": pl.String(),
        "exempt": pl.Boolean(),  # holds some certificate
        "currency": pl.String(),
        "zone": pl.String(),
        "payment_days": pl.Int64(),
        "payer_id": pl.Int64(),  # null = the account itself
        "split": pl.Boolean(),  # the account's own bill is cut by cost centre
        "contract_id": pl.Int64(),
        "cost_centre": pl.String(),
        "number": pl.String(),
        "starts_on": pl.Date(),
        "ends_on": pl.Date(),
        "cycle_day": pl.Int64(),
        "cycle_since": pl.Date(),
        "cycle_day_before": pl.Int64(),
        "billed_to": pl.Date(),
    }
)
HELD_OFFERS: Final = pl.Schema(
    {
        "contract_id": pl.Int64(),
        "offer_id": pl.Int64(),
        "quantity": pl.Int64(),
        "valid_from": pl.Date(),
        "valid_to": pl.Date(),
    }
)
BILLED_LINES: Final = pl.Schema(
    {
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "purpose": pl.String(),
        "period_from": pl.Date(),
        "period_to": pl.Date(),
        "quantity": QUANTITY,
        "unit_price": AMOUNT,
        "exact": AMOUNT,
    }
)
UNBILLED: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "version_id": pl.Int64(),
        "cycle_start": pl.Date(),
        "band": pl.String(),
        "tier": pl.Int16(),
        "unit_price": AMOUNT,
        "per": QUANTITY,
        "late": pl.Boolean(),
        "events": pl.Int64(),
        "measured": QUANTITY,
        "billed": QUANTITY,
        "allowed": QUANTITY,
        "amount": AMOUNT,
    }
)
ONE_OFFS: Final = pl.Schema(
    {
        "one_off_id": pl.Int64(),
        "account_id": pl.Int64(),
        "description": pl.String(),
        "amount": AMOUNT,
        "tax_category": pl.String(),
        "revenue_account": pl.String(),
        "charged_on": pl.Date(),
    }
)

_DUE = """contracts_contract c JOIN parties_account a
    ON a.tenant_id = c.tenant_id AND a.id = c.account_id"""


def _is_due(accounts: AccountRange, on: date, *, also: str = "a.id") -> tuple[str, list[Any]]:
    """The condition that a contract of these accounts is due, and its parameters.

    `also` is another column that holds the same account: the planner carries no range over a join,
    and would read the whole of that table for each task.
    """
    within, values = accounts.within("c.account_id")
    there, same = accounts.within(also)
    return f"c.next_bill_on <= %s AND {within} AND {there}", [on, *values, *same]


def count_due(*, on: date) -> pl.DataFrame:
    """Who is to be billed, and for how many contracts that are due (`account_id`, `due`).

    The account is the one that pays.
    """
    due = read_frame(
        "SELECT account_id, count(*) FROM contracts_contract"
        " WHERE next_bill_on <= %s GROUP BY 1 ORDER BY 1",
        [on],
        schema={"account_id": pl.Int64, "due": pl.Int64},
    )
    paid_for = payers()
    if not paid_for:
        return due
    payer = pl.col("account_id").replace(paid_for)
    return due.group_by(payer).agg(pl.col("due").sum()).sort("account_id")


def read_due_contracts(accounts: AccountRange, *, on: date) -> pl.DataFrame:
    """The contracts of these accounts that are due on that day (DUE_CONTRACTS)."""
    due, values = _is_due(accounts, on)
    return read_frame(
        "SELECT a.id, p.country, a.customer_kind, coalesce(nullif(a.tax_place, ''), p.country),"
        " EXISTS (SELECT 1 FROM parties_taxexemption x WHERE x.tenant_id = a.tenant_id"
        " AND x.account_id = a.id), a.currency, a.zone, a.payment_days, a.payer_id,"
        " a.split_by <> '', c.id, nullif(c.cost_centre, ''),"
        f" c.number, c.starts_on, c.ends_on, c.cycle_day, c.cycle_since,"
        f" c.cycle_day_before, c.billed_to FROM {_DUE}"
        " JOIN parties_party p ON p.tenant_id = a.tenant_id AND p.id = a.party_id"
        f" WHERE {due} ORDER BY a.id, c.id",
        values,
        schema=DUE_CONTRACTS,
    )


def read_payers(accounts: list[int]) -> pl.DataFrame:
    """How those who pay for others are billed (`payer_id`, `payer_days`, `payer_split`)."""
    return read_frame(
        "SELECT id, payment_days, split_by <> '' FROM parties_account WHERE id = ANY(%s)",
        [accounts],
        schema={"payer_id": pl.Int64, "payer_days": pl.Int64, "payer_split": pl.Boolean},
    )


def read_held_offers(accounts: AccountRange, *, on: date) -> pl.DataFrame:
    """What the due contracts hold over time (HELD_OFFERS), oldest first."""
    due, values = _is_due(accounts, on, also="o.account_id")
    return read_frame(
        "SELECT o.contract_id, o.offer_id, o.quantity, o.valid_from, o.valid_to"
        f" FROM contracts_contractoffer o JOIN {_DUE} ON c.tenant_id = o.tenant_id"
        f" AND c.id = o.contract_id WHERE {due} ORDER BY o.contract_id, o.valid_from",
        values,
        schema=HELD_OFFERS,
    )


def read_pauses(accounts: AccountRange, *, on: date) -> pl.DataFrame:
    """The days on which the due contracts rest (`contract_id`, `paused_from`, `paused_to`)."""
    due, values = _is_due(accounts, on)
    return read_frame(
        "SELECT z.contract_id, z.paused_from, z.paused_to FROM contracts_pause z"
        f" JOIN {_DUE} ON c.tenant_id = z.tenant_id AND c.id = z.contract_id WHERE {due}"
        " ORDER BY z.contract_id, z.paused_from",
        values,
        schema={"contract_id": pl.Int64, "paused_from": pl.Date, "paused_to": pl.Date},
    )


def read_billed_lines(accounts: AccountRange, *, on: date) -> pl.DataFrame:
    """Recurring lines and credits of the due contracts that reach past their last bill.

    Of a contract that had its last bill and is due again, those that reach its end.
    """
    due, values = _is_due(accounts, on)
    # Contract by contract (OFFSET keeps it so): a join by hash would read every line there is.
    return read_frame(
        "SELECT l.contract_id, l.component_id, l.purpose, l.period_from, l.period_to, l.quantity,"
        f" l.unit_price, l.exact FROM {_DUE} CROSS JOIN LATERAL ("
        "SELECT n.* FROM invoices_invoiceline n"
        " WHERE n.tenant_id = c.tenant_id AND n.contract_id = c.id AND NOT n.freed"
        " AND (n.period_to > c.billed_to"
        " OR c.ends_on <= c.billed_to AND n.period_to >= c.ends_on) OFFSET 0) l"
        f" WHERE {due} AND (l.purpose LIKE 'recurring%%' OR l.purpose LIKE 'credit%%')"
        " ORDER BY l.invoice_id, l.line_no",
        values,
        schema=BILLED_LINES,
    )


def read_unbilled(accounts: AccountRange, *, on: date) -> pl.DataFrame:
    """Usage totals of the due contracts that no invoice has (UNBILLED).

    `late` marks a component's cycle of which an invoice has a part already. Of accounts that are
    looked at as of an instant, usage that began before it.
    """
    due, values = _is_due(accounts, on, also="t.account_id")
    of, joined = "t", ""
    if accounts.before is not None:
        of, joined = "r", f"JOIN {LINES_OF_TOTAL} AND r.started_at < %s"
        values = [accounts.before, *values]
    events = "sum(t.events)" if of == "t" else "count(DISTINCT r.usage_id)"
    key = """t.account_id, t.contract_id, t.component_id, t.version_id, t.cycle_start, t.band,
        t.tier, t.unit_price, t.per"""
    # Only what a bill has closed can be late; of all else no earlier totals are looked for.
    return read_frame(
        f"""
        SELECT {key}, coalesce(t.cycle_start < c.billed_to OR c.ends_on <= c.billed_to, false)
            AND EXISTS (
            SELECT 1 FROM usage_chargetotal b WHERE b.tenant_id = t.tenant_id
            AND b.account_id = t.account_id AND b.contract_id = t.contract_id
            AND b.component_id = t.component_id AND b.cycle_start = t.cycle_start
            AND b.invoice_id IS NOT NULL) AS late,
            {events}, sum({of}.measured), sum({of}.billed), sum({of}.allowed), sum({of}.amount)
        FROM {_DUE} JOIN usage_chargetotal t ON t.tenant_id = c.tenant_id
            AND t.account_id = c.account_id AND t.contract_id = c.id AND t.invoice_id IS NULL
        {joined} WHERE {due}
        GROUP BY t.tenant_id, {key}, c.billed_to, c.ends_on ORDER BY {key}
        """,
        values,
        schema=UNBILLED,
    )


def read_over_threshold(*, otherwise: Decimal | None) -> pl.DataFrame:
    """Accounts whose unbilled usage reaches their threshold (`account_id`, `threshold`).

    The threshold is the account's own, else that of all; usage of any cycle counts.
    """
    return read_frame(
        "SELECT t.account_id, coalesce(a.bill_over, %s::numeric) FROM usage_chargetotal t"
        " JOIN parties_account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id"
        " WHERE t.invoice_id IS NULL AND coalesce(a.bill_over, %s::numeric) > 0"
        " GROUP BY 1, 2 HAVING sum(t.amount) >= coalesce(a.bill_over, %s::numeric) ORDER BY 1",
        [otherwise, otherwise, otherwise],
        schema={"account_id": pl.Int64, "threshold": AMOUNT},
    )


def read_part_billed(accounts: AccountRange, *, on: date) -> list[int]:
    """Those of these accounts that had a bill within their cycle on that day."""
    within, values = accounts.within("c.account_id")
    found = read_frame(
        "SELECT DISTINCT c.account_id FROM contracts_contract c JOIN invoices_invoiceline l"
        " ON l.tenant_id = c.tenant_id AND l.contract_id = c.id"
        f" WHERE {within} AND l.purpose = %s AND NOT l.freed",
        [*values, f"usage-part-{on}"],
        schema={"account_id": pl.Int64},
    )
    return found["account_id"].to_list()


def read_one_offs(accounts: AccountRange, *, on: date) -> pl.DataFrame:
    """Single charges that wait for the accounts' next invoice (ONE_OFFS)."""
    within, values = accounts.within("account_id")
    return read_frame(
        "SELECT id, account_id, description, amount, tax_category, revenue_account, charged_on"
        f" FROM invoices_oneoff WHERE invoice_id IS NULL AND charged_on <= %s AND {within}"
        " ORDER BY account_id, charged_on, id",
        [on, *values],
        schema=ONE_OFFS,
    )


def mark_one_offs(ids: pl.DataFrame) -> None:
    """Puts on single charges the invoice that has them (`id`, `invoice_id`)."""
    if ids.is_empty():
        return
    stage_rows(ids, name="one_offs_billed", types=("bigint", "bigint"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE invoices_oneoff o SET invoice_id = b.invoice_id"
            " FROM one_offs_billed b WHERE o.id = b.id"
        )
        cursor.execute("DROP TABLE one_offs_billed")


def stage_lines(lines: pl.DataFrame) -> Staged:
    """Sends lines ahead of their invoices; the columns are those of the model."""
    return stage_for(lines, table="invoices_invoiceline")


def store_invoices(
    *,
    invoices: pl.DataFrame,
    lines: Staged,
    taxes: pl.DataFrame,
    open_items: pl.DataFrame,
) -> None:
    """Stores issued invoices whole: their columns are those of the models."""
    insert_rows(invoices, table="invoices_invoice")
    lines.insert()
    insert_rows(taxes, table="invoices_invoicetax")
    insert_rows(open_items, table="invoices_openitem")


def _ends(ids: pl.Series) -> list[int]:
    """The least and the greatest of some ids."""
    return [int(one) for one in ids.sort().gather([0, -1])]


def mark_billed(billed: pl.DataFrame) -> None:
    """Puts on usage totals the invoice that has them.

    `billed` has `account_id`, `contract_id`, `component_id`, `cycle_start`, `invoice_id`.
    """
    if billed.is_empty():
        return
    # A row a contract's cycle, for most of its components are billed together.
    staged = billed.group_by("account_id", "contract_id", "cycle_start", "invoice_id").agg(
        pl.col("component_id").unique()
    )
    listed = pl.col("component_id").cast(pl.List(pl.String)).list.join(",")
    stage_rows(
        staged.with_columns(pl.format("{{{}}}", listed).alias("component_id")),
        name="totals_billed",
        types=("bigint", "bigint", "date", "bigint", "bigint[]"),
    )
    with joining_by_hash(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE usage_chargetotal t SET invoice_id = b.invoice_id FROM (
                SELECT account_id, contract_id, cycle_start, invoice_id,
                    unnest(component_id) AS component_id FROM totals_billed) b
            WHERE t.account_id = b.account_id AND t.contract_id = b.contract_id
            AND t.component_id = b.component_id AND t.cycle_start = b.cycle_start
            AND t.invoice_id IS NULL AND t.account_id BETWEEN %s AND %s
            """,
            _ends(billed["account_id"]),
        )
        cursor.execute("DROP TABLE totals_billed")


def move_bill_days(contracts: pl.DataFrame, *, on: date) -> None:
    """Notes the bill on these contracts (`contract_id`, `next_bill_on`, null after the last)."""
    if contracts.is_empty():
        return
    stage_rows(contracts, name="contracts_billed", types=("bigint", "date"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contracts_contract c SET billed_to = %s, next_bill_on = b.next_bill_on,"
            " billed_before = CASE WHEN c.billed_to = %s THEN c.billed_before ELSE c.billed_to END"
            " FROM contracts_billed b WHERE c.id = b.contract_id AND c.id BETWEEN %s AND %s",
            [on, on, *_ends(contracts["contract_id"])],
        )
        cursor.execute("DROP TABLE contracts_billed")


CYCLE_LINES: Final = pl.Schema(
    {
        **BILLED_LINES,
        "description": pl.String(),
        "tax_category": pl.String(),
        "revenue_account": pl.String(),
    }
)
"""Lines that were billed, with what their adjustments go by."""


def read_cycle_lines(contracts: list[int], *, since: date) -> pl.DataFrame:
    """The lines of these contracts that reach past that day (CYCLE_LINES).

    One-offs, and the tax in what balances paid, are in no cycle's sum.
    """
    return read_frame(
        "SELECT l.contract_id, l.component_id, l.purpose, l.period_from, l.period_to, l.quantity,"
        " l.unit_price, l.exact, l.description, l.tax_category, l.revenue_account"
        " FROM invoices_invoiceline l"
        " WHERE l.contract_id = ANY(%s) AND NOT l.freed AND l.period_to > %s"
        " AND l.purpose NOT LIKE 'one_off%%' AND l.purpose NOT LIKE 'taxed%%'"
        " ORDER BY l.invoice_id, l.line_no",
        [contracts, since],
        schema=CYCLE_LINES,
    )


def count_coupon_bills(accounts: list[int]) -> pl.DataFrame:
    """How many bills of these accounts each coupon is on (`ref`, `bills`), whoever paid them."""
    return read_frame(
        "SELECT split_part(split_part(l.purpose, '/', 1), ':', 2),"
        " count(DISTINCT (i.bill_run_id, i.issued_on)) FROM contracts_contract c"
        " JOIN invoices_invoiceline l ON l.tenant_id = c.tenant_id AND l.contract_id = c.id"
        " JOIN invoices_invoice i ON i.tenant_id = l.tenant_id AND i.account_id = l.account_id"
        " AND i.id = l.invoice_id"
        " WHERE c.account_id = ANY(%s) AND NOT l.freed AND l.purpose LIKE 'coupon:%%' GROUP BY 1",
        [accounts],
        schema={"ref": pl.String, "bills": pl.Int64},
    )
