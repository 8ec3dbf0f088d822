import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0005_bill_over"),
        ("payments", "0005_pulls"),
        ("tenants", "0003_exchange_at"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangedPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("part_no", models.SmallIntegerField()),
                ("given", models.DecimalField(decimal_places=3, max_digits=24)),
                ("given_currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("worth", models.DecimalField(decimal_places=3, max_digits=24)),
                ("rate", models.DecimalField(decimal_places=12, max_digits=38)),
                ("said", models.CharField(max_length=400)),
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
                    "payment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.payment",
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
                        fields=("tenant", "account", "payment", "part_no"),
                        name="exchanged_part_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gte", 0), ("given__gt", 0), ("rate__gt", 0), ("worth__gte", 0)
                        ),
                        name="exchanged_part_positive",
                    ),
                ],
            },
        ),
        HoldByTenant(
            "payments_exchangedpart",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, payment_id": "payments_payment(account_id, id)"},
            rights="SELECT, INSERT",
        ),
        migrations.RunSQL(
            refuse_change_sql(
                "payments_exchangedpart", why="an exchange is never changed; return the payment"
            ),
            migrations.RunSQL.noop,
        ),
    ]
