import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant

BY_CONTRACT = "CREATE INDEX ON inventory_loan (tenant_id, contract_id);"


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0008_billed_before"),
        ("inventory", "0002_quarantine"),
        ("parties", "0005_bill_over"),
        ("tenants", "0004_quarantine"),
    ]

    operations = [
        migrations.CreateModel(
            name="Loan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("serial", models.CharField(max_length=100)),
                ("worth", models.DecimalField(decimal_places=12, max_digits=38)),
                ("tax_category", models.CharField(max_length=40)),
                ("return_days", models.SmallIntegerField()),
                ("lent_on", models.DateField()),
                ("asked_on", models.DateField(null=True)),
                ("due_on", models.DateField(null=True)),
                ("charged_on", models.DateField(null=True)),
                ("returned_on", models.DateField(null=True)),
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
                        condition=models.Q(("returned_on__isnull", True)),
                        fields=("tenant", "serial"),
                        name="loan_of_a_device_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("return_days__gte", 0), ("worth__gt", 0)),
                        name="loan_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("asked_on__isnull", True), ("due_on__isnull", True)),
                            models.Q(
                                ("asked_on__isnull", False),
                                ("due_on__gte", models.F("asked_on")),
                                ("due_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="loan_due_once_asked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("charged_on__isnull", True),
                            models.Q(
                                ("charged_on__gt", models.F("due_on")), ("due_on__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="loan_charged_when_late",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("returned_on__isnull", True),
                            ("returned_on__gte", models.F("lent_on")),
                            _connector="OR",
                        ),
                        name="loan_returned_after_it_was_lent",
                    ),
                ],
            },
        ),
        HoldByTenant(
            "inventory_loan",
            parents={
                "account_id": "parties_account(id)",
                "contract_id": "contracts_contract(id)",
            },
            rights="SELECT, INSERT, UPDATE",
        ),
        migrations.RunSQL(BY_CONTRACT, migrations.RunSQL.noop),
    ]
