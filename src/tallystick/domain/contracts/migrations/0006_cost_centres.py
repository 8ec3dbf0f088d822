from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contracts", "0005_agreed_days")]

    operations = [
        migrations.AddField(
            "contract",
            "cost_centre",
            models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
    ]
