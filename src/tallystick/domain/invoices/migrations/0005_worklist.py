from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql

FREE_LINES = """
    CREATE OR REPLACE FUNCTION invoices_invoiceline_refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.freed AND NOT OLD.freed
            AND to_jsonb(NEW) - 'freed' = to_jsonb(OLD) - 'freed' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'an issued invoice never changes; issue a credit note or a debit line'
            USING ERRCODE = 'restrict_violation';
    END $$;
    GRANT UPDATE (freed) ON invoices_invoiceline TO tallystick_app;
"""
"""Of a line only this ever changes, once: that what it billed may be billed again."""


def key() -> Any:
    return models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


def held(to: str) -> Any:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_corrections"),
        ("contracts", "0008_billed_before"),
        ("invoices", "0004_billed_once"),
        ("parties", "0004_payers"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="BillDraft",
            fields=[
                ("id", key()),
                ("bill_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("invoices", models.IntegerField()),
                ("net", models.DecimalField(decimal_places=3, max_digits=24)),
                ("tax", models.DecimalField(decimal_places=3, max_digits=24)),
                ("total", models.DecimalField(decimal_places=3, max_digits=24)),
                ("before", models.DecimalField(decimal_places=3, max_digits=24, null=True)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("over", "over"),
                            ("off", "off"),
                            ("new", "new"),
                            ("changed", "changed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("issued", "issued"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(default="", max_length=300)),
                ("drafted_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BillRules",
            fields=[
                ("id", key()),
                ("hold_over", models.DecimalField(decimal_places=3, max_digits=24, null=True)),
                ("hold_off_percent", models.SmallIntegerField(null=True)),
                ("hold_new", models.BooleanField(default=False)),
                ("void_sent", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="DraftLine",
            fields=[
                ("id", key()),
                ("bill", models.CharField(max_length=80)),
                ("line_no", models.IntegerField()),
                ("period_from", models.DateField()),
                ("period_to", models.DateField()),
                ("description", models.CharField(max_length=300)),
                ("quantity", models.DecimalField(decimal_places=9, max_digits=38)),
                ("unit", models.CharField(max_length=20)),
                ("net", models.DecimalField(decimal_places=3, max_digits=24)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="VoidedInvoice",
            fields=[
                ("id", key()),
                ("voided_on", models.DateField()),
                ("reason", models.CharField(max_length=300)),
                ("voided_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="invoiceline",
            name="invoice_line_billed_once",
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="freed",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="openitem",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "open"),
                    ("part_paid", "part paid"),
                    ("paid", "paid"),
                    ("written_off", "written off"),
                    ("void", "void"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("freed", False)),
                fields=("tenant", "contract", "component", "period_from", "purpose", "slot"),
                name="invoice_line_billed_once",
            ),
        ),
        migrations.AddField(
            model_name="billdraft",
            name="account",
            field=held("parties.account"),
        ),
        migrations.AddField(
            model_name="billdraft",
            name="tenant",
            field=held("tenants.tenant"),
        ),
        migrations.AddField(
            model_name="billrules",
            name="tenant",
            field=held("tenants.tenant"),
        ),
        migrations.AddField(
            model_name="draftline",
            name="account",
            field=held("parties.account"),
        ),
        migrations.AddField(
            model_name="draftline",
            name="contract",
            field=held("contracts.contract"),
        ),
        migrations.AddField(
            model_name="draftline",
            name="draft",
            field=held("invoices.billdraft"),
        ),
        migrations.AddField(
            model_name="draftline",
            name="tenant",
            field=held("tenants.tenant"),
        ),
        migrations.AddField(
            model_name="voidedinvoice",
            name="account",
            field=held("parties.account"),
        ),
        migrations.AddField(
            model_name="voidedinvoice",
            name="invoice",
            field=held("invoices.invoice"),
        ),
        migrations.AddField(
            model_name="voidedinvoice",
            name="tenant",
            field=held("tenants.tenant"),
        ),
        migrations.AddConstraint(
            model_name="billdraft",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "issued"), _negated=True),
                fields=("tenant", "account", "currency"),
                name="bill_draft_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="billrules",
            constraint=models.UniqueConstraint(fields=("tenant",), name="bill_rules_once"),
        ),
        migrations.AddConstraint(
            model_name="voidedinvoice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "invoice"), name="invoice_voided_once"
            ),
        ),
        HoldByTenant(
            "invoices_voidedinvoice",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, invoice_id": "invoices_invoice(account_id, id)"},
            rights="SELECT, INSERT",
        ),
        migrations.RunSQL(
            refuse_change_sql("invoices_voidedinvoice", why="what is void never comes back"),
            migrations.RunSQL.noop,
        ),
        HoldByTenant("invoices_billrules", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant(
            "invoices_billdraft",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "invoices_draftline",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, draft_id": "invoices_billdraft(account_id, id)"},
        ),
        migrations.RunSQL(FREE_LINES, migrations.RunSQL.noop),
    ]
