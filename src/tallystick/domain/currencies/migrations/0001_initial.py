import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0003_exchange_at"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("base", models.CharField(max_length=3)),
                ("quote", models.CharField(max_length=3)),
                ("rate", models.DecimalField(decimal_places=12, max_digits=38)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField()),
                ("source", models.CharField(max_length=100)),
                ("revision", models.SmallIntegerField(default=1)),
                ("recorded_at", models.DateTimeField()),
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
                "indexes": [
                    models.Index(
                        fields=["tenant", "base", "quote", "valid_from"],
                        name="exchange_rate_by_day",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "base", "quote", "valid_from", "source", "revision"),
                        name="exchange_rate_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gt", 0), ("revision__gte", 1)),
                        name="exchange_rate_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("base", models.F("quote")), _negated=True),
                        name="exchange_rate_of_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_to__gt", models.F("valid_from"))),
                        name="exchange_rate_has_days",
                    ),
                ],
            },
        ),
        HoldByTenant("currencies_exchangerate", rights="SELECT, INSERT"),
        migrations.RunSQL(
            refuse_change_sql(
                "currencies_exchangerate", why="a rate is never changed, it has a next revision"
            ),
            migrations.RunSQL.noop,
        ),
    ]
