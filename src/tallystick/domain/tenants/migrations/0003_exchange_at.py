from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="exchange_at",
            field=models.CharField(
                choices=[("payment_day", "payment day"), ("invoice_day", "invoice day")],
                db_default="payment_day",
                default="payment_day",
                max_length=12,
            ),
        ),
    ]
