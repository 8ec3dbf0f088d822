from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0009_many_lines"),
    ]

    operations = [
        migrations.AddField(
            model_name="billrules",
            name="refundable",
            field=models.JSONField(default=list),
        ),
    ]
