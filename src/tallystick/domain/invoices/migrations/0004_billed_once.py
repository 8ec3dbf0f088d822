from django.db import migrations, models


class Migration(migrations.Migration):
    """A line is billed once whoever pays: its contract may be billed to another account."""

    dependencies = [("invoices", "0003_credit_notes")]

    operations = [
        migrations.RemoveConstraint("invoiceline", "invoice_line_billed_once"),
        migrations.AddConstraint(
            "invoiceline",
            models.UniqueConstraint(
                fields=("tenant", "contract", "component", "period_from", "purpose", "slot"),
                name="invoice_line_billed_once",
            ),
        ),
    ]
