from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoiceline",
            name="tax_code",
            field=models.CharField(max_length=4, null=True),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="tax_rate",
            field=models.DecimalField(decimal_places=6, max_digits=9, null=True),
        ),
    ]
