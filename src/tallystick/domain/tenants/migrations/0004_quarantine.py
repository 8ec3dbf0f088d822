from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_exchange_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="quarantine",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
