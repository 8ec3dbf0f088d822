from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import APP_ROLE, HoldByTenant


def _parent(to: str) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0002_tax_places"),
        ("tenants", "0002_tax_places"),
        ("usage", "0003_rerating"),
    ]

    operations = [
        migrations.RunSQL(
            f"""
            ALTER TABLE usage_recordkey
                ADD COLUMN account_id bigint,
                ADD COLUMN usage_id bigint,
                ADD COLUMN started_at timestamptz,
                ADD COLUMN revision bigint;
            GRANT UPDATE (quantity, account_id, usage_id, started_at, revision)
                ON usage_recordkey TO {APP_ROLE};
            """,
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="ReplacedUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("usage_id", models.BigIntegerField()),
                ("started_at", models.DateTimeField()),
                ("source_id", models.BigIntegerField()),
                ("record_id", models.TextField()),
                ("revision", models.BigIntegerField(null=True)),
                ("successor_id", models.BigIntegerField(null=True)),
                ("replaced_at", models.DateTimeField()),
                ("charge_run_id", models.BigIntegerField(null=True)),
                ("account", _parent("parties.account")),
                ("batch", _parent("usage.batch")),
                ("tenant", _parent("tenants.tenant")),
            ],
            options={"abstract": False},
        ),
        HoldByTenant(
            "usage_replacedusage",
            key=("tenant_id", "account_id", "usage_id"),
            parents={"account_id": "parties_account(id)", "batch_id": "usage_batch(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        migrations.RunSQL(
            """
            CREATE INDEX ON usage_replacedusage (tenant_id, source_id, record_id);
            CREATE INDEX ON usage_replacedusage (tenant_id) WHERE charge_run_id IS NULL;
            CREATE INDEX ON usage_replacedusage (tenant_id, charge_run_id);
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint(model_name="batch", name="usage_batch_conserved"),
        migrations.AddField(
            model_name="batch",
            name="corrected",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="batch",
            name="cancelled",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    rows_in=models.F("accepted")
                    + models.F("duplicates")
                    + models.F("rejected")
                    + models.F("absorbed")
                    + models.F("corrected")
                    + models.F("cancelled")
                ),
                name="usage_batch_conserved",
            ),
        ),
    ]
