from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collections", "0002_disputes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="promise",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "open"),
                    ("kept", "kept"),
                    ("broken", "broken"),
                    ("withdrawn", "withdrawn"),
                    ("released", "released"),
                ],
                max_length=10,
            ),
        ),
    ]
