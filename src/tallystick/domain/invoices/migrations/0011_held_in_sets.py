from django.db import migrations

from tallystick.domain.tenants.schema import HoldInSets

INVOICE = "invoices_invoice(account_id, id)"


class Migration(migrations.Migration):
    dependencies = [("invoices", "0010_refunds")]

    operations = [
        HoldInSets("invoices_invoiceline", "account_id, invoice_id", INVOICE),
        HoldInSets("invoices_invoicetax", "account_id, invoice_id", INVOICE),
    ]
