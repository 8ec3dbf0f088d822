import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0004_billed_once"),
        ("parties", "0004_payers"),
        ("payments", "0004_deposits"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="Instrument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("processor", models.CharField(max_length=20)),
                (
                    "kind",
                    models.CharField(
                        choices=[("card", "card"), ("sepa_debit", "sepa debit")], max_length=12
                    ),
                ),
                ("customer", models.CharField(max_length=80)),
                ("method", models.CharField(max_length=80)),
                ("label", models.CharField(blank=True, max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "active"), ("removed", "removed")], max_length=8
                    ),
                ),
                ("added_on", models.DateField()),
                ("removed_on", models.DateField(null=True)),
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
            name="ProcessorFact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("processor", models.CharField(max_length=20)),
                ("event_id", models.CharField(max_length=80)),
                ("kind", models.CharField(max_length=12)),
                ("told", models.CharField(max_length=60)),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("reason", models.CharField(blank=True, max_length=100)),
                ("costs", models.DecimalField(decimal_places=3, max_digits=24)),
                ("happened_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("taken", "taken"),
                            ("old_news", "old news"),
                            ("waiting", "waiting"),
                            ("ignored", "ignored"),
                        ],
                        max_length=8,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
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
            name="Pull",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                (
                    "purpose",
                    models.CharField(
                        choices=[("invoice", "invoice"), ("top_up", "top up")], max_length=8
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("currency", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("processing", "processing"),
                            ("needs_action", "needs action"),
                            ("succeeded", "succeeded"),
                            ("declined", "declined"),
                            ("taken_back", "taken back"),
                            ("reinstated", "reinstated"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("reason", models.CharField(blank=True, max_length=100)),
                ("asked_on", models.DateField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("retry_on", models.DateField(null=True)),
                ("times_back", models.SmallIntegerField(default=0)),
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
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.instrument",
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
        ),
        migrations.CreateModel(
            name="PullTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("retry_days", models.JSONField(default=list)),
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
            model_name="instrument",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "active")),
                fields=("tenant", "account"),
                name="instrument_active_once",
            ),
        ),
        migrations.AddIndex(
            model_name="processorfact",
            index=models.Index(
                fields=["tenant", "reference", "state"], name="processor_fact_of_payment"
            ),
        ),
        migrations.AddConstraint(
            model_name="processorfact",
            constraint=models.UniqueConstraint(
                fields=("tenant", "processor", "event_id"), name="processor_fact_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.UniqueConstraint(fields=("tenant", "key"), name="pull_key_once"),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("tenant", "reference"),
                name="pull_reference_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["asked", "processing", "needs_action"])),
                fields=("tenant", "account", "invoice"),
                name="pull_running_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="pull_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="pullterms",
            constraint=models.UniqueConstraint(fields=("tenant",), name="pull_terms_once"),
        ),
        HoldByTenant(
            "payments_instrument",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant("payments_pullterms"),
        HoldByTenant(
            "payments_pull",
            key=("tenant_id", "account_id", "id"),
            parents={
                "account_id, instrument_id": "payments_instrument(account_id, id)",
                "account_id, invoice_id": "invoices_invoice(account_id, id)",
            },
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant("payments_processorfact", rights="SELECT, INSERT, UPDATE"),
    ]
