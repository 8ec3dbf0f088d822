import django.db.models.deletion
from django.db import migrations, models

import tallystick.domain.collections.models
from tallystick.domain.tenants.schema import HoldByTenant


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("parties", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Episode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(choices=[("open", "open"), ("cured", "cured")], max_length=10),
                ),
                ("oldest_due_on", models.DateField()),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField(null=True)),
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
            name="Action",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(max_length=60)),
                ("action", models.CharField(max_length=30)),
                ("taken_on", models.DateField()),
                ("detail", models.CharField(blank=True, max_length=300)),
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
                    "episode",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections.episode",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Ladder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("segment", models.CharField(max_length=40)),
                ("source", models.TextField()),
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
            model_name="episode",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state", tallystick.domain.collections.models.EpisodeState["OPEN"])
                ),
                fields=("tenant", "account"),
                name="episode_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="action",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "episode", "step", "action", "taken_on"),
                name="action_step_once_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="ladder",
            constraint=models.UniqueConstraint(
                fields=("tenant", "segment"), name="ladder_segment_once"
            ),
        ),
        HoldByTenant("collections_ladder"),
        HoldByTenant(
            "collections_episode",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "collections_action",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, episode_id": "collections_episode(account_id, id)"},
            rights="SELECT, INSERT",
        ),
    ]
