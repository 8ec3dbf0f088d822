from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_posting_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="posting",
            name="detail",
            field=models.CharField(max_length=200, null=True),
        ),
    ]
