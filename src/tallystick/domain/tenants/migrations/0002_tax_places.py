from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="prices_include_tax",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="tenant",
            name="tax_place",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="tenant",
            name="tax_rounding",
            field=models.CharField(
                choices=[
                    ("per_rate", "per rate"),
                    ("per_rate_printed", "per rate printed"),
                    ("per_line", "per line"),
                ],
                db_default="per_rate",
                default="per_rate",
                max_length=20,
            ),
        ),
    ]
