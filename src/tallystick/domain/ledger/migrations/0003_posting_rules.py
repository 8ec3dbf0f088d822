import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0002_turn_the_books"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.AddField(
            model_name="posting",
            name="own_account",
            field=models.CharField(max_length=60, null=True),
        ),
        migrations.CreateModel(
            name="ChartRules",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("valid_from", models.DateField()),
                ("published_at", models.DateTimeField()),
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
                        fields=("tenant", "valid_from"), name="chart_rules_day_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("asset", "asset"),
                            ("liability", "liability"),
                            ("income", "income"),
                            ("expense", "expense"),
                            ("equity", "equity"),
                        ],
                        max_length=10,
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
                    models.UniqueConstraint(fields=("tenant", "code"), name="own_account_once")
                ],
            },
        ),
        HoldByTenant("ledger_ownaccount", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant("ledger_chartrules", rights="SELECT, INSERT"),
        migrations.RunSQL(
            refuse_change_sql(
                "ledger_chartrules", why="published posting rules never change; publish others"
            ),
            migrations.RunSQL.noop,
        ),
    ]
