import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0008_payment_processor"),
        ("tenants", "0004_quarantine"),
    ]

    operations = [
        migrations.CreateModel(
            name="Payout",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("processor", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=80)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("currency", models.CharField(max_length=3)),
                ("expected_on", models.DateField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("announced", "announced"),
                            ("arrived", "arrived"),
                            ("booked", "booked"),
                            ("failed", "failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("told_at", models.DateTimeField(null=True)),
                ("arrived_on", models.DateField(null=True)),
                ("bank_key", models.CharField(blank=True, max_length=110)),
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "processor", "name"), name="payout_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["arrived", "booked"]), _negated=True),
                            ("arrived_on__isnull", False),
                            _connector="OR",
                        ),
                        name="payout_arrived_on_a_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProcessorMovement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("processor", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("payment", "payment"),
                            ("refund", "refund"),
                            ("taken_back", "taken back"),
                            ("reinstated", "reinstated"),
                            ("fee", "fee"),
                            ("other", "other"),
                        ],
                        max_length=10,
                    ),
                ),
                ("told", models.CharField(blank=True, max_length=60)),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("gross", models.DecimalField(decimal_places=3, max_digits=24)),
                ("fee", models.DecimalField(decimal_places=3, max_digits=24)),
                ("currency", models.CharField(max_length=3)),
                ("happened_on", models.DateField()),
                ("payout", models.CharField(max_length=80)),
                ("item", models.CharField(blank=True, max_length=140)),
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
                "indexes": [models.Index(fields=["tenant", "payout"], name="movement_of_payout")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "processor", "name"), name="processor_movement_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("item", ""), _negated=True),
                        fields=("tenant", "item"),
                        name="clearing_item_paid_out_once",
                    ),
                ],
            },
        ),
        HoldByTenant("payments_payout", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant("payments_processormovement", rights="SELECT, INSERT, UPDATE"),
    ]
