from django.db import migrations, models

import tallystick.domain.tenants.models
from tallystick.domain.tenants.schema import APP_ROLE, grant_sequences_sql, protect_sql

HELD = f"""
    {protect_sql("tenants_tenant", rights="SELECT, INSERT, UPDATE", column="id")}
    {grant_sequences_sql()}
    -- Codes and names only, so that a command can find the operator it is to act for.
    CREATE POLICY directory ON tenants_tenant FOR SELECT TO CURRENT_USER USING (true);
    CREATE FUNCTION tenants_directory() RETURNS TABLE (id integer, code varchar, name varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT id, code, name FROM tenants_tenant $$;
    REVOKE ALL ON FUNCTION tenants_directory FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tenants_directory TO {APP_ROLE};
    GRANT SELECT ON django_migrations TO {APP_ROLE};
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Tenant",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("industry", models.CharField(blank=True, max_length=40)),
                ("country", models.CharField(max_length=2)),
                ("currency", models.CharField(max_length=3)),
                ("zone", models.CharField(max_length=64)),
                ("language", models.CharField(max_length=8)),
                (
                    "rounding",
                    models.CharField(
                        choices=[
                            ("half_up", "half up"),
                            ("half_even", "half even"),
                            ("down", "down"),
                            ("up", "up"),
                        ],
                        max_length=10,
                    ),
                ),
                ("payment_days", models.SmallIntegerField()),
                ("brand", models.JSONField(default=dict)),
                ("taxes", models.TextField(blank=True)),
                (
                    "clock",
                    models.CharField(
                        choices=[("wall", "wall"), ("rehearsal", "rehearsal")], max_length=10
                    ),
                ),
                ("rehearsal_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("clock", tallystick.domain.tenants.models.ClockKind["WALL"]),
                            ("rehearsal_at__isnull", False),
                            _connector="OR",
                        ),
                        name="tenant_rehearsal_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("payment_days__gte", 0)),
                        name="tenant_payment_days_positive",
                    ),
                ],
            },
        ),
        migrations.RunSQL(HELD, migrations.RunSQL.noop),
    ]
