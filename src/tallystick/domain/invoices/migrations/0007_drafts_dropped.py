from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0006_bill_over"),
        ("parties", "0005_bill_over"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="billdraft",
            name="bill_draft_once",
        ),
        migrations.AlterField(
            model_name="billdraft",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "pending"),
                    ("approved", "approved"),
                    ("rejected", "rejected"),
                    ("issued", "issued"),
                    ("dropped", "dropped"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="billdraft",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["issued", "dropped"]), _negated=True),
                fields=("tenant", "account", "currency"),
                name="bill_draft_once",
            ),
        ),
    ]
