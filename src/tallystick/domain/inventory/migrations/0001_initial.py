import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant

ONE_HOLDER_AT_A_TIME = """
    ALTER TABLE inventory_assignment ADD CONSTRAINT assignment_one_holder_at_a_time
        EXCLUDE USING gist (
            tenant_id WITH =, identifier_id WITH =, tstzrange(valid_from, valid_to) WITH &&
        );
    CREATE INDEX ON inventory_assignment (tenant_id, account_id);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contracts", "0001_initial"),
        ("parties", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Identifier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("value", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("available", "available"),
                            ("reserved", "reserved"),
                            ("assigned", "assigned"),
                            ("quarantined", "quarantined"),
                            ("retired", "retired"),
                        ],
                        max_length=12,
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
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(null=True)),
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
                    "service",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contracts.service",
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
                    "identifier",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.identifier",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="identifier",
            constraint=models.UniqueConstraint(
                fields=("tenant", "kind", "value"), name="identifier_once"
            ),
        ),
        HoldByTenant("inventory_identifier"),
        HoldByTenant(
            "inventory_assignment",
            parents={
                "identifier_id": "inventory_identifier(id)",
                "account_id": "parties_account(id)",
                "service_id": "contracts_service(id)",
            },
        ),
        migrations.RunSQL(ONE_HOLDER_AT_A_TIME, migrations.RunSQL.noop),
    ]
