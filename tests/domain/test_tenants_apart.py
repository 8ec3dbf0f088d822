"""Row-level security, tried with plain SQL on every table that the database says it has."""

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import (
    InsufficientPrivilege,
    InvalidTextRepresentation,
    RaiseException,
    UndefinedTable,
)

from tallystick.wiring.roles import APP, LOADER, OWNER

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
NOT_HELD = {"django_migrations"}
"""What the application may look at though it belongs to no operator."""


def ask(connection: psycopg.Connection, query: str, *names: str, values=()):
    text = sql.SQL(query).format(*(sql.Identifier(name) for name in names))
    return connection.execute(text, values)


def refusal_of(connection: psycopg.Connection, query: str, *names: str, values=()) -> str | int:
    """The class of what the database says to it, or how many rows it touched; undone."""
    try:
        with connection.transaction(force_rollback=True):
            return ask(connection, query, *names, values=values).rowcount
    except psycopg.Error as fault:
        return type(fault).__name__


def count(connection: psycopg.Connection, table: str, column: str, tenant: int) -> int:
    rows = ask(connection, "SELECT count(*) FROM {} WHERE {} = %s", table, column, values=[tenant])
    return rows.fetchone()[0]


def row_of(lived, table: str, column: str, tenant: int) -> str:
    """One row of the operator's as JSON."""
    with lived.sql("postgres") as connection:
        query = "SELECT to_jsonb(t)::text FROM {} t WHERE {} = %s LIMIT 1"
        row = ask(connection, query, table, column, values=[tenant]).fetchone()
    assert row, f"{table} is empty: let tests/domain/conftest.py leave a row in it"
    return row[0]


INSERT = "INSERT INTO {} SELECT * FROM jsonb_populate_record(NULL::{}, %s::jsonb)"


def test_every_table_is_held(lived):
    assert len(lived.tables) >= 38
    with lived.sql("postgres") as connection:
        held = connection.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
        )
        assert {name for name, _ in lived.tables} == {row[0] for row in held}
        policies = connection.execute(
            "SELECT tablename, policyname, roles::text, cmd FROM pg_policies ORDER BY 1, 2"
        ).fetchall()
    by_tenant = [(table, "by_tenant", "{public}", "ALL") for table, _ in lived.tables]
    # The owner reads the codes and names of all operators, for `tenants_directory`.
    directory = ("tenants_tenant", "directory", f"{{{OWNER}}}", "SELECT")
    assert policies == sorted([*by_tenant, directory])


def test_the_application_has_no_right_on_what_is_not_held(lived):
    with lived.sql("postgres") as connection:
        rows = connection.execute(
            "SELECT c.relname, r.name FROM pg_class c CROSS JOIN unnest(%s::text[]) r(name)"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r','p','v','m','f')"
            " AND NOT c.relrowsecurity AND has_table_privilege(%s, c.oid, r.name)",
            [list(RIGHTS), APP],
        ).fetchall()
    assert {table for table, _ in rows} == NOT_HELD
    assert {right for _, right in rows} == {"SELECT"}


def test_another_operators_rows(lived):
    for table, column in lived.tables:
        theirs = row_of(lived, table, column, lived.first)
        with lived.sql("postgres") as connection:
            own_rows = count(connection, table, column, lived.second)
        with lived.sql(APP, tenant=lived.second) as connection:
            assert count(connection, table, column, lived.first) == 0, table
            seen = ask(connection, "SELECT count(*) FROM {}", table).fetchone()[0]
            assert seen == own_rows > 0, table
            for query in ("UPDATE {} SET {} = {} WHERE {} = %s", "DELETE FROM {} WHERE {} = %s"):
                names = (table, *[column] * (query.count("{}") - 1))
                done = refusal_of(connection, query, *names, values=[lived.first])
                assert done in (0, "InsufficientPrivilege"), (table, query)
            done = refusal_of(connection, INSERT, table, table, values=[theirs])
            assert done == "InsufficientPrivilege", table
            give = "UPDATE {} SET {} = %s"
            done = refusal_of(connection, give, table, column, values=[lived.first])
            assert done in ("InsufficientPrivilege", "RestrictViolation"), table
            assert refusal_of(connection, "TRUNCATE {}", table) == "InsufficientPrivilege"


@pytest.mark.parametrize("setting", [None, ""])
def test_without_an_operator_there_is_nothing(lived, setting):
    for table, column in lived.tables:
        row = row_of(lived, table, column, lived.first)
        with lived.sql(APP) as connection:
            if setting is not None:
                connection.execute("SET LOCAL tallystick.tenant = ''")
            assert ask(connection, "SELECT count(*) FROM {}", table).fetchone() == (0,), table
            done = refusal_of(connection, "DELETE FROM {}", table)
            assert done in (0, "InsufficientPrivilege"), table
            done = refusal_of(connection, INSERT, table, table, values=[row])
            assert done == "InsufficientPrivilege", table


def test_no_operator_by_trickery(lived):
    with lived.sql(APP) as connection:
        connection.execute("SET LOCAL tallystick.tenant = '1 OR true'")
        with pytest.raises(InvalidTextRepresentation):
            connection.execute("SELECT count(*) FROM parties_account")


def test_the_owner_is_bound_as_well(lived):
    with lived.sql(OWNER, tenant=lived.second) as connection:
        for table, column in lived.tables:
            if table != "tenants_tenant":
                assert count(connection, table, column, lived.first) == 0, table


def test_leaf_partitions(lived):
    """Only the loader adds to them, and it reads nothing, not even what it added."""
    with lived.sql("postgres") as connection:
        rights = connection.execute(
            "SELECT c.relname, o.name, r.name FROM pg_class c"
            " CROSS JOIN unnest(%s::text[]) o(name) CROSS JOIN unnest(%s::text[]) r(name)"
            " WHERE c.relispartition AND c.relkind IN ('r', 'p')"
            " AND has_table_privilege(o.name, c.oid, r.name)",
            [[APP, LOADER], list(RIGHTS)],
        ).fetchall()
        leaves = connection.execute(
            "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' ORDER BY 1"
        ).fetchall()
    assert {(role, right) for _, role, right in rights} == {(LOADER, "INSERT")}
    assert len(leaves) >= 4
    parents = dict(lived.tables)
    for (leaf,) in leaves:
        parent = next(name for name in parents if leaf.startswith(f"{name}_"))
        row = row_of(lived, parent, "tenant_id", lived.second)
        with lived.sql(APP, tenant=lived.second) as connection:
            for query in ("SELECT FROM {}", "DELETE FROM {}", "UPDATE {} SET tenant_id = 1"):
                assert refusal_of(connection, query, leaf) == "InsufficientPrivilege", query
            done = refusal_of(connection, INSERT, leaf, leaf, values=[row])
            assert done == "InsufficientPrivilege", leaf
            connection.execute(f"SET LOCAL ROLE {LOADER}")
            done = refusal_of(connection, f"{INSERT} RETURNING tenant_id", leaf, leaf, values=[row])
            assert done == "InsufficientPrivilege", leaf


def test_the_loader_reads_nothing(lived):
    with lived.sql("postgres") as connection:
        relations = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'v', 'm')"
        ).fetchall()
    with lived.sql(APP, tenant=lived.first) as connection:
        connection.execute(f"SET LOCAL ROLE {LOADER}")
        for (relation,) in relations:
            for query in ("SELECT FROM {}", "UPDATE {} SET tenant_id = 1", "DELETE FROM {}"):
                done = refusal_of(connection, query, relation)
                assert done in ("InsufficientPrivilege", "UndefinedColumn"), (relation, query)
            done = refusal_of(connection, "TRUNCATE {}", relation)
            assert done == "InsufficientPrivilege", relation
        for table, column in lived.tables:
            row = row_of(lived, table, column, lived.first)
            done = refusal_of(connection, INSERT, table, table, values=[row])
            assert done == "InsufficientPrivilege", table


@pytest.mark.parametrize("role", [APP, LOADER, OWNER])
def test_no_role_is_above_the_rules(lived, role):
    with lived.sql("postgres") as connection:
        flags = "rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        row = connection.execute(f"SELECT {flags} FROM pg_roles WHERE rolname = %s", [role])
        assert row.fetchone() == (False,) * 5


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id integer)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE VIEW mine AS SELECT 1",
        "ALTER TABLE parties_account DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE ledger_posting DISABLE TRIGGER refuse_change",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "DROP POLICY by_tenant ON parties_account",
        "DROP TABLE parties_account",
        "CREATE POLICY open ON parties_account USING (true)",
        f"SET ROLE {OWNER}",
        "SET ROLE postgres",
        "SET session_replication_role = replica",
        "SET row_security = off; SELECT * FROM parties_account",
        "ALTER ROLE CURRENT_USER BYPASSRLS",
        "COPY parties_account TO PROGRAM 'cat'",
        "INSERT INTO django_migrations VALUES (0, 'a', 'b', now())",
    ],
)
def test_the_application_cannot(lived, statement):
    with lived.sql(APP, tenant=lived.first) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)


def test_what_runs_with_the_owners_rights(lived):
    """Few functions do, and none looks up its tables where a caller may put others."""
    with lived.sql("postgres") as connection:
        rows = connection.execute(
            "SELECT proname, proconfig::text FROM pg_proc WHERE prosecdef"
            " AND pronamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
    assert [name for name, _ in rows] == ["ensure_month", "refresh_statistics", "tenants_directory"]
    assert {config for _, config in rows} == {'{"search_path=public, pg_temp"}'}


@pytest.mark.parametrize(
    ("parent", "month"),
    [("parties_account", "2026-01-01"), ("usage_usage", "1066-10-01"), ("usage_usage", "9999-1-1"),
     ("usage_usage; DROP TABLE usage_usage", "2026-01-01")],
)  # fmt: skip
def test_ensure_month_makes_months_only(lived, parent, month):
    with lived.sql(APP) as connection, pytest.raises(RaiseException):
        connection.execute("SELECT ensure_month(%s, %s)", [parent, month])


def test_statistics_of_what_is_loaded_in_bulk_only(lived):
    with lived.sql(APP) as connection, pytest.raises(RaiseException):
        connection.execute("SELECT refresh_statistics('pg_authid')")


def test_ensure_month_makes_a_month_that_only_the_loader_fills(lived):
    with lived.sql(APP, tenant=lived.first) as connection:
        with pytest.raises(UndefinedTable), connection.transaction():
            connection.execute("SELECT FROM usage_usage_2031_05")
        leaf = connection.execute("SELECT ensure_month('usage_usage', '2031-05-17')").fetchone()
        assert leaf == ("usage_usage_2031_05",)
        with pytest.raises(InsufficientPrivilege):
            connection.execute("SELECT FROM usage_usage_2031_05")
