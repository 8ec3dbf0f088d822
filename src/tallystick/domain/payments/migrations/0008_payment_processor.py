from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_failed_orders"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="processor",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
    ]
