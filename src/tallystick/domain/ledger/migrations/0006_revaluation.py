import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_many_lines"),
        ("parties", "0005_bill_over"),
        ("tenants", "0004_quarantine"),
    ]

    operations = [
        migrations.AlterField(
            model_name="turn",
            name="kind",
            field=models.CharField(
                choices=[("release", "release"), ("accrue", "accrue"), ("revalue", "revalue")],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Revaluation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ledger_account", models.CharField(max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("balance", models.DecimalField(decimal_places=3, max_digits=24)),
                ("carried", models.DecimalField(decimal_places=3, max_digits=24)),
                ("worth", models.DecimalField(decimal_places=3, max_digits=24)),
                ("posted", models.DecimalField(decimal_places=3, max_digits=24)),
                ("rate", models.DecimalField(decimal_places=12, max_digits=38)),
                ("said", models.CharField(max_length=400)),
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
                (
                    "turn",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.turn",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "turn"], name="revaluation_by_turn")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "account", "turn", "ledger_account", "currency"),
                        name="revaluation_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gt", 0)), name="revaluation_rate"
                    ),
                ],
            },
        ),
        HoldByTenant(
            "ledger_revaluation",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)", "turn_id": "ledger_turn(id)"},
            rights="SELECT, INSERT",
        ),
        migrations.RunSQL(
            refuse_change_sql("ledger_revaluation", why="what was valued never changes"),
            migrations.RunSQL.noop,
        ),
    ]
