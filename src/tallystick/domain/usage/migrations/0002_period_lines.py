import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("parties", "0002_tax_places"),
        ("tenants", "0002_tax_places"),
        ("usage", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PeriodLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contract_id", models.BigIntegerField()),
                ("cycle_start", models.DateField()),
                ("bill_run_id", models.BigIntegerField()),
                ("band", models.TextField(null=True)),
                ("tier", models.SmallIntegerField(null=True)),
                ("measured", models.DecimalField(decimal_places=9, max_digits=38)),
                ("billed", models.DecimalField(decimal_places=9, max_digits=38)),
                ("unit_price", models.DecimalField(decimal_places=12, max_digits=38)),
                ("per", models.DecimalField(decimal_places=9, max_digits=38)),
                ("fee", models.DecimalField(decimal_places=12, max_digits=38)),
                ("amount", models.DecimalField(decimal_places=12, max_digits=38)),
                ("invoice_id", models.BigIntegerField()),
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
            name="PeriodLevel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contract_id", models.BigIntegerField()),
                ("cycle_start", models.DateField()),
                ("series", models.TextField()),
                ("level", models.DecimalField(decimal_places=9, max_digits=38)),
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
                            "series",
                        ),
                        name="usage_level_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodMeasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contract_id", models.BigIntegerField()),
                ("cycle_start", models.DateField()),
                ("band", models.TextField()),
                ("value", models.DecimalField(decimal_places=9, max_digits=38)),
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
                            "band",
                        ),
                        name="usage_measure_once",
                    )
                ],
            },
        ),
        HoldByTenant(
            "usage_periodline",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "usage_periodmeasure",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
        ),
        HoldByTenant(
            "usage_periodlevel",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
        ),
        migrations.RunSQL(
            "CREATE INDEX ON usage_periodline (tenant_id, account_id, cycle_start);",
            migrations.RunSQL.noop,
        ),
    ]
