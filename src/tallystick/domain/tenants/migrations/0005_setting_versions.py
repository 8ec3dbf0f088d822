import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_quarantine"),
    ]

    operations = [
        migrations.CreateModel(
            name="SettingVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("setting", models.CharField(max_length=60)),
                ("number", models.IntegerField()),
                ("file", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField(blank=True)),
                ("set_at", models.DateTimeField()),
                ("after_invoice", models.BigIntegerField()),
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
                        fields=("tenant", "setting", "number"), name="setting_version_once"
                    )
                ],
            },
        ),
        HoldByTenant("tenants_settingversion", rights="SELECT, INSERT"),
        migrations.RunSQL(
            refuse_change_sql(
                "tenants_settingversion", why="what a setting was never changes; set it anew"
            ),
            migrations.RunSQL.noop,
        ),
    ]
