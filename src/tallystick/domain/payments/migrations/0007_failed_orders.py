from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_exchanged_parts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="pull",
            name="state",
            field=models.CharField(
                choices=[
                    ("asked", "asked"),
                    ("processing", "processing"),
                    ("needs_action", "needs action"),
                    ("succeeded", "succeeded"),
                    ("declined", "declined"),
                    ("taken_back", "taken back"),
                    ("reinstated", "reinstated"),
                    ("failed", "failed"),
                    ("given_up", "given up"),
                ],
                max_length=12,
            ),
        ),
    ]
