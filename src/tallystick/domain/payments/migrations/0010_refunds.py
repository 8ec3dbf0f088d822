from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0009_payouts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="payment",
            name="method",
            field=models.CharField(
                choices=[
                    ("bank", "bank"),
                    ("card", "card"),
                    ("cash", "cash"),
                    ("direct_debit", "direct debit"),
                    ("voucher", "voucher"),
                    ("deposit", "deposit"),
                    ("prepaid", "prepaid"),
                ],
                max_length=20,
            ),
        ),
    ]
