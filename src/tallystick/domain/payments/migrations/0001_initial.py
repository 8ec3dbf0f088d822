import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("invoices", "0001_initial"),
        ("parties", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("bank", "bank"),
                            ("card", "card"),
                            ("cash", "cash"),
                            ("direct_debit", "direct debit"),
                            ("voucher", "voucher"),
                        ],
                        max_length=20,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("received_on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
                ("reference", models.CharField(blank=True, max_length=140)),
                ("payer", models.CharField(blank=True, max_length=200)),
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
            name="Allocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("allocated_on", models.DateField()),
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
                    "invoice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="invoices.invoice",
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
                    "payment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(fields=("tenant", "key"), name="payment_key_once"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="payment_positive"
            ),
        ),
        HoldByTenant(
            "payments_payment",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "payments_allocation",
            key=("tenant_id", "account_id", "id"),
            parents={
                "account_id, payment_id": "payments_payment(account_id, id)",
                "account_id, invoice_id": "invoices_invoice(account_id, id)",
            },
            rights="SELECT, INSERT",
        ),
        migrations.RunSQL(
            refuse_change_sql(
                "payments_payment",
                why="money received is never rewritten; record a refund or a reversal",
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            refuse_change_sql(
                "payments_allocation",
                why="money received is never rewritten; record a refund or a reversal",
            ),
            migrations.RunSQL.noop,
        ),
    ]
