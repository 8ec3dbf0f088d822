from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0002_held_back"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="format",
            field=models.CharField(
                choices=[
                    ("pdf", "pdf"),
                    ("factur-x", "factur-x"),
                    ("ubl", "ubl"),
                    ("cii", "cii"),
                    ("usage-csv", "usage-csv"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="dispatch",
            name="format",
            field=models.CharField(
                choices=[
                    ("pdf", "pdf"),
                    ("factur-x", "factur-x"),
                    ("ubl", "ubl"),
                    ("cii", "cii"),
                    ("usage-csv", "usage-csv"),
                ],
                max_length=10,
            ),
        ),
    ]
