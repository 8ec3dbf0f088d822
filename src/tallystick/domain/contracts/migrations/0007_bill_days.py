from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contracts", "0006_cost_centres")]

    operations = [
        migrations.AddField("contract", "cycle_since", models.DateField(null=True)),
        migrations.AddField("contract", "cycle_day_before", models.SmallIntegerField(null=True)),
        migrations.AddConstraint(
            "contract",
            models.CheckConstraint(
                condition=models.Q(cycle_since__isnull=True, cycle_day_before__isnull=True)
                | models.Q(cycle_since__isnull=False, cycle_day_before__isnull=False),
                name="contract_bill_day_turned_whole",
            ),
        ),
    ]
