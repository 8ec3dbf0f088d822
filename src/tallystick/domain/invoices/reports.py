"""What a finance department asks of all invoices: debts by age, taxes of a time."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection


@dataclass(frozen=True, slots=True)
class AgedDebt:
    """What an account owes in one currency, by how long it has been due."""

    account: str
    name: str
    currency: str
    not_due: Decimal
    days_30: Decimal
    days_60: Decimal
    days_90: Decimal
    older: Decimal
    credit: Decimal

    @property
    def total(self) -> Decimal:
        parts = (self.not_due, self.days_30, self.days_60, self.days_90, self.older)
        return sum(parts, Decimal(0)) + self.credit


def age_debts(*, on: date) -> list[AgedDebt]:
    """The open items of every account by age on that day; negative ones stand as credit."""
    left = "o.total - o.settled"
    overdue = "(%(on)s::date - o.due_on)"

    def aged(low: int | None, high: int | None) -> str:
        bounds = [f"{overdue} > {low}"] if low is not None else []
        bounds += [f"{overdue} <= {high}"] if high is not None else []
        return f"coalesce(sum({left}) FILTER (WHERE o.total > 0 AND {' AND '.join(bounds)}), 0)"

    columns = ", ".join((aged(None, 0), aged(0, 30), aged(30, 60), aged(60, 90), aged(90, None)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT a.number, p.name, o.currency, {columns},
                coalesce(sum({left}) FILTER (WHERE o.total < 0), 0)
            FROM invoices_openitem o
            JOIN parties_account a ON a.tenant_id = o.tenant_id AND a.id = o.account_id
            JOIN parties_party p ON p.tenant_id = a.tenant_id AND p.id = a.party_id
            WHERE o.state NOT IN ('written_off', 'void') AND o.total <> o.settled
            GROUP BY 1, 2, 3 ORDER BY 1, 3
            """,
            {"on": on},
        )
        return [AgedDebt(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class TaxSum:
    """What was charged of one tax in some days.

    `place` is where lines are taxed, `jurisdiction` whose tax it is; `of` is `invoices` (credit
    notes and voids too), or what else made it due or gave it back.
    """

    place: str
    jurisdiction: str
    name: str
    code: str
    rate: Decimal
    currency: str
    of: str
    invoices: int
    taxable: Decimal
    tax: Decimal


_TAXES = """
    SELECT coalesce(nullif(t.place, ''), nullif(a.tax_place, ''), p.country) AS place,
        coalesce(nullif(t.jurisdiction, ''), p.country) AS jurisdiction, t.name, t.code, t.rate,
        i.currency, 'invoices' AS of, i.id, i.sign * t.taxable AS taxable, i.sign * t.tax AS tax
    FROM invoices_invoicetax t
    JOIN (
        SELECT tenant_id, account_id, id, currency, issued_on AS counted_on, 1 AS sign
        FROM invoices_invoice
        UNION ALL
        SELECT i.tenant_id, i.account_id, i.id, i.currency, v.voided_on, -1
        FROM invoices_voidedinvoice v JOIN invoices_invoice i ON i.tenant_id = v.tenant_id
            AND i.account_id = v.account_id AND i.id = v.invoice_id
    ) i ON i.tenant_id = t.tenant_id AND i.account_id = t.account_id AND i.id = t.invoice_id
    JOIN parties_account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
    JOIN parties_party p ON p.tenant_id = a.tenant_id AND p.id = a.party_id
    WHERE i.counted_on BETWEEN %(since)s AND %(until)s
    UNION ALL
    SELECT coalesce(nullif(o.place, ''), nullif(a.tax_place, ''), p.country),
        coalesce(nullif(o.jurisdiction, ''), p.country), o.name, o.code, o.rate, o.currency,
        o.cause, o.invoice_id, o.taxable, o.tax
    FROM invoices_othertax o
    JOIN parties_account a ON a.tenant_id = o.tenant_id AND a.id = o.account_id
    JOIN parties_party p ON p.tenant_id = a.tenant_id AND p.id = a.party_id
    WHERE o.counted_on BETWEEN %(since)s AND %(until)s
"""
"""Each tax of each document of the days; a place that was not kept is the payer's."""


def sum_taxes(since: date, until: date) -> list[TaxSum]:
    """The taxes of these days, as a return asks for them: all that the books owe or take back.

    An invoice that became void counts on its day, and below zero on the day that it became so.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT place, jurisdiction, name, code, rate, currency, of, count(DISTINCT id),"
            f" sum(taxable), sum(tax) FROM ({_TAXES}) t"
            " GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7",
            {"since": since, "until": until},
        )
        return [TaxSum(*row) for row in cursor.fetchall()]
