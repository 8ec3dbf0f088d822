import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("contracts", "0001_initial"),
        ("parties", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="BillRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("bill_date", models.DateField()),
                (
                    "state",
                    models.CharField(choices=[("open", "open"), ("done", "done")], max_length=10),
                ),
                ("started_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
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
            name="BillTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account_from", models.BigIntegerField()),
                ("account_to", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(choices=[("open", "open"), ("done", "done")], max_length=10),
                ),
                ("invoices", models.IntegerField(default=0)),
                (
                    "bill_run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="invoices.billrun",
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
            name="Invoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice", "invoice"), ("credit_note", "credit note")],
                        max_length=12,
                    ),
                ),
                ("number", models.CharField(max_length=40)),
                ("issued_on", models.DateField()),
                ("due_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("net", models.DecimalField(decimal_places=3, max_digits=24)),
                ("tax", models.DecimalField(decimal_places=3, max_digits=24)),
                ("total", models.DecimalField(decimal_places=3, max_digits=24)),
                ("issued_at", models.DateTimeField()),
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
                    "bill_run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="invoices.billrun",
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
            name="InvoiceLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line_no", models.SmallIntegerField()),
                ("purpose", models.CharField(max_length=30)),
                ("slot", models.SmallIntegerField()),
                ("period_from", models.DateField()),
                ("period_to", models.DateField()),
                ("description", models.CharField(max_length=300)),
                ("quantity", models.DecimalField(decimal_places=9, max_digits=38)),
                ("unit", models.CharField(max_length=20)),
                ("unit_price", models.DecimalField(decimal_places=12, max_digits=38, null=True)),
                ("per", models.DecimalField(decimal_places=9, max_digits=38)),
                ("exact", models.DecimalField(decimal_places=12, max_digits=38)),
                ("net", models.DecimalField(decimal_places=3, max_digits=24)),
                ("tax_category", models.CharField(max_length=40)),
                ("revenue_account", models.CharField(max_length=60)),
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
            ],
        ),
        migrations.CreateModel(
            name="InvoiceTax",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("code", models.CharField(max_length=4)),
                ("rate", models.DecimalField(decimal_places=6, max_digits=9)),
                ("taxable", models.DecimalField(decimal_places=3, max_digits=24)),
                ("tax", models.DecimalField(decimal_places=3, max_digits=24)),
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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("year", models.SmallIntegerField()),
                ("next_number", models.BigIntegerField(default=1)),
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
            name="OneOff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                ("description", models.CharField(max_length=300)),
                ("amount", models.DecimalField(decimal_places=12, max_digits=38)),
                ("tax_category", models.CharField(max_length=40)),
                ("revenue_account", models.CharField(max_length=60)),
                ("charged_on", models.DateField()),
                ("invoice_id", models.BigIntegerField(null=True)),
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
            name="Offset",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("credit_invoice_id", models.BigIntegerField()),
                ("invoice_id", models.BigIntegerField()),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("offset_on", models.DateField()),
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
        migrations.CreateModel(
            name="OpenItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("total", models.DecimalField(decimal_places=3, max_digits=24)),
                ("settled", models.DecimalField(decimal_places=3, default=0, max_digits=24)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("part_paid", "part paid"),
                            ("paid", "paid"),
                            ("written_off", "written off"),
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
            ],
        ),
        migrations.AddConstraint(
            model_name="billrun",
            constraint=models.UniqueConstraint(
                fields=("tenant", "bill_date"), name="bill_run_date_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="billtask",
            constraint=models.UniqueConstraint(
                fields=("tenant", "bill_run", "account_from"), name="bill_task_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "number"), name="invoice_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net"), "+", models.F("tax")
                        ),
                    )
                ),
                name="invoice_net_and_tax_add_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                fields=(
                    "tenant",
                    "account",
                    "contract",
                    "component",
                    "period_from",
                    "purpose",
                    "slot",
                ),
                name="invoice_line_billed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.UniqueConstraint(
                fields=("tenant", "code", "year"), name="number_series_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="oneoff",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "key"), name="one_off_key_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="openitem",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "invoice"), name="open_item_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="openitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("settled__gte", 0), ("settled__lte", models.F("total")), ("total__gte", 0)
                    ),
                    models.Q(
                        ("settled__gte", models.F("total")), ("settled__lte", 0), ("total__lt", 0)
                    ),
                    _connector="OR",
                ),
                name="open_item_settled_within_total",
            ),
        ),
        HoldByTenant("invoices_numberseries", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant("invoices_billrun", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant(
            "invoices_billtask",
            parents={"bill_run_id": "invoices_billrun(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "invoices_invoice",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "invoices_invoiceline",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, invoice_id": "invoices_invoice(account_id, id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "invoices_invoicetax",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, invoice_id": "invoices_invoice(account_id, id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "invoices_openitem",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, invoice_id": "invoices_invoice(account_id, id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "invoices_oneoff",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "invoices_offset",
            key=("tenant_id", "account_id", "id"),
            parents={
                "account_id, credit_invoice_id": "invoices_invoice(account_id, id)",
                "account_id, invoice_id": "invoices_invoice(account_id, id)",
            },
            rights="SELECT, INSERT",
        ),
        migrations.RunSQL(
            refuse_change_sql("invoices_offset", why="an offset is never rewritten"),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            refuse_change_sql(
                "invoices_invoice",
                why="an issued invoice never changes; issue a credit note or a debit line",
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            refuse_change_sql(
                "invoices_invoiceline",
                why="an issued invoice never changes; issue a credit note or a debit line",
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            refuse_change_sql(
                "invoices_invoicetax",
                why="an issued invoice never changes; issue a credit note or a debit line",
            ),
            migrations.RunSQL.noop,
        ),
    ]
