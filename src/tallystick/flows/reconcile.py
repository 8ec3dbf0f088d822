"""Proof that both sides of every charge match: figures that must be equal, found two ways."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import connection

from tallystick.core.charge.lines import PAID_AT_ONCE
from tallystick.core.post import chart
from tallystick.domain.balances.queries import posted_money
from tallystick.domain.payments.payouts import CLEARING_ITEMS
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import PAID_FROM_BALANCE
from tallystick.flows.capture import ONLINE


@dataclass(frozen=True, slots=True)
class Finding:
    """One equality: what it says, the figure of one side, the figure of the other."""

    name: str
    expected: Decimal
    found: Decimal

    @property
    def ok(self) -> bool:
        return self.expected == self.found


def reconcile(*, tenant_id: int) -> list[Finding]:
    """Every equality that must hold for the operator at any time."""
    with acting_for(tenant_id):
        found = [Finding(name, _figure(one), _figure(other)) for name, one, other in EQUALITIES]
        liability = f"SELECT -coalesce(sum(amount), 0) FROM ({_ledger(chart.PREPAID)}) l(amount)"
        return [*found, Finding(PREPAID_EQUALS, posted_money(), _figure(liability))]


def _figure(query: str) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return Decimal(cursor.fetchone()[0] or 0)


def _ledger(code: str) -> str:
    return f"SELECT sum(amount) FROM ledger_posting WHERE ledger_account = '{code}'"


PREPAID_EQUALS: Final = "prepaid liability = money of all balances, as far as it is posted"

_TAX_TEXT: Final = "t.jurisdiction || '|' || t.name || '|' || t.code || '|' || t.rate"
_TAXES_OFF: Final = (
    "SELECT count(*) FROM (SELECT detail FROM ("
    f" SELECT {_TAX_TEXT} AS detail, t.tax AS said FROM invoices_invoicetax t"
    " WHERE t.jurisdiction <> ''"
    f" UNION ALL SELECT {_TAX_TEXT}, -t.tax FROM invoices_voidedinvoice v"
    " JOIN invoices_invoicetax t ON t.tenant_id = v.tenant_id AND t.account_id = v.account_id"
    " AND t.invoice_id = v.invoice_id WHERE t.jurisdiction <> ''"
    f" UNION ALL SELECT {_TAX_TEXT}, t.tax FROM invoices_othertax t WHERE t.jurisdiction <> ''"
    " UNION ALL SELECT p.detail, p.amount FROM ledger_posting p"
    f" WHERE p.ledger_account = '{chart.TAX_PAYABLE}' AND p.detail IS NOT NULL"
    ") told GROUP BY detail HAVING sum(said) <> 0) off"
)
"""Each tax at each rate: what documents say of it, and what the books have (credits below zero)."""

_VALUATION: Final = ", ".join(
    f"'{one}'"
    for one in (chart.RECEIVABLE_VALUATION, chart.CREDIT_VALUATION, chart.DEPOSITS_VALUATION)
)
_UNREALISED: Final = f"{_VALUATION}, '{chart.UNREALISED_GAINS}', '{chart.UNREALISED_LOSSES}'"
_REVALUED_OFF: Final = (
    "WITH evening AS (SELECT t.tenant_id, max(t.through) AS through FROM ledger_turn t"
    " JOIN ledger_closing c ON c.tenant_id = t.tenant_id AND c.through = t.through"
    " AND c.reopened_at IS NULL WHERE t.kind = 'revalue' GROUP BY t.tenant_id),"
    " valued AS (SELECT DISTINCT ON (r.account_id, r.ledger_account, r.currency) r.account_id,"
    " r.ledger_account, r.currency, r.balance FROM ledger_revaluation r"
    " JOIN ledger_turn t ON t.tenant_id = r.tenant_id AND t.id = r.turn_id"
    " JOIN evening v ON v.tenant_id = t.tenant_id AND v.through = t.through"
    " ORDER BY r.account_id, r.ledger_account, r.currency, r.turn_id DESC),"
    " booked AS (SELECT p.ledger_account, e.currency, sum(p.amount) AS balance"
    " FROM evening v JOIN tenants_tenant o ON o.id = v.tenant_id"
    " JOIN ledger_entry e ON e.tenant_id = v.tenant_id AND e.occurred_on <= v.through"
    " AND e.currency <> o.currency JOIN ledger_posting p ON p.tenant_id = e.tenant_id"
    " AND p.account_id = e.account_id AND p.entry_id = e.id WHERE p.ledger_account IN"
    f" ('{chart.RECEIVABLE}', '{chart.CUSTOMER_CREDIT}', '{chart.DEPOSITS}') GROUP BY 1, 2),"
    " summed AS (SELECT ledger_account, currency, sum(balance) AS balance FROM valued"
    " GROUP BY 1, 2)"
    " SELECT count(*) FROM summed FULL JOIN booked USING (ledger_account, currency)"
    " WHERE coalesce(summed.balance, 0) <> coalesce(booked.balance, 0)"
)
"""Foreign items as they were valued on the evening closed last, and what the books have of them.

By ledger account and currency: prepaid money that customers gave each other passes by their credit.
"""

EQUALITIES: Final = (
    ("the ledger balances", "SELECT 0", "SELECT sum(amount) FROM ledger_posting"),
    (
        "receivable = open items of all invoices",
        "SELECT sum(total - settled) FROM invoices_openitem"
        " WHERE state NOT IN ('written_off', 'void')",
        _ledger(chart.RECEIVABLE),
    ),
    (
        "customer credit = payments not used, not given back",
        "SELECT (SELECT coalesce(sum(amount), 0) FROM payments_payment)"
        " - (SELECT coalesce(sum(amount), 0) FROM payments_allocation)"
        " - (SELECT coalesce(sum(amount), 0) FROM payments_paymentreturn)"
        " - (SELECT coalesce(sum(amount), 0) FROM payments_refund)",
        f"SELECT -coalesce(sum(amount), 0) FROM ({_ledger(chart.CUSTOMER_CREDIT)}) l(amount)",
    ),
    (
        "tax payable = tax of invoices that are not void and of prepaid use, less that written off",
        "SELECT (SELECT coalesce(sum(tax), 0) FROM invoices_invoicetax)"
        " - (SELECT coalesce(sum(t.tax), 0) FROM invoices_voidedinvoice v"
        " JOIN invoices_invoicetax t ON t.tenant_id = v.tenant_id"
        " AND t.account_id = v.account_id AND t.invoice_id = v.invoice_id)"
        " + (SELECT coalesce(sum(tax), 0) FROM balances_prepaiduse)"
        " - (SELECT coalesce(sum(tax), 0) FROM collections_writeoff)"
        " + (SELECT coalesce(sum(tax), 0) FROM collections_recovery)",
        f"SELECT -coalesce(sum(amount), 0) FROM ({_ledger(chart.TAX_PAYABLE)}) l(amount)",
    ),
    (
        "taxes whose sum in the books differs, by jurisdiction and rate = none",
        "SELECT 0",
        _TAXES_OFF,
    ),
    (
        "held by processors = what came through them and no payout has",
        f"SELECT sum(held) FROM ({CLEARING_ITEMS}) i WHERE NOT EXISTS (SELECT 1"
        " FROM payments_processormovement m WHERE m.tenant_id = i.tenant_id AND m.item = i.item)",
        f"{_ledger(chart.CASH_IN_TRANSIT)} AND detail LIKE '%/%'",
    ),
    (
        "payouts booked = what the bank had of processors",
        "SELECT sum(amount) FROM payments_payout WHERE state = 'booked'",
        f"{_ledger(chart.BANK)} AND detail LIKE 'bank/%'",
    ),
    (
        "deferred revenue = what is not released of lines billed in advance",
        "SELECT sum(amount - released) FROM ledger_deferral",
        f"SELECT -coalesce(sum(amount), 0) FROM ({_ledger(chart.DEFERRED)}) l(amount)",
    ),
    (
        "deposits held = deposits that have not ended",
        "SELECT sum(amount) FROM payments_deposit WHERE ended_on IS NULL",
        f"SELECT -coalesce(sum(amount), 0) FROM ({_ledger(chart.DEPOSITS)}) l(amount)",
    ),
    (
        "unrealised exchange differences posted = those of foreign items as valued",
        "SELECT sum(posted) FROM ledger_revaluation",
        "SELECT sum(p.amount) FROM ledger_posting p JOIN ledger_entry e"
        " ON e.tenant_id = p.tenant_id AND e.account_id = p.account_id AND e.id = p.entry_id"
        f" WHERE p.ledger_account IN ({_VALUATION}) AND e.source_key LIKE 'revalue:%'",
    ),
    (
        "unrealised exchange differences that are not reversed, by account = none",
        "SELECT 0",
        "SELECT count(*) FROM (SELECT 1 FROM ledger_posting"
        f" WHERE ledger_account IN ({_UNREALISED}) GROUP BY account_id, ledger_account"
        " HAVING sum(amount) <> 0) off",
    ),
    (
        "foreign items valued otherwise than the books had them when closed last = none",
        "SELECT 0",
        _REVALUED_OFF,
    ),
    (
        "invoice totals = their lines and taxes",
        "SELECT sum(total) FROM invoices_invoice",
        "SELECT (SELECT coalesce(sum(net), 0) FROM invoices_invoiceline)"
        " + (SELECT coalesce(sum(tax), 0) FROM invoices_invoicetax)",
    ),
    (
        "settled items = allocations",
        "SELECT sum(settled) FROM invoices_openitem",
        "SELECT sum(amount) FROM payments_allocation",
    ),
    (
        "written off and not recovered = what is open of items written off",
        "SELECT (SELECT coalesce(sum(loss + tax), 0) FROM collections_writeoff)"
        " - (SELECT coalesce(sum(loss + tax), 0) FROM collections_recovery)",
        "SELECT sum(total - settled) FROM invoices_openitem WHERE state = 'written_off'",
    ),
    (
        "refunds = what they took of payments",
        "SELECT sum(amount) FROM payments_refund",
        "SELECT sum(amount) FROM payments_refundpart",
    ),
    (
        "direct debits that hold = their payments",
        "SELECT sum(amount) FROM payments_directdebit WHERE state = 'collected'",
        "SELECT sum(p.amount) FROM payments_payment p WHERE p.key LIKE 'debit:TSD%'"
        " AND NOT EXISTS (SELECT 1 FROM payments_paymentreturn r WHERE r.tenant_id = p.tenant_id"
        " AND r.account_id = p.account_id AND r.payment_id = p.id)",
    ),
    (
        "usage totals = rated lines",
        "SELECT sum(amount) FROM usage_ratedline",
        "SELECT sum(amount) FROM usage_chargetotal",
    ),
    (
        "billed usage = usage lines of invoices",
        "SELECT sum(amount) FROM usage_chargetotal WHERE invoice_id > 0",
        "SELECT sum(exact) FROM invoices_invoiceline WHERE purpose LIKE 'usage%' AND NOT freed",
    ),
    (
        "priced periods = period lines of invoices",
        "SELECT sum(amount) FROM usage_periodline",
        "SELECT sum(exact) FROM invoices_invoiceline WHERE purpose LIKE 'period%' AND NOT freed",
    ),
    (
        "counters = their movements",
        "SELECT sum(used) FROM balances_counter",
        "SELECT sum(quantity) FROM balances_movement",
    ),
    (
        "held of counters = what open sessions hold of them",
        "SELECT sum(held) FROM balances_counter",
        "SELECT sum((c->>4)::numeric * 0.000000001) FROM reservations_reservation r,"
        " jsonb_array_elements((r.held::jsonb)->'counters') c WHERE r.state = 'open'",
    ),
    (
        "buckets = their movements",
        "SELECT sum(remaining) FROM balances_bucket",
        "SELECT sum(quantity) FROM balances_bucketmovement",
    ),
    (
        "buckets that differ from their movements = none",
        "SELECT 0",
        "SELECT count(*) FROM (SELECT 1 FROM balances_bucket b"
        " LEFT JOIN balances_bucketmovement m ON m.tenant_id = b.tenant_id"
        " AND m.account_id = b.account_id AND m.bucket_id = b.id"
        " GROUP BY b.tenant_id, b.account_id, b.id, b.remaining"
        " HAVING b.remaining <> coalesce(sum(m.quantity), 0)) off",
    ),
    (
        "usage paid from balances = what usage drew from them",
        f"SELECT (SELECT coalesce(sum(amount), 0) FROM usage_chargetotal"
        f" WHERE invoice_id = {PAID_FROM_BALANCE}) - (SELECT coalesce(sum(amount), 0)"
        f" FROM usage_chargetotal t WHERE band = '{PAID_AT_ONCE}' AND NOT EXISTS ("
        "SELECT 1 FROM usage_batch b JOIN usage_source s ON s.tenant_id = b.tenant_id"
        " AND s.id = b.source_id WHERE b.tenant_id = t.tenant_id"
        f" AND b.charge_run_id = t.charge_run_id AND s.code = '{ONLINE}'))",
        "SELECT -coalesce(sum(m.quantity), 0) FROM balances_bucketmovement m"
        " JOIN balances_bucket b ON b.tenant_id = m.tenant_id AND b.account_id = m.account_id"
        " AND b.id = m.bucket_id JOIN parties_account a ON a.tenant_id = b.tenant_id"
        " AND a.id = b.account_id AND a.currency = b.unit WHERE m.source_key LIKE 'usage:%'",
    ),
    (
        "usage stored = usage accepted and corrected",
        "SELECT sum(accepted + corrected) FROM usage_batch",
        "SELECT count(*) FROM usage_usage",
    ),
    (
        "events charged = events rated, in suspense, held as late",
        "SELECT (SELECT count(*) FROM usage_usage u JOIN usage_batch b"
        " ON b.tenant_id = u.tenant_id AND b.id = u.batch_id JOIN usage_chargerun r"
        " ON r.tenant_id = b.tenant_id AND r.id = b.charge_run_id AND r.state = 'done'"
        " LEFT JOIN usage_replacedusage x ON x.tenant_id = u.tenant_id"
        " AND x.account_id = u.account_id AND x.usage_id = u.id LEFT JOIN usage_chargerun xr"
        " ON xr.tenant_id = x.tenant_id AND xr.id = x.charge_run_id AND xr.state = 'done'"
        " WHERE xr.id IS NULL)",
        "SELECT (SELECT count(*) FROM (SELECT DISTINCT account_id, started_at, usage_id FROM"
        " (SELECT account_id, started_at, usage_id FROM usage_ratedline"
        " GROUP BY account_id, started_at, usage_id, component_id"
        " HAVING max(charge_run_id) FILTER (WHERE seq >= 0) = max(charge_run_id)) live) rated)"
        " + (SELECT count(*) FROM usage_suspense WHERE state = 'open')"
        " + (SELECT count(*) FROM usage_lateusage l LEFT JOIN usage_replacedusage x"
        " ON x.tenant_id = l.tenant_id AND x.account_id = l.account_id"
        " AND x.usage_id = l.usage_id LEFT JOIN usage_chargerun xr"
        " ON xr.tenant_id = x.tenant_id AND xr.id = x.charge_run_id AND xr.state = 'done'"
        " WHERE l.state IN ('held', 'refused') AND xr.id IS NULL)",
    ),
    (
        "records corrected or taken back = events replaced",
        "SELECT sum(corrected + cancelled) FROM usage_batch",
        "SELECT count(*) FROM usage_replacedusage",
    ),
    (
        "amounts of events replaced, once rated again = none",
        "SELECT 0",
        "SELECT count(*) FROM (SELECT 1 FROM usage_replacedusage x JOIN usage_chargerun r"
        " ON r.tenant_id = x.tenant_id AND r.id = x.charge_run_id AND r.state = 'done'"
        " JOIN usage_ratedline l ON l.tenant_id = x.tenant_id AND l.account_id = x.account_id"
        " AND l.started_at = x.started_at AND l.usage_id = x.usage_id"
        " GROUP BY l.account_id, l.usage_id, l.component_id HAVING sum(l.amount) <> 0) left_over",
    ),
    (
        "numbers given = invoices, without a gap",
        "SELECT sum(next_number - 1) FROM invoices_numberseries",
        "SELECT count(DISTINCT number) FROM invoices_invoice",
    ),
)
"""Name, one side's query, the other's. All run as the operator, so they see its rows alone."""
