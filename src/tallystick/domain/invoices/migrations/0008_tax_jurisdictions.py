import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0007_drafts_dropped"),
        ("parties", "0005_bill_over"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoicetax",
            name="jurisdiction",
            field=models.CharField(db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="invoicetax",
            name="place",
            field=models.CharField(db_default="", default="", max_length=100),
        ),
        migrations.CreateModel(
            name="OtherTax",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entry_key", models.CharField(max_length=120)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("prepaid_used", "prepaid used"),
                            ("written_off", "written off"),
                            ("recovered", "recovered"),
                        ],
                        max_length=12,
                    ),
                ),
                ("counted_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("place", models.CharField(max_length=100)),
                ("jurisdiction", models.CharField(max_length=100)),
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
                        null=True,
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
                "indexes": [models.Index(fields=["tenant", "counted_on"], name="other_tax_by_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "tenant",
                            "account",
                            "entry_key",
                            "place",
                            "jurisdiction",
                            "name",
                            "code",
                            "rate",
                        ),
                        name="other_tax_once",
                    )
                ],
            },
        ),
        HoldByTenant(
            "invoices_othertax",
            key=("tenant_id", "account_id", "id"),
            parents={
                "account_id": "parties_account(id)",
                "account_id, invoice_id": "invoices_invoice(account_id, id)",
            },
            rights="SELECT, INSERT",
        ),
        migrations.RunSQL(
            refuse_change_sql(
                "invoices_othertax", why="tax that was counted never changes; count it back"
            ),
            migrations.RunSQL.noop,
        ),
    ]
