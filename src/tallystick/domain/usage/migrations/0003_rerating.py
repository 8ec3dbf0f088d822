import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0002_tax_places"),
        ("tenants", "0002_tax_places"),
        ("usage", "0002_period_lines"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rerating",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cycle_from", models.DateField()),
                ("charge_run_id", models.BigIntegerField(null=True)),
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
        HoldByTenant(
            "usage_rerating",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
        ),
        migrations.RunSQL(
            "CREATE INDEX ON usage_rerating (tenant_id) WHERE charge_run_id IS NULL;",
            migrations.RunSQL.noop,
        ),
    ]
