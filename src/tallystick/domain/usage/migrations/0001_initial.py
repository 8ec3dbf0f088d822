import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from tallystick.domain.tenants.schema import APP_ROLE, LOADER_ROLE, HoldByTenant, protect_sql

LARGE_TABLES = f"""
    CREATE TABLE usage_recordkey (
        tenant_id integer NOT NULL,
        source_id bigint NOT NULL,
        record_id text NOT NULL,
        quantity numeric(38, 9) NOT NULL,
        PRIMARY KEY (tenant_id, source_id, record_id)
    ) PARTITION BY HASH (tenant_id);
    CREATE TABLE usage_recordkey_all PARTITION OF usage_recordkey
        FOR VALUES WITH (MODULUS 1, REMAINDER 0);
    GRANT INSERT ON usage_recordkey_all TO {LOADER_ROLE};

    CREATE SEQUENCE usage_usage_id_seq;
    CREATE TABLE usage_usage (
        tenant_id integer NOT NULL,
        account_id bigint NOT NULL,
        contract_id bigint NOT NULL,
        service_id bigint NOT NULL,
        id bigint NOT NULL,
        batch_id bigint NOT NULL,
        source_id bigint NOT NULL,
        kind text NOT NULL,
        started_at timestamptz NOT NULL,
        quantity numeric(38, 9) NOT NULL CHECK (quantity >= 0),
        unit text NOT NULL,
        called text,
        zone text,
        attributes text,
        PRIMARY KEY (tenant_id, account_id, started_at, id)
    ) PARTITION BY RANGE (started_at);

    CREATE TABLE usage_ratedline (
        tenant_id integer NOT NULL,
        account_id bigint NOT NULL,
        contract_id bigint NOT NULL,
        component_id bigint NOT NULL,
        version_id bigint NOT NULL,
        charge_run_id bigint NOT NULL,
        usage_id bigint NOT NULL,
        seq smallint NOT NULL,
        cycle_start date NOT NULL,
        started_at timestamptz NOT NULL,
        band text,
        tier smallint,
        rate_key text,
        measured numeric(38, 9) NOT NULL,
        billed numeric(38, 9) NOT NULL,
        allowed numeric(38, 9) NOT NULL,
        unit_price numeric(38, 12) NOT NULL,
        per numeric(38, 9) NOT NULL,
        fee numeric(38, 12) NOT NULL,
        amount numeric(38, 12) NOT NULL,
        PRIMARY KEY (tenant_id, account_id, started_at, usage_id, component_id, charge_run_id, seq)
    ) PARTITION BY RANGE (started_at);

    {protect_sql("usage_recordkey", rights="SELECT, INSERT")}
    {protect_sql("usage_usage", rights="SELECT, INSERT")}
    {protect_sql("usage_ratedline", rights="SELECT, INSERT")}

    -- The application may not create tables; this makes the partition of one month, once.
    CREATE FUNCTION ensure_month(parent text, month date) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        first date := date_trunc('month', month)::date;
        leaf text := parent || to_char(month, '_YYYY_MM');
    BEGIN
        IF parent NOT IN ('usage_usage', 'usage_ratedline') THEN
            RAISE EXCEPTION '% is not held by month', parent;
        END IF;
        IF first NOT BETWEEN date '1990-01-01' AND date '2199-12-01' THEN
            RAISE EXCEPTION 'month % is out of range', first;
        END IF;
        IF to_regclass(leaf) IS NOT NULL THEN
            RETURN leaf;
        END IF;
        PERFORM pg_advisory_xact_lock(hashtext('ensure_month ' || parent));
        -- A scan and no look-up: names looked up before the lock was had may be remembered.
        IF NOT EXISTS (SELECT FROM pg_class WHERE relname = leaf) THEN
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', leaf, parent);
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, leaf,
                (first::timestamp AT TIME ZONE 'UTC'),
                ((first + interval '1 month') AT TIME ZONE 'UTC'));
            EXECUTE format('GRANT INSERT ON %I TO {LOADER_ROLE}', leaf);
        END IF;
        RETURN leaf;
    END $$;
    REVOKE ALL ON FUNCTION ensure_month FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ensure_month TO {APP_ROLE};

    -- Plans are only as good as statistics, and a bulk load outruns the autovacuum: this looks
    -- again at what has doubled since it was last looked at, a table or its partitions. A table
    -- never looked at counts as one row a tenant, and a join with it goes through every pair.
    CREATE FUNCTION refresh_statistics(parent text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        leaf regclass;
    BEGIN
        IF parent NOT IN ('usage_usage', 'usage_ratedline', 'usage_recordkey', 'contracts_service',
            'contracts_contract', 'contracts_contractoffer', 'inventory_identifier',
            'inventory_assignment', 'parties_account') THEN
            RAISE EXCEPTION '% is not loaded in bulk', parent;
        END IF;
        FOR leaf IN SELECT c.oid FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE c.relkind = 'r' AND parent::regclass IN (c.oid, i.inhparent)
            AND pg_relation_size(c.oid) / 8192 > 2 * greatest(c.relpages, 4) LOOP
            EXECUTE format('ANALYZE %s', leaf);
        END LOOP;
    END $$;
    REVOKE ALL ON FUNCTION refresh_statistics FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION refresh_statistics TO {APP_ROLE};

    CREATE FUNCTION micros(instant timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN (extract(epoch FROM instant) * 1000000)::bigint;

    CREATE INDEX ON usage_chargetotal (tenant_id, account_id) WHERE invoice_id IS NULL;
    CREATE INDEX ON usage_usage USING brin (batch_id);
    CREATE INDEX ON usage_reject (tenant_id, batch_id);
    CREATE INDEX ON usage_suspense (tenant_id) WHERE state = 'open';
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE};
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("contracts", "0001_initial"),
        ("parties", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RatedLine",
            fields=[
                ("usage_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("tenant_id", models.IntegerField()),
                ("account_id", models.BigIntegerField()),
                ("contract_id", models.BigIntegerField()),
                ("component_id", models.BigIntegerField()),
                ("version_id", models.BigIntegerField()),
                ("charge_run_id", models.BigIntegerField()),
                ("seq", models.SmallIntegerField()),
                ("cycle_start", models.DateField()),
                ("started_at", models.DateTimeField()),
                ("band", models.TextField(null=True)),
                ("tier", models.SmallIntegerField(null=True)),
                ("rate_key", models.TextField(null=True)),
                ("measured", models.DecimalField(decimal_places=9, max_digits=38)),
                ("billed", models.DecimalField(decimal_places=9, max_digits=38)),
                ("allowed", models.DecimalField(decimal_places=9, max_digits=38)),
                ("unit_price", models.DecimalField(decimal_places=12, max_digits=38)),
                ("per", models.DecimalField(decimal_places=9, max_digits=38)),
                ("fee", models.DecimalField(decimal_places=12, max_digits=38)),
                ("amount", models.DecimalField(decimal_places=12, max_digits=38)),
            ],
            options={
                "db_table": "usage_ratedline",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="RecordKey",
            fields=[
                ("tenant_id", models.IntegerField()),
                ("source_id", models.IntegerField()),
                ("record_id", models.TextField(primary_key=True, serialize=False)),
                ("quantity", models.DecimalField(decimal_places=9, max_digits=38)),
            ],
            options={
                "db_table": "usage_recordkey",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Usage",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("tenant_id", models.IntegerField()),
                ("account_id", models.BigIntegerField()),
                ("contract_id", models.BigIntegerField()),
                ("service_id", models.BigIntegerField()),
                ("batch_id", models.BigIntegerField()),
                ("source_id", models.IntegerField()),
                ("kind", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("quantity", models.DecimalField(decimal_places=9, max_digits=38)),
                ("unit", models.TextField()),
                ("called", models.TextField(null=True)),
                ("zone", models.TextField(null=True)),
                ("attributes", models.TextField(null=True)),
            ],
            options={
                "db_table": "usage_usage",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("filename", models.CharField(max_length=500)),
                ("format", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("loading", "loading"), ("loaded", "loaded")], max_length=10
                    ),
                ),
                ("chunks_done", models.IntegerField(default=0)),
                ("rows_in", models.BigIntegerField(default=0)),
                ("accepted", models.BigIntegerField(default=0)),
                ("duplicates", models.BigIntegerField(default=0)),
                ("rejected", models.BigIntegerField(default=0)),
                ("absorbed", models.BigIntegerField(default=0)),
                ("sums", models.JSONField(default=dict)),
                ("first_at", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField(null=True)),
                ("charge_run_id", models.BigIntegerField(null=True)),
                ("started_at", models.DateTimeField()),
                ("loaded_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChargeRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(choices=[("open", "open"), ("done", "done")], max_length=10),
                ),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("started_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ChargeTotal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cycle_start", models.DateField()),
                ("band", models.TextField(null=True)),
                ("tier", models.SmallIntegerField(null=True)),
                ("unit_price", models.DecimalField(decimal_places=12, max_digits=38, null=True)),
                ("per", models.DecimalField(decimal_places=9, max_digits=38)),
                ("events", models.BigIntegerField()),
                ("measured", models.DecimalField(decimal_places=9, max_digits=38)),
                ("billed", models.DecimalField(decimal_places=9, max_digits=38)),
                ("allowed", models.DecimalField(decimal_places=9, max_digits=38)),
                ("fees", models.DecimalField(decimal_places=12, max_digits=38)),
                ("amount", models.DecimalField(decimal_places=12, max_digits=38)),
                ("invoice_id", models.BigIntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.account",
                    ),
                ),
                (
                    "charge_run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.chargerun",
                    ),
                ),
                (
                    "component",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.component",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contracts.contract",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.catalogversion",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Reject",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.BigIntegerField()),
                ("decoded", models.BooleanField()),
                ("code", models.CharField(max_length=60)),
                ("parameters", models.JSONField(default=dict)),
                ("raw", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("replayed", "replayed"),
                            ("discarded", "discarded"),
                        ],
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.batch",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("nas", models.CharField(max_length=255)),
                ("session", models.CharField(max_length=255)),
                ("user", models.CharField(max_length=255, null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField()),
                ("input", models.BigIntegerField()),
                ("output", models.BigIntegerField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("restarted_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.source",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="batch",
            name="source",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="usage.source",
            ),
        ),
        migrations.CreateModel(
            name="Suspense",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("usage_id", models.BigIntegerField()),
                ("started_at", models.DateTimeField()),
                ("code", models.CharField(max_length=60)),
                ("detail", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("replayed", "replayed"),
                            ("discarded", "discarded"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.account",
                    ),
                ),
                (
                    "charge_run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.chargerun",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChargeTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account_from", models.BigIntegerField()),
                ("account_to", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(choices=[("open", "open"), ("done", "done")], max_length=10),
                ),
                ("events", models.BigIntegerField(default=0)),
                ("lines", models.BigIntegerField(default=0)),
                ("suspended", models.BigIntegerField(default=0)),
                (
                    "charge_run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.chargerun",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "charge_run", "account_from"),
                        name="usage_charge_task_once",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(fields=("tenant", "code"), name="usage_source_once"),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.UniqueConstraint(
                fields=("tenant", "source", "nas", "session"), name="usage_session_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.UniqueConstraint(
                fields=("tenant", "source", "digest"), name="usage_batch_content_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "rows_in",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("accepted"), "+", models.F("duplicates")
                                ),
                                "+",
                                models.F("rejected"),
                            ),
                            "+",
                            models.F("absorbed"),
                        ),
                    )
                ),
                name="usage_batch_conserved",
            ),
        ),
        migrations.AddConstraint(
            model_name="suspense",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "usage_id", "charge_run"), name="usage_suspense_once"
            ),
        ),
        HoldByTenant("usage_source", rights="SELECT, INSERT"),
        HoldByTenant(
            "usage_batch",
            parents={"source_id": "usage_source(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "usage_reject", parents={"batch_id": "usage_batch(id)"}, rights="SELECT, INSERT, UPDATE"
        ),
        HoldByTenant("usage_session", parents={"source_id": "usage_source(id)"}),
        HoldByTenant("usage_chargerun", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant(
            "usage_chargetask",
            parents={"charge_run_id": "usage_chargerun(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "usage_suspense",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "usage_chargetotal",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        migrations.RunSQL(LARGE_TABLES, migrations.RunSQL.noop),
    ]
