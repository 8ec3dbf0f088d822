import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CatalogVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.IntegerField()),
                ("valid_from", models.DateField()),
                ("name", models.CharField(max_length=200)),
                ("source", models.TextField()),
                ("digest", models.CharField(max_length=64)),
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
        ),
        migrations.CreateModel(
            name="CatalogFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
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
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.catalogversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=100)),
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
            name="Component",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=100)),
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
                    "offer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.offer",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="catalogversion",
            constraint=models.UniqueConstraint(
                fields=("tenant", "number"), name="catalog_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="catalogversion",
            constraint=models.UniqueConstraint(
                fields=("tenant", "valid_from"), name="catalog_date_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="catalogfile",
            constraint=models.UniqueConstraint(
                fields=("tenant", "version", "name"), name="catalog_file_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(fields=("tenant", "code"), name="offer_code_once"),
        ),
        migrations.AddConstraint(
            model_name="component",
            constraint=models.UniqueConstraint(
                fields=("tenant", "offer", "code"), name="component_code_once"
            ),
        ),
        HoldByTenant("catalog_catalogversion", rights="SELECT, INSERT"),
        HoldByTenant(
            "catalog_catalogfile",
            parents={"version_id": "catalog_catalogversion(id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant("catalog_offer", rights="SELECT, INSERT"),
        HoldByTenant(
            "catalog_component", parents={"offer_id": "catalog_offer(id)"}, rights="SELECT, INSERT"
        ),
        migrations.RunSQL(
            refuse_change_sql(
                "catalog_catalogversion",
                why="a published catalogue never changes; publish a new version",
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            refuse_change_sql(
                "catalog_catalogfile",
                why="a published catalogue never changes; publish a new version",
            ),
            migrations.RunSQL.noop,
        ),
    ]
