from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contracts", "0007_bill_days")]

    operations = [
        migrations.AddField("contract", "billed_before", models.DateField(null=True)),
    ]
