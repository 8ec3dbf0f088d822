import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0001_initial"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankStatement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=60)),
                ("iban", models.CharField(max_length=34)),
                ("currency", models.CharField(max_length=3)),
                ("opening", models.DecimalField(decimal_places=3, max_digits=24)),
                ("closing", models.DecimalField(decimal_places=3, max_digits=24)),
                ("filename", models.CharField(max_length=500)),
                ("imported_at", models.DateTimeField()),
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
            name="BankLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=110)),
                ("booked_on", models.DateField()),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("currency", models.CharField(max_length=3)),
                ("text", models.CharField(max_length=500)),
                ("payer", models.CharField(max_length=200)),
                ("payer_iban", models.CharField(max_length=34)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("matched", "matched"),
                            ("waiting", "waiting"),
                            ("ignored", "ignored"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("account_id", models.BigIntegerField(null=True)),
                ("payment_key", models.CharField(blank=True, max_length=120)),
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
                    "statement",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.bankstatement",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.UniqueConstraint(
                fields=("tenant", "iban", "number"), name="bank_statement_once"
            ),
        ),
        migrations.AddIndex(
            model_name="bankline",
            index=models.Index(fields=["tenant", "state", "id"], name="bank_line_by_state"),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.UniqueConstraint(fields=("tenant", "key"), name="bank_line_once"),
        ),
        HoldByTenant("payments_bankstatement", rights="SELECT, INSERT"),
        HoldByTenant(
            "payments_bankline",
            parents={
                "statement_id": "payments_bankstatement(id)",
                "account_id": "parties_account(id)",
            },
            rights="SELECT, INSERT, UPDATE",
        ),
    ]
