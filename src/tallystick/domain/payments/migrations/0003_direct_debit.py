import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0002_line_taxes"),
        ("parties", "0002_tax_places"),
        ("payments", "0002_bank_statements"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="DebitRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("collect_on", models.DateField()),
                ("prepared_at", models.DateTimeField()),
                ("confirmed_on", models.DateField(null=True)),
                ("creditor", models.CharField(max_length=70)),
                ("creditor_number", models.CharField(max_length=35)),
                ("iban", models.CharField(max_length=34)),
                ("bic", models.CharField(blank=True, max_length=11)),
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
        migrations.CreateModel(
            name="Mandate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=35)),
                ("debtor", models.CharField(max_length=70)),
                ("iban", models.CharField(max_length=34)),
                ("bic", models.CharField(blank=True, max_length=11)),
                ("signed_on", models.DateField()),
                (
                    "sequence",
                    models.CharField(
                        choices=[
                            ("first", "first"),
                            ("recurring", "recurring"),
                            ("final", "final"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "active"), ("revoked", "revoked")], max_length=10
                    ),
                ),
                ("revoked_on", models.DateField(null=True)),
                ("reason", models.CharField(blank=True, max_length=100)),
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
            name="DirectDebit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("end_to_end", models.CharField(max_length=35)),
                ("sequence", models.CharField(max_length=4)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("collected", "collected"),
                            ("returned", "returned"),
                        ],
                        max_length=10,
                    ),
                ),
                ("retry_on", models.DateField(null=True)),
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
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.debitrun",
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
                    "mandate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.mandate",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PaymentReturn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("costs", models.DecimalField(decimal_places=3, max_digits=24)),
                ("reason", models.CharField(max_length=35)),
                ("returned_on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
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
        ),
        migrations.CreateModel(
            name="Refund",
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
                ("refunded_on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
                ("payer", models.CharField(max_length=70)),
                ("payer_iban", models.CharField(max_length=34)),
                ("payer_bic", models.CharField(blank=True, max_length=11)),
                ("name", models.CharField(max_length=70)),
                ("iban", models.CharField(max_length=34)),
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
            name="RefundPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
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
                    "refund",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.refund",
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
        migrations.CreateModel(
            name="DebitTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("creditor", models.CharField(max_length=70)),
                ("creditor_number", models.CharField(max_length=35)),
                ("iban", models.CharField(max_length=34)),
                ("bic", models.CharField(blank=True, max_length=11)),
                ("return_fee", models.DecimalField(decimal_places=3, max_digits=24)),
                ("retry_days", models.SmallIntegerField()),
                ("tries", models.SmallIntegerField()),
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
                    models.UniqueConstraint(fields=("tenant",), name="debit_terms_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retry_days__gte", 1), ("return_fee__gte", 0), ("tries__gte", 1)
                        ),
                        name="debit_terms_sound",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.UniqueConstraint(
                fields=("tenant", "reference"), name="mandate_reference_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "active")),
                fields=("tenant", "account"),
                name="mandate_active_once",
            ),
        ),
        migrations.AddIndex(
            model_name="directdebit",
            index=models.Index(fields=["tenant", "run"], name="direct_debit_by_run"),
        ),
        migrations.AddConstraint(
            model_name="directdebit",
            constraint=models.UniqueConstraint(
                fields=("tenant", "end_to_end"), name="direct_debit_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="directdebit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")),
                fields=("tenant", "account", "invoice"),
                name="direct_debit_running_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="directdebit",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="direct_debit_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentreturn",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "payment"), name="payment_returned_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(fields=("tenant", "key"), name="refund_key_once"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="refund_positive"
            ),
        ),
        HoldByTenant("payments_debitterms", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant(
            "payments_mandate",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant("payments_debitrun", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant(
            "payments_directdebit",
            key=("tenant_id", "account_id", "id"),
            parents={
                "run_id": "payments_debitrun(id)",
                "account_id, mandate_id": "payments_mandate(account_id, id)",
                "account_id, invoice_id": "invoices_invoice(account_id, id)",
            },
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "payments_paymentreturn",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, payment_id": "payments_payment(account_id, id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "payments_refund",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "payments_refundpart",
            key=("tenant_id", "account_id", "id"),
            parents={
                "account_id, refund_id": "payments_refund(account_id, id)",
                "account_id, payment_id": "payments_payment(account_id, id)",
            },
            rights="SELECT, INSERT",
        ),
        *(
            migrations.RunSQL(
                refuse_change_sql(table, why="money given back is never rewritten"),
                migrations.RunSQL.noop,
            )
            for table in ("payments_paymentreturn", "payments_refund", "payments_refundpart")
        ),
    ]
