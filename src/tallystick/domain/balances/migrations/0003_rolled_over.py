import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    dependencies = [
        ("balances", "0002_buckets"),
        ("catalog", "0001_initial"),
        ("parties", "0002_tax_places"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="RolledOver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contract_id", models.BigIntegerField()),
                ("cycle_start", models.DateField()),
                ("lives", models.IntegerField()),
                ("quantity", models.DecimalField(decimal_places=9, max_digits=38)),
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
                        fields=(
                            "tenant",
                            "account",
                            "contract_id",
                            "component",
                            "cycle_start",
                            "lives",
                        ),
                        name="rolled_over_once",
                    )
                ],
            },
        ),
        HoldByTenant(
            "balances_rolledover",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
        ),
    ]
