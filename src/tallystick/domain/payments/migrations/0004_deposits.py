import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0004_payers"),
        ("payments", "0003_direct_debit"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.AlterField(
            model_name="payment",
            name="method",
            field=models.CharField(
                choices=[
                    ("bank", "bank"),
                    ("card", "card"),
                    ("cash", "cash"),
                    ("direct_debit", "direct debit"),
                    ("voucher", "voucher"),
                    ("deposit", "deposit"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Deposit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("rate", models.DecimalField(decimal_places=4, max_digits=7)),
                ("held_on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
                ("ended_on", models.DateField(null=True)),
                ("interest", models.DecimalField(decimal_places=3, default=0, max_digits=24)),
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
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "key"), name="deposit_key_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0), ("interest__gte", 0), ("rate__gte", 0)
                        ),
                        name="deposit_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on__isnull", True),
                            ("ended_on__gte", models.F("held_on")),
                            _connector="OR",
                        ),
                        name="deposit_ends_after_start",
                    ),
                ],
            },
        ),
        HoldByTenant(
            "payments_deposit",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
    ]
