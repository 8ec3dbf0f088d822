"""Migration operations that turn Django's tables into tables held by tenant.

`HoldByTenant` gives a table its composite primary key, composite foreign keys, forced row-level
security and the application role's rights. Hot tables put tenant and account at the head of every
key, so that the same schema can be distributed by account.
"""

from collections.abc import Mapping, Sequence

from django.db import migrations

APP_ROLE = "tallystick_app"
LOADER_ROLE = "tallystick_loader"
CURRENT_TENANT = "NULLIF(current_setting('tallystick.tenant', true), '')::integer"


def protect_sql(table: str, *, rights: str, column: str = "tenant_id") -> str:
    """Row-level security, forced, and the application role's rights on a table."""
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY by_tenant ON {table}
            USING ({column} = {CURRENT_TENANT}) WITH CHECK ({column} = {CURRENT_TENANT});
        GRANT {rights} ON {table} TO {APP_ROLE};
    """


def grant_sequences_sql() -> str:
    return f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE};"


def HoldByTenant(  # noqa: N802  (reads as an operation in a migration)
    table: str,
    *,
    key: Sequence[str] = ("tenant_id", "id"),
    parents: Mapping[str, str] | None = None,
    rights: str = "SELECT, INSERT, UPDATE, DELETE",
) -> migrations.RunSQL:
    """Hold a table that Django made by its tenant.

    `parents` maps a foreign key's columns (comma-separated, without the tenant) to
    `parent_table(columns)`.
    """
    statements = [
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey;",
        f"ALTER TABLE {table} ADD PRIMARY KEY ({', '.join(key)});",
    ]
    if not parents:
        statements.append(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant_held"
            " FOREIGN KEY (tenant_id) REFERENCES tenants_tenant (id);"
        )
    for columns, target in (parents or {}).items():
        parent, parent_columns = target.rstrip(")").split("(")
        name = f"{table}_{columns.replace(', ', '_')}_held"[:63]
        statements.append(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, {columns})"
            f" REFERENCES {parent} (tenant_id, {parent_columns});"
        )
    statements += [protect_sql(table, rights=rights), grant_sequences_sql()]
    return migrations.RunSQL("\n".join(statements), migrations.RunSQL.noop)


def HoldInSets(  # noqa: N802  (reads as an operation in a migration)
    table: str, columns: str, target: str
) -> migrations.RunSQL:
    """Let a foreign key of `HoldByTenant` be looked up once a statement, for all its rows.

    Only for rows whose key never changes, of parents that are never taken out: a foreign key by row
    also guards against those, and is most of what a bulk insert costs.
    """
    parent, parent_columns = target.rstrip(")").split("(")
    keys = ["tenant_id", *columns.split(", ")]
    known = " AND ".join(
        f"p.{theirs} = n.{ours}"
        for ours, theirs in zip(keys, ["tenant_id", *parent_columns.split(", ")], strict=True)
    )
    name = f"{table}_{columns.replace(', ', '_')}_held"[:63]
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} DROP CONSTRAINT {name};
        CREATE FUNCTION {name}() RETURNS trigger
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            IF EXISTS (SELECT FROM (SELECT DISTINCT {", ".join(keys)} FROM added) n
                WHERE NOT EXISTS (SELECT FROM {parent} p WHERE {known})) THEN
                RAISE EXCEPTION 'a row of {table} has no row in {parent}'
                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER held AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION {name}();
        """,
        migrations.RunSQL.noop,
    )


def refuse_change_sql(table: str, *, why: str) -> str:
    """A trigger that refuses UPDATE and DELETE of any row."""
    return f"""
        CREATE FUNCTION {table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{why}' USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change();
    """
