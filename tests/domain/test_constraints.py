"""What the database refuses whoever asks: tried as the owner of the tables, in plain SQL."""

import json
from dataclasses import dataclass

import psycopg
import pytest
import yaml
from psycopg import sql
from psycopg.errors import (
    CheckViolation,
    ForeignKeyViolation,
    InsufficientPrivilege,
    RestrictViolation,
    UniqueViolation,
)

from tallystick.wiring.roles import APP, OWNER

NEVER_CHANGED = (
    "catalog_catalogversion", "catalog_catalogfile", "ledger_entry", "ledger_posting",
    "invoices_invoice", "invoices_invoiceline", "invoices_invoicetax", "invoices_offset",
    "invoices_voidedinvoice",
    "payments_payment", "payments_allocation", "balances_bucketmovement", "balances_prepaiduse",
    "invoices_othertax", "tenants_settingversion", "ledger_revaluation",
)  # fmt: skip
COPY = "INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, %s::jsonb)"


def row_of(connection: psycopg.Connection, table: str, where: str = "true") -> dict:
    query = f"SELECT to_jsonb(t)::text FROM {table} t WHERE {where} LIMIT 1"
    row = connection.execute(query).fetchone()
    assert row, f"no row of {table} where {where}"
    return json.loads(row[0])


def insert(connection: psycopg.Connection, table: str, row: dict) -> None:
    query = sql.SQL(COPY).format(sql.Identifier(table))
    connection.execute(query, [json.dumps(row, default=str)])


@pytest.mark.parametrize("table", NEVER_CHANGED)
def test_what_never_changes(lived, table):
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with lived.sql(OWNER, tenant=lived.first) as connection:
            with pytest.raises(RestrictViolation) as refused:
                connection.execute(statement)
            assert "never" in str(refused.value) or "append-only" in str(refused.value)
        with lived.sql(APP, tenant=lived.first) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(statement)


def test_of_an_invoice_line_only_this_changes_that_it_is_free(lived):
    own = "WHERE purpose LIKE 'recurring%'"
    with lived.sql(APP, tenant=lived.first) as connection:
        freed = connection.execute(f"UPDATE invoices_invoiceline SET freed = true {own}")
        assert freed.rowcount > 0
    for role, changes, refusal in (
        (APP, "freed = true, net = 0", InsufficientPrivilege),
        (OWNER, "freed = true, net = net + 1", RestrictViolation),
        (OWNER, "freed = false", RestrictViolation),
    ):
        with lived.sql(role, tenant=lived.first) as connection, pytest.raises(refusal):
            connection.execute(f"UPDATE invoices_invoiceline SET {changes} {own}")


# table | where, else any row | what a copy of that row changes, besides its id | what says no
COPIES = """
parties_account || {number: A77, bill_day: 0} | account_bill_day_1_31
parties_account || {number: A77, bill_day: 32} | account_bill_day_1_31
parties_account || {number: A77, payment_days: -1} | account_payment_days_positive
parties_account || {number: A77, parent_id: 700000} | account_not_its_own_parent
parties_account || {number: A77, payer_id: 700000} | account_not_its_own_payer
parties_account | number = 'A1' | {} | account_number_once
parties_account | house | {number: HOUSE2} | account_house_once
parties_account | number = 'A1' | {number: A77} | ok
parties_taxexemption || {} | tax_exemption_once
parties_taxexemption || {certificate: "77", valid_to: 2025-12-31} | tax_exemption_ends_after_start
contracts_contract || {} | contract_number_once
contracts_contract || {number: C77, ends_on: 2025-12-31} | contract_ends_after_start
contracts_contractoffer || {} | contract_one_offer_at_a_time
contracts_contractoffer || {valid_to: 2026-01-02} | contract_one_offer_at_a_time
contracts_contractoffer || {valid_from: 2025-01-01, valid_to: 2026-01-01} | ok
contracts_contractoffer || {quantity: -1} | contract_quantity_positive
contracts_grant || {} | grant_name_once
contracts_grant || {name: other, valid_to: 2026-12-31} | grant_ends_after_start
contracts_grant || {contract_id: null} | ok
contracts_priceoverride || {} | override_one_at_a_time
contracts_priceoverride || {valid_from: 2026-01-01, valid_to: 2027-01-01} | ok
contracts_pause || {} | contract_one_pause_at_a_time
contracts_pause || {paused_to: 2026-01-01} | pause_has_days
inventory_identifier || {} | identifier_once
inventory_assignment || {} | assignment_one_holder_at_a_time
inventory_assignment || {valid_from: 2030-01-01} | assignment_one_holder_at_a_time
inventory_loan || {} | loan_of_a_device_once
inventory_loan || {returned_on: 2026-01-01} | ok
inventory_loan || {returned_on: 2025-12-31} | loan_returned_after_it_was_lent
inventory_loan || {serial: R-77, worth: 0} | loan_positive
inventory_loan || {serial: R-77, asked_on: 2026-02-01} | loan_due_once_asked
inventory_loan || {serial: R-77, charged_on: 2026-02-01} | loan_charged_when_late
catalog_catalogversion || {valid_from: 2029-01-01} | catalog_number_once
catalog_catalogversion || {number: 77} | ok
catalog_offer || {} | offer_code_once
catalog_component || {} | component_code_once
usage_source || {} | usage_source_once
usage_batch || {} | usage_batch_content_once
usage_batch || {digest: "77", rows_in: 700} | usage_batch_conserved
usage_batch || {digest: "77", duplicates: 700} | usage_batch_conserved
usage_batch || {digest: "77"} | ok
usage_session || {} | usage_session_once
usage_chargetask || {} | usage_charge_task_once
usage_suspense || {} | usage_suspense_once
usage_recordkey || {} | usage_recordkey_all_pkey
balances_counter || {} | counter_once
balances_counter || {contract_id: 700, held: -1} | counter_held_positive
balances_rolledover || {} | rolled_over_once
usage_periodmeasure || {} | usage_measure_once
usage_periodlevel || {} | usage_level_once
ledger_ledgeraccount || {} | ledger_account_once
ledger_entry || {} | entry_source_once
ledger_entry || {source_key: "77", line_count: 1} | entry_has_two_sides
ledger_posting || {} | posting_line_once
ledger_posting || {line_no: 77} | posting_line_within_entry
ledger_posting || {line_no: 0} | posting_line_within_entry
ledger_posting || {line_no: 77, line_count: 77} | ledger_posting_account_id_entry_id_line_count_held
ledger_deferral || {} | deferral_line_once
ledger_deferral || {line_no: 77, invoice_id: 700000} | ledger_deferral_account_id_invoice_id_held
ledger_deferral || {line_no: 77, released: 7000000} | deferral_released_within_amount
ledger_deferral || {line_no: 77, period_to: 2000-01-01} | deferral_has_days
invoices_invoice || {} | invoice_number_once
invoices_invoice || {number: X77, bill_run_id: null, total: 77} | invoice_net_and_tax_add_up
invoices_invoiceline | purpose LIKE 'recurring%' | {} | invoice_line_billed_once
invoices_invoiceline | purpose LIKE 'usage%' | {} | invoice_line_billed_once
invoices_invoiceline || {line_no: 77, net: 77} | invoice_line_billed_once
invoices_invoiceline | purpose LIKE 'recurring%' | {slot: 77} | ok
invoices_invoiceline || {slot: 77, invoice_id: 7} | invoices_invoiceline_account_id_invoice_id_held
invoices_invoicetax || {invoice_id: 700000} | invoices_invoicetax_account_id_invoice_id_held
invoices_invoiceline | purpose LIKE 'recurring%' | {freed: true} | ok
invoices_voidedinvoice || {} | invoice_voided_once
invoices_billrules || {} | bill_rules_once
invoices_billdraft || {} | bill_draft_once
invoices_billdraft || {state: issued} | ok
invoices_creditedline || {} | credited_line_once
invoices_numberseries || {} | number_series_once
invoices_billrun || {} | bill_run_date_once
invoices_billtask || {} | bill_task_once
invoices_oneoff || {} | one_off_key_once
invoices_openitem || {} | open_item_once
payments_payment || {} | payment_key_once
payments_bankstatement || {} | bank_statement_once
payments_bankline || {} | bank_line_once
payments_payment || {key: "77", amount: 0} | payment_positive
payments_payment || {key: "77", amount: -7} | payment_positive
collections_ladder || {} | ladder_segment_once
collections_episode | state = 'open' | {} | episode_one_open
collections_action || {} | action_step_once_a_day
documents_delivery || {} | delivery_once
documents_dispatch || {} | dispatch_once
outbox_order || {} | outbox_order_once
balances_bucket || {} | bucket_source_once
balances_bucket || {source_key: "77", reserved: -1} | bucket_reserved_positive
balances_bucket || {source_key: "77", quantity: -1} | bucket_quantity_positive
balances_bucket || {source_key: "77", valid_to: "2000-01-01"} | bucket_ends_after_start
balances_bucket || {source_key: "77", account_id: 700000} | balances_bucket_account_id_held
balances_bucketmovement || {} | bucket_movement_once
balances_bucketmovement || {bucket_id: 700000} | balances_bucketmovement_account_id_bucket_id_held
balances_terms || {} | balances_terms_pkey
balances_voucherbatch || {} | voucher_batch_once
balances_voucherbatch || {code: "77", quantity: 0} | voucher_batch_worth_something
balances_voucher || {pin_hash: "77"} | voucher_serial_once
balances_voucher || {serial: "77"} | voucher_pin_once
balances_voucher || {serial: "77", pin_hash: "77", state: redeemed} | voucher_redeemed_has_time
balances_prepaiduse || {} | prepaid_use_once
payments_payout || {} | payout_once
payments_payout || {name: other, arrived_on: null} | payout_arrived_on_a_day
payments_payout || {name: other, arrived_on: null, state: announced} | ok
payments_processormovement || {} | processor_movement_once
payments_processormovement || {name: other} | clearing_item_paid_out_once
payments_processormovement || {name: other, item: ""} | ok
invoices_othertax || {} | other_tax_once
reservations_reservation || {} | reservations_reservation_pkey
reservations_reservation || {session: s77} | ok
reservations_reservation || {session: s77, account_id: 7} | reservations_reservation_account_id_held
"""


def test_of_a_deferral_only_this_changes_what_was_released(lived):
    with lived.sql(APP, tenant=lived.first) as connection:
        assert connection.execute("UPDATE ledger_deferral SET released = amount").rowcount > 0
        with pytest.raises(InsufficientPrivilege):
            connection.execute("UPDATE ledger_deferral SET invoice_id = 700000")


@pytest.mark.parametrize(
    ("table", "free", "kept"),
    [
        ("balances_bucket", "remaining", "id"),
        ("reservations_reservation", "expires_at", "account_id"),
    ],
)
def test_what_others_point_at_or_what_points_never_changes(lived, table, free, kept):
    with lived.sql(APP, tenant=lived.first) as connection:
        assert connection.execute(f"UPDATE {table} SET {free} = {free}").rowcount > 0
        with pytest.raises(InsufficientPrivilege):
            connection.execute(f"UPDATE {table} SET {kept} = {kept}")


@pytest.mark.parametrize("table", ["balances_bucket", "parties_account"])
def test_what_others_point_at_is_never_taken_out(lived, table):
    with lived.sql(APP, tenant=lived.first) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(f"DELETE FROM {table}")


def test_an_account_keeps_its_key(lived):
    with lived.sql(APP, tenant=lived.first) as connection:
        assert connection.execute("UPDATE parties_account SET id = id").rowcount > 0
        with pytest.raises(RestrictViolation):
            connection.execute("UPDATE parties_account SET id = id + 700000")


@dataclass(frozen=True, slots=True)
class Copy:
    table: str
    where: str
    changes: dict
    said: str


def copies() -> list[Copy]:
    rows = [[part.strip() for part in line.split("|")] for line in COPIES.strip().split("\n")]
    return [
        Copy(table, where or "true", yaml.safe_load(changes), said)
        for table, where, changes, said in rows
    ]


@pytest.mark.parametrize("copy", copies(), ids=lambda copy: f"{copy.table}-{copy.said}")
def test_copies(lived, copy):
    with lived.sql(OWNER, tenant=lived.first) as connection:
        row = row_of(connection, copy.table, copy.where)
        if "id" in row:
            row["id"] = 700000
        try:
            with connection.transaction():
                insert(connection, copy.table, row | copy.changes)
            said = "ok"
        except psycopg.IntegrityError as fault:
            said = fault.diag.constraint_name
        assert said == copy.said


@pytest.mark.parametrize(
    ("where", "changes"),
    [
        ("total > 0", "settled = total + 0.01"),
        ("total > 0", "settled = -0.01"),
        ("total > 0", "total = settled - 0.01"),
        ("total > 0", "total = -1, settled = -1.01"),
        ("total > 0", "total = -1, settled = 0.01"),
    ],
)
def test_nothing_is_settled_beyond_its_total(lived, where, changes):
    with lived.sql(OWNER, tenant=lived.first) as connection:
        with pytest.raises(CheckViolation) as refused:
            connection.execute(f"UPDATE invoices_openitem SET {changes} WHERE {where}")
        assert refused.value.diag.constraint_name == "open_item_settled_within_total"


@pytest.mark.parametrize(
    ("since", "until", "kept_until", "theirs", "said"),
    [
        ("2029-06-01", None, None, False, "assignment_one_holder_at_a_time"),
        ("2029-06-01", None, None, True, "assignment_one_holder_at_a_time"),
        ("2025-01-01", "2026-01-01Z", "2026-01-01Z", False, "assignment_one_holder_at_a_time"),
        ("2025-01-01", "2025-12-31T23:00Z", "2025-12-31T23:00Z", True, "ok"),
        ("2025-01-01", "2025-06-01", None, False, "assignment_kept_after_it_ends"),
        ("2025-01-01", "2025-06-01", "2025-05-31", False, "assignment_kept_after_it_ends"),
        ("2025-01-01", "2025-06-01", "2026-01-02", True, "assignment_kept_from_other_accounts"),
        ("2030-03-31", None, None, True, "assignment_kept_from_other_accounts"),
        ("2030-04-01", None, None, True, "ok"),
        ("2030-03-31", None, None, False, "ok"),
    ],
)
def test_who_may_hold_an_identifier(lived, since, until, kept_until, theirs, said):
    """It is held from the start of 2026 in Berlin through 2029, and kept through March 2030."""
    with lived.sql(OWNER, tenant=lived.first) as connection:
        connection.execute("SET LOCAL TimeZone = 'Europe/Berlin'")
        held = row_of(connection, "inventory_assignment", "valid_to IS NULL")
        not_theirs = f"account_id <> {held['account_id']}"
        other = row_of(connection, "contracts_service", not_theirs)
        connection.execute(
            "UPDATE inventory_assignment SET valid_to = '2030-01-01', kept_until = '2030-04-01'"
            " WHERE id = %s",
            [held["id"]],
        )
        row = held | {
            "id": 700000, "valid_from": since, "valid_to": until, "kept_until": kept_until
        }  # fmt: skip
        if theirs:
            row |= {"account_id": other["account_id"], "service_id": other["id"]}
        try:
            with connection.transaction():
                insert(connection, "inventory_assignment", row)
            found = "ok"
        except psycopg.IntegrityError as fault:
            found = fault.diag.constraint_name
        assert found == said


@pytest.mark.parametrize(
    "change", ["accepted = accepted + 1", "rows_in = rows_in - 1", "rejected = 7, absorbed = 7"]
)
def test_a_batch_is_conserved(lived, change):
    with lived.sql(APP, tenant=lived.first) as connection:
        with pytest.raises(CheckViolation) as refused:
            connection.execute(f"UPDATE usage_batch SET {change}")
        assert refused.value.diag.constraint_name == "usage_batch_conserved"


def post(connection: psycopg.Connection, *, line_count: int, amounts: list[str]) -> None:
    """An entry with postings of these amounts, as far as the statements go."""
    entry = row_of(connection, "ledger_entry") | {"id": 700000, "source_key": "by hand"}
    insert(connection, "ledger_entry", entry | {"line_count": line_count})
    posting = row_of(connection, "ledger_posting", f"account_id = {entry['account_id']}")
    for number, amount in enumerate(amounts, start=1):
        changes = {"id": 700000 + number, "entry_id": 700000, "line_no": number, "amount": amount}
        insert(connection, "ledger_posting", posting | changes | {"line_count": line_count})


@pytest.mark.parametrize(
    ("line_count", "amounts"),
    [
        (2, ["10", "-9.99"]),
        (2, ["10", "10"]),
        (2, ["0"]),
        (3, ["10", "-10"]),
        (2, []),
    ],
)
@pytest.mark.parametrize("role", [OWNER, APP])
def test_an_entry_that_does_not_balance(lived, role, line_count, amounts):
    with psycopg.connect(lived.database.conninfo(role)) as connection:
        connection.execute(f"SET LOCAL tallystick.tenant = '{lived.first}'")
        post(connection, line_count=line_count, amounts=amounts)
        with pytest.raises(CheckViolation, match="does not balance"):
            connection.commit()


def test_an_entry_that_balances(lived):
    with lived.sql(APP, tenant=lived.first) as connection:
        post(connection, line_count=3, amounts=["10", "-9.99", "-0.01"])
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_of_many_rows_one_without_its_invoice_is_enough(lived):
    with lived.sql(APP, tenant=lived.first) as connection:
        connection.execute("CREATE TEMP TABLE added AS SELECT 1 AS none_of_the_rows_added")
        wrong = (
            "INSERT INTO invoices_invoicetax SELECT (jsonb_populate_record(t, jsonb_build_object("
            "'id', t.id + 700000, 'invoice_id', CASE WHEN t.id = (SELECT max(id)"
            " FROM invoices_invoicetax) THEN 700000 ELSE t.invoice_id END))).*"
            " FROM invoices_invoicetax t"
        )
        with pytest.raises(ForeignKeyViolation):
            connection.execute(wrong)


def test_a_table_of_the_same_name_does_not_fool_the_balance(lived):
    """The application may make temporary tables, which are looked up before any other."""
    with psycopg.connect(lived.database.conninfo(APP)) as connection:
        connection.execute(f"SET LOCAL tallystick.tenant = '{lived.first}'")
        post(connection, line_count=2, amounts=["10", "-9"])
        connection.execute(
            "CREATE TEMP TABLE ledger_posting AS SELECT tenant_id, account_id, entry_id,"
            " CASE line_no WHEN 2 THEN -10 ELSE amount END AS amount"
            " FROM public.ledger_posting WHERE entry_id = 700000"
        )
        with pytest.raises(CheckViolation, match="does not balance"):
            connection.commit()


def test_nothing_is_added_to_an_entry(lived):
    with lived.sql(OWNER, tenant=lived.first) as connection:
        posting = row_of(connection, "ledger_posting") | {"id": 700000}
        count = posting["line_count"]
        for changes, refusal in (
            ({"line_no": count}, UniqueViolation),
            ({"line_no": count + 1}, CheckViolation),
            ({"line_no": count + 1, "line_count": count + 1}, ForeignKeyViolation),
        ):
            with pytest.raises(refusal), connection.transaction():
                insert(connection, "ledger_posting", posting | changes)


KEYS = """
    SELECT f.conname, t.relname, p.relname,
        (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(f.conkey) WITH ORDINALITY k(c, n)
            JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.c),
        (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(f.confkey) WITH ORDINALITY k(c, n)
            JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.c)
    FROM pg_constraint f
    JOIN pg_class t ON t.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid
    WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace ORDER BY 2, 1
"""
# Written in bulk from what the same transaction has read, or pointing back at what comes later;
# 0 stands for a counter that contracts share and for the component of a single charge.
NO_KEY = {
    "balances_bucket": {"contract_id"},
    "balances_counter": {"component_id", "contract_id"},
    "balances_movement": {"charge_run_id", "component_id", "contract_id"},
    "balances_rolledover": {"component_id", "contract_id"},
    "invoices_invoice": {"bill_run_id"},
    "invoices_draftline": {"contract_id"},
    "invoices_invoiceline": {"component_id", "contract_id"},
    "invoices_oneoff": {"invoice_id"},
    "payments_processorfact": {"event_id"},
    "reservations_reservation": {
        "charge_run_id", "contract_id", "offer_id", "pool_id", "service_id",
    },
    "usage_batch": {"charge_run_id"},
    "usage_chargetotal": {
        "charge_run_id", "component_id", "contract_id", "invoice_id", "version_id",
    },
    "usage_lateusage": {"charge_run_id", "component_id", "usage_id"},
    "usage_periodlevel": {"component_id", "contract_id"},
    "usage_periodline": {
        "bill_run_id", "component_id", "contract_id", "invoice_id", "version_id",
    },
    "usage_periodmeasure": {"component_id", "contract_id"},
    "usage_recordkey": {"account_id", "record_id", "source_id", "usage_id"},
    "usage_replacedusage": {
        "charge_run_id", "record_id", "source_id", "successor_id", "usage_id",
    },
    "usage_rerating": {"charge_run_id"},
    "usage_suspense": {"charge_run_id", "usage_id"},
}  # fmt: skip
IN_SETS = {
    "balances_bucketmovement": {"account_id", "bucket_id"},
    "invoices_invoiceline": {"account_id", "invoice_id"},
    "invoices_invoicetax": {"account_id", "invoice_id"},
    "ledger_deferral": {"account_id", "invoice_id"},
    "ledger_posting": {"account_id", "entry_id"},
    "reservations_reservation": {"account_id"},
}
"""Looked up once a statement, by a trigger (each of them is tried among the copies)."""
LARGE = ("usage_usage", "usage_ratedline")
"""Partitioned and loaded by COPY at full speed: without foreign keys on purpose."""


def keys(connection: psycopg.Connection) -> list[tuple[str, str, str, list[str], list[str]]]:
    return connection.execute(KEYS).fetchall()


def test_every_foreign_key_holds_the_operator_too(lived):
    with lived.sql("postgres") as connection:
        found = keys(connection)
        held = {(table, column) for _, table, _, columns, _ in found for column in columns}
        for name, _, parent, columns, parent_columns in found:
            owner_column = "id" if parent == "tenants_tenant" else "tenant_id"
            assert (columns[0], parent_columns[0]) == ("tenant_id", owner_column), name
        named = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name LIKE '%%\\_id'"
            " AND column_name <> 'tenant_id' AND table_name = ANY(%s) AND table_name <> ALL(%s)",
            [[table for table, _ in lived.tables], list(LARGE)],
        )
        in_sets = connection.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'held'"
        )
        assert {table for (table,) in in_sets} == set(IN_SETS)
        held |= {(table, column) for table, columns in IN_SETS.items() for column in columns}
        free: dict[str, set[str]] = {}
        for table, column in set(named) - held:
            free.setdefault(table, set()).add(column)
    assert free == NO_KEY


def test_no_row_points_at_another_operators(lived):
    """Every foreign key, turned to what exists, but under another operator."""
    tried = 0
    with lived.sql("postgres") as connection:
        found = keys(connection)
    for name, table, parent, columns, parent_columns in found:
        if parent == "tenants_tenant":
            continue
        with lived.sql("postgres") as connection:
            for other, holder, target, _, _ in found:
                if table in (holder, target) and other != name:
                    connection.execute(f"ALTER TABLE {holder} DROP CONSTRAINT {other}")
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            theirs = row_of(connection, parent, f"tenant_id = {lived.first}")
            pairs = list(zip(columns, parent_columns, strict=True))[1:]
            changes = ", ".join(f"{column} = {theirs[other]}" for column, other in pairs)
            update = f"UPDATE {table} SET {changes} WHERE ctid = (SELECT ctid FROM {table}"
            with pytest.raises(ForeignKeyViolation) as refused:
                connection.execute(f"{update} WHERE tenant_id = {lived.second} LIMIT 1)")
            assert refused.value.diag.constraint_name == name
            tried += 1
    assert tried >= 30
