from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("balances", "0005_drawn_in_place")]

    operations = [
        migrations.AddField(
            model_name="counter",
            name="held",
            field=models.DecimalField(db_default=0, decimal_places=9, default=0, max_digits=38),
        ),
        migrations.AddConstraint(
            model_name="counter",
            constraint=models.CheckConstraint(
                condition=models.Q(held__gte=0), name="counter_held_positive"
            ),
        ),
    ]
