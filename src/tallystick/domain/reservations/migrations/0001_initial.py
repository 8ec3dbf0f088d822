from typing import Any

from django.db import migrations, models

from tallystick.domain.tenants.schema import protect_sql

TABLES = f"""
    CREATE TABLE reservations_reservation (
        tenant_id integer NOT NULL,
        account_id bigint NOT NULL,
        session text NOT NULL,
        contract_id bigint NOT NULL,
        service_id bigint NOT NULL,
        offer_id bigint NOT NULL,
        cycle_start date NOT NULL,
        tab_start date NOT NULL,
        state text NOT NULL CHECK (state IN ('open', 'committed', 'released', 'expired')),
        kind text NOT NULL,
        unit text NOT NULL,
        started_at timestamptz NOT NULL,
        called text,
        zone text,
        attributes text,
        used numeric(38, 9) NOT NULL CHECK (used >= 0),
        granted numeric(38, 9) NOT NULL CHECK (granted >= used),
        amount numeric(38, 12) NOT NULL,
        refunded numeric(38, 12) NOT NULL DEFAULT 0 CHECK (refunded >= 0),
        detail text NOT NULL,
        held text,
        opened_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        valid_s integer NOT NULL CHECK (valid_s > 0),
        charge_run_id bigint,
        -- A session is named by the network alone, which knows no account: the name is the key.
        PRIMARY KEY (tenant_id, session),
        FOREIGN KEY (tenant_id, account_id) REFERENCES parties_account (tenant_id, id),
        CHECK (state = 'open' OR held IS NULL)
    ) WITH (fillfactor = 80);
    CREATE INDEX reservations_waiting ON reservations_reservation (tenant_id, account_id)
        WHERE charge_run_id IS NULL AND state <> 'open';
    CREATE INDEX reservations_holding ON reservations_reservation (tenant_id, account_id)
        WHERE state = 'open';
    CREATE INDEX reservations_expiring ON reservations_reservation (tenant_id, expires_at)
        WHERE state = 'open';

    CREATE TABLE reservations_request (
        tenant_id integer NOT NULL,
        key text NOT NULL,
        digest text NOT NULL,
        code text NOT NULL,
        answer text NOT NULL,
        answered_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, key)
    );
    CREATE INDEX reservations_request_age ON reservations_request
        USING brin (answered_at) WITH (pages_per_range = 32);

    CREATE TABLE reservations_tab (
        tenant_id integer NOT NULL,
        account_id bigint NOT NULL,
        month date NOT NULL,
        charged numeric(38, 12) NOT NULL,
        held numeric(38, 12) NOT NULL CHECK (held >= 0),
        PRIMARY KEY (tenant_id, account_id, month),
        FOREIGN KEY (tenant_id, account_id) REFERENCES parties_account (tenant_id, id)
    ) WITH (fillfactor = 80);

    {protect_sql("reservations_reservation", rights="SELECT, INSERT, UPDATE")}
    {protect_sql("reservations_request", rights="SELECT, INSERT, DELETE")}
    {protect_sql("reservations_tab", rights="SELECT, INSERT, UPDATE")}

    -- Who a subject is must be found without going through an exclusion constraint's tree.
    CREATE INDEX inventory_assignment_held ON inventory_assignment (tenant_id, identifier_id);
    CREATE INDEX contracts_contractoffer_held ON contracts_contractoffer (tenant_id, contract_id);
"""


def _table(name: str, key: str, kind: Any) -> migrations.CreateModel:
    """A table that the SQL above declares, as Django sees it."""
    table = f"reservations_{name.lower()}"
    return migrations.CreateModel(
        name=name, fields=[(key, kind)], options={"db_table": table, "managed": False}
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("balances", "0003_rolled_over"),
        ("contracts", "0001_initial"),
        ("inventory", "0001_initial"),
        ("parties", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(TABLES, migrations.RunSQL.noop),
        _table("Reservation", "session", models.TextField(primary_key=True, serialize=False)),
        _table("Request", "key", models.TextField(primary_key=True, serialize=False)),
        _table("Tab", "account_id", models.BigIntegerField(primary_key=True, serialize=False)),
    ]
