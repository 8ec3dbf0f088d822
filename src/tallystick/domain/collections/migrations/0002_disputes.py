import django.db.models.deletion
from django.db import migrations, models

import tallystick.domain.collections.models
from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    dependencies = [
        ("collections", "0001_initial"),
        ("invoices", "0003_credit_notes"),
        ("parties", "0003_organisations"),
        ("payments", "0003_direct_debit"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.AlterField(
            model_name="episode",
            name="state",
            field=models.CharField(
                choices=[("open", "open"), ("cured", "cured"), ("lost", "lost")], max_length=10
            ),
        ),
        migrations.CreateModel(
            name="Recovery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("loss", models.DecimalField(decimal_places=3, max_digits=24)),
                ("tax", models.DecimalField(decimal_places=3, max_digits=24)),
                ("recovered_on", models.DateField()),
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
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("reason", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("accepted", "accepted"),
                            ("refused", "refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("opened_on", models.DateField()),
                ("decided_on", models.DateField(null=True)),
                ("decision", models.CharField(blank=True, max_length=300)),
                ("credit_note", models.CharField(blank=True, max_length=40)),
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
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state", tallystick.domain.collections.models.DisputeState["OPEN"])
                        ),
                        fields=("tenant", "account", "invoice"),
                        name="dispute_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="dispute_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Interest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("charged_to", models.DateField()),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "account", "invoice"), name="interest_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Promise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("made_on", models.DateField()),
                ("until", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("kept", "kept"),
                            ("broken", "broken"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=10,
                    ),
                ),
                ("ended_on", models.DateField(null=True)),
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
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state", tallystick.domain.collections.models.PromiseState["OPEN"])
                        ),
                        fields=("tenant", "account"),
                        name="promise_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0), ("until__gte", models.F("made_on"))),
                        name="promise_sound",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Protection",
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
                        choices=[("exempt", "exempt"), ("vulnerable", "vulnerable")], max_length=10
                    ),
                ),
                ("actions", models.JSONField(default=list)),
                ("reason", models.CharField(max_length=300)),
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
                        condition=models.Q(("valid_to__isnull", True)),
                        fields=("tenant", "account"),
                        name="protection_one_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("loss", models.DecimalField(decimal_places=3, max_digits=24)),
                ("tax", models.DecimalField(decimal_places=3, max_digits=24)),
                ("reason", models.CharField(max_length=300)),
                ("written_off_on", models.DateField()),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("loss__gte", 0), ("tax__gte", 0)),
                        name="write_off_positive",
                    )
                ],
            },
        ),
        HoldByTenant(
            "collections_dispute",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, invoice_id": "invoices_invoice(account_id, id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "collections_promise",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "collections_protection",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "collections_writeoff",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, invoice_id": "invoices_invoice(account_id, id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "collections_recovery",
            key=("tenant_id", "account_id", "id"),
            parents={
                "account_id, invoice_id": "invoices_invoice(account_id, id)",
                "account_id, payment_id": "payments_payment(account_id, id)",
            },
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "collections_interest",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, invoice_id": "invoices_invoice(account_id, id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
    ]
