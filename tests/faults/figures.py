"""Everything a business comes to, in words that do not depend on the order of the work.

Rows name accounts, files and components, never ids: those of work that was undone are not given
again. Invoices are given without their numbers, and the numbers by themselves.
"""

import psycopg

ACCOUNT = "JOIN parties_account a ON (a.tenant_id, a.id) = (t.tenant_id, t.account_id)"
INVOICE = "JOIN invoices_invoice v ON (v.tenant_id, v.id) = (t.tenant_id, t.invoice_id)"
BATCH = "JOIN usage_batch b ON (b.tenant_id, b.id) = (t.tenant_id, t.batch_id)"
COMPONENT = "JOIN catalog_component c ON (c.tenant_id, c.id) = (t.tenant_id, t.component_id)"
LINE_COMPONENT = COMPONENT.replace("JOIN", "LEFT JOIN")

QUERIES = {
    "files": "filename, state, chunks_done, rows_in, accepted, duplicates, rejected, absorbed,"
    " corrected, cancelled, sums, first_at, last_at FROM usage_batch",
    "usage": "a.number, t.kind, t.started_at, t.quantity, t.unit, t.called, t.attributes,"
    f" b.filename FROM usage_usage t {ACCOUNT} {BATCH}",
    "records": "t.record_id, t.quantity, t.revision, t.started_at, t.usage_id IS NULL, u.quantity"
    " FROM usage_recordkey t LEFT JOIN usage_usage u ON (u.tenant_id, u.account_id, u.started_at,"
    " u.id) = (t.tenant_id, t.account_id, t.started_at, t.usage_id)",
    "replaced": "a.number, t.started_at, t.record_id, u.quantity, n.quantity, b.filename"
    f" FROM usage_replacedusage t {ACCOUNT} {BATCH}"
    " JOIN usage_usage u ON (u.tenant_id, u.account_id, u.started_at, u.id)"
    " = (t.tenant_id, t.account_id, t.started_at, t.usage_id)"
    " LEFT JOIN usage_usage n ON (n.tenant_id, n.id) = (t.tenant_id, t.successor_id)",
    "rejects": "b.filename, t.line, t.code, t.parameters, t.raw, t.state"
    f" FROM usage_reject t {BATCH}",
    "sessions": "nas, session, started_at, last_at, input, output, closed_at, restarted_at"
    " FROM usage_session",
    "rated lines": "a.number, c.code, t.started_at, t.seq, t.cycle_start, t.band, t.tier,"
    " t.measured, t.billed, t.allowed, t.unit_price, t.per, t.fee, t.amount"
    f" FROM usage_ratedline t {ACCOUNT} {COMPONENT}",
    "totals": "a.number, c.code, t.cycle_start, t.invoice_id IS NULL, sum(events),"
    f" sum(measured), sum(billed), sum(allowed), sum(amount) FROM usage_chargetotal t {ACCOUNT}"
    f" {COMPONENT} GROUP BY 1, 2, 3, 4",
    "period lines": "a.number, c.code, t.cycle_start, t.band, t.tier, t.measured, t.billed,"
    f" t.amount FROM usage_periodline t {ACCOUNT} {COMPONENT}",
    "measures": "a.number, c.code, t.cycle_start, t.band, t.value"
    f" FROM usage_periodmeasure t {ACCOUNT} {COMPONENT}",
    "counters": f"a.number, c.code, t.cycle_start, t.used FROM balances_counter t {ACCOUNT}"
    f" {COMPONENT}",
    "movements": "a.number, c.code, t.cycle_start, sum(quantity)"
    f" FROM balances_movement t {ACCOUNT} {COMPONENT} GROUP BY 1, 2, 3",
    "buckets": "a.number, t.origin, t.unit, t.remaining, t.reserved"
    f" FROM balances_bucket t {ACCOUNT}",
    "drawn": "a.number, t.kind, t.reason, sum(t.quantity)"
    f" FROM balances_bucketmovement t {ACCOUNT} GROUP BY 1, 2, 3",
    "owed": f"a.number, t.month, t.charged FROM reservations_tab t {ACCOUNT}",
    "told": f"a.number, t.port, t.action, t.payload - 'of' FROM outbox_order t {ACCOUNT}",
    "suspense": f"a.number, t.started_at, t.code, t.state FROM usage_suspense t {ACCOUNT}",
    "invoices": "a.number, t.issued_on, t.due_on, t.net, t.tax, t.total"
    f" FROM invoices_invoice t {ACCOUNT}",
    "lines": "a.number, c.code, t.line_no, t.purpose, t.slot, t.period_from, t.period_to,"
    " t.description, t.quantity, t.unit_price, t.per, t.exact, t.net"
    f" FROM invoices_invoiceline t {ACCOUNT} {LINE_COMPONENT}",
    "taxes": f"a.number, t.name, t.rate, t.taxable, t.tax FROM invoices_invoicetax t {ACCOUNT}",
    "open items": f"a.number, t.total, t.settled, t.state FROM invoices_openitem t {ACCOUNT}",
    "postings": f"a.number, t.ledger_account, t.line_no, t.amount FROM ledger_posting t {ACCOUNT}",
    "numbers": "number FROM invoices_invoice",
    "payments": "a.number, split_part(t.key, ':', 1), t.method, t.amount, t.received_on,"
    f" t.reference FROM payments_payment t {ACCOUNT}",
    "allocations": f"a.number, v.number, t.amount, t.allocated_on FROM payments_allocation t"
    f" {ACCOUNT} {INVOICE}",
    "returns": f"a.number, t.amount, t.costs, t.reason, t.returned_on FROM payments_paymentreturn t"
    f" {ACCOUNT}",
    "statements": "number, opening, closing, filename FROM payments_bankstatement",
    "bank lines": "booked_on, amount, text, state, reason FROM payments_bankline",
    "debit runs": "collect_on, confirmed_on FROM payments_debitrun",
    "debits": "a.number, v.number, t.sequence, t.amount, t.state, t.retry_on"
    f" FROM payments_directdebit t {ACCOUNT} {INVOICE}",
    "mandates": f"a.number, t.sequence, t.state, t.reason FROM payments_mandate t {ACCOUNT}",
    "refunds": f"a.number, t.key, t.amount, t.iban FROM payments_refund t {ACCOUNT}",
    "refunded of": f"a.number, t.amount FROM payments_refundpart t {ACCOUNT}",
    "pulls": "a.number, v.number, t.amount, t.state, t.reason, t.reference, t.times_back"
    f" FROM payments_pull t {ACCOUNT} {INVOICE}",
    "facts": "event_id, kind, state, note FROM payments_processorfact",
    "one-offs": f"a.number, t.description, t.amount FROM invoices_oneoff t {ACCOUNT}",
    "orders": f"a.number, t.port, t.action, t.state FROM outbox_order t {ACCOUNT}",
    "contracts": "number, billed_to, next_bill_on FROM contracts_contract",
    "tasks left": "account_from FROM usage_chargetask WHERE state <> 'done'"
    " UNION ALL SELECT account_from FROM invoices_billtask WHERE state <> 'done'",
    "runs left": "id FROM usage_chargerun WHERE state <> 'done'"
    " UNION ALL SELECT id FROM invoices_billrun WHERE state <> 'done'",
}


WRITTEN_BY = {
    "load": ("files", "usage", "records", "replaced", "rejects", "sessions"),
    "charge": (
        "files", "rated lines", "totals", "counters", "movements", "buckets", "drawn", "owed",
        "told", "suspense", "tasks left", "runs left",
    ),
    "bill": (
        "totals", "period lines", "measures", "invoices", "lines", "taxes", "open items",
        "postings", "numbers", "contracts", "tasks left", "runs left",
    ),
}  # fmt: skip


WRITTEN_BY |= {
    "correct": WRITTEN_BY["load"], "again": WRITTEN_BY["charge"], "close": WRITTEN_BY["bill"],
}  # fmt: skip
WRITTEN_BY["money"] = (
    "payments", "allocations", "returns", "statements", "bank lines", "debit runs", "debits",
    "mandates", "refunds", "refunded of", "pulls", "facts", "one-offs", "orders", "told",
    "open items", "postings", "numbers", "contracts", "runs left",
)  # fmt: skip


def figures(conninfo: str, *, stage: str) -> dict[str, bytes]:
    """By name, the rows of each thing that a stage writes, sorted."""
    with psycopg.connect(conninfo) as connection:
        return {name: b"".join(_rows(connection, QUERIES[name])) for name in WRITTEN_BY[stage]}


def _rows(connection: psycopg.Connection, query: str) -> list[bytes]:
    text = f"COPY (SELECT x::text FROM (SELECT {query}) x ORDER BY 1) TO STDOUT"
    with connection.cursor() as cursor, cursor.copy(text) as copy:
        return [bytes(block) for block in copy]


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> dict[str, tuple]:
    """What is not the same, with the first rows that only one of both has."""
    return {
        name: (_only(one[name], other[name]), _only(other[name], one[name]))
        for name in one
        if one[name] != other[name]
    }


def _only(rows: bytes, others: bytes) -> list[bytes]:
    return sorted(set(rows.splitlines()) - set(others.splitlines()))[:3]
