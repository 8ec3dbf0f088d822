import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Party",
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
                        choices=[("person", "person"), ("organisation", "organisation")],
                        max_length=12,
                    ),
                ),
                ("name", models.CharField(max_length=300)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=30)),
                ("address", models.JSONField(default=list)),
                ("country", models.CharField(max_length=2)),
                ("tax_number", models.CharField(blank=True, max_length=40)),
                ("language", models.CharField(max_length=8)),
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
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=40)),
                ("currency", models.CharField(max_length=3)),
                ("zone", models.CharField(max_length=64)),
                ("bill_day", models.SmallIntegerField()),
                ("payment_days", models.SmallIntegerField()),
                ("segment", models.CharField(max_length=40)),
                ("customer_kind", models.CharField(max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "active"), ("closed", "closed")], max_length=10
                    ),
                ),
                ("opened_on", models.DateField()),
                ("house", models.BooleanField(default=False)),
                (
                    "parent",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
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
                (
                    "party",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.party",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "number"), name="account_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("house", True)),
                        fields=("tenant",),
                        name="account_house_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("bill_day__gte", 1), ("bill_day__lte", 31)),
                        name="account_bill_day_1_31",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("payment_days__gte", 0)),
                        name="account_payment_days_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True),
                        name="account_not_its_own_parent",
                    ),
                ],
            },
        ),
        HoldByTenant("parties_party"),
        HoldByTenant(
            "parties_account",
            parents={"party_id": "parties_party(id)", "parent_id": "parties_account(id)"},
        ),
    ]
