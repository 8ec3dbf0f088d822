from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant


def _parent(to: str) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=to,
    )


STATES = [(state, state) for state in ("held", "refused", "released", "moved")]


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("parties", "0002_tax_places"),
        ("tenants", "0002_tax_places"),
        ("usage", "0004_corrections"),
    ]

    operations = [
        migrations.CreateModel(
            name="LateUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("usage_id", models.BigIntegerField()),
                ("started_at", models.DateTimeField()),
                ("component_id", models.BigIntegerField()),
                ("late", models.CharField(max_length=20)),
                ("state", models.CharField(choices=STATES, max_length=10)),
                ("cycle_start", models.DateField(null=True)),
                ("charge_run_id", models.BigIntegerField()),
                ("decided_at", models.DateTimeField()),
                ("account", _parent("parties.account")),
                ("tenant", _parent("tenants.tenant")),
            ],
            options={"abstract": False},
        ),
        HoldByTenant(
            "usage_lateusage",
            key=("tenant_id", "account_id", "usage_id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        migrations.RunSQL(
            """
            CREATE INDEX ON usage_lateusage (tenant_id) WHERE state IN ('held', 'refused');
            CREATE INDEX ON usage_replacedusage (tenant_id, successor_id);
            """,
            migrations.RunSQL.noop,
        ),
    ]
