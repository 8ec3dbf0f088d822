import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant

ONE_OFFER_AT_A_TIME = """
    ALTER TABLE contracts_contractoffer ADD CONSTRAINT contract_one_offer_at_a_time
        EXCLUDE USING gist (
            tenant_id WITH =, contract_id WITH =, daterange(valid_from, valid_to) WITH &&
        );
    CREATE INDEX ON contracts_contract (tenant_id, account_id);
    CREATE INDEX ON contracts_contract (tenant_id, next_bill_on);
    CREATE INDEX ON contracts_contractoffer (tenant_id, account_id);
    CREATE INDEX ON contracts_service (tenant_id, account_id);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("parties", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Contract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=40)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("cycle_day", models.SmallIntegerField()),
                ("billed_to", models.DateField(null=True)),
                ("next_bill_on", models.DateField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "active"), ("ended", "ended")], max_length=10
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
            name="ContractOffer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.IntegerField()),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
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
                    "offer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.offer",
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
            name="Service",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("active", "active"),
                            ("restricted", "restricted"),
                            ("suspended", "suspended"),
                            ("ended", "ended"),
                        ],
                        max_length=12,
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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.UniqueConstraint(
                fields=("tenant", "number"), name="contract_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on__isnull", True),
                    ("ends_on__gte", models.F("starts_on")),
                    _connector="OR",
                ),
                name="contract_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 0)), name="contract_quantity_positive"
            ),
        ),
        HoldByTenant("contracts_contract", parents={"account_id": "parties_account(id)"}),
        HoldByTenant(
            "contracts_contractoffer",
            parents={
                "account_id": "parties_account(id)",
                "contract_id": "contracts_contract(id)",
                "offer_id": "catalog_offer(id)",
            },
        ),
        HoldByTenant(
            "contracts_service",
            parents={"account_id": "parties_account(id)", "contract_id": "contracts_contract(id)"},
        ),
        migrations.RunSQL(ONE_OFFER_AT_A_TIME, migrations.RunSQL.noop),
    ]
